import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSeriesKey } from '#core/series.ts';
import { outputBytesMax } from './bounds.ts';
import { parseOutput } from './parse-output.ts';
import { ScriptError } from './script-result.ts';

const options = { name: 'script', unit: '' };

/** Readings as `key value unit kind` rows. */
function rows(text: string, unit = ''): unknown[] {
  return parseOutput(text, { name: 'script', unit }).map((r) => [r.key, r.value, r.unit, r.kind]);
}

describe('parseOutput()', () => {
  test.each([
    ['42\n', 42],
    ['-0.5', -0.5],
    ['+1e3 \r\n', 1000],
    ['.5', 0.5],
    ['7.', 7],
    ['NaN', Number.NaN],
    ['-Inf', -Infinity],
    ['+infinity', Infinity],
  ])('takes the number %j under the name of the script', (text, value) => {
    expect(rows(text, 's')).toEqual([['script', value, 's', 'gauge']]);
  });

  test('takes `name value` lines with comments, blank lines and timestamps', () => {
    expect(rows('# note\n\nqueue_length 3\r\n  net.in-bytes\t4.5  1700000000000\n')).toEqual([
      ['queue_length', 3, '', 'gauge'],
      ['net.in-bytes', 4.5, '', 'gauge'],
    ]);
  });

  test('takes JSON with one level of groups, and null as no value', () => {
    expect(rows('{"up": 1, "disk": {"used": 2, "free": null}}', 'bytes')).toEqual([
      ['up', 1, 'bytes', 'gauge'],
      ['disk_used', 2, 'bytes', 'gauge'],
      ['disk_free', Number.NaN, 'bytes', 'gauge'],
    ]);
    expect(rows('{}')).toEqual([]);
  });

  test('takes Prometheus text with labels, types, units and exemplars', () => {
    const text = [
      '# HELP requests_total Requests.',
      '# TYPE requests counter',
      'requests_total{path="/a\\"b\\\\c", code = "200", } 5 # {trace="x"} 1',
      '# TYPE wait_seconds histogram',
      '# UNIT wait_seconds seconds',
      'wait_seconds_bucket{le="+Inf"} 9 1700000000000 # {} 1',
      'wait_seconds_sum 1.5',
      '# TYPE size summary',
      'size{quantile="0.5"} NaN',
      'size_count 2',
      'plain{} 1',
    ].join('\n');
    expect(rows(text)).toEqual([
      ['requests_total{code="200",path="/a\\"b\\\\c"}', 5, '', 'counter'],
      ['wait_seconds_bucket{le="+Inf"}', 9, 'seconds', 'counter'],
      ['wait_seconds_sum', 1.5, 'seconds', 'counter'],
      ['size{quantile="0.5"}', Number.NaN, '', 'gauge'],
      ['size_count', 2, '', 'counter'],
      ['plain', 1, '', 'gauge'],
    ]);
  });

  test('keeps names of object internals as plain names', () => {
    expect(rows('__proto__ 1\nconstructor{__proto__="x"} 2')).toEqual([
      ['__proto__', 1, '', 'gauge'],
      ['constructor{__proto__="x"}', 2, '', 'gauge'],
    ]);
    expect(rows('{"__proto__": {"polluted": 1}}')).toEqual([['__proto___polluted', 1, '', 'gauge']]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each([
    ['', 'a number, "name value" lines, JSON or Prometheus text is wanted: got nothing'],
    [' \n ', 'got nothing'],
    ['ok 1\nhello world', 'line 2 must be `name value`'],
    ['temp: 4', 'line 1 must be'],
    ['name', 'line 1 must be'],
    ['name 1 2 3', 'line 1 must be'],
    ['name 0x10', 'line 1 must be'],
    ['9lives 1', 'line 1 must be'],
    ['größe 1', 'line 1 must be'],
    ['a{b="c" 1', 'line 1 must be'],
    ['a{b="c",b="d"} 1', 'line 1 must be'],
    ['a{b=c} 1', 'line 1 must be'],
    [`a${'b'.repeat(200)} 1`, 'line 1 must be'],
    ['a 1\na 2', 'each series may stand once: got "a" twice'],
    ['{"a": 1', 'text that starts with "{" must be JSON'],
    ['[1]', 'the answer must be a number or an object of numbers: got an array'],
    ['{"a": "1"}', 'the value of "a" must be a number: got "1"'],
    ['{"a": {"b": {"c": 1}}}', 'the value of "a_b" must be a number: got an object'],
    ['{"a": true}', 'got true'],
    ['{"a b": 1}', 'a metric name is'],
    ['{"": 1}', 'a metric name is'],
    ['\u0000\u0001\ufffd', 'line 1 must be'],
    [Array.from({ length: 1_001 }, (_, i) => `n${i} 1`).join('\n'), 'at most 1000 series are allowed'],
    [`a{${Array.from({ length: 9 }, (_, i) => `l${i}="${'x'.repeat(190)}"`).join()}} 1`, 'at most 1024 bytes'],
  ])('refuses %j', (text, message) => {
    expect(() => parseOutput(text, options)).toThrow(ScriptError);
    expect(() => parseOutput(text, options)).toThrow(message);
  });

  test('refuses a unit that cannot stand in a layout', () => {
    expect(() => parseOutput('1', { name: 'a', unit: 'x'.repeat(33) })).toThrow('a unit is at most 32 bytes');
  });

  test('answers canonical keys or its own refusal, whatever is printed', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '{',
        '}',
        '"',
        '=',
        ',',
        ' ',
        '\n',
        '\\',
        '# TYPE a counter\n',
        'a',
        'b 1\n',
        '__proto__',
        '1e9',
        ':',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.json(),
    );
    fc.assert(
      fc.property(text, (printed) => {
        let readings: ReturnType<typeof parseOutput>;
        try {
          readings = parseOutput(printed, options);
        } catch (error) {
          expect(error).toBeInstanceOf(ScriptError);
          return;
        }
        for (const { key } of readings) expect(parseSeriesKey(key)).not.toBeNull();
      }),
      { seed: 11, numRuns: 2_000 },
    );
  });

  test('takes back what was printed with any label value', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 40 }),
        fc.double().map((value) => value + 0),
        (label, value) => {
          const escaped = label.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
          const [reading] = parseOutput(`m{l="${escaped}"} ${value}`, options);
          expect([parseSeriesKey(reading!.key)?.labels['l'], reading!.value]).toEqual([label, value]);
        },
      ),
      { seed: 12 },
    );
  });

  test.each([
    ['1', '9'.repeat(outputBytesMax)],
    ['spaces', `a 1${' '.repeat(outputBytesMax - 8)}x`],
    ['labels', `a{${'b="c",'.repeat(outputBytesMax / 6)}`],
    ['quotes', `a{b="${'\\"'.repeat(outputBytesMax / 2 - 8)}`],
    ['brackets', '['.repeat(outputBytesMax)],
  ])('refuses a full output of %s without tracing back over it', (_, text) => {
    expect(() => parseOutput(text, options)).toThrow(ScriptError);
  });
});

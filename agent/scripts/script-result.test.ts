import { describe, expect, test } from 'vitest';
import { metricNameProblem } from '#core/series.ts';
import { metricNameOf, quote, ScriptError, toErrorLine, toReadings } from './script-result.ts';

const unitOf = (metric: string): string => (metric === 'load' ? '1' : '');

describe('toReadings()', () => {
  test('takes a number under the given name with its unit', () => {
    expect(toReadings(3, { name: 'load', unitOf })).toEqual([{ key: 'load', value: 3, unit: '1', kind: 'gauge' }]);
  });

  test('takes a canonical key in place of a name, and refuses another form of it', () => {
    expect(toReadings({ 'days{host="a"}': 1 }, { name: 'x', unitOf })).toMatchObject([{ key: 'days{host="a"}' }]);
    expect(() => toReadings({ 'days{ host="a"}': 1 }, { name: 'x', unitOf })).toThrow('must be canonical');
  });

  test.each([[undefined], ['3'], [3n], [[1]], [new Map()], [new Date(0)], [() => 1], [Symbol('x')]])(
    'refuses the answer %o',
    (value) => {
      expect(() => toReadings(value, { name: 'load', unitOf })).toThrow(ScriptError);
    },
  );
});

describe('metricNameOf()', () => {
  test.each([
    ['load.mjs', 'load'],
    ['queue-length.v2.sh', 'queue-length.v2'],
    ['2nd disk.py', '_2nd_disk'],
    ['größe', 'gr__e'],
    ['-x.sh', '_-x'],
    [`${'a'.repeat(300)}.sh`, 'a'.repeat(199)],
  ])('makes a metric name of %j', (fileName, name) => {
    expect(metricNameOf(fileName)).toBe(name);
    expect(metricNameProblem(name)).toBeNull();
  });
});

test('toErrorLine() makes one bounded line without control characters', () => {
  expect(toErrorLine(' a\n\u001b[31mb ')).toBe('a [31mb');
  expect(toErrorLine('x'.repeat(400))).toHaveLength(300);
});

test('quote() cuts long text', () => {
  expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(80)}…"`);
});

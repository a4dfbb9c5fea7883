import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from './errors.ts';
import { layoutBytesMax, seriesKeyBytesMax, seriesPerLayoutMax } from './limits.ts';
import {
  cleanLabelValue,
  createLayout,
  decodeLayout,
  encodeLayout,
  formatSeriesKey,
  isLabelName,
  type Layout,
  metricNameProblem,
  parseSeriesKey,
  type Series,
} from './series.ts';
import { goldenLayoutText } from './testing/golden-messages.ts';
import { encodeUtf8 } from './utf8.ts';

const runs = { seed: 20_261_122, numRuns: 300 };
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

const name = fc.stringMatching(/^[a-z_:][a-z0-9_:.-]{0,20}$/);
const labelName = fc.stringMatching(/^[a-z_][a-z0-9_]{0,10}$/);
const labels = fc.dictionary(labelName, fc.string({ unit: 'grapheme', maxLength: 20 }), { maxKeys: 4 });

describe('series keys', () => {
  test('sort their labels and escape their values', () => {
    expect(formatSeriesKey('load')).toBe('load');
    expect(formatSeriesKey('disk.read', { b: 'x"y\\z\n', a: '1' })).toBe('disk.read{a="1",b="x\\"y\\\\z\\n"}');
  });

  test('parseSeriesKey() undoes formatSeriesKey()', () => {
    fc.assert(
      fc.property(name, labels, (metric, set) => {
        const parsed = parseSeriesKey(formatSeriesKey(metric, set));
        expect(parsed?.name).toBe(metric);
        expect(Object.entries(parsed?.labels ?? {}).sort()).toEqual(Object.entries(set).sort());
      }),
      runs,
    );
  });

  test('parseSeriesKey() takes canonical keys only', () => {
    for (const key of [
      '',
      ' a',
      'a ',
      'a"b',
      'a\\b',
      'a}b',
      'a\tb',
      'a\u0000b',
      'a\u202eb',
      'a\u2028b',
      'a\ud800b',
      'a b{c="d"}',
      'a'.repeat(201),
      'a{}',
      'a{',
      'a{b="c"',
      'a{b="c",}',
      'a{b="c" }',
      'a{b=c}',
      'a{c="1",b="2"}',
      'a{b="1",b="2"}',
      'a{b="\\x"}',
      'a{b="c"}x',
      '{b="c"}',
      'a{1b="c"}',
      'a{b="c""}',
    ]) {
      expect([key, parseSeriesKey(key)]).toEqual([key, null]);
    }
  });

  test('parseSeriesKey() takes any visible text as a key without labels', () => {
    for (const key of [
      '1a',
      'CPU usage %',
      'größe/µs',
      '负载',
      '😀',
      '<img onerror=x>',
      "it's",
      '=cmd()',
      'a'.repeat(200),
    ]) {
      expect(parseSeriesKey(key)).toEqual({ name: key, labels: {} });
    }
  });

  test('parseSeriesKey() keeps a label __proto__ as a label', () => {
    expect(Object.entries(parseSeriesKey('a{__proto__="x"}')!.labels)).toEqual([['__proto__', 'x']]);
  });

  test('cleanLabelValue() leaves nothing that a layout would refuse', () => {
    expect(cleanLabelValue('a\tb\u0000c\u009f\ud800d')).toBe('a\ufffdb\ufffdc\ufffd\ufffdd');
    expect(cleanLabelValue(`${'x'.repeat(199)}😀`)).toBe(`${'x'.repeat(199)}\ufffd`);
    expect(cleanLabelValue('größe 😀')).toBe('größe 😀');
  });

  test('metricNameProblem() and isLabelName() hold names to their alphabet and length', () => {
    expect([metricNameProblem('cpu.busy'), metricNameProblem(`${'x'.repeat(201)}`) === null]).toEqual([null, false]);
    expect(metricNameProblem('1x')).toContain('got "1x"');
    expect([isLabelName('device'), isLabelName('a.b'), isLabelName(''), isLabelName('x'.repeat(101))]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('layouts', () => {
  const shape: Pick<Layout, 'intervalMs' | 'series'> = {
    intervalMs: 1_000,
    series: [
      { key: 'cpu.busy', unit: 'percent', kind: 'gauge', every: 1 },
      { key: 'disk.read{device="sda"}', unit: 'bytes/s', kind: 'counter', every: 1 },
      { key: 'fs.used{mount="/"}', unit: 'bytes', kind: 'gauge', every: 10 },
    ],
  };

  test('have canonical bytes and are named by the first 8 bytes of their SHA-256', () => {
    expect(Buffer.from(encodeLayout(shape)).toString()).toBe(goldenLayoutText);
    expect(createLayout(shape, sha256).id).toBe('4aff0e6b8d64bff8');
  });

  test('decodeLayout() undoes encodeLayout()', () => {
    const series: fc.Arbitrary<Series> = fc.record({
      key: fc
        .tuple(name, labels)
        .map(([metric, set]) =>
          formatSeriesKey(
            metric,
            Object.fromEntries(Object.entries(set).map(([label, value]) => [label, cleanLabelValue(value)])),
          ),
        ),
      unit: fc.constantFrom('', '1', 'percent', '°C'),
      kind: fc.constantFrom('gauge', 'counter'),
      every: fc.integer({ min: 1, max: 86_400 }),
    });
    const arbitrary = fc.record({
      intervalMs: fc.integer({ min: 100, max: 3_600_000 }),
      series: fc.uniqueArray(series, { selector: (one) => one.key, maxLength: 20 }),
    });
    fc.assert(
      fc.property(arbitrary, (given) => {
        const layout = createLayout(given, sha256);
        expect(decodeLayout(encodeLayout(given), layout.id)).toEqual(layout);
      }),
      runs,
    );
  });

  test('may have no series', () => {
    expect(decodeLayout(encodeUtf8('1000\n'), 'x')).toEqual({ id: 'x', intervalMs: 1_000, series: [] });
  });

  test.each([
    ['nothing', ''],
    ['no line feed at the end', '1000\na\t\tgauge\t1'],
    ['an interval below the least', '99\n'],
    ['an interval above the largest', '3600001\n'],
    ['an interval with a sign', '+1000\n'],
    ['an interval with a leading zero', '01000\n'],
    ['an interval with a fraction', '1000.5\n'],
    ['an interval of another script', '١٠٠٠\n'],
    ['too few fields', '1000\na\tb\tgauge\n'],
    ['too many fields', '1000\na\tb\tgauge\t1\t\n'],
    ['an unknown kind', '1000\na\tb\thistogram\t1\n'],
    ['every 0', '1000\na\tb\tgauge\t0\n'],
    ['every above a day of seconds', '1000\na\tb\tgauge\t86401\n'],
    ['an empty line', '1000\n\n'],
    ['a key twice', '1000\na\t\tgauge\t1\na\t\tgauge\t1\n'],
    ['a key that is not canonical', '1000\na{c="1",b="2"}\t\tgauge\t1\n'],
    ['a control character in a key', '1000\na{b="\u0007"}\t\tgauge\t1\n'],
    ['a carriage return', '1000\r\n'],
    ['a control character in a unit', '1000\na\tx\u0085\tgauge\t1\n'],
    ['a long unit', `1000\na\t${'x'.repeat(33)}\tgauge\t1\n`],
    ['a long key', `1000\n${'x'.repeat(seriesKeyBytesMax + 1)}\t\tgauge\t1\n`],
    ['a long key of a bracket', `1000\na{b="${'\\\\'.repeat(seriesKeyBytesMax)}"}\t\tgauge\t1\n`],
    [
      'too many series',
      `1000\n${Array.from({ length: seriesPerLayoutMax + 1 }, (_, index) => `a${index}\t\tgauge\t1\n`).join('')}`,
    ],
    ['too many bytes', `1000\n${'x'.repeat(layoutBytesMax)}`],
  ])('with %s are refused', (_what, text) => {
    expect(() => decodeLayout(encodeUtf8(text), 'x')).toThrow(DecodeError);
  });

  test('that are not UTF-8 are refused', () => {
    expect(() => decodeLayout(Uint8Array.of(0x31, 0xff, 0x0a), 'x')).toThrow(DecodeError);
  });
});

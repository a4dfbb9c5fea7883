import { describe, expect, test } from 'vitest';
import type { QueriedSeries } from '#core/query-columns.ts';
import { rollUp } from '#core/rollup.ts';
import { csvCell, csvText, pointsText } from './answer-text.ts';

const shape = { host: '=web', series: 'load', unit: '1', kind: 'gauge', intervalMs: 1_000 } as const;

/** A value each second; null is none. */
function seriesOf(values: readonly (number | null)[], stepMs = 0): QueriedSeries {
  const there = values.flatMap((value, index) => (value === null ? [] : [{ timeMs: index * 1_000, value }]));
  const times = Float64Array.from(there, ({ timeMs }) => timeMs);
  const numbers = Float64Array.from(there, ({ value }) => value);
  if (stepMs === 0) return { ...shape, content: { kind: 'samples', samples: { times, values: numbers } } };
  return { ...shape, content: { kind: 'buckets', stepMs, buckets: rollUp(times, numbers, stepMs) } };
}

const points = (series: QueriedSeries, envelope = false) => JSON.parse(pointsText(series, { envelope })) as unknown[][];

describe('pointsText()', () => {
  test('gives samples, and one null behind the last value before a gap', () => {
    expect(points(seriesOf([1, null, null, 2, null, null, null, 3]))).toEqual([
      [0, 1],
      [3, 2],
      [4, null],
      [7, 3],
    ]);
  });

  test('gives averages between minimum and maximum, at the edge of doubles too', () => {
    expect(points(seriesOf([1, 2, 3, 4, 50, 6], 3_000), true)).toEqual([
      [0, 2, 1, 3],
      [3, 20, 4, 50],
    ]);
    expect(points(seriesOf([1.7e308, 1.7e308], 2_000))).toEqual([[0, 1.7e308]]);
  });

  test('takes an empty bucket for a gap where it is longer than one', () => {
    expect(points(seriesOf([1, null, 2], 1_000))).toEqual([
      [0, 1],
      [2, 2],
    ]);
    expect(points(seriesOf([1, 1, ...Array(8).fill(null), 2], 5_000))).toEqual([
      [0, 1],
      [5, null],
      [10, 2],
    ]);
  });

  test('has null for what JSON has no number for', () => {
    expect(points(seriesOf([Number.POSITIVE_INFINITY]), true)).toEqual([[0, null, null, null]]);
    expect(pointsText(undefined, { envelope: false })).toBe('[]');
  });
});

describe('csvText()', () => {
  test('has a line a sample or bucket', () => {
    expect(csvText(seriesOf([1.5]))).toBe("1970-01-01T00:00:00.000Z,0,'=web,load,1.5,,,,,,0\n");
    expect(csvText(seriesOf([1, 2], 2_000))).toBe("1970-01-01T00:00:00.000Z,0,'=web,load,,1.5,1,2,3,2,2\n");
  });

  test.each([
    ['plain', 'plain'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['=a,"b"', '"\'=a,""b"""'],
    ['a\r\nb', '"a\r\nb"'],
  ])('writes %j as the cell %j', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});

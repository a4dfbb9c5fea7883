import { describe, expect, test } from 'vitest';
import type { Layout } from '#core/series.ts';
import { HostRing } from '../../live/ring.ts';
import { createChartData, fillChartData, isLone, nearestIndex, stackUp } from './chart-data.ts';
import type { Chart } from './charts.ts';
import { yRange } from './scale.ts';

const layout: Layout = {
  id: 'one',
  intervalMs: 1_000,
  series: [{ key: 'a', unit: 'bytes/s', kind: 'gauge', every: 1 }],
};

const chart: Chart = {
  id: 'a',
  title: 'A',
  note: '',
  kind: 'mirror',
  unit: 'bits/s',
  factor: 8,
  min: null,
  max: null,
  maxKey: null,
  lines: [{ key: 'a', host: null, name: 'A', color: 'c1', dash: 0, isBelow: true }],
};

function ringOf(...ticks: readonly (readonly [timeMs: number, value: number])[]): HostRing {
  const ring = new HostRing(100);
  for (const [index, [timeMs, value]] of ticks.entries())
    ring.push({ ordinal: 1, seq: index + 1, timeMs }, layout, Float64Array.of(value));
  return ring;
}

function fill(ring: HostRing, fromMs: number, toMs: number) {
  const data = createChartData(chart);
  fillChartData(data, chart, ring, { fromMs, toMs });
  const { times, values, gaps } = data;
  return { times, values, gaps };
}

describe('fillChartData()', () => {
  test('scales, mirrors, and takes one tick on each side of the window', () => {
    const ring = ringOf([0, 1], [1_000, 2], [2_000, 3], [3_000, 4], [4_000, 5], [5_000, 6]);
    expect(fill(ring, 1_500, 3_500)).toEqual({
      times: [1_000, 2_000, 3_000, 4_000],
      values: [[-16, -24, -32, -40]],
      gaps: [],
    });
  });

  test('puts a null where ticks are missing, and says from when to when', () => {
    expect(fill(ringOf([0, 1], [5_000, 2]), 0, 5_000)).toEqual({
      times: [0, 1_000, 5_000],
      values: [[-8, null, -16]],
      gaps: [{ fromMs: 0, toMs: 5_000 }],
    });
  });

  test('shows a silent host as a gap up to the edge', () => {
    expect(fill(ringOf([0, 1]), 0, 9_000).gaps).toEqual([{ fromMs: 0, toMs: 9_000 }]);
  });

  test('leaves a hole where the value failed, and no gap', () => {
    expect(fill(ringOf([0, 1], [1_000, Number.NaN], [2_000, 1]), 0, 2_000)).toEqual({
      times: [0, 1_000, 2_000],
      values: [[-8, null, -8]],
      gaps: [],
    });
  });

  test('leaves out ticks of a clock that was set back', () => {
    expect(fill(ringOf([5_000, 1], [3_000, 2], [6_000, 3]), 0, 9_000).times).toEqual([5_000, 6_000]);
  });

  test('draws nothing from an empty ring', () => {
    expect(fill(new HostRing(4), 0, 9_000)).toEqual({
      times: [],
      values: [[]],
      gaps: [],
    });
  });
});

test('stackUp() adds what is there and stays null where nothing is', () => {
  const into: (number | null)[][] = [[], []];
  stackUp(
    [
      [1, null, null],
      [2, 3, null],
    ],
    into,
  );
  expect(into).toEqual([
    [1, 0, null],
    [3, 3, null],
  ]);
});

test('isLone() finds values that no line goes through', () => {
  const values = [1, null, 2, 3, null, undefined, 4];
  expect([...values.keys()].filter((index) => isLone(values, index))).toEqual([0, 6]);
  expect(isLone([3.5], 0)).toBe(true);
});

test('nearestIndex() finds the nearest time', () => {
  expect([0, 1_400, 1_600, 9_000].map((atMs) => nearestIndex([1_000, 2_000, 3_000], atMs))).toEqual([0, 0, 1, 2]);
  expect(nearestIndex([], 1)).toBe(-1);
});

describe('yRange()', () => {
  const line = { kind: 'line', min: null, max: null } as const;

  test.each([
    ['a fixed scale', { kind: 'stack', min: null, max: 100 } as const, 3, 20, null, [0, 100]],
    ['a scale that its values exceed', { kind: 'stack', min: null, max: 100 } as const, 3, 120, null, [0, 120]],
    ['the size of the thing', { kind: 'line', min: 0, max: null } as const, 3, 20, 64, [0, 64]],
    ['values near zero', line, 1, 10, null, [0, 11]],
    ['values far from zero', line, 100, 110, null, [98.5, 111.15]],
    ['a constant', line, 50, 50, null, [45, 55]],
    ['a constant zero', line, 0, 0, null, [0, 1]],
    ['nothing', line, null, null, null, [0, 1]],
    ['a mirror', { kind: 'mirror', min: null, max: null } as const, -10, 100, null, [-16.5, 110]],
  ])('shows %s', (_, chartPart, dataMin, dataMax, maxValue, expected) => {
    const [low, high] = yRange(chartPart, { dataMin, dataMax, maxValue });
    expect([Number(low.toFixed(6)), Number(high.toFixed(6))]).toEqual(expected);
  });
});

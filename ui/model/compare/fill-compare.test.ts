import { describe, expect, test } from 'vitest';
import { createChartData } from '../charts/chart-data.ts';
import type { Chart } from '../charts/charts.ts';
import { fillCompared, meanHost, meanOf, type Reference } from './fill-compare.ts';
import { CompareGrid, type GridStat } from './grid.ts';

const rows: Readonly<Record<string, readonly (number | null)[]>> = {
  a: [1, 2, null, 4],
  b: [5, null, null, 2],
};

function gridOf(): CompareGrid {
  const grid = new CompareGrid(1_000, 0, 4_000);
  for (const [host, values] of Object.entries(rows)) {
    const line = grid.add({ host, key: 'cpu', unit: 'percent' });
    values.forEach((value, second) => {
      const bucket = { atMs: second * 1_000, widthMs: 1_000, count: 1 };
      if (value !== null) grid.put(line, { ...bucket, sum: value, min: value - 1, max: value + 2 });
    });
  }
  return grid;
}

function chartOf(hosts: readonly string[], factor = 1): Chart {
  const lines = hosts.map((host) => ({ host, key: 'cpu', name: host, color: 'c1', dash: 0, isBelow: false }));
  return { id: 'x', title: '', note: '', kind: 'line', unit: '', factor, min: null, max: null, maxKey: null, lines };
}

function filled(chart: Chart, stat: GridStat, against: Reference) {
  const data = createChartData(chart);
  fillCompared(data, chart, gridOf(), { window: { fromMs: 0, toMs: 4_000 }, stat, against });
  return data;
}

describe('fillCompared()', () => {
  test('gives averages with what they span, scaled, and where none has a value', () => {
    expect(filled(chartOf(['b', 'a'], 8), 'avg', null)).toEqual({
      times: [0, 1_000, 2_000, 3_000],
      values: [
        [40, null, null, 16],
        [8, 16, null, 32],
      ],
      lows: [
        [32, null, null, 8],
        [0, 8, null, 24],
      ],
      highs: [
        [56, null, null, 32],
        [24, 32, null, 48],
      ],
      stepMs: 1_000,
      gaps: [{ fromMs: 2_000, toMs: 3_000 }],
    });
  });

  test.each([
    ['min', null, [0, 1, null, 3]],
    ['max', null, [3, 4, null, 6]],
    ['avg', 'mean', [-2, -1.5, null, 1]],
    ['avg', 1, [-4, null, null, 2]],
    ['max', 0, [0, 0, null, 0]],
  ] as const)('gives %s against %s', (stat, against, values) => {
    expect(filled(chartOf(['a']), stat, against).values).toEqual([values]);
  });

  test('gives the mean of all as a line of its own', () => {
    expect(filled(chartOf(['a', meanHost]), 'avg', null).values[1]).toEqual([3, 3.5, null, 3]);
  });

  test('lets a line that misses one cell count in the mean with its neighbour, and one that has ended no longer', () => {
    const grid = new CompareGrid(1_000, 0, 5_000);
    const put = (line: number, second: number, value: number) =>
      grid.put(line, { atMs: second * 1_000, widthMs: 1_000, sum: value, count: 1, min: value, max: value });
    for (const host of ['a', 'b']) grid.add({ host, key: 'cpu', unit: '' });
    for (let second = 0; second < 5; second += 1) put(0, second, 10);
    put(1, 1, 20);
    expect([0, 1, 2, 3, 4].map((cell) => meanOf(grid, cell, 'avg'))).toEqual([15, 15, 15, 10, 10]);
  });

  test('gives a line that the grid does not have as one without values', () => {
    expect(filled(chartOf(['zzz']), 'avg', null)).toMatchObject({ times: [], values: [[]], gaps: [] });
  });

  test('shows a cell that has just begun as soon as every line has it', () => {
    const chart = chartOf(['a', 'b']);
    const times = (toMs: number, isWhole: boolean) => {
      const grid = gridOf();
      if (!isWhole) grid.clearCell(1, 3);
      grid.put(1, { atMs: 2_000, widthMs: 1_000, sum: 1, count: 1, min: 1, max: 1 });
      const data = createChartData(chart);
      fillCompared(data, chart, grid, { window: { fromMs: 0, toMs }, stat: 'avg', against: null });
      return data.times.length;
    };
    expect([times(4_500, true), times(4_500, false), times(5_500, false)]).toEqual([4, 3, 4]);
  });

  test('keeps to the window, and fills what was longer before', () => {
    const chart = chartOf(['a']);
    const data = createChartData(chart);
    fillCompared(data, chart, gridOf(), { window: { fromMs: 0, toMs: 4_000 }, stat: 'avg', against: null });
    fillCompared(data, chart, gridOf(), { window: { fromMs: 2_500, toMs: 3_000 }, stat: 'max', against: null });
    expect(data).toMatchObject({ times: [1_000, 2_000, 3_000], values: [[4, null, 6]], lows: [[]], highs: [[]] });
  });
});

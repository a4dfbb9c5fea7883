import { describe, expect, test } from 'vitest';
import type { QueriedSeries } from '#core/query-columns.ts';
import type { Layout } from '#core/series.ts';
import { HostRing } from '../../live/ring.ts';
import { CompareGrid } from './grid.ts';
import { putRing, putSeries, ringStartMs } from './grid-fill.ts';

const line = { host: 'web-01', key: 'cpu', unit: 'percent' };
const layout: Layout = {
  id: 'a',
  intervalMs: 1_000,
  series: [{ key: 'cpu', unit: 'percent', kind: 'gauge', every: 1 }],
};

function gridOf(stepMs: number, toMs: number): CompareGrid {
  const grid = new CompareGrid(stepMs, 0, toMs);
  grid.add(line);
  return grid;
}

function ringOf(ticks: readonly (readonly [seconds: number, value: number])[]): HostRing {
  const ring = new HostRing(100);
  ticks.forEach(([seconds, value], at) => {
    ring.push({ ordinal: 1, seq: at + 1, timeMs: seconds * 1_000 }, layout, Float64Array.of(value));
  });
  return ring;
}

function queried(content: QueriedSeries['content']): QueriedSeries {
  return { host: 'web-01', series: 'cpu', unit: 'percent', kind: 'gauge', intervalMs: 1_000, content };
}

function averages(grid: CompareGrid): (number | null)[] {
  return Array.from({ length: grid.cellCount }, (_, cell) => {
    const value = grid.value(0, cell, 'avg');
    return Number.isNaN(value) ? null : value;
  });
}

describe('putSeries()', () => {
  test('puts buckets with what they span, and lets wide ones fill what they cover', () => {
    const grid = gridOf(5_000, 20_000);
    const buckets = {
      starts: Float64Array.of(0, 10_000),
      min: Float64Array.of(1, 2),
      max: Float64Array.of(9, 4),
      sum: Float64Array.of(20, 3),
      count: Float64Array.of(4, 1),
    };
    putSeries(grid, 0, queried({ kind: 'buckets', stepMs: 10_000, buckets }));
    expect(averages(grid)).toEqual([5, 5, 3, 3]);
    expect(grid.value(0, 1, 'max')).toBe(9);
  });

  test('puts samples', () => {
    const grid = gridOf(1_000, 3_000);
    const samples = { times: Float64Array.of(100, 2_100), values: Float64Array.of(1, 3) };
    putSeries(grid, 0, queried({ kind: 'samples', samples }));
    expect(averages(grid)).toEqual([1, null, 3]);
  });
});

describe('putRing()', () => {
  test('replaces what storage said of the cells that it has, as often as it is called', () => {
    const grid = gridOf(2_000, 8_000);
    for (const second of [0, 2, 4, 6])
      grid.put(0, { atMs: second * 1_000, widthMs: 2_000, sum: 50, count: 1, min: 50, max: 50 });
    const ring = ringOf([
      [1, 9],
      [2, 1],
      [3, 3],
      [6, 7],
    ]);
    putRing(grid, 0, ring, 2_000);
    putRing(grid, 0, ring, 2_000);
    expect(averages(grid)).toEqual([50, 2, 50, 7]);
  });

  test('changes nothing of a series that the ring does not have', () => {
    const grid = new CompareGrid(1_000, 0, 2_000);
    grid.add({ ...line, key: 'other' });
    putRing(grid, 0, ringOf([[0, 1]]), 0);
    expect(averages(grid)).toEqual([null, null]);
  });
});

describe('ringStartMs()', () => {
  test('is the first cell of which every tick is there', () => {
    expect(ringStartMs(ringOf([[3, 1]]), 10_000, 300_000)).toBe(10_000);
    expect(ringStartMs(new HostRing(5), 10_000, 300_000)).toBeNull();
  });

  test('leaves out what is older than the window: a hole may lie between', () => {
    const ring = ringOf([
      [3, 1],
      [400, 1],
      [401, 1],
    ]);
    expect(ringStartMs(ring, 1_000, 300_000)).toBe(101_000);
  });
});

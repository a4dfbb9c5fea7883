import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompareGrid } from './grid.ts';

const line = { host: 'web-01', key: 'cpu', unit: 'percent' };

function sample(atMs: number, value: number, widthMs = 1_000) {
  return { atMs, widthMs, sum: value, count: 1, min: value, max: value };
}

function gridOf(stepMs: number, fromMs: number, toMs: number): CompareGrid {
  const grid = new CompareGrid(stepMs, fromMs, toMs);
  grid.add(line);
  return grid;
}

/** Averages of all cells, null for none. */
function cells(grid: CompareGrid, stat: 'avg' | 'min' | 'max' = 'avg'): (number | null)[] {
  return Array.from({ length: grid.cellCount }, (_, cell) => {
    const value = grid.value(0, cell, stat);
    return Number.isNaN(value) ? null : value;
  });
}

describe('CompareGrid', () => {
  test('adds up the samples of a cell', () => {
    const grid = gridOf(2_000, 1_000, 6_000);
    for (const [atMs, value] of [
      [2_100, 1],
      [3_100, 4],
      [4_000, 7],
    ] as const)
      grid.put(0, sample(atMs, value));
    expect([grid.startOf(0), grid.endMs]).toEqual([0, 6_000]);
    expect([cells(grid), cells(grid, 'min'), cells(grid, 'max')]).toEqual([
      [null, 2.5, 7],
      [null, 1, 7],
      [null, 4, 7],
    ]);
  });

  test('leaves a missing tick empty, whatever its place in the second', () => {
    for (const phaseMs of [0, 20, 499]) {
      const grid = gridOf(1_000, 0, 4_000);
      for (const second of [0, 1, 3]) grid.put(0, sample(second * 1_000 + phaseMs, second));
      expect(cells(grid)).toEqual([0, 1, null, 3]);
    }
  });

  test('bridges a tick that is a little late', () => {
    const grid = gridOf(1_000, 0, 4_000);
    for (const atMs of [0, 980, 2_010, 3_020]) grid.put(0, sample(atMs, atMs));
    expect(cells(grid)).toEqual([490, 980, 2_010, 3_020]);
  });

  test('holds a value for its interval, and no longer', () => {
    const grid = gridOf(1_000, 0, 8_000);
    grid.put(0, sample(300, 5, 3_000));
    grid.put(0, sample(3_300, 6, 3_000));
    expect(cells(grid)).toEqual([5, 5, 5, 6, 6, 6, null, null]);
  });

  test('makes room in a held cell for a value of its own, in either order', () => {
    const later = gridOf(1_000, 0, 3_000);
    later.put(0, sample(0, 5, 3_000));
    later.put(0, sample(1_000, 9));
    const earlier = gridOf(1_000, 0, 3_000);
    earlier.put(0, sample(1_000, 9));
    earlier.put(0, sample(0, 5, 3_000));
    expect(cells(later)).toEqual([5, 9, 5]);
    expect(cells(earlier)).toEqual([5, 9, null]);
  });

  test('takes a bucket from before its first cell for what it covers', () => {
    const grid = gridOf(10_000, 20_000, 50_000);
    grid.put(0, { atMs: 0, widthMs: 40_000, sum: 12, count: 4, min: 1, max: 8 });
    expect([cells(grid), cells(grid, 'min'), cells(grid, 'max')]).toEqual([
      [3, 3, null],
      [1, 1, null],
      [8, 8, null],
    ]);
  });

  test('clear() forgets what is newer', () => {
    const grid = gridOf(1_000, 0, 3_000);
    for (const second of [0, 1, 2]) grid.put(0, sample(second * 1_000, second));
    grid.clear(0, 1_500);
    expect(cells(grid)).toEqual([0, null, null]);
  });

  test('slideTo() equals a grid that was there from the beginning', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 }),
        fc.integer({ min: 5, max: 40 }),
        (seconds, end) => {
          const slid = gridOf(1_000, 0, 5_000);
          slid.slideTo(end * 1_000);
          const fresh = gridOf(1_000, (end - 5) * 1_000, end * 1_000);
          const moved = gridOf(1_000, 0, 5_000);
          for (const second of seconds) for (const grid of [slid, fresh]) grid.put(0, sample(second * 1_000, second));
          for (const second of seconds) if (second < 5) moved.put(0, sample(second * 1_000, second));
          moved.slideTo(end * 1_000);
          expect([slid.startOf(0), cells(slid)]).toEqual([fresh.startOf(0), cells(fresh)]);
          expect(cells(moved)).toEqual(cells(fresh).map((value) => (value !== null && value < 5 ? value : null)));
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });
});

import { describe, expect, test } from 'vitest';
import { CompareGrid } from './grid.ts';
import { keepOrder, rank } from './ranking.ts';

/** A second a cell; null for none. */
function gridOf(rows: readonly (readonly (number | null)[])[]): CompareGrid {
  const grid = new CompareGrid(1_000, 0, rows[0]!.length * 1_000);
  for (const [index, values] of rows.entries()) {
    const line = grid.add({ host: `h${index}`, key: 'cpu', unit: 'percent' });
    values.forEach((value, second) => {
      if (value !== null)
        grid.put(line, {
          atMs: second * 1_000,
          widthMs: 1_000,
          sum: value * 2,
          count: 2,
          min: value - 1,
          max: value + 1,
        });
    });
  }
  return grid;
}

function lines(ranked: readonly { readonly line: number }[]): number[] {
  return ranked.map(({ line }) => line);
}

describe('rank()', () => {
  test('says what each line had in the window, the highest first', () => {
    const grid = gridOf([
      [1, 2, 3],
      [5, null, 1],
      [null, null, null],
    ]);
    expect(rank(grid, { stat: 'avg', order: 'highest' })).toEqual([
      { line: 1, now: 1, avg: 3, min: 0, max: 6 },
      { line: 0, now: 3, avg: 2, min: 0, max: 4 },
    ]);
  });

  test.each([
    ['avg', 'lowest', [2, 0, 1]],
    ['max', 'highest', [2, 1, 0]],
    ['min', 'lowest', [2, 0, 1]],
    ['min', 'highest', [1, 0, 2]],
  ] as const)('orders by %s, %s first', (stat, order, expected) => {
    const grid = gridOf([
      [3, 3, 3],
      [4, 4, 4],
      [0, 0, 8],
    ]);
    expect(lines(rank(grid, { stat, order }))).toEqual(expected);
  });

  test('has no newest value of a line that ended long ago', () => {
    const grid = gridOf([
      [1, ...Array<null>(20).fill(null)],
      [...Array<null>(17).fill(null), 4, null, null, null],
    ]);
    expect(rank(grid, { stat: 'avg', order: 'highest' }).map(({ now }) => now)).toEqual([4, Number.NaN]);
  });
});

test('keepOrder() takes new values without moving rows', () => {
  const grid = gridOf([[1], [2], [3]]);
  const before = rank(grid, { stat: 'avg', order: 'highest' });
  const lowest = rank(grid, { stat: 'avg', order: 'lowest' });
  expect(lines(keepOrder(lowest, before))).toEqual([2, 1, 0]);
  expect(lines(keepOrder(lowest, before.slice(1)))).toEqual([1, 0, 2]);
});

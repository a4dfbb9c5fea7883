/**
 * Which line is highest, and what each had in the window. Pure.
 *
 * Averages are over time: each cell counts the same, however many samples it has.
 */
import type { CompareGrid, GridStat } from './grid.ts';

export interface Ranked {
  /** Index of the line in its grid. */
  readonly line: number;
  /** Newest value of the window; NaN when the line has ended before. */
  readonly now: number;
  readonly avg: number;
  readonly min: number;
  readonly max: number;
}

export interface RankOrder {
  readonly stat: GridStat;
  readonly order: 'highest' | 'lowest';
}

/** A line whose newest value is farther away than this from the end has no "now". */
const nowMsMax = 5_000;

/** Every line that has a value in the window, in order; equal ones in the order of the grid. */
export function rank(grid: CompareGrid, { stat, order }: RankOrder): Ranked[] {
  const sign = order === 'highest' ? -1 : 1;
  return grid.lines
    .map((_, line) => summaryOf(grid, line))
    .filter(({ avg }) => !Number.isNaN(avg))
    .sort((a, b) => sign * (a[stat] - b[stat]) || a.line - b.line);
}

function summaryOf(grid: CompareGrid, line: number): Ranked {
  let sum = 0;
  let count = 0;
  let min = Number.NaN;
  let max = Number.NaN;
  let last = -1;
  for (let cell = 0; cell < grid.cellCount; cell += 1) {
    const avg = grid.value(line, cell, 'avg');
    if (Number.isNaN(avg)) continue;
    sum += avg;
    count += 1;
    last = cell;
    min = count === 1 ? grid.value(line, cell, 'min') : Math.min(min, grid.value(line, cell, 'min'));
    max = count === 1 ? grid.value(line, cell, 'max') : Math.max(max, grid.value(line, cell, 'max'));
  }
  const isNow = last >= 0 && grid.endMs - grid.startOf(last) <= 2 * grid.stepMs + nowMsMax;
  return { line, now: isNow ? grid.value(line, last, 'avg') : Number.NaN, avg: sum / count, min, max };
}

/** The same lines with new values, in the order that they had; those that are new come last. */
export function keepOrder(ranked: readonly Ranked[], before: readonly Ranked[]): Ranked[] {
  const places = new Map(before.map(({ line }, place) => [line, place]));
  const placeOf = ({ line }: Ranked) => places.get(line) ?? Number.MAX_SAFE_INTEGER;
  return [...ranked].sort((a, b) => placeOf(a) - placeOf(b));
}

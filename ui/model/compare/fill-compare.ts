/**
 * Cells of a comparison as what a chart draws: the statistic that was chosen, or its difference to the mean of all or
 * to one of the lines. Pure. Hot path: once a second for each chart that is seen.
 */
import type { ChartData, Window } from '../charts/chart-data.ts';
import type { Chart } from '../charts/charts.ts';
import type { CompareGrid, GridStat } from './grid.ts';

/** Host of a line that is the mean of all lines of the grid. */
export const meanHost = '';

/** Index of the line that differences are taken against, or the mean of all; null for the values themselves. */
export type Reference = number | 'mean' | null;

export interface FillOptions {
  readonly window: Window;
  readonly stat: GridStat;
  readonly against: Reference;
}

/** By then the ticks of all hosts have come. */
const beginningMs = 2_000;

/** Fills `data` with the cells of the window and one on each side of it. */
export function fillCompared(data: ChartData, chart: Chart, grid: CompareGrid, options: FillOptions): void {
  const { window, stat, against } = options;
  const rows = chart.lines.map(({ host, key }) => (host === meanHost ? 'mean' : grid.find(host ?? '', key)));
  const first = Math.max(0, grid.cellAt(window.fromMs) - 1);
  const last = Math.min(grid.cellCount - 1, grid.cellAt(window.toMs) + 1);
  const hasBand = stat === 'avg' && against === null;
  let count = 0;
  let filled = 0;
  for (let cell = first; cell <= last; cell += 1) {
    const base = against === null ? 0 : statOf(grid, against, cell, stat);
    data.times[count] = grid.startOf(cell);
    for (let line = 0; line < rows.length; line += 1) {
      const row = rows[line]!;
      data.values[line]![count] = shown(statOf(grid, row, cell, stat) - base, chart.factor);
      if (!hasBand) continue;
      data.lows[line]![count] = row === 'mean' ? null : shown(grid.value(row, cell, 'min'), chart.factor);
      data.highs[line]![count] = row === 'mean' ? null : shown(grid.value(row, cell, 'max'), chart.factor);
    }
    count += 1;
    if (data.values.some((values) => values[count - 1] !== null)) filled = count;
  }
  // A cell that has just begun waits for all lines, so that no value blinks while their ticks come in one by one.
  const isBeginning = filled > 1 && window.toMs - data.times[filled - 1]! < beginningMs;
  if (isBeginning && data.values.some((values) => values[filled - 1] === null && values[filled - 2] !== null))
    filled -= 1;
  count = filled;
  data.stepMs = grid.stepMs;
  data.times.length = count;
  for (let line = 0; line < rows.length; line += 1) {
    data.values[line]!.length = count;
    data.lows[line]!.length = data.highs[line]!.length = hasBand ? count : 0;
  }
  findGaps(data, window);
}

function statOf(grid: CompareGrid, row: number | 'mean', cell: number, stat: GridStat): number {
  return row === 'mean' ? meanOf(grid, cell, stat) : grid.value(row, cell, stat);
}

/**
 * Mean of the lines; NaN when none has a value. A line that has none in this cell counts with that of the cell before
 * or after: one late tick must not move the mean, against which all others are seen.
 */
export function meanOf(grid: CompareGrid, cell: number, stat: GridStat): number {
  let sum = 0;
  let count = 0;
  let isAny = false;
  for (let line = 0; line < grid.lines.length; line += 1) {
    let value = grid.value(line, cell, stat);
    if (Number.isNaN(value)) {
      value = cell > 0 ? grid.value(line, cell - 1, stat) : Number.NaN;
      if (Number.isNaN(value) && cell + 1 < grid.cellCount) value = grid.value(line, cell + 1, stat);
    } else isAny = true;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return isAny ? sum / count : Number.NaN;
}

function shown(value: number, factor: number): number | null {
  return Number.isNaN(value) ? null : value * factor;
}

/** Spans after the first value in which no line has any. The cell that has just begun is none. */
function findGaps(data: ChartData, window: Window): void {
  const { times, values, gaps, stepMs } = data;
  gaps.length = 0;
  let fromMs: number | null = null;
  for (let at = 0; at < times.length; at += 1) {
    if (values.every((line) => line[at] === null)) continue;
    const timeMs = times[at]!;
    if (fromMs !== null && timeMs > fromMs) gaps.push({ fromMs, toMs: timeMs });
    fromMs = timeMs + stepMs;
  }
  if (fromMs !== null && window.toMs - fromMs > Math.max(stepMs, 3_000)) gaps.push({ fromMs, toMs: window.toMs });
}

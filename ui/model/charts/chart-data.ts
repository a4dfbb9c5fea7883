/**
 * What a chart draws: times, one array of values or nulls per line, and the spans without any tick.
 * Hot path: once a second for each visible chart. The arrays are kept and reused by their owner.
 *
 * A gap is never bridged: where ticks are missing, one null stands between their neighbours.
 */
import type { HostRing } from '../../live/ring.ts';
import type { Chart } from './charts.ts';

/** A tick that is later than this many intervals after the one before has others missing in between. */
export const gapIntervals = 1.75;

export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ChartData {
  /** Epoch ms, strictly rising. */
  readonly times: number[];
  /** As shown: scaled, below zero in a mirror. One for each line of the chart. Of buckets, their averages. */
  readonly values: (number | null)[][];
  /** Lowest and highest of each bucket, as shown, one for each line; empty lists where samples themselves are drawn. */
  readonly lows: (number | null)[][];
  readonly highs: (number | null)[][];
  /** Width of a bucket, ms; 0 for samples. */
  stepMs: number;
  readonly gaps: Gap[];
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export function createChartData(chart: Chart): ChartData {
  const perLine = () => chart.lines.map(() => []);
  return { times: [], values: perLine(), lows: perLine(), highs: perLine(), stepMs: 0, gaps: [] };
}

/** Fills `data` with the ticks of `window`, and one on each side of it, so that lines reach the edges. */
export function fillChartData(data: ChartData, chart: Chart, ring: HostRing, window: Window): void {
  const { times } = ring;
  const intervalMs = ring.layout?.intervalMs ?? 1_000;
  const columns = chart.lines.map((line) => ring.column(line.key));
  let first = ring.start;
  while (first + 1 < ring.end && times[first + 1]! < window.fromMs) first += 1;

  let count = 0;
  let beforeMs = Number.NEGATIVE_INFINITY;
  data.stepMs = 0;
  data.gaps.length = 0;
  for (let index = first; index < ring.end; index += 1) {
    const timeMs = times[index]!;
    // A clock that was set back: its ticks would run backwards through the chart.
    if (timeMs <= beforeMs) continue;
    if (timeMs - beforeMs > intervalMs * gapIntervals && count > 0) {
      data.gaps.push({ fromMs: beforeMs, toMs: timeMs });
      data.times[count] = beforeMs + intervalMs;
      for (const values of data.values) values[count] = null;
      count += 1;
    }
    data.times[count] = timeMs;
    for (let line = 0; line < columns.length; line += 1) {
      const value = columns[line]?.[index] ?? Number.NaN;
      const scale = chart.lines[line]!.isBelow ? -chart.factor : chart.factor;
      data.values[line]![count] = !Number.isNaN(value) ? value * scale : null;
    }
    count += 1;
    beforeMs = timeMs;
    if (timeMs > window.toMs) break;
  }
  data.times.length = count;
  for (const values of data.values) values.length = count;
  for (let line = 0; line < columns.length; line += 1) data.lows[line]!.length = data.highs[line]!.length = 0;
  if (count > 0 && window.toMs - beforeMs > intervalMs * gapIntervals)
    data.gaps.push({ fromMs: beforeMs, toMs: window.toMs });
}

/** Adds up the lines in their order, so that the last is the sum of all. A line without a value counts as none of it; where none has one, all stay null. */
export function stackUp(values: readonly (number | null)[][], into: (number | null)[][]): void {
  const count = values[0]?.length ?? 0;
  for (let index = 0; index < count; index += 1) {
    let sum = 0;
    let hasAny = false;
    for (const line of values) if (line[index] !== null) hasAny = true;
    for (let line = 0; line < values.length; line += 1) {
      sum += values[line]![index] ?? 0;
      into[line]![index] = hasAny ? sum : null;
    }
  }
  for (const line of into) line.length = count;
}

/** As uPlot has it, too: undefined where there is nothing. */
export type Value = number | null | undefined;

/** Whether a value has none on either side, so that no line goes through it. */
export function isLone(values: ArrayLike<Value>, index: number): boolean {
  const has = (at: number) => values[at] !== null && values[at] !== undefined;
  return has(index) && !has(index - 1) && !has(index + 1);
}

/** Index of the time nearest to `atMs`; −1 when there are none. */
export function nearestIndex(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && atMs - times[low - 1]! < times[low]! - atMs) low -= 1;
  return times.length === 0 ? -1 : low;
}

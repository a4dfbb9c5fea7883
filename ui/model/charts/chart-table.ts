/** A chart as a table: for those who hear the page, and for whoever wants the figures. Pure. */
import { formatValue } from '../format.ts';
import type { ChartData, Window } from './chart-data.ts';
import type { Chart } from './charts.ts';

export interface ChartTable {
  readonly columns: readonly string[];
  /** The newest first, at most `rowsMax`. */
  readonly rows: readonly TableRow[];
  /** How many the window has. */
  readonly rowCount: number;
}

export interface TableRow {
  /** Epoch ms. */
  readonly atMs: number;
  /** As people read them, one for each column. */
  readonly texts: readonly string[];
}

/** More rows are a file and no table. */
export const rowsMax = 500;

/** A column for each line; of one line of buckets, what each bucket spans as well. */
export function tableOf(chart: Chart, data: ChartData, window: Window): ChartTable {
  const { lines, unit } = chart;
  const hasSpan = lines.length === 1 && data.stepMs > 0 && data.lows[0]!.length === data.times.length;
  const text = (value: number | null | undefined, isBelow: boolean) =>
    formatValue(typeof value === 'number' && isBelow ? -value : value, unit);
  const rows: TableRow[] = [];
  let rowCount = 0;
  for (let at = data.times.length - 1; at >= 0; at -= 1) {
    const atMs = data.times[at]!;
    const isInside = atMs >= window.fromMs && atMs <= window.toMs;
    if (!isInside || data.values.every((values) => values[at] === null)) continue;
    rowCount += 1;
    if (rowCount > rowsMax) continue;
    const texts = lines.map(({ isBelow }, line) => text(data.values[line]![at], isBelow));
    const { isBelow = false } = lines[0] ?? {};
    const [low, high] = [data.lows[0]?.[at], data.highs[0]?.[at]];
    rows.push({ atMs, texts: hasSpan ? [...texts, text(low, isBelow), text(high, isBelow)] : texts });
  }
  return { columns: hasSpan ? ['Average', 'Min', 'Max'] : lines.map(({ name }) => name), rows, rowCount };
}

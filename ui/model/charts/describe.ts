/** A chart in words: what stands under the cursor, for those who hear the page. Pure, but for the zone of times. */
import { formatValue } from '../format.ts';
import type { ChartData } from './chart-data.ts';
import type { Chart } from './charts.ts';
import { cursorLabel } from './time-axis.ts';

/** More lines than this are a table and no sentence. */
const linesMax = 6;

/** "14:31:05: User 80 %, System 12 %". `hidden` lines are left out. */
export function describeAt(chart: Chart, data: ChartData, index: number, hidden: ReadonlySet<number>): string {
  const timeMs = data.times[index];
  if (timeMs === undefined) return '';
  const spanMs = (data.times.at(-1) ?? timeMs) - data.times[0]!;
  const shown = chart.lines.flatMap((line, at) => {
    if (hidden.has(at)) return [];
    const value = data.values[at]?.[index] ?? null;
    return [`${line.name} ${formatValue(value !== null && line.isBelow ? -value : value, chart.unit)}`];
  });
  const rest = shown.length - linesMax;
  const text = shown.slice(0, linesMax).join(', ');
  return `${cursorLabel(timeMs, spanMs, data.stepMs)}: ${text}${rest > 0 ? ` and ${rest} more` : ''}`;
}

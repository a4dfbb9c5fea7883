/** Where the value axis of a chart begins and ends. Pure. */
import type { ChartData } from './chart-data.ts';
import type { Chart } from './charts.ts';

/** Steps of the heat ramp in the tokens. */
export const heatLevels = 9;

export interface ScaleFacts {
  readonly dataMin: number | null;
  readonly dataMax: number | null;
  /** Newest value of the series that bounds the chart; NaN or null when there is none. */
  readonly maxValue: number | null;
}

/** Lowest and highest value shown; always apart. */
export function yRange(chart: Pick<Chart, 'kind' | 'min' | 'max'>, facts: ScaleFacts): [number, number] {
  const dataMin = facts.dataMin ?? 0;
  const dataMax = facts.dataMax ?? 0;
  if (chart.kind === 'mirror') {
    const top = Math.max(0, dataMax) * 1.1;
    const bottom = Math.min(0, dataMin) * 1.1;
    // A side without values keeps a sliver, so that the zero line is not the frame.
    const least = Math.max(top, -bottom, 1) * 0.15;
    return [Math.min(bottom, -least), Math.max(top, least)];
  }
  const bound = chart.max ?? facts.maxValue;
  const spread = dataMax - dataMin;
  const min =
    chart.min ?? (chart.kind === 'stack' || (dataMin >= 0 && dataMin < spread * 2) ? 0 : dataMin - spread * 0.15);
  let max = bound !== null && bound > 0 ? Math.max(bound, dataMax) : dataMax + (dataMax - min) * 0.1;
  // A constant gets room above and below, and a constant 0 a unit above.
  if (!(max > min)) max = min + Math.max(1, Math.abs(min) * 0.1);
  return spread === 0 && chart.min === null && chart.kind === 'line' && dataMin !== 0 && bound === null
    ? [dataMin - Math.abs(dataMin) * 0.1, dataMax + Math.abs(dataMax) * 0.1]
    : [min, max];
}

/** Lowest and highest of what the lines and the bands of `banded` reach. */
export function extentOf(
  data: Pick<ChartData, 'lows' | 'highs'>,
  banded: readonly number[],
  lines: Pick<ScaleFacts, 'dataMin' | 'dataMax'>,
): Pick<ScaleFacts, 'dataMin' | 'dataMax'> {
  let { dataMin, dataMax } = lines;
  for (const line of banded) {
    for (const low of data.lows[line]!) if (low !== null && (dataMin === null || low < dataMin)) dataMin = low;
    for (const high of data.highs[line]!) if (high !== null && (dataMax === null || high > dataMax)) dataMax = high;
  }
  return { dataMin, dataMax };
}

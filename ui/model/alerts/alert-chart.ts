/** The chart beside an alert: its series around it, with the limits that it is judged by and the alert itself. Pure. */
import type { Note } from '#core/note.ts';
import type { ChartOverlays, ThresholdMark } from '../../chart-source.ts';
import type { Chart } from '../charts/charts.ts';
import { momentsOf } from '../charts/marks.ts';
import { formatDuration } from '../format.ts';
import { unitOfKey } from '../names.ts';
import { limitText } from '../rules/limit-text.ts';
import { metricTitle } from '../rules/metric-title.ts';
import type { TimeRange } from '../time-range.ts';
import type { AlertItem } from './alert-item.ts';
import { lifeSeries, wantOf } from './spark-plan.ts';

export interface AlertPlot {
  readonly chart: Chart;
  readonly range: TimeRange;
}

/** null for an alert that has no series and no host: of the fleet, of a clock. */
export function alertPlot(item: AlertItem, nowMs: number): AlertPlot | null {
  const want = wantOf(item, nowMs);
  if (want === null) return null;
  const { series, host, spanMs, fromMs, toMs } = want;
  const isLife = item.series === '' && series === lifeSeries;
  const line = { key: series, host, name: 'value', color: 'c1', dash: 0, isBelow: false };
  const span = toMs === null ? `last ${formatDuration(spanMs)}` : formatDuration(toMs - fromMs);
  const about = isLife ? 'as a sign of life, ' : want.isRate ? 'the rule judges its change per second, ' : '';
  return {
    chart: {
      ...{ id: `alert ${item.key}`, title: metricTitle(series), note: `${about}${span}`, kind: 'line', factor: 1 },
      // Of a rate the unit is that of its change; what is drawn are the values.
      unit: isLife || want.isRate ? unitOfKey(series) : item.unit,
      ...{ min: null, max: null, maxKey: null, lines: [line] },
    },
    range: toMs === null ? { kind: 'live', spanMs } : { kind: 'fixed', fromMs, toMs },
  };
}

export function alertOverlays(item: AlertItem, notes: readonly Note[] = []): ChartOverlays {
  const { sinceMs, endMs, severity, ruleName, phase } = item;
  const span = { kind: 'alert', fromMs: sinceMs, toMs: endMs, severity, label: ruleName } as const;
  return {
    thresholds: thresholdsOf(item),
    spans: phase === 'pending' ? [] : [span],
    moments: momentsOf(notes),
  };
}

function thresholdsOf({ condition, threshold, severity, unit, series, input }: AlertItem): readonly ThresholdMark[] {
  if (series === '' || input.kind === 'rate') return [];
  const limit = (value: number): ThresholdMark => {
    return { value, role: severity, label: `${severity} at ${limitText(value, unit)}` };
  };
  const clear = (value: number | null): ThresholdMark[] =>
    value === null ? [] : [{ value, role: 'clear', label: `clears at ${limitText(value, unit)}` }];
  switch (condition?.kind) {
    case 'outside':
      return [
        ...[limit(condition.low), limit(condition.high)],
        ...clear(condition.recoveryLow),
        ...clear(condition.recoveryHigh),
      ];
    case 'above':
    case 'below':
      // What it fired by may have been another limit than that of today.
      return [
        limit(threshold ?? condition.threshold),
        ...(condition.recovery === condition.threshold ? [] : clear(condition.recovery)),
      ];
    case undefined:
      return threshold === null ? [] : [limit(threshold)];
  }
}

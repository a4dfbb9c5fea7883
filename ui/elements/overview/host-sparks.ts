/** What a card and a row of the table have in common: the time that a host's sparklines show, its figures, its hot ones. */
import type { AlertRow } from '#core/message.ts';
import type { Severity } from '#core/rule-spec.ts';
import { type Dashboard, pollMs } from '../../dashboard.ts';
import { type FleetHost, sparkTicks } from '../../live/fleet.ts';
import { type Parts, partsOf, thinSpace } from '../../model/format.ts';
import { type CardRow, figureOf, rowValueAt, shownRow } from '../../model/overview/metrics.ts';
import type { FleetMetric } from '../../model/route.ts';
import type { SparkTime } from './spark.ts';

export function sparkTimeOf(host: FleetHost, dashboard: Dashboard, isAutoScaled: boolean): SparkTime {
  const isSilent = host.state === 'down' || host.state === 'stale';
  const newestMs = host.spark.newestMs ?? host.lastMs;
  const intervalMs = Math.max(1_000, host.intervalMs);
  return {
    endMs: isSilent ? dashboard.hubMs : newestMs,
    spanMs: sparkTicks * intervalMs,
    // What is polled comes no more often than that, and is no gap.
    intervalMs: dashboard.fleetView.state === 'polling' ? Math.max(pollMs, intervalMs) : intervalMs,
    deadFromMs: isSilent ? newestMs : null,
    isAutoScaled,
    isMuted: host.status === 'downtime',
  };
}

/** Newest figure of a row; an en dash for a host that is down, whose last one says nothing. */
export function figureParts(host: FleetHost, row: CardRow): Parts {
  const shown = shownRow(host.values, row);
  return partsOf(host.state === 'down' ? Number.NaN : rowValueAt(host.values, 0, shown), shown.unit);
}

/** The worst that fires on each figure of a host. */
export function hotFigures(alerts: readonly AlertRow[]): ReadonlyMap<FleetMetric | 'load', Severity> {
  const hot = new Map<FleetMetric | 'load', Severity>();
  // The worst come first.
  for (const { phase, series, severity } of alerts) {
    const figure = figureOf(series);
    if (phase === 'firing' && figure !== null && !hot.has(figure)) hot.set(figure, severity);
  }
  return hot;
}

/** Writes a figure and its unit into two elements, and only what has changed. */
export function writeParts(figure: Element, unit: Element, parts: Parts): void {
  setText(figure, parts.figure);
  setText(unit, parts.unit === '' ? '' : thinSpace + parts.unit);
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

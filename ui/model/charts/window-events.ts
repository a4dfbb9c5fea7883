/** What happened in the window that is shown, newest first: alerts, downtimes, gaps, notes. Pure. */
import type { Note } from '#core/note.ts';
import type { Severity } from '#core/rule-spec.ts';
import type { StoredAlert } from '../../api/alerts.ts';
import { formatDuration } from '../format.ts';
import type { Gap, Window } from './chart-data.ts';
import type { HostDowntime } from './marks.ts';

/** More than this is a list of its own. */
const eventsMax = 12;

export type WindowEvent = { readonly atMs: number; readonly title: string; readonly toMs: number | null } & (
  | { readonly kind: 'alert'; readonly level: Severity | 'resolved'; readonly alertId: number }
  | { readonly kind: 'downtime'; readonly downtimeId: number }
  | { readonly kind: 'gap' }
  | { readonly kind: 'note'; readonly noteId: number }
);

export interface WindowFacts {
  readonly window: Window;
  readonly alerts: readonly StoredAlert[];
  readonly downtimes: readonly HostDowntime[];
  readonly gaps: readonly Gap[];
  readonly notes: readonly Note[];
}

export interface WindowEvents {
  readonly shown: readonly WindowEvent[];
  /** Older ones that have no room. */
  readonly moreCount: number;
}

export function windowEvents({ window, alerts, downtimes, gaps, notes }: WindowFacts): WindowEvents {
  const touches = (fromMs: number, toMs: number | null) =>
    fromMs <= window.toMs && (toMs === null || toMs >= window.fromMs);
  const events: WindowEvent[] = [
    ...alerts.map(
      ({ id, firedMs, resolvedMs, severity, ruleName }): WindowEvent => ({
        kind: 'alert',
        atMs: firedMs,
        toMs: resolvedMs,
        title: ruleName,
        level: resolvedMs === null ? severity : 'resolved',
        alertId: id,
      }),
    ),
    ...downtimes.map(
      ({ id, fromMs, toMs, reason }): WindowEvent => ({
        kind: 'downtime',
        atMs: fromMs,
        toMs,
        title: reason === '' ? 'Downtime' : `Downtime: ${reason}`,
        downtimeId: id,
      }),
    ),
    ...gaps.map(
      ({ fromMs, toMs }): WindowEvent => ({
        kind: 'gap',
        atMs: fromMs,
        toMs,
        title: `No data, ${formatDuration(toMs - fromMs)}`,
      }),
    ),
    ...notes.map(
      ({ id, atMs, untilMs, text }): WindowEvent => ({
        kind: 'note',
        atMs,
        toMs: untilMs ?? atMs,
        title: text,
        noteId: id,
      }),
    ),
  ].filter(({ atMs, toMs }) => touches(atMs, toMs));
  events.sort((a, b) => b.atMs - a.atMs);
  return { shown: events.slice(0, eventsMax), moreCount: Math.max(0, events.length - eventsMax) };
}

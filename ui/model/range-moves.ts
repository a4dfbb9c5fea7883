/** From a window to the next one: a zoom, a pan, a pause. Pure. */
import type { Window } from './charts/chart-data.ts';
import { spanMsMax, spanMsMin, type TimeRange } from './time-range.ts';

const minuteMs = 60_000;

/** A window that stands still, with edges that a person can read: whole seconds where nobody sees less. */
export function fixedRange({ fromMs, toMs }: Window): TimeRange {
  const unitMs = toMs - fromMs > 2 * minuteMs ? 1_000 : 100;
  const roundMs = (ms: number) => Math.round(ms / unitMs) * unitMs;
  const spanMs = Math.min(spanMsMax, Math.max(spanMsMin, roundMs(toMs - fromMs)));
  const startMs = roundMs(fromMs + (toMs - fromMs - spanMs) / 2);
  return { kind: 'fixed', fromMs: startMs, toMs: startMs + spanMs };
}

/** `share` of the window towards the future (or the past, below zero); not past `nowMs`, where there is nothing yet. */
export function panned({ fromMs, toMs }: Window, share: number, nowMs: number): Window {
  const wishMs = (toMs - fromMs) * share;
  const byMs = wishMs > 0 ? Math.max(0, Math.min(wishMs, nowMs - toMs)) : wishMs;
  return { fromMs: fromMs + byMs, toMs: toMs + byMs };
}

/** `factor` times as long around the same centre; what would reach past `nowMs` reaches farther back instead. */
export function zoomedBy({ fromMs, toMs }: Window, factor: number, nowMs: number): Window {
  const spanMs = Math.min(spanMsMax, Math.max(spanMsMin, (toMs - fromMs) * factor));
  const endMs = Math.min((fromMs + toMs + spanMs) / 2, Math.max(nowMs, toMs));
  return { fromMs: endMs - spanMs, toMs: endMs };
}

/**
 * Which time a page shows: live with its right edge at the newest tick, or a span that stands still. Pure.
 */

export type TimeRange =
  | { readonly kind: 'live'; readonly spanMs: number }
  /** Epoch ms; paused by nature. */
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number };

export interface RangePreset {
  /** As the address has it. */
  readonly id: string;
  /** As people read it. */
  readonly title: string;
  readonly spanMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** In the order of the keys 1 to 8. */
export const rangePresets: readonly RangePreset[] = [
  { id: '5m', title: '5 m', spanMs: 5 * minuteMs },
  { id: '15m', title: '15 m', spanMs: 15 * minuteMs },
  { id: '1h', title: '1 h', spanMs: hourMs },
  { id: '6h', title: '6 h', spanMs: 6 * hourMs },
  { id: '24h', title: '24 h', spanMs: dayMs },
  { id: '7d', title: '7 d', spanMs: 7 * dayMs },
  { id: '30d', title: '30 d', spanMs: 30 * dayMs },
  { id: '1y', title: '1 y', spanMs: 365 * dayMs },
];

export const liveRange: TimeRange = { kind: 'live', spanMs: rangePresets[0]!.spanMs };
/** A zoom into less shows a handful of ticks as thick steps. */
export const spanMsMin = 5_000;
export const spanMsMax = 10 * 365 * dayMs;

export function isSameRange(a: TimeRange, b: TimeRange): boolean {
  if (a.kind === 'live') return b.kind === 'live' && a.spanMs === b.spanMs;
  return b.kind === 'fixed' && a.fromMs === b.fromMs && a.toMs === b.toMs;
}

/** Reads `range` (a preset) or `from` and `to` (epoch seconds); `fallback` when there is neither or it makes no sense. */
export function parseRange(query: URLSearchParams, fallback: TimeRange = liveRange): TimeRange {
  const fromMs = msOf(query.get('from'));
  const toMs = msOf(query.get('to'));
  if (fromMs !== null && toMs !== null && toMs - fromMs >= spanMsMin && toMs - fromMs <= spanMsMax)
    return { kind: 'fixed', fromMs, toMs };
  const preset = rangePresets.find(({ id }) => id === query.get('range'));
  return preset === undefined ? fallback : { kind: 'live', spanMs: preset.spanMs };
}

/** Writes what `parseRange` reads; nothing for `fallback`. */
export function writeRange(query: URLSearchParams, range: TimeRange, fallback: TimeRange = liveRange): void {
  if (isSameRange(range, fallback)) return;
  if (range.kind === 'fixed') {
    query.set('from', secondsText(range.fromMs));
    query.set('to', secondsText(range.toMs));
    return;
  }
  const preset = rangePresets.find(({ spanMs }) => spanMs === range.spanMs);
  if (preset !== undefined) query.set('range', preset.id);
}

function msOf(text: string | null): number | null {
  const seconds = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(seconds) && Math.abs(seconds) < 1e11 ? Math.round(seconds * 1_000) : null;
}

function secondsText(ms: number): string {
  return String(Math.round(ms) / 1_000);
}

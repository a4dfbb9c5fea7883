/**
 * What the sparklines of alerts ask of history: over which time, and together in which queries. Pure.
 */
import type { QueriedSeries } from '#core/query-columns.ts';
import type { AlertItem } from './alert-item.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Spans of open alerts, so that many share one query. */
const spansMs = [
  ...[15 * minuteMs, 30 * minuteMs, hourMs, 2 * hourMs, 4 * hourMs, 8 * hourMs, dayMs, 2 * dayMs, 4 * dayMs, 7 * dayMs],
  ...[14 * dayMs, 30 * dayMs, 90 * dayMs, 365 * dayMs],
];
/** Of the span an alert may take so much: before it there is what was usual. */
const alertShareMax = 0.75;

/** What stands for a host as a whole: whether and when anything came. */
export const lifeSeries = 'cpu_used_percent';

export interface SparkWant {
  readonly key: string;
  readonly host: string;
  readonly series: string;
  readonly fromMs: number;
  /** null: up to now. */
  readonly toMs: number | null;
  readonly spanMs: number;
  /** Whether change per second is shown, as that is what the rule judges. */
  readonly isRate: boolean;
  /** Over so long the rule judges the average; 0: the value itself. */
  readonly averageMs: number;
}

export interface SparkTrack {
  /** Epoch ms, rising. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** Values further apart have a gap between them. */
  readonly gapMs: number;
}

export interface SparkQuery {
  readonly hosts: readonly string[];
  readonly series: readonly string[];
  readonly wants: readonly SparkWant[];
}

/** null for an alert of the fleet as a whole: it has no series. */
export function wantOf(item: AlertItem, nowMs: number): SparkWant | null {
  if (item.host === '' || item.cause === 'clockSkew') return null;
  const { key, host, endMs } = item;
  const series = item.series === '' ? lifeSeries : item.series;
  const isRate = item.input.kind === 'rate';
  const averageMs = item.input.kind === 'average' ? item.input.windowMs : 0;
  if (endMs !== null) {
    const aroundMs = Math.max(2 * minuteMs, (endMs - item.sinceMs) * 0.4);
    const [fromMs, toMs] = [item.sinceMs - aroundMs, endMs + aroundMs];
    return { key, host, series, fromMs, toMs: Math.min(toMs, nowMs), spanMs: toMs - fromMs, isRate, averageMs };
  }
  const lastsMs = nowMs - item.sinceMs;
  const spanMs = spansMs.find((span) => lastsMs <= span * alertShareMax) ?? spansMs.at(-1)!;
  return { key, host, series, fromMs: nowMs - spanMs, toMs: null, spanMs, isRate, averageMs };
}

/** Each query asks for all of its series of all of its hosts: wants are put together where that asks for nothing else. */
export function queriesOf(wants: readonly SparkWant[]): readonly SparkQuery[] {
  const byHost = groupBy(wants, ({ host }) => host);
  const bySeries = groupBy([...byHost.values()], (own) =>
    JSON.stringify([...new Set(own.map(({ series }) => series))].sort()),
  );
  return [...bySeries.values()].map((groups) => ({
    hosts: groups.map(([first]) => first!.host),
    series: [...new Set(groups[0]!.map(({ series }) => series))],
    wants: groups.flat(),
  }));
}

export function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The values of an answer: samples, or averages of buckets in their middle. */
export function trackOf({ content, intervalMs }: QueriedSeries, isRate: boolean): SparkTrack {
  if (content.kind === 'samples') {
    const { times, values } = content.samples;
    return rated({ times: [...times], values: [...values], gapMs: intervalMs * 4 }, isRate);
  }
  const { starts, sum, count, min, max } = content.buckets;
  const half = content.stepMs / 2;
  const times = Array.from(starts, (start) => start + half);
  const values = Array.from(starts, (_, at) => Math.min(max[at]!, Math.max(min[at]!, sum[at]! / count[at]!)));
  return rated({ times, values, gapMs: Math.max(content.stepMs, intervalMs) * 2.5 }, isRate);
}

/** Change per second between neighbours; a counter that begins anew has none. */
function rated(track: SparkTrack, isRate: boolean): SparkTrack {
  if (!isRate) return track;
  const times: number[] = [];
  const values: number[] = [];
  for (let at = 1; at < track.times.length; at += 1) {
    const rate = ((track.values[at]! - track.values[at - 1]!) / (track.times[at]! - track.times[at - 1]!)) * 1_000;
    times.push(track.times[at]!);
    values.push(rate);
  }
  return { times, values, gapMs: track.gapMs };
}

/** With newer samples behind it, and without what lies before `fromMs`. */
export function extended(track: SparkTrack, newer: SparkTrack, fromMs: number): SparkTrack {
  const lastMs = track.times.at(-1) ?? Number.NEGATIVE_INFINITY;
  const first = newer.times.findIndex((timeMs) => timeMs > lastMs);
  if (first < 0) return track;
  const keep = track.times.findIndex((timeMs) => timeMs >= fromMs);
  const from = keep < 0 ? track.times.length : Math.max(0, keep - 1);
  return {
    times: [...track.times.slice(from), ...newer.times.slice(first)],
    values: [...track.values.slice(from), ...newer.values.slice(first)],
    gapMs: track.gapMs,
  };
}

/** What the rule judges now: the newest value, or the average of the last `averageMs`; undefined without any. */
export function judgedValue({ times, values }: SparkTrack, averageMs: number): number | undefined {
  const last = times.at(-1);
  if (last === undefined || averageMs === 0) return values.at(-1);
  let sum = 0;
  let count = 0;
  for (let at = times.length - 1; at >= 0 && times[at]! > last - averageMs; at -= 1) {
    sum += values[at]!;
    count += 1;
  }
  return sum / count;
}

/** Lowest and highest of what is drawn, the limit among it, with some room; from zero where that is near. */
export function sparkRange(
  track: SparkTrack,
  threshold: number | null,
): { readonly low: number; readonly high: number } {
  let low = threshold ?? Number.POSITIVE_INFINITY;
  let high = threshold ?? Number.NEGATIVE_INFINITY;
  for (const value of track.values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: 0, high: 1 };
  if (low >= 0 && low <= high * 0.6) low = 0;
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return { low: low === 0 ? 0 : low - room, high: high + room };
}

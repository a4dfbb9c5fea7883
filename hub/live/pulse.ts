/** How fresh the data of all hosts is, once a second, for viewers that are sent but some of them. */
import type { FleetPulse } from '#core/message.ts';
import type { Host } from '../registry.ts';

type HeardHost = Pick<Host, 'state' | 'heardMs' | 'lastMs'> & {
  readonly identity: Pick<Host['identity'], 'intervalMs'>;
};

/** A healthy link may take this much more than its interval. */
const onTimeMarginMs = 500;
/** While ticks come in their interval, the age that counts is the one that they had when they came. */
const inTimeMarginMs = 200;

/** Of the hosts that are up or stale: the others are not waited for. null when there are none. */
export function pulseOf(
  hosts: Iterable<HeardHost>,
  { nowMs, nowMonotonicMs }: { readonly nowMs: number; readonly nowMonotonicMs: number },
): FleetPulse | null {
  const ages: number[] = [];
  let expected = 0;
  let onTime = 0;
  for (const { state, heardMs, lastMs, identity } of hosts) {
    if (state !== 'up' && state !== 'stale') continue;
    expected += 1;
    const ageMs = nowMs - lastMs;
    if (ageMs <= identity.intervalMs * 1.5 + onTimeMarginMs) onTime += 1;
    if (state !== 'up') continue;
    const sinceHeardMs = nowMonotonicMs - heardMs;
    const isInTime = sinceHeardMs < identity.intervalMs * 1.5 + inTimeMarginMs;
    ages.push(Math.max(0, isInTime ? ageMs - sinceHeardMs : ageMs));
  }
  if (expected === 0) return null;
  const sorted = Float64Array.from(ages).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  return { onTimeRatio: onTime / expected, ageMsMedian: at(0.5), ageMsSlow: at(0.99) };
}

/** Time of the newest tick of all hosts, epoch ms; 0 for none. */
export function newestOf(hosts: Iterable<Pick<Host, 'lastMs'>>): number {
  let newestMs = 0;
  for (const { lastMs } of hosts) newestMs = Math.max(newestMs, lastMs);
  return newestMs;
}

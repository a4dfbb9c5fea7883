/** What stands in the corner of a host's card, and in the last column of its row: why it asks for attention, in three words. */
import type { HostState } from '#core/message.ts';
import { formatAge, formatClock, formatDuration, formatMoment, noValue } from '../format.ts';
import type { HostStatus } from '../route.ts';

export interface CornerFacts {
  readonly status: HostStatus;
  readonly state: HostState;
  /** Time of the newest tick, epoch ms; 0 when never seen. */
  readonly lastMs: number;
  /** 0 for none. */
  readonly downtimeUntilMs: number;
}

export interface CornerClock {
  readonly hubMs: number;
  /** Nothing comes from the hub: what is shown is what was last heard. */
  readonly isFrozen: boolean;
}

const dayMs = 86_400_000;

/** Empty for a host that is fine. */
export function cornerOf(host: CornerFacts, { hubMs, isFrozen }: CornerClock): string {
  if (host.status === 'downtime') return untilText(host.downtimeUntilMs, hubMs);
  if (host.state === 'never') return 'never seen';
  if (host.lastMs === 0) return noValue;
  if (isFrozen) return `as of ${formatClock(host.lastMs).slice(0, 5)}`;
  if (host.state === 'down') return `silent ${formatDuration(hubMs - host.lastMs)}`;
  return host.state === 'stale' ? `${formatAge(hubMs - host.lastMs)} old` : '';
}

/** "until 16:00", with the day when that is not within the next one. */
function untilText(untilMs: number, hubMs: number): string {
  return `until ${untilMs - hubMs < dayMs ? formatClock(untilMs).slice(0, 5) : formatMoment(untilMs)}`;
}

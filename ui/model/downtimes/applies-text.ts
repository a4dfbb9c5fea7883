/** Whom a downtime is for, in a few words, and how the downtime itself is called. Pure. */
import type { DowntimeSpec } from '#core/downtime.ts';
import type { HostSelector } from '#core/rule-spec.ts';
import { formatCount } from '../format.ts';
import { selectorText } from '../host-choice.ts';

/** "role=db env=prod, 5 hosts"; a host that is named needs no count. */
export function appliesWithCount(selector: HostSelector, count: number): string {
  const text = selectorText(selector);
  const isOneName =
    selector.names.length === 1 && Object.keys(selector.tags).length === 0 && !/[*?[\]{}]/.test(selector.names[0]!);
  return isOneName && count === 1 ? text : `${text}, ${hostsText(count)}`;
}

export function hostsText(count: number): string {
  return count === 0 ? 'no host' : `${formatCount(count)} ${count === 1 ? 'host' : 'hosts'}`;
}

/** First line of the reason, or the name in the file; a downtime without either is called by its number. */
export function titleOf({
  id,
  name,
  spec,
}: {
  readonly id: number;
  readonly name: string;
  readonly spec: DowntimeSpec;
}): string {
  const [line = ''] = spec.reason.trim().split('\n');
  return name || line || `Downtime ${id}`;
}

/** How many hosts there are and how many are up, in words. A host in a downtime may be up all the same. Pure. */
import type { HostState } from '#core/message.ts';
import { formatCount } from '../format.ts';

/** "42 known, 40 up, 3 of them in a downtime"; '' for no hosts. */
export function knownText(hosts: readonly { readonly state: HostState; readonly downtimeUntilMs: number }[]): string {
  if (hosts.length === 0) return '';
  const up = hosts.filter(({ state }) => state === 'up');
  const quiet = up.filter(({ downtimeUntilMs }) => downtimeUntilMs > 0).length;
  const inDowntime = quiet === 0 ? '' : `, ${formatCount(quiet)} of them in a downtime`;
  return `${formatCount(hosts.length)} known, ${formatCount(up.length)} up${inDowntime}`;
}

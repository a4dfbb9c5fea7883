/**
 * Downtimes of the days that a back-test looks at: what would have fired in one of them would have been told to nobody.
 * Pure; who knows the windows of a schedule comes in as an argument, since that is large and loaded only where there is a
 * downtime at all.
 */
import type { Downtime, Schedule } from '#core/downtime.ts';
import { hostMatcherOf, type SelectableHost } from '#core/selector.ts';
import type { BacktestMark } from '../../api/rules.ts';
import type { RowSpan } from './backtest-view.ts';

export interface PastDowntime extends RowSpan {
  /** Names of hosts that it covers. */
  readonly hosts: ReadonlySet<string>;
}

export type WindowsOf = (schedule: Schedule, span: RowSpan) => readonly RowSpan[];

/** Windows of downtimes that cover one of the hosts, as their tags are now. */
export function pastDowntimes(
  downtimes: readonly Pick<Downtime, 'spec'>[],
  {
    hosts,
    span,
    windowsOf,
  }: { readonly hosts: readonly SelectableHost[]; readonly span: RowSpan; readonly windowsOf: WindowsOf },
): readonly PastDowntime[] {
  return downtimes.flatMap(({ spec }) => {
    const isMeant = hostMatcherOf(spec.hosts);
    const names = new Set(hosts.filter(isMeant).map(({ name }) => name));
    if (names.size === 0) return [];
    return windowsOf(spec.schedule, span).map(({ startMs, endMs }) => ({ startMs, endMs, hosts: names }));
  });
}

/** How many of them began in a downtime of their host. */
export function countInDowntime(marks: readonly BacktestMark[], downtimes: readonly PastDowntime[]): number {
  return marks.filter(({ host, startMs }) =>
    downtimes.some((one) => one.startMs <= startMs && startMs < one.endMs && one.hosts.has(host)),
  ).length;
}

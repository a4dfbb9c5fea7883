/**
 * What is asked of each downtime whenever the page is drawn: its windows in the time that is shown, the one that lasts or
 * comes next, how many hosts it means. Hundreds of rules take a tenth of a second to look up, so answers are kept for as
 * long as the schedule or selector is the same object; `sameAgain` keeps it so from one poll to the next.
 */
import type { Downtime, Schedule } from '#core/downtime.ts';
import type { HostSelector } from '#core/rule-spec.ts';
import { isReadable, ScheduleClock, type ScheduleWindow, windowsBetween } from '#core/schedule.ts';
import { hostMatcherOf, type SelectableHost } from '#core/selector.ts';

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Of one downtime in the time that is shown. An hourly one has 744 in a month. */
const windowsMax = 800;
/** The span of the page, and that of what has ended. */
const spansKept = 2;

const clocks = new WeakMap<Schedule, ScheduleClock>();
const windowsKept = new WeakMap<Schedule, { readonly span: TimeSpan; readonly windows: readonly ScheduleWindow[] }[]>();
const countsKept = new WeakMap<HostSelector, { readonly hosts: readonly SelectableHost[]; readonly count: number }>();

/** The window that lasts, or the next one; null when there is none any more, or the rule cannot be read here. */
export function windowAt(schedule: Schedule, nowMs: number): ScheduleWindow | null {
  let clock = clocks.get(schedule);
  if (clock === undefined) {
    if (!isReadable(schedule)) return null;
    clock = new ScheduleClock(schedule);
    clocks.set(schedule, clock);
  }
  return clock.window(nowMs);
}

/** Windows that touch the span, in order of their start. */
export function windowsOf(schedule: Schedule, { fromMs, toMs }: TimeSpan): readonly ScheduleWindow[] {
  const kept = windowsKept.get(schedule) ?? [];
  const known = kept.find(({ span }) => span.fromMs === fromMs && span.toMs === toMs);
  if (known !== undefined) return known.windows;
  const windows = isReadable(schedule) ? windowsBetween(schedule, { fromMs, toMs, countMax: windowsMax }) : [];
  windowsKept.set(schedule, [{ span: { fromMs, toMs }, windows }, ...kept].slice(0, spansKept));
  return windows;
}

/** How many of the hosts are meant. */
export function countMatching(selector: HostSelector, hosts: readonly SelectableHost[]): number {
  const known = countsKept.get(selector);
  if (known?.hosts === hosts) return known.count;
  const isMeant = hostMatcherOf(selector);
  let count = 0;
  for (const host of hosts) if (isMeant(host)) count += 1;
  countsKept.set(selector, { hosts, count });
  return count;
}

/** The newer list, with the objects of the older one for all that has not changed. */
export function sameAgain<Item extends Downtime>(before: readonly Item[], after: readonly Item[]): readonly Item[] {
  const known = new Map(before.map((item) => [item.id, item]));
  return after.map((item) => {
    const old = known.get(item.id);
    return old !== undefined && JSON.stringify(old) === JSON.stringify(item) ? old : item;
  });
}

/**
 * Downtimes as the pages show them: called by a title, for whom, when in words, and how they stand at this moment of the
 * hub's clock. Pure.
 */
import type { Downtime, Schedule } from '#core/downtime.ts';
import { parseLocalTime } from '#core/recurrence.ts';
import type { ScheduleWindow } from '#core/schedule.ts';
import type { SelectableHost } from '#core/selector.ts';
import { formatDuration } from '../format.ts';
import { appliesWithCount, titleOf } from './applies-text.ts';
import { countMatching, windowAt } from './lookup.ts';
import { repeatedOf, repetitionText } from './repetition.ts';
import { clockOf, type Shown, weekdayOf, windowIn, zoneCity } from './zone-text.ts';

export type DowntimeState = 'active' | 'scheduled' | 'over';

export interface DowntimeRow {
  readonly downtime: Downtime;
  readonly title: string;
  /** "role=db env=prod, 5 hosts". */
  readonly applies: string;
  readonly hostCount: number;
  readonly isRecurring: boolean;
  readonly isReadOnly: boolean;
  readonly state: DowntimeState;
  /** The one that lasts, or the next one. */
  readonly window: ScheduleWindow | null;
}

/** Active ones by their end, then those to come by their start, then those that are over, the newest first. */
export function downtimeRows(
  downtimes: readonly Downtime[],
  { hosts, nowMs }: { readonly hosts: readonly SelectableHost[]; readonly nowMs: number },
): readonly DowntimeRow[] {
  const rows = downtimes.map((downtime) => {
    const { schedule, hosts: selector } = downtime.spec;
    const window = windowAt(schedule, nowMs);
    const hostCount = countMatching(selector, hosts);
    const state: DowntimeState = window === null ? 'over' : window.startMs <= nowMs ? 'active' : 'scheduled';
    return {
      downtime,
      title: titleOf(downtime),
      applies: appliesWithCount(selector, hostCount),
      hostCount,
      isRecurring: schedule.kind === 'recurring',
      isReadOnly: downtime.origin === 'file',
      state,
      window,
    };
  });
  return rows.sort(compareRows);
}

const stateOrder: readonly DowntimeState[] = ['active', 'scheduled', 'over'];

function compareRows(a: DowntimeRow, b: DowntimeRow): number {
  const byState = stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state);
  if (byState !== 0) return byState;
  const idOrder = b.downtime.id - a.downtime.id;
  if (a.state === 'active') return (a.window?.endMs ?? 0) - (b.window?.endMs ?? 0) || idOrder;
  if (a.state === 'scheduled') return (a.window?.startMs ?? 0) - (b.window?.startMs ?? 0) || idOrder;
  return lastMsOf(b.downtime) - lastMsOf(a.downtime) || idOrder;
}

function lastMsOf({ spec: { schedule }, createdMs }: Downtime): number {
  return schedule.kind === 'once' ? schedule.endMs : createdMs;
}

/** "Fri 20 Nov, 08:00 to 17:00", "every day 01:00 for 2 h", "Sun 02:00 for 2 h in Berlin". */
export function scheduleText(schedule: Schedule, shown: Shown): string {
  if (schedule.kind === 'once') return windowIn(schedule, shown);
  const { start, rule, durationMs, zone } = schedule;
  const startMs = parseLocalTime(start) ?? 0;
  const repeated = repeatedOf(rule, { weekday: weekdayOf(startMs), monthDay: new Date(startMs).getUTCDate() });
  const where = zone === shown.zone ? '' : ` in ${zoneCity(zone)}`;
  const how = repetitionText({ ...repeated, until: '' });
  const until = repeated.until === '' ? '' : `, ${repetitionText(repeated).slice(how.length + 1)}`;
  return `${how} ${clockOf(startMs)} for ${formatDuration(durationMs)}${where}${until}`;
}

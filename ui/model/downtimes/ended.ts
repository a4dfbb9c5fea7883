/** Windows that have ended lately, of whatever downtime; the newest first. Pure. */
import type { ScheduleWindow } from '#core/schedule.ts';
import type { DowntimeRow } from './downtime-row.ts';
import { windowsOf } from './lookup.ts';

export interface EndedWindow extends ScheduleWindow {
  readonly row: DowntimeRow;
}

const hourMs = 3_600_000;

/** `sinceMs`: windows that ended before it are left out. */
export function endedWindows(
  rows: readonly DowntimeRow[],
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): readonly EndedWindow[] {
  // By whole hours, so that the same span is asked for again and again.
  const span = { fromMs: Math.floor(sinceMs / hourMs) * hourMs, toMs: Math.ceil(nowMs / hourMs) * hourMs };
  return rows
    .flatMap((row) =>
      windowsOf(row.downtime.spec.schedule, span)
        .filter(({ endMs }) => endMs > sinceMs && endMs <= nowMs)
        .map((window) => ({ ...window, row })),
    )
    .sort((a, b) => b.endMs - a.endMs || b.row.downtime.id - a.row.downtime.id);
}

/**
 * How a downtime that is active is ended before its time. One that is once ends now. A recurring one has no exceptions:
 * it begins anew with its next window, and those before are no longer known. Pure.
 */
import type { DowntimeSpec, Schedule } from '#core/downtime.ts';
import { instantMsOf, localMsOf, type ScheduleWindow, windowsBetween } from '#core/schedule.ts';

export type Ending =
  | { readonly kind: 'change'; readonly spec: DowntimeSpec; readonly next: ScheduleWindow | null }
  /** No window is left. */
  | { readonly kind: 'remove' };

type Recurring = Extract<Schedule, { kind: 'recurring' }>;

const dayMs = 86_400_000;
/** Rules may come once in four years, and 29 February is left out in 2100. */
const aheadMs = 9 * 366 * dayMs;
const countMax = 1_000;

export function endingOf(spec: DowntimeSpec, nowMs: number): Ending {
  const { schedule } = spec;
  if (schedule.kind === 'once') {
    // A window of less than a second would be refused.
    const endMs = Math.max(nowMs, schedule.startMs + 1_000);
    return { kind: 'change', spec: { ...spec, schedule: { ...schedule, endMs } }, next: null };
  }
  const nextLocalMs = nextLocalAfter(schedule, nowMs);
  if (nextLocalMs === null) return { kind: 'remove' };
  const startMs = instantMsOf(nextLocalMs, schedule.zone);
  return {
    kind: 'change',
    spec: { ...spec, schedule: startingAt(schedule, nextLocalMs) },
    next: { startMs, endMs: startMs + schedule.durationMs },
  };
}

/** Local time, as if it were UTC, of the first occurrence after a moment: of one that is skipped the one it has in the rule. */
function nextLocalAfter(schedule: Recurring, afterMs: number): number | null {
  const localMs = localMsOf(afterMs, schedule.zone);
  const inUtc = { ...schedule, zone: 'UTC', durationMs: 1_000 };
  const near = windowsBetween(inUtc, { fromMs: localMs - dayMs, toMs: localMs + aheadMs, countMax: 200 });
  return near.find(({ startMs }) => instantMsOf(startMs, schedule.zone) > afterMs)?.startMs ?? null;
}

/** The same rule from another of its occurrences on; a bound number of them has become smaller. */
function startingAt(schedule: Recurring, localMs: number): Recurring {
  const inUtc = { ...schedule, zone: 'UTC', durationMs: 1_000 };
  const gone = () => windowsBetween(inUtc, { fromMs: 0, toMs: localMs, countMax }).length;
  const rule = schedule.rule.replace(
    /(^|;)COUNT=(\d+)/,
    (_, before: string, count: string) => `${before}COUNT=${Number(count) - gone()}`,
  );
  return { ...schedule, rule, start: new Date(localMs).toISOString().slice(0, 19) };
}

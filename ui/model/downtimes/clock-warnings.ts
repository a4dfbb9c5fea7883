/**
 * What changes of the clock do to a downtime, said before it is made: a window whose local time is skipped or comes
 * twice, and one that lasts over a change and so does not end when the clock makes one think. Pure.
 *
 * The local times that a rule means are those of the same rule in UTC, where no clock is ever changed.
 */
import type { Schedule } from '#core/downtime.ts';
import { type ClockChange, clockChangesBetween, instantMsOf, localMsOf, windowsBetween } from '#core/schedule.ts';
import { formatDuration } from '../format.ts';
import { clockOf, dateOf, isoDayOf, timeIn } from './zone-text.ts';

export interface ClockWarning {
  /** The window that it is about. */
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/** A year and some weeks: both changes, whenever it is. */
const aheadMs = 400 * 86_400_000;

/** The clock of a schedule that is once: its local start, and (null: a length was given) its local end. */
export interface OnceClock {
  readonly zone: string;
  readonly startLocalMs: number;
  readonly endLocalMs: number | null;
}

/** The first window at each change of the next 13 months. `once`: of a schedule that is once, what was typed. */
export function clockWarnings(
  schedule: Schedule,
  { nowMs, once }: { readonly nowMs: number; readonly once: OnceClock | null },
): readonly ClockWarning[] {
  if (schedule.kind === 'once') return once === null ? [] : warningsOfOnce(schedule, once);
  const { zone, durationMs } = schedule;
  return clockChangesBetween(zone, { fromMs: nowMs, toMs: nowMs + aheadMs }).flatMap((change) => {
    const [fromMs, toMs] = wallOf(change);
    // As if local times were UTC. What begins a length before the change and ends behind it is affected, too.
    const windows = windowsBetween({ ...schedule, zone: 'UTC' }, { fromMs, toMs, countMax: 1_000 });
    for (const { startMs } of windows) {
      const warning = warningOf(change, { zone, startLocalMs: startMs, durationMs });
      if (warning !== null && warning.endMs > nowMs) return [warning];
    }
    return [];
  });
}

/** Only what was typed and is not so is worth a word: a length is kept, an end is kept. */
function warningsOfOnce(schedule: Extract<Schedule, { kind: 'once' }>, once: OnceClock): ClockWarning[] {
  const { zone, startLocalMs, endLocalMs } = once;
  const texts = [
    oddMoment(startLocalMs, { zone, atMs: schedule.startMs, verb: 'starts' }),
    endLocalMs === null ? null : oddMoment(endLocalMs, { zone, atMs: schedule.endMs, verb: 'ends' }),
  ];
  return texts.flatMap((text) => (text === null ? [] : [{ ...schedule, text }]));
}

function oddMoment(
  localMs: number,
  { zone, atMs, verb }: { readonly zone: string; readonly atMs: number; readonly verb: string },
): string | null {
  const instantMs = instantMsOf(localMs, zone);
  if (Math.abs(instantMs - atMs) >= 1_000) return null;
  const change = changeNear(zone, instantMs);
  if (change === null) return null;
  const [fromMs, toMs] = wallOf(change);
  if (localMs < fromMs || localMs >= toMs) return null;
  return isForward(change)
    ? `${sentenceOf(change)} The window ${verb} at ${timeIn(instantMs, zone)}.`
    : `${sentenceOf(change)} ${clockOf(localMs)} comes twice, and the window ${verb} at the first.`;
}

function changeNear(zone: string, atMs: number): ClockChange | null {
  const dayMs = 86_400_000;
  return clockChangesBetween(zone, { fromMs: atMs - dayMs, toMs: atMs + dayMs })[0] ?? null;
}

interface LocalWindow {
  readonly zone: string;
  readonly startLocalMs: number;
  readonly durationMs: number;
}

function warningOf(change: ClockChange, { zone, startLocalMs, durationMs }: LocalWindow): ClockWarning | null {
  const startMs = instantMsOf(startLocalMs, zone);
  const endMs = startMs + durationMs;
  const [fromMs, toMs] = wallOf(change);
  const isInChange = startLocalMs >= fromMs && startLocalMs < toMs;
  const isOver = startMs < change.atMs && endMs > change.atMs;
  if (!isInChange && !isOver) return null;
  const length = formatDuration(durationMs);
  const ends = clockText(localMsOf(endMs, zone), startLocalMs);
  const nominalEnd = clockText(startLocalMs + durationMs, startLocalMs);
  const keeps = `keeps its ${length} and ends at ${ends}${ends === nominalEnd ? '' : `, not ${nominalEnd}`}.`;
  const head = sentenceOf(change);
  if (!isInChange) return { startMs, endMs, text: `${head} That window ${keeps}` };
  const text = isForward(change)
    ? `${head} That window starts at ${timeIn(startMs, zone)} and keeps its ${length}.`
    : `${head} ${clockOf(startLocalMs)} comes twice: that window starts at the first, ${keeps}`;
  return { startMs, endMs, text };
}

/** The day only if it is another one. */
function clockText(localMs: number, sinceLocalMs: number): string {
  const isSameDay = isoDayOf(localMs) === isoDayOf(sinceLocalMs);
  return isSameDay ? clockOf(localMs) : `${clockOf(localMs)} on ${dateOf(localMs)}`;
}

/** "On 28 Mar 2027 clocks skip 02:00 to 03:00." */
function sentenceOf(change: ClockChange): string {
  const [fromMs, toMs] = wallOf(change);
  return isForward(change)
    ? `On ${dateOf(fromMs)} clocks skip ${clockOf(fromMs)} to ${clockOf(toMs)}.`
    : `On ${dateOf(fromMs)} clocks go back from ${clockOf(toMs)} to ${clockOf(fromMs)}.`;
}

function isForward({ offsetBeforeMs, offsetAfterMs }: ClockChange): boolean {
  return offsetAfterMs > offsetBeforeMs;
}

/** Local times that are skipped, or come twice, as if they were UTC. */
function wallOf({ atMs, offsetBeforeMs, offsetAfterMs }: ClockChange): readonly [number, number] {
  const before = atMs + offsetBeforeMs;
  const after = atMs + offsetAfterMs;
  return [Math.min(before, after), Math.max(before, after)];
}

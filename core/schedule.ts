/**
 * Windows of time, once or again and again in the local time of a zone: the only place that knows the libraries of
 * recurrence rules and of zones.
 *
 * The former is given local times as if they were UTC (its own zones are not used), the latter turns them into
 * instants. A local time that a clock change skips moves behind the skip (02:30 is 03:30 that day), one that comes twice
 * is the first of the two. Durations are time that passes: a window of two hours over a change is two hours long, and
 * hourly rules count hours of the local clock. The start of a schedule is an occurrence only if its rule says so.
 *
 * Local times are moved by 19 × 400 years, after which days of the week and leap years are the same again: the library
 * looks for occurrences until the year 9999, which is then 400 years away and not 8,000.
 */
import * as rruleModule from 'rrule';
import { Temporal } from 'temporal-polyfill';
import type { Schedule } from './downtime.ts';
import { parseLocalTime, parseRecurrence, type Recurrence } from './recurrence.ts';

export interface ScheduleWindow {
  readonly startMs: number;
  /** The window ends before it. */
  readonly endMs: number;
}

type RecurringSchedule = Extract<Schedule, { kind: 'recurring' }>;
type RRule = rruleModule.RRule;
type RRuleOptions = Partial<rruleModule.Options>;

interface Library {
  readonly RRule: typeof rruleModule.RRule;
  readonly Weekday: typeof rruleModule.Weekday;
}

const { RRule: RecurrenceRule, Weekday } = namesOf(rruleModule);

/** Node gives CommonJS as a default export; bundlers take the library's module, which has names and no default. */
function namesOf(module: Library & { readonly default?: Library }): Library {
  return module.default ?? module;
}

const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
export const windowMsMin = secondMs;
export const windowMsMax = 366 * dayMs;
/** Schedules lie in 2000..2099. */
const startMsMin = Date.UTC(2000, 0, 1);
const startMsMax = Date.UTC(2100, 0, 1);
const movedMs = 19 * 146_097 * dayMs;
/** Zones have skipped whole days (Apia, 2011-12-30). Local times further apart than this are in the order of their instants. */
const changeMsMax = 25 * hourMs;

/** Whether the moment lies in a window. For a question asked again and again see `ScheduleClock`. */
export function isWithin(schedule: Schedule, atMs: number): boolean {
  const window = nextWindow(schedule, atMs);
  return window !== null && window.startMs <= atMs;
}

/**
 * The window that the moment lies in (of several the one that ends last), or else the next one; null when there is none
 * any more. Windows may overlap: each is an occurrence of its own.
 */
export function nextWindow(schedule: Schedule, fromMs: number): ScheduleWindow | null {
  if (schedule.kind === 'once')
    return fromMs < schedule.endMs ? { startMs: schedule.startMs, endMs: schedule.endMs } : null;
  const occurrences = new Occurrences(schedule);
  return nextOf(occurrences, schedule.durationMs, fromMs);
}

export interface WindowRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly countMax: number;
}

/** The windows that touch the time from `fromMs` to before `toMs`, the first `countMax` of them in order of their start. */
export function windowsBetween(schedule: Schedule, { fromMs, toMs, countMax }: WindowRange): readonly ScheduleWindow[] {
  if (schedule.kind === 'once') {
    const { startMs, endMs } = schedule;
    return countMax > 0 && startMs < toMs && endMs > fromMs ? [{ startMs, endMs }] : [];
  }
  const { durationMs } = schedule;
  const starts = new Occurrences(schedule).between({ fromMs: fromMs - durationMs + 1, toMs, countMax });
  return starts.map((startMs) => ({ startMs, endMs: startMs + durationMs }));
}

/** Why a schedule cannot be used, as the end of a sentence; null when it can. */
export function scheduleProblem(schedule: Schedule): string | null {
  if (schedule.kind === 'once') {
    const { startMs, endMs } = schedule;
    if (!isInRange(startMs) || !Number.isFinite(endMs)) return 'start and end must be times in 2000..2099';
    return durationProblem(endMs - startMs);
  }
  const startMs = parseLocalTime(schedule.start);
  if (startMs === null || !isInRange(startMs))
    return `the start must be a local time in 2000..2099, such as "2026-03-28T02:00:00": got ${JSON.stringify(schedule.start.slice(0, 40))}`;
  if (!isZone(schedule.zone))
    return `the zone must be a name such as "Europe/Berlin": got ${JSON.stringify(schedule.zone.slice(0, 60))}`;
  const parsed = parseRecurrence(schedule.rule);
  if (parsed.kind === 'problem') return parsed.problem;
  const problem = durationProblem(schedule.durationMs);
  if (problem !== null) return problem;
  return new Occurrences(schedule).firstAfter(Number.NEGATIVE_INFINITY) === null
    ? `the recurrence rule must occur at least once from the start on: got ${JSON.stringify(schedule.rule.slice(0, 60))}`
    : null;
}

/** Whether its windows can be looked up at all here: other versions may have written it, and zones are those of this machine. */
export function isReadable(schedule: Schedule): boolean {
  if (schedule.kind === 'once') return true;
  const { start, rule, zone } = schedule;
  return parseLocalTime(start) !== null && isZone(zone) && parseRecurrence(rule).kind !== 'problem';
}

/** Answers whether it is within a window, again and again as time passes, and looks windows up only when one has ended. */
export class ScheduleClock {
  readonly #schedule: Schedule;
  readonly #occurrences: Occurrences | null;
  #window: ScheduleWindow | null = null;
  /** `#window` is the answer from here on until it ends; NaN: it has not been looked up. */
  #sinceMs = Number.NaN;

  /** The schedule must be readable. */
  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#occurrences = schedule.kind === 'once' ? null : new Occurrences(schedule);
  }

  isWithin(atMs: number): boolean {
    const window = this.window(atMs);
    return window !== null && window.startMs <= atMs;
  }

  /** As `nextWindow`; of windows that overlap the one looked up stays until it ends. */
  window(atMs: number): ScheduleWindow | null {
    if (!(atMs >= this.#sinceMs) || (this.#window !== null && atMs >= this.#window.endMs)) {
      this.#window =
        this.#occurrences === null || this.#schedule.kind === 'once'
          ? nextWindow(this.#schedule, atMs)
          : nextOf(this.#occurrences, this.#schedule.durationMs, atMs);
      this.#sinceMs = atMs;
    }
    return this.#window;
  }
}

function nextOf(occurrences: Occurrences, durationMs: number, fromMs: number): ScheduleWindow | null {
  const startMs = occurrences.lastWithin(fromMs - durationMs, fromMs) ?? occurrences.firstAfter(fromMs);
  return startMs === null ? null : { startMs, endMs: startMs + durationMs };
}

/** The local time in a zone at an instant, as if it were UTC. */
export function localMsOf(instantMs: number, zone: string): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(instantMs)).toZonedDateTimeISO(zone);
  return instantMs + zoned.offsetNanoseconds / 1e6;
}

/** The instant of a local time: behind the skip for one that is skipped, the first for one that comes twice. */
export function instantMsOf(localMs: number, zone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(localMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return local.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/** The clocks of a zone are put forward (the offset grows) or back. */
export interface ClockChange {
  readonly atMs: number;
  readonly offsetBeforeMs: number;
  readonly offsetAfterMs: number;
}

/** Changes after `fromMs` and before `toMs`, in order. */
export function clockChangesBetween(
  zone: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly ClockChange[] {
  const changes: ClockChange[] = [];
  let zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(fromMs)).toZonedDateTimeISO(zone);
  for (;;) {
    const next = zoned.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds >= toMs) return changes;
    changes.push({
      atMs: next.epochMilliseconds,
      offsetBeforeMs: next.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e6,
      offsetAfterMs: next.offsetNanoseconds / 1e6,
    });
    zoned = next;
  }
}

/** When a recurring schedule occurs. */
class Occurrences {
  readonly #recurrence: Recurrence;
  readonly #zone: string;
  /** Local time of the start. */
  readonly #startMs: number;
  readonly #options: RRuleOptions;

  constructor({ rule, start, zone }: RecurringSchedule) {
    const parsed = parseRecurrence(rule);
    const startMs = parseLocalTime(start);
    if (parsed.kind === 'problem') throw new Error(`Cannot read a schedule: ${parsed.problem}`);
    if (startMs === null)
      throw new Error(`Cannot read a schedule: its start must be a local time: got ${JSON.stringify(start)}`);
    this.#recurrence = parsed.recurrence;
    this.#zone = zone;
    this.#startMs = startMs;
    this.#options = this.#optionsOf(parsed.recurrence);
  }

  /** The last occurrence after `afterMs` and not after `atMs`. */
  lastWithin(afterMs: number, atMs: number): number | null {
    const local = this.#localsBetween(this.#localOf(afterMs) - changeMsMax, this.#localOf(atMs) + changeMsMax);
    let lastMs: number | null = null;
    let lastLocalMs = Number.NEGATIVE_INFINITY;
    for (let index = local.length - 1; index >= 0; index -= 1) {
      const localMs = local[index]!;
      if (localMs < lastLocalMs - changeMsMax) break;
      const instantMs = this.#instantOf(localMs);
      if (instantMs > atMs || instantMs <= afterMs) continue;
      if (lastMs === null) lastLocalMs = localMs;
      lastMs = Math.max(lastMs ?? instantMs, instantMs);
    }
    return lastMs;
  }

  /** The first occurrence after `afterMs`, which may be -Infinity. */
  firstAfter(afterMs: number): number | null {
    const fromMs =
      Math.max(afterMs === Number.NEGATIVE_INFINITY ? 0 : this.#localOf(afterMs), this.#startMs) - changeMsMax;
    const rule = this.#ruleFrom(fromMs);
    let localMs = this.#nextLocal(rule, fromMs);
    while (localMs !== null && this.#instantOf(localMs) <= afterMs) localMs = this.#nextLocal(rule, localMs + 1);
    if (localMs === null) return null;
    const instants = this.#localsBetween(localMs, localMs + changeMsMax).map((each) => this.#instantOf(each));
    return Math.min(...instants.filter((instantMs) => instantMs > afterMs));
  }

  /** The first `countMax` occurrences from `fromMs` to before `toMs`, in order, each once. */
  between({ fromMs, toMs, countMax }: WindowRange): readonly number[] {
    const found = new Set<number>();
    const lastLocalMs = this.#localOf(toMs) + changeMsMax;
    const firstLocalMs = this.#localOf(fromMs) - changeMsMax;
    let stopMs = Number.POSITIVE_INFINITY;
    this.#eachLocal(firstLocalMs, lastLocalMs, (localMs) => {
      if (localMs > stopMs) return false;
      const instantMs = this.#instantOf(localMs);
      if (instantMs >= fromMs && instantMs < toMs) found.add(instantMs);
      if (found.size >= countMax && stopMs === Number.POSITIVE_INFINITY) stopMs = localMs + changeMsMax;
      return true;
    });
    return [...found].sort((a, b) => a - b).slice(0, countMax);
  }

  #localsBetween(fromMs: number, toMs: number): readonly number[] {
    const locals: number[] = [];
    this.#eachLocal(fromMs, toMs, (localMs) => {
      locals.push(localMs);
      return true;
    });
    return locals;
  }

  /** Local times from `fromMs` to `toMs` that the rule means, in order, until `see` answers false. */
  #eachLocal(fromMs: number, toMs: number, see: (localMs: number) => boolean): void {
    const first = new Date(fromMs + movedMs);
    const last = new Date(toMs + movedMs);
    this.#ruleFrom(fromMs).between(first, last, true, (date) => see(date.getTime() - movedMs));
  }

  #nextLocal(rule: RRule, fromMs: number): number | null {
    const date = rule.after(new Date(fromMs + movedMs), true);
    return date === null ? null : date.getTime() - movedMs;
  }

  /**
   * The rule with a start as late as may be, so that years of hours are not gone through for each question. It is moved
   * by whole intervals, and one less: the first week of a rule is incomplete.
   */
  #ruleFrom(localMs: number): RRule {
    const { frequency, interval, count } = this.#recurrence;
    const unitMs = { HOURLY: hourMs, DAILY: dayMs, WEEKLY: 7 * dayMs, MONTHLY: 0, YEARLY: 0 }[frequency];
    let startMs = this.#startMs;
    if (unitMs > 0 && count === null) {
      const stepMs = unitMs * interval;
      startMs += Math.max(0, Math.floor((localMs - startMs) / stepMs) - 1) * stepMs;
    }
    return new RecurrenceRule({ ...this.#options, dtstart: new Date(startMs + movedMs) }, true);
  }

  #optionsOf(recurrence: Recurrence): RRuleOptions {
    const { until } = recurrence;
    const untilMs = until === null ? null : until.isLocal ? until.atMs : this.#localOf(until.atMs);
    return {
      freq: RecurrenceRule[recurrence.frequency],
      interval: recurrence.interval,
      wkst: recurrence.weekStart,
      count: recurrence.count,
      until: untilMs === null ? null : new Date(untilMs + movedMs),
      bymonth: listOf(recurrence.byMonth),
      bymonthday: listOf(recurrence.byMonthDay),
      byyearday: listOf(recurrence.byYearDay),
      byweekno: listOf(recurrence.byWeekNumber),
      byweekday:
        recurrence.byDay.length === 0
          ? null
          : recurrence.byDay.map(({ weekday, nth }) => (nth === null ? weekday : new Weekday(weekday, nth))),
      byhour: listOf(recurrence.byHour),
      byminute: listOf(recurrence.byMinute),
      bysecond: listOf(recurrence.bySecond),
      bysetpos: listOf(recurrence.bySetPosition),
    };
  }

  #localOf(instantMs: number): number {
    return localMsOf(instantMs, this.#zone);
  }

  #instantOf(localMs: number): number {
    return instantMsOf(localMs, this.#zone);
  }
}

function listOf(numbers: readonly number[]): number[] | null {
  return numbers.length === 0 ? null : [...numbers];
}

function isInRange(atMs: number): boolean {
  return atMs >= startMsMin && atMs < startMsMax;
}

function durationProblem(durationMs: number): string | null {
  if (durationMs <= 0) return 'the end must be after the start';
  if (durationMs >= windowMsMin && durationMs <= windowMsMax) return null;
  return `a window lasts from 1 second to 366 days: got ${durationMs} ms`;
}

/** Whether this machine knows the zone by that name. */
export function isZone(zone: string): boolean {
  // The library takes offsets and whole dates with a zone as well.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

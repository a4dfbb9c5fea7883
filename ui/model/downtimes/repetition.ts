/**
 * How a downtime comes again, as people choose it: each so many days, weeks on some weekdays, months on a day or on the
 * first Sunday and the like. A rule that says anything else is kept as its text. Pure.
 */
import { parseRecurrence, type Recurrence, type RecurrenceDay } from '#core/recurrence.ts';
import { dateOf, isoDayOf, weekdayName } from './zone-text.ts';

export type Repetition =
  | { readonly kind: 'daily'; readonly every: number }
  /** 0 is Monday. */
  | { readonly kind: 'weekly'; readonly every: number; readonly weekdays: readonly number[] }
  | { readonly kind: 'monthDay'; readonly every: number; readonly monthDay: number }
  /** `nth`: 1 to 4, or -1 for the last. */
  | { readonly kind: 'monthWeekday'; readonly every: number; readonly nth: number; readonly weekday: number }
  | { readonly kind: 'rule'; readonly rule: string };

export interface Repeated {
  readonly repetition: Repetition;
  /** The last day, `YYYY-MM-DD`; '' for no end. Of a kept rule it stands in the rule. */
  readonly until: string;
}

const dayWords = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const nthWords = new Map([
  [1, 'first'],
  [2, 'second'],
  [3, 'third'],
  [4, 'fourth'],
  [-1, 'last'],
]);
export const nths: readonly (readonly [number, string])[] = [...nthWords];

/** RRULE of RFC 5545. */
export function ruleOf({ repetition, until }: Repeated): string {
  if (repetition.kind === 'rule') return repetition.rule.trim().toUpperCase();
  const end = until === '' ? '' : `;UNTIL=${until.replaceAll('-', '')}T235959`;
  const every = repetition.every === 1 ? '' : `;INTERVAL=${repetition.every}`;
  return frequencyOf(repetition) + every + partsOf(repetition) + end;
}

function frequencyOf(repetition: Exclude<Repetition, { kind: 'rule' }>): string {
  if (repetition.kind === 'daily') return 'FREQ=DAILY';
  return repetition.kind === 'weekly' ? 'FREQ=WEEKLY' : 'FREQ=MONTHLY';
}

function partsOf(repetition: Exclude<Repetition, { kind: 'rule' }>): string {
  switch (repetition.kind) {
    case 'daily':
      return '';
    case 'weekly':
      return `;BYDAY=${[...repetition.weekdays]
        .sort((a, b) => a - b)
        .map((day) => dayWords[day])
        .join(',')}`;
    case 'monthDay':
      return `;BYMONTHDAY=${repetition.monthDay}`;
    case 'monthWeekday':
      return `;BYDAY=${repetition.nth}${dayWords[repetition.weekday]}`;
  }
}

/** `start`: the first day's weekday and day of the month are those that a rule leaves unsaid. */
export function repeatedOf(rule: string, start: { readonly weekday: number; readonly monthDay: number }): Repeated {
  const kept: Repeated = { repetition: { kind: 'rule', rule }, until: '' };
  const parsed = parseRecurrence(rule);
  if (parsed.kind === 'problem' || !isPlain(parsed.recurrence)) return kept;
  const { recurrence } = parsed;
  const until = untilOf(recurrence);
  if (until === null) return kept;
  const repetition = plainOf(recurrence, start);
  return repetition === null ? kept : { repetition, until };
}

/** Whether it has no part that the choices cannot say. */
function isPlain(rule: Recurrence): boolean {
  const odd = [
    rule.byMonth,
    rule.byYearDay,
    rule.byWeekNumber,
    rule.byHour,
    rule.byMinute,
    rule.bySecond,
    rule.bySetPosition,
  ];
  return rule.count === null && odd.every((list) => list.length === 0) && (rule.weekStart === 0 || rule.interval === 1);
}

/** '' for no end; null for one that is no end of a day. */
function untilOf({ until }: Recurrence): string | null {
  if (until === null) return '';
  return until.isLocal && (until.atMs + 1_000) % 86_400_000 === 0 ? isoDayOf(until.atMs) : null;
}

function plainOf(
  { frequency, interval: every, byDay, byMonthDay }: Recurrence,
  start: { readonly weekday: number; readonly monthDay: number },
): Repetition | null {
  if (frequency === 'DAILY') return byDay.length + byMonthDay.length === 0 ? { kind: 'daily', every } : null;
  if (frequency === 'WEEKLY') {
    const weekdays = byDay.length === 0 ? [start.weekday] : byDay.map(({ weekday }) => weekday).sort((a, b) => a - b);
    return { kind: 'weekly', every, weekdays };
  }
  if (frequency !== 'MONTHLY' || byDay.length + byMonthDay.length > 1) return null;
  return byDay.length === 1 ? monthWeekdayOf(byDay[0]!, every) : monthDayOf(byMonthDay[0] ?? start.monthDay, every);
}

function monthWeekdayOf({ nth, weekday }: RecurrenceDay, every: number): Repetition | null {
  return nth !== null && nthWords.has(nth) ? { kind: 'monthWeekday', every, nth, weekday } : null;
}

function monthDayOf(monthDay: number, every: number): Repetition | null {
  return monthDay > 0 ? { kind: 'monthDay', every, monthDay } : null;
}

/** "every day", "Tue and Thu", "third Sun of the month"; a kept rule as it is. */
export function repetitionText({ repetition, until }: Repeated): string {
  const end = until === '' ? '' : ` until ${dateOf(Date.parse(until))}`;
  switch (repetition.kind) {
    case 'daily':
      return `${repetition.every === 1 ? 'every day' : `every ${repetition.every} days`}${end}`;
    case 'weekly': {
      const days = listText(repetition.weekdays.map(weekdayName));
      const each = repetition.weekdays.length === 7 ? 'every day' : days;
      return `${repetition.every === 1 ? each : `every ${repetition.every} weeks on ${days}`}${end}`;
    }
    case 'monthDay':
      return `day ${repetition.monthDay} of ${months(repetition.every)}${end}`;
    case 'monthWeekday':
      return `${nthWords.get(repetition.nth)} ${weekdayName(repetition.weekday)} of ${months(repetition.every)}${end}`;
    case 'rule':
      return repetition.rule;
  }
}

function months(every: number): string {
  return every === 1 ? 'the month' : `every ${every} months`;
}

/** "Tue", "Tue and Thu", "Mon, Tue and Thu". */
export function listText(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

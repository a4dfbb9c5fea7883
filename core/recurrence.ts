/**
 * The text of a recurrence rule (RFC 5545, 3.3.10), checked part by part before any library sees it: rules come from
 * people, and some that are well-formed never end, never occur, or occur each second.
 *
 * Refused beyond the RFC's own rules: what is finer than hourly, several seconds or more than four minutes of an hour,
 * and hours chosen from every n-th one (which a library may look for until the end of time).
 */

export const recurrenceFrequencies = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'] as const;
export type RecurrenceFrequency = (typeof recurrenceFrequencies)[number];

/** A day of the week, 0 is Monday, and which one of the month or year: 1 the first, -1 the last, null each. */
export interface RecurrenceDay {
  readonly weekday: number;
  readonly nth: number | null;
}

/** Until when, including: a local time as if it were UTC, or an instant. */
export interface RecurrenceEnd {
  readonly atMs: number;
  readonly isLocal: boolean;
}

/** Lists are empty where the rule does not say. */
export interface Recurrence {
  readonly frequency: RecurrenceFrequency;
  readonly interval: number;
  readonly count: number | null;
  readonly until: RecurrenceEnd | null;
  /** 0 is Monday. */
  readonly weekStart: number;
  readonly byMonth: readonly number[];
  readonly byMonthDay: readonly number[];
  readonly byYearDay: readonly number[];
  readonly byWeekNumber: readonly number[];
  readonly byDay: readonly RecurrenceDay[];
  readonly byHour: readonly number[];
  readonly byMinute: readonly number[];
  readonly bySecond: readonly number[];
  readonly bySetPosition: readonly number[];
}

/** The rule, or why it cannot be used, as the end of a sentence. */
export type ParsedRecurrence =
  | { readonly kind: 'rule'; readonly recurrence: Recurrence }
  | { readonly kind: 'problem'; readonly problem: string };

const textLengthMax = 500;
const intervalMax = 1_000;
const countMax = 1_000;
const minutesMax = 4;
const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

type ListPart = Exclude<
  { [Part in keyof Recurrence]: Recurrence[Part] extends readonly number[] ? Part : never }[keyof Recurrence],
  undefined
>;

/** The parts that are lists of whole numbers. `min` below 0: counted from the end as well, and 0 is none. */
const listParts: Readonly<Record<string, { readonly name: ListPart; readonly min: number; readonly max: number }>> = {
  BYMONTH: { name: 'byMonth', min: 1, max: 12 },
  BYMONTHDAY: { name: 'byMonthDay', min: -31, max: 31 },
  BYYEARDAY: { name: 'byYearDay', min: -366, max: 366 },
  BYWEEKNO: { name: 'byWeekNumber', min: -53, max: 53 },
  BYHOUR: { name: 'byHour', min: 0, max: 23 },
  BYMINUTE: { name: 'byMinute', min: 0, max: 59 },
  BYSECOND: { name: 'bySecond', min: 0, max: 59 },
  BYSETPOS: { name: 'bySetPosition', min: -366, max: 366 },
};

/** Parses "FREQ=WEEKLY;BYDAY=SU". Parts may stand in any order, each once. */
export function parseRecurrence(text: string): ParsedRecurrence {
  if (text.length > textLengthMax)
    return problemOf(`a recurrence rule has at most ${textLengthMax} characters: got ${text.length}`);
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const match = /^([A-Z]{3,10})=([A-Z0-9,+-]{1,400})$/.exec(part);
    if (match === null)
      return problemOf(`a recurrence rule is parts such as "FREQ=DAILY" between ";": got ${shown(part)}`);
    if (parts.has(match[1]!)) return problemOf(`a part of a recurrence rule may stand once: got ${match[1]} twice`);
    parts.set(match[1]!, match[2]!);
  }
  const draft = { ...emptyRecurrence };
  for (const [name, value] of parts) {
    const problem = setPart(draft, name, value);
    if (problem !== null) return problemOf(problem);
  }
  if (!parts.has('FREQ')) return problemOf(`a recurrence rule must say FREQ: got ${shown(text)}`);
  const problem = relationProblem(draft);
  return problem === null ? { kind: 'rule', recurrence: draft } : problemOf(problem);
}

type Draft = { -readonly [Part in keyof Recurrence]: Recurrence[Part] };

const emptyRecurrence: Draft = {
  frequency: 'DAILY',
  interval: 1,
  count: null,
  until: null,
  weekStart: 0,
  byMonth: [],
  byMonthDay: [],
  byYearDay: [],
  byWeekNumber: [],
  byDay: [],
  byHour: [],
  byMinute: [],
  bySecond: [],
  bySetPosition: [],
};

function setPart(draft: Draft, name: string, value: string): string | null {
  const list = Object.hasOwn(listParts, name) ? listParts[name] : undefined;
  if (list !== undefined) {
    const numbers = wholeNumbers(value, list);
    if (numbers === null)
      return `${name} is whole numbers in ${list.min}..${list.max}${list.min < 0 ? ' but 0' : ''}, each once: got ${shown(value)}`;
    draft[list.name] = numbers;
    return null;
  }
  switch (name) {
    case 'FREQ': {
      const frequency = recurrenceFrequencies.find((each) => each === value);
      if (frequency === undefined) return `FREQ is one of ${recurrenceFrequencies.join(', ')}: got ${shown(value)}`;
      draft.frequency = frequency;
      return null;
    }
    case 'INTERVAL':
    case 'COUNT': {
      const max = name === 'COUNT' ? countMax : intervalMax;
      const number = wholeNumbers(value, { min: 1, max });
      if (number?.length !== 1) return `${name} is a whole number in 1..${max}: got ${shown(value)}`;
      if (name === 'COUNT') draft.count = number[0]!;
      else draft.interval = number[0]!;
      return null;
    }
    case 'UNTIL':
      draft.until = parseEnd(value);
      return draft.until === null
        ? `UNTIL is such as 20261231, 20261231T235959 or 20261231T225959Z: got ${shown(value)}`
        : null;
    case 'WKST':
      draft.weekStart = weekdays.indexOf(value);
      return draft.weekStart < 0 ? `WKST is one of ${weekdays.join(', ')}: got ${shown(value)}` : null;
    case 'BYDAY': {
      const days = parseDays(value);
      if (days === null) return `BYDAY is days such as MO, 1MO or -1SU, each once: got ${shown(value)}`;
      draft.byDay = days;
      return null;
    }
    default:
      return `a recurrence rule has no part ${shown(name)}`;
  }
}

/** What the parts must be to each other. */
function relationProblem(rule: Recurrence): string | null {
  const { frequency } = rule;
  const isLong = frequency === 'YEARLY' || frequency === 'MONTHLY';
  if (rule.count !== null && rule.until !== null) return 'a recurrence rule has COUNT or UNTIL, not both';
  if (rule.byDay.some((day) => day.nth !== null) && (!isLong || rule.byWeekNumber.length > 0))
    return 'BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY, and no BYWEEKNO';
  if (rule.byWeekNumber.length > 0 && frequency !== 'YEARLY') return 'BYWEEKNO needs FREQ=YEARLY';
  if (rule.byYearDay.length > 0 && frequency !== 'YEARLY') return 'BYYEARDAY needs FREQ=YEARLY';
  if (rule.byMonthDay.length > 0 && frequency === 'WEEKLY') return 'BYMONTHDAY does not go with FREQ=WEEKLY';
  if (rule.bySetPosition.length > 0 && !hasSet(rule)) return 'BYSETPOS needs another part that begins with BY';
  if (rule.byHour.length > 0 && frequency === 'HOURLY' && rule.interval > 1)
    return 'BYHOUR does not go with FREQ=HOURLY and INTERVAL: FREQ=DAILY and BYHOUR say the same';
  if (rule.byMinute.length > minutesMax)
    return `BYMINUTE names at most ${minutesMax} minutes: got ${rule.byMinute.length}`;
  if (rule.bySecond.length > 1) return `BYSECOND names one second: got ${rule.bySecond.length}`;
  return null;
}

function hasSet(rule: Recurrence): boolean {
  const lists = [
    rule.byMonth,
    rule.byMonthDay,
    rule.byYearDay,
    rule.byWeekNumber,
    rule.byDay,
    rule.byHour,
    rule.byMinute,
  ];
  return lists.some((list) => list.length > 0);
}

function wholeNumbers(text: string, { min, max }: { readonly min: number; readonly max: number }): number[] | null {
  const numbers: number[] = [];
  for (const word of text.split(',')) {
    if (!/^[+-]?[0-9]{1,4}$/.test(word)) return null;
    const number = Number(word) || 0;
    if (number < min || number > max || (number === 0 && min < 0) || numbers.includes(number)) return null;
    numbers.push(number);
  }
  return numbers;
}

function parseDays(text: string): RecurrenceDay[] | null {
  const days: RecurrenceDay[] = [];
  for (const word of text.split(',')) {
    const match = /^([+-]?[0-9]{1,2})?([A-Z]{2})$/.exec(word);
    const weekday = match === null ? -1 : weekdays.indexOf(match[2]!);
    const nth = match?.[1] === undefined ? null : Number(match[1]);
    if (weekday < 0 || nth === 0 || Math.abs(nth ?? 1) > 53) return null;
    if (days.some((day) => day.weekday === weekday && day.nth === nth)) return null;
    days.push({ weekday, nth });
  }
  return days;
}

function parseEnd(text: string): RecurrenceEnd | null {
  const match = /^([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?$/.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '23', minute = '59', second = '59', zulu] = match;
  const atMs = parseLocalTime(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  return atMs === null ? null : { atMs, isLocal: zulu !== 'Z' };
}

/** A local time such as "2026-03-28T02:00:00" (seconds may be left out) as if it were UTC; null when there is no such time. */
export function parseLocalTime(text: string): number | null {
  const match = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9]{2})?$/.exec(text);
  if (match === null) return null;
  const full = `${match[1]}${match[2] ?? ':00'}`;
  const atMs = Date.parse(`${full}Z`);
  // Date.parse takes 30 February for 2 March, and 24:00 for the next day.
  return Number.isFinite(atMs) && new Date(atMs).toISOString().startsWith(full) ? atMs : null;
}

function problemOf(problem: string): ParsedRecurrence {
  return { kind: 'problem', problem };
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

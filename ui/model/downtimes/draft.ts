/**
 * What stands in the form of a downtime, and what it means: texts as they are typed, and the spec that they make, or
 * what is wrong at which field. Local times are those of the draft's zone. Pure.
 */
import type { DowntimeSpec, Schedule } from '#core/downtime.ts';
import { parseLocalTime, parseRecurrence } from '#core/recurrence.ts';
import type { HostSelector } from '#core/rule-spec.ts';
import { instantMsOf, isZone, localMsOf, scheduleProblem } from '#core/schedule.ts';
import { sentenceOf } from '../sentence.ts';
import { durationText, parseDuration } from './duration-text.ts';
import { type Repetition, repeatedOf, ruleOf } from './repetition.ts';
import { localDayMs } from './shown-span.ts';
import { clockOf, isoDayOf, weekdayOf } from './zone-text.ts';

export const draftWhens = ['once', 'recurring', 'now'] as const;
export type DraftWhen = (typeof draftWhens)[number];

export interface DowntimeDraft {
  readonly reason: string;
  readonly hosts: HostSelector;
  /** The person has said that an empty selector is meant: every host. */
  readonly isForAll: boolean;
  readonly author: string;
  readonly when: DraftWhen;
  readonly zone: string;
  /** `YYYY-MM-DD` and `HH:MM` (or with seconds). */
  readonly startDay: string;
  readonly startTime: string;
  /** Of one that is once: whether its end is given, or how long it lasts. */
  readonly hasEnd: boolean;
  readonly endDay: string;
  readonly endTime: string;
  readonly duration: string;
  readonly repetition: Repetition;
  /** Of recurring ones: the last day; '' for no end. */
  readonly until: string;
}

const draftFields = ['reason', 'hosts', 'author', 'when', 'zone', 'start', 'end', 'duration', 'rule', 'until'] as const;
export type DraftField = (typeof draftFields)[number];
export type DraftProblems = ReadonlyMap<DraftField, string>;

export type ReadDraft =
  | { readonly kind: 'spec'; readonly spec: DowntimeSpec }
  | { readonly kind: 'problems'; readonly problems: DraftProblems };

export const noHost: HostSelector = { names: [], tags: {}, notNames: [], notTags: {} };
const hourMs = 3_600_000;

export interface DraftStart {
  readonly zone: string;
  readonly nowMs: number;
  readonly author: string;
  /** Name of a host; '' for none. */
  readonly host: string;
}

/** A new one: for two hours from the next full hour. */
export function newDraft({ zone, nowMs, author, host }: DraftStart): DowntimeDraft {
  const startMs = Math.ceil((nowMs + 1) / hourMs) * hourMs;
  const startDay = isoDayOf(localMsOf(startMs, zone));
  return {
    reason: '',
    hosts: host === '' ? noHost : { ...noHost, names: [host] },
    isForAll: false,
    author,
    when: 'once',
    zone,
    ...momentFields('start', startMs, zone),
    hasEnd: false,
    ...momentFields('end', startMs + 2 * hourMs, zone),
    duration: durationText(2 * hourMs),
    repetition: { kind: 'weekly', every: 1, weekdays: [weekdayOf(localDayMs(startDay))] },
    until: '',
  };
}

/** One that there is; times of one that is once are shown in `zone`. */
export function draftOf({ hosts, schedule, author, reason }: DowntimeSpec, zone: string): DowntimeDraft {
  const common = { reason, author, hosts, isForAll: isForAnyHost(hosts) };
  if (schedule.kind === 'once') {
    const { startMs, endMs } = schedule;
    return {
      ...newDraft({ zone, nowMs: startMs - 1, author, host: '' }),
      ...common,
      ...momentFields('start', startMs, zone),
      hasEnd: true,
      ...momentFields('end', endMs, zone),
      duration: durationText(endMs - startMs),
    };
  }
  const startMs = parseLocalTime(schedule.start) ?? 0;
  const weekday = weekdayOf(startMs);
  const repeated = repeatedOf(schedule.rule, { weekday, monthDay: new Date(startMs).getUTCDate() });
  return {
    ...common,
    when: 'recurring',
    zone: schedule.zone,
    startDay: isoDayOf(startMs),
    startTime: timeFieldOf(startMs),
    hasEnd: false,
    endDay: isoDayOf(startMs),
    endTime: timeFieldOf(startMs + schedule.durationMs),
    duration: durationText(schedule.durationMs),
    ...repeated,
  };
}

/** `nowMs`: when one that starts now starts. */
export function readDraft(draft: DowntimeDraft, nowMs: number): ReadDraft {
  const problems = new Map<DraftField, string>();
  if (draft.reason.trim() === '') problems.set('reason', 'Say what is done: whoever looks for the alerts reads it.');
  if (isForAnyHost(draft.hosts) && !draft.isForAll)
    problems.set('hosts', 'Choose hosts or tags, or say that it is for all hosts.');
  if (!isZone(draft.zone)) problems.set('zone', 'Choose a zone from the list.');
  const schedule = problems.has('zone') ? null : readSchedule(draft, { nowMs, problems });
  if (problems.size > 0 || schedule === null) return { kind: 'problems', problems };
  const { hosts, author, reason } = draft;
  return { kind: 'spec', spec: { hosts, schedule, author: author.trim(), reason: reason.trim() } };
}

/** When it would be; null when that cannot be read yet. For the drawing of a draft that is not complete. */
export function scheduleOfDraft(draft: DowntimeDraft, nowMs: number): Schedule | null {
  return isZone(draft.zone) ? readSchedule(draft, { nowMs, problems: new Map() }) : null;
}

export function isForAnyHost({ names, tags, notNames, notTags }: HostSelector): boolean {
  return names.length + notNames.length + Object.keys(tags).length + Object.keys(notTags).length === 0;
}

interface Reading {
  readonly nowMs: number;
  readonly problems: Map<DraftField, string>;
}

function readSchedule(draft: DowntimeDraft, reading: Reading): Schedule | null {
  const { problems } = reading;
  const schedule = draft.when === 'recurring' ? readRecurring(draft, problems) : readOnce(draft, reading);
  if (schedule === null) return null;
  const problem = scheduleProblem(schedule);
  if (problem === null) return schedule;
  problems.set(fieldOfProblem(problem, draft), sentenceOf(problem));
  return null;
}

function readOnce(draft: DowntimeDraft, { nowMs, problems }: Reading): Schedule | null {
  const { zone } = draft;
  const startLocalMs = parseLocalTime(`${draft.startDay}T${fullTimeOf(draft.startTime)}`);
  const startMs = draft.when === 'now' ? nowMs : startLocalMs === null ? null : instantMsOf(startLocalMs, zone);
  if (startMs === null) problems.set('start', 'Give a day and a time.');
  const hasEnd = hasEndField(draft);
  const endLocalMs = parseLocalTime(`${draft.endDay}T${fullTimeOf(draft.endTime)}`);
  const durationMs = parseDuration(draft.duration);
  if (hasEnd && endLocalMs === null) problems.set('end', 'Give a day and a time.');
  if (!hasEnd && durationMs === null) problems.set('duration', durationWanted);
  if (startMs === null || (hasEnd ? endLocalMs === null : durationMs === null)) return null;
  const endMs = hasEnd ? instantMsOf(endLocalMs ?? 0, zone) : startMs + (durationMs ?? 0);
  return { kind: 'once', startMs, endMs };
}

const durationWanted = 'Give a length with its unit, such as 2 h or 1 h 30 m.';

function readRecurring(draft: DowntimeDraft, problems: Map<DraftField, string>): Schedule | null {
  const time = fullTimeOf(draft.startTime);
  const start = `${draft.startDay}T${time}`;
  const durationMs = parseDuration(draft.duration);
  const rule = ruleOf(draft);
  const { repetition } = draft;
  if (parseLocalTime(start) === null) problems.set('start', 'Give a day and a time.');
  if (durationMs === null) problems.set('duration', durationWanted);
  if (repetition.kind === 'weekly' && repetition.weekdays.length === 0)
    problems.set('rule', 'Choose at least one day.');
  else {
    const parsed = parseRecurrence(rule);
    if (parsed.kind === 'problem') problems.set('rule', sentenceOf(parsed.problem));
  }
  if (problems.has('start') || problems.has('rule') || durationMs === null) return null;
  const full = time.length === 5 ? `${start}:00` : start;
  return { kind: 'recurring', start: full, rule, durationMs, zone: draft.zone };
}

/** At which field a problem of a schedule, here or as the hub says it, is shown. */
function fieldOfProblem(problem: string, draft: DowntimeDraft): DraftField {
  if (/occur at least once/.test(problem)) return draft.until === '' ? 'rule' : 'until';
  if (/zone/.test(problem)) return 'zone';
  if (/window lasts|the end must be after/.test(problem)) return hasEndField(draft) ? 'end' : 'duration';
  if (/start/.test(problem)) return 'start';
  return draft.when === 'recurring' ? 'rule' : 'when';
}

function hasEndField({ hasEnd, when }: DowntimeDraft): boolean {
  return hasEnd && when === 'once';
}

/** Whether the form has the field as it stands: what is wrong must be seen. */
function hasField(field: DraftField, draft: DowntimeDraft): boolean {
  switch (field) {
    case 'reason':
    case 'hosts':
    case 'author':
    case 'when':
      return true;
    case 'zone':
    case 'start':
      return draft.when !== 'now';
    case 'end':
      return hasEndField(draft);
    case 'duration':
      return !hasEndField(draft);
    case 'rule':
      return draft.when === 'recurring';
    case 'until':
      return draft.when === 'recurring' && draft.repetition.kind !== 'rule';
  }
}

/** What the hub refuses, by field: "Cannot create downtime: end: …; schedule: …"; what has no field is under null. */
export function refusalsOf(why: string, draft: DowntimeDraft): ReadonlyMap<DraftField | null, string> {
  const found = new Map<DraftField | null, string>();
  const from = why.indexOf(': ');
  if (from < 0) return found.set(null, why);
  for (const problem of why.slice(from + 2).split('; ')) {
    const [, name = '', said = ''] = /^([a-z_]+)[^: ]*: (.+)$/s.exec(problem) ?? [];
    const field = name === 'schedule' ? fieldOfProblem(said, draft) : fieldNamed(name);
    if (field !== null && hasField(field, draft)) found.set(field, sentenceOf(said));
    else found.set(null, sentenceOf(problem));
  }
  return found;
}

function fieldNamed(name: string): DraftField | null {
  return draftFields.find((field) => field === name) ?? null;
}

/** A time of day as it is typed, "9", "930", "9:30", in full; what is none is left as it is. */
export function fullTimeOf(text: string): string {
  const match = /^\s*(\d{1,2})[:.h ]?(\d{2})?(:\d{2})?\s*$/.exec(text);
  if (match === null) return text.trim();
  const [, hour = '', minute = '00', second = ''] = match;
  return `${hour.padStart(2, '0')}:${minute}${second}`;
}

function momentFields<Name extends 'start' | 'end'>(name: Name, atMs: number, zone: string) {
  const localMs = localMsOf(atMs, zone);
  return { [`${name}Day`]: isoDayOf(localMs), [`${name}Time`]: timeFieldOf(localMs) } as Record<
    `${Name}${'Day' | 'Time'}`,
    string
  >;
}

/** With seconds only if there are any. */
function timeFieldOf(localMs: number): string {
  const text = new Date(localMs).toISOString().slice(11, 19);
  return text.endsWith(':00') ? clockOf(localMs) : text;
}

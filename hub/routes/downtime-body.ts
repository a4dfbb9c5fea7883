/**
 * Downtimes and silences as REST and the file of alerts take them, and as they are shown.
 */
import { z } from 'zod';
import type { Downtime, DowntimeSpec, Schedule, Silence, SilenceSpec } from '#core/downtime.ts';
import { severities } from '#core/rule-spec.ts';
import { nextWindow, scheduleProblem } from '#core/schedule.ts';
import { durationSeconds, hostSelectorBody, visibleLine, visibleText } from './alert-schemas.ts';
import { msOf, selectorBodyOf, selectorOf } from './rule-body.ts';

const author = visibleLine(200).default('');
export const instantBody = z
  .union([z.number().min(0).max(1e11), z.iso.datetime({ offset: true })], {
    error: 'epoch seconds, or a time such as "2026-03-28T02:00:00Z", is wanted',
  })
  .describe('Epoch seconds, or a time with its offset');

/** Once from `start` to `end`, or again and again by `rule`, each time for `duration`. */
export const downtimeBody = z.strictObject({
  hosts: hostSelectorBody.describe('{} means all hosts'),
  start: z
    .union([z.number().min(0).max(1e11), z.string().max(40)], {
      error: 'epoch seconds or a time is wanted',
    })
    .describe(
      'Once: epoch seconds, or a time with its offset such as "2026-03-28T02:00:00Z". Recurring: the first occurrence in local time, "2026-03-28T02:00:00"',
    ),
  end: instantBody.optional().describe('Of a downtime that is once; instead of a duration'),
  duration: durationSeconds.optional().describe('Seconds'),
  rule: z.string().max(500).optional().describe('RRULE of RFC 5545 without DTSTART: "FREQ=WEEKLY;BYDAY=SU"'),
  zone: z.string().max(100).optional().describe('IANA name of the zone of a recurring one: "Europe/Berlin"'),
  author,
  reason: visibleText(1_000).default(''),
});

/** In the file each has a name, by which it is known when the file changes. */
export const namedDowntimeBody = downtimeBody.extend({ name: visibleLine(200).min(1) });

export type DowntimeBody = z.output<typeof downtimeBody>;

export type Drafted<T> =
  | { readonly kind: 'drafted'; readonly spec: T }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

export function downtimeSpecOf(body: DowntimeBody): Drafted<DowntimeSpec> {
  const problems: string[] = [];
  const schedule = body.rule === undefined ? onceOf(body, problems) : recurringOf(body, problems);
  if (schedule === null) return { kind: 'refused', problems };
  const problem = scheduleProblem(schedule);
  if (problem !== null) return { kind: 'refused', problems: [`schedule: ${problem}`] };
  const { author: by, reason } = body;
  return { kind: 'drafted', spec: { hosts: selectorOf(body.hosts), schedule, author: by, reason } };
}

function onceOf({ start, end, duration, zone }: DowntimeBody, problems: string[]): Schedule | null {
  if (zone !== undefined) problems.push('zone: only a downtime with a "rule" has one');
  if ((end === undefined) === (duration === undefined)) problems.push('end: either "end" or "duration" is wanted');
  const startMs = instantMs(start);
  if (startMs === null) problems.push('start: epoch seconds, or a time such as "2026-03-28T02:00:00Z", is wanted');
  if (problems.length > 0 || startMs === null) return null;
  // A union of number and ISO time has been through the schema.
  const endMs = end === undefined ? startMs + msOf(duration!) : instantMs(end)!;
  return { kind: 'once', startMs, endMs };
}

function recurringOf({ start, end, duration, rule, zone }: DowntimeBody, problems: string[]): Schedule | null {
  if (end !== undefined) problems.push('end: a downtime with a "rule" has a "duration" instead');
  if (duration === undefined) problems.push('duration: a downtime with a "rule" wants seconds');
  if (zone === undefined) problems.push('zone: a downtime with a "rule" wants a zone such as "Europe/Berlin"');
  if (typeof start !== 'string') problems.push('start: with a "rule" a local time is wanted: "2026-03-28T02:00:00"');
  if (problems.length > 0) return null;
  return { kind: 'recurring', start: String(start), rule: rule!, durationMs: msOf(duration!), zone: zone! };
}

/** Epoch ms; null for a text that is no time. */
export function instantMs(value: number | string): number | null {
  if (typeof value === 'number') return msOf(value);
  return z.iso.datetime({ offset: true }).safeParse(value).success ? Date.parse(value) : null;
}

/**
 * What was changed takes the place of what there was; another kind of schedule takes nothing over from the one before.
 * A rule of null makes a recurring one one that is once.
 */
export function patchedDowntimeBody(before: Downtime, patch: Readonly<Record<string, unknown>>): unknown {
  const body: Record<string, unknown> = downtimeBodyOf(before.spec);
  const isRecurring = body['rule'] !== undefined;
  const { rule, ...rest } = patch;
  const gone = new Set<string>();
  if (rule === null) gone.add('rule');
  if (rule === null && isRecurring) for (const field of ['start', 'duration', 'zone']) gone.add(field);
  if (rule !== null && rule !== undefined && !isRecurring) for (const field of ['start', 'end']) gone.add(field);
  if (patch['duration'] !== undefined) gone.add('end');
  if (patch['end'] !== undefined && !isRecurring) gone.add('duration');
  const kept = Object.entries(body).filter(([field]) => !gone.has(field));
  return { ...Object.fromEntries(kept), ...(rule === null ? rest : patch) };
}

function downtimeBodyOf({ hosts, schedule, author: by, reason }: DowntimeSpec): DowntimeBody {
  const common = { hosts: selectorBodyOf(hosts), author: by, reason };
  if (schedule.kind === 'once') return { ...common, start: schedule.startMs / 1_000, end: schedule.endMs / 1_000 };
  const { start, rule, durationMs, zone } = schedule;
  return { ...common, start, rule, duration: durationMs / 1_000, zone };
}

const window = z.object({ start: z.number(), end: z.number() });

export const downtimeAnswer = z.object({
  id: z.number().int(),
  name: z.string().describe('Of one in the file; else empty'),
  ...downtimeBody.shape,
  state: z.enum(['scheduled', 'active', 'over']),
  window: window.nullable().describe('The one that lasts, or the next one, epoch seconds'),
  origin: z.enum(['api', 'file']),
  read_only: z.boolean().describe('It is kept in the file of alerts'),
  created: z.number().describe('Epoch seconds'),
});

export function downtimeAnswerOf(downtime: Downtime, nowMs: number): z.infer<typeof downtimeAnswer> {
  const { id, name, spec, origin, createdMs } = downtime;
  const next = nextWindow(spec.schedule, nowMs);
  return {
    id,
    name,
    ...downtimeBodyOf(spec),
    state: next === null ? 'over' : next.startMs <= nowMs ? 'active' : 'scheduled',
    window: next === null ? null : { start: next.startMs / 1_000, end: next.endMs / 1_000 },
    origin,
    read_only: origin === 'file',
    created: createdMs / 1_000,
  };
}

const anyHostBody = { names: [], tags: {}, not_names: [], not_tags: {} };
const patterns = z.array(visibleLine(1_100).min(1)).max(100).default([]);

/** All that is given must hold for an alert that is to be silenced. */
export const silenceBody = z.strictObject({
  hosts: hostSelectorBody.default(anyHostBody),
  rules: patterns.describe('Names or globs of rules'),
  series: patterns.describe('Keys, names or globs of series'),
  severities: z.array(z.enum(severities)).max(severities.length).default([]),
  until: instantBody.optional().describe('Either this or a duration'),
  duration: durationSeconds.optional().describe('Seconds from now'),
  author,
  comment: visibleText(1_000).default(''),
});

/** Ten years: what should be silent for ever is a rule to be removed. */
const silenceMsMax = 315_576_000_000;

export function silenceSpecOf(
  body: z.output<typeof silenceBody>,
  nowMs: number,
): Drafted<{ readonly silence: SilenceSpec; readonly untilMs: number }> {
  const { rules, series, severities: levels, until, duration, author: by, comment } = body;
  const hosts = selectorOf(body.hosts);
  const problems: string[] = [];
  const matcherCount =
    rules.length +
    series.length +
    levels.length +
    hosts.names.length +
    hosts.notNames.length +
    Object.keys(hosts.tags).length +
    Object.keys(hosts.notTags).length;
  if (matcherCount === 0) problems.push('body: a silence must say what it means: everything is {"rules":["*"]}');
  if ((until === undefined) === (duration === undefined))
    problems.push('until: either "until" or "duration" is wanted');
  const untilMs = until === undefined ? nowMs + msOf(duration ?? 0) : instantMs(until)!;
  if (problems.length === 0 && (untilMs <= nowMs || untilMs > nowMs + silenceMsMax))
    problems.push(
      `until: a time to come, at most ${silenceMsMax / 1_000} s from now, is wanted: got ${untilMs / 1_000}`,
    );
  if (problems.length > 0) return { kind: 'refused', problems };
  const silence = { hosts, rules, series, severities: levels, author: by, comment };
  return { kind: 'drafted', spec: { silence, untilMs } };
}

export const silenceAnswer = z.object({
  id: z.number().int(),
  ...silenceBody.omit({ duration: true }).shape,
  until: z.number().describe('Epoch seconds'),
  created: z.number(),
  active: z.boolean(),
});

export function silenceAnswerOf(silence: Silence, nowMs: number): z.infer<typeof silenceAnswer> {
  const { id, spec, untilMs, createdMs } = silence;
  return {
    id,
    hosts: selectorBodyOf(spec.hosts),
    rules: [...spec.rules],
    series: [...spec.series],
    severities: [...spec.severities],
    until: untilMs / 1_000,
    author: spec.author,
    comment: spec.comment,
    created: createdMs / 1_000,
    active: untilMs > nowMs,
  };
}

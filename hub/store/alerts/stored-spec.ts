/**
 * What stands in the `spec` of rules, downtimes and silences, read with tolerance: rows may have been written by an
 * older version, by a newer one, or by hand. What is missing gets its default, what is unknown is passed over; a row
 * that cannot be understood is null, and stays as it is in the database.
 */
import { z } from 'zod';
import type { DowntimeSpec, SilenceSpec } from '#core/downtime.ts';
import { type HostSelector, type RuleSpec, severities } from '#core/rule-spec.ts';
import { isReadable } from '#core/schedule.ts';

const texts = z.array(z.string()).catch([]);
const pairs = z.record(z.string(), z.string()).catch({});
const ms = z.number().min(0);
const optionalNumber = z.number().nullable().catch(null);
const severity = z.enum(severities);

const hosts = z.object({ names: texts, tags: pairs, notNames: texts, notTags: pairs });
const series = z.object({ patterns: texts, labels: pairs });
const input = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('value') }),
  z.object({ kind: z.literal('average'), windowMs: ms }),
  z.object({ kind: z.literal('rate'), windowMs: ms }),
]);
const condition = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('above'), threshold: z.number(), recovery: optionalNumber }),
  z.object({ kind: z.literal('below'), threshold: z.number(), recovery: optionalNumber }),
  z.object({
    kind: z.literal('outside'),
    low: z.number(),
    high: z.number(),
    recoveryLow: optionalNumber,
    recoveryHigh: optionalNumber,
  }),
]);
const intervals = z.int().min(1);
const subject = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('series'),
    series,
    input: input.catch({ kind: 'value' }),
    condition,
    noDataIntervals: intervals.nullable().catch(null),
  }),
  z.object({ kind: z.literal('silence'), series, intervals }),
  z.object({ kind: z.literal('hostDown'), afterMs: ms }),
  z.object({ kind: z.literal('clockSkew'), thresholdMs: ms }),
]);

// A selector that cannot be read must not become one that means everybody: it has no default.
const ruleSpec = z.object({
  subject,
  hosts,
  forMs: ms.catch(0),
  keepFiringMs: ms.catch(0),
  severity: severity.catch('warning'),
  summary: z.string().catch(''),
  message: z.string().catch(''),
  channels: z.array(z.string()).nullable().catch(null),
  groupBy: texts,
  repeatMs: ms.min(1_000).nullable().catch(null),
  escalations: z.array(z.object({ afterMs: ms, channels: texts })).catch([]),
  overrides: z
    .array(
      z.object({
        hosts,
        isEnabled: z.boolean().optional(),
        condition: condition.optional(),
        forMs: ms.optional(),
        severity: severity.optional(),
      }),
    )
    .catch([]),
});

const downtimeSpec = z.object({
  hosts,
  schedule: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('once'), startMs: z.number(), endMs: z.number() }),
    z.object({
      kind: z.literal('recurring'),
      start: z.string(),
      rule: z.string(),
      durationMs: ms,
      zone: z.string(),
    }),
  ]),
  author: z.string().catch(''),
  reason: z.string().catch(''),
});

const silenceSpec = z.object({
  hosts,
  rules: texts,
  series: texts,
  severities: z.array(severity).catch([]),
  author: z.string().catch(''),
  comment: z.string().catch(''),
});

export function parseHostSelector(selector: unknown): HostSelector | null {
  return hosts.safeParse(selector).data ?? null;
}

export function parseRuleSpec(spec: unknown): RuleSpec | null {
  return (ruleSpec.safeParse(spec).data as RuleSpec | undefined) ?? null;
}

export function parseDowntimeSpec(spec: unknown): DowntimeSpec | null {
  const read = downtimeSpec.safeParse(spec).data;
  return read !== undefined && isReadable(read.schedule) ? read : null;
}

export function parseSilenceSpec(spec: unknown): SilenceSpec | null {
  return silenceSpec.safeParse(spec).data ?? null;
}

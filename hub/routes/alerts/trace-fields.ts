/**
 * What whoever decided has noted of an event, in the form of REST: names with underscores, seconds, the rule as
 * `/api/v1/rules` gives it. Rows may be of an older version: what is missing is null or empty.
 */
import { z } from 'zod';
import { parseRuleSpec } from '../../store/alerts/stored-spec.ts';
import { ruleBodyOf } from '../rule-body.ts';

const quiet = { id: z.number().int(), author: z.string() };

export const traceFields = z.object({
  rule: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('The rule as it was, in the form of /api/v1/rules with its version'),
  path: z
    .array(z.object({ phase: z.string(), at: z.number() }))
    .describe('The states that led to it, by the time of ticks'),
  downtime: z
    .object({ ...quiet, reason: z.string() })
    .nullable()
    .describe('Which kept it quiet'),
  silence: z
    .object({ ...quiet, comment: z.string() })
    .nullable()
    .describe('Which kept it quiet'),
  group: z.string().nullable().describe('Of its notices'),
  channels: z.array(z.string()).describe('On which it was told'),
  missing_channels: z.array(z.string()).describe('That the rule names, and that were not there or off'),
  by: z.string().nullable().describe('Who acknowledged'),
  comment: z.string().nullable(),
});

export type TraceFields = z.infer<typeof traceFields>;

const text = z.string().nullable().catch(null);
const texts = z.array(z.string()).catch([]);
const author = z.string().catch('');

/** As the hub has written it (`alerting/alert-event.ts`, `alerting/telling.ts`, `store/alerts/alerts.ts`). */
const stored = z
  .object({
    rule: z.object({ name: z.string(), version: z.number(), spec: z.unknown().optional() }).nullable().catch(null),
    path: z.array(z.object({ phase: z.string(), atMs: z.number() })).catch([]),
    downtime: z
      .object({ id: z.number(), author, reason: z.string().catch('') })
      .nullable()
      .catch(null),
    silence: z
      .object({ id: z.number(), author, comment: z.string().catch('') })
      .nullable()
      .catch(null),
    group: text,
    channels: texts,
    missingChannels: texts,
    by: text,
    comment: text,
  })
  .catch({
    ...{ rule: null, path: [], downtime: null, silence: null, group: null },
    ...{ channels: [], missingChannels: [], by: null, comment: null },
  });

export function traceFieldsOf(trace: unknown): TraceFields {
  const { rule, path, missingChannels, ...same } = stored.parse(trace);
  return {
    ...same,
    rule: rule === null ? null : ruleAsItWas(rule),
    path: path.map(({ phase, atMs }) => ({ phase, at: atMs / 1_000 })),
    missing_channels: missingChannels,
  };
}

/** Whether it is enabled is no part of what fired. */
function ruleAsItWas(rule: {
  readonly name: string;
  readonly version: number;
  readonly spec?: unknown;
}): Readonly<Record<string, unknown>> {
  const { name, version } = rule;
  const spec = parseRuleSpec(rule.spec);
  if (spec === null) return { name, version };
  const { enabled: _, ...body } = ruleBodyOf({ name, spec, isEnabled: true });
  return { ...body, version };
}

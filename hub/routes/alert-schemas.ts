/**
 * Rules as REST and the file of alerts take them: snake_case, durations in seconds, and a default for everything but
 * what is looked at, so that a person can write one by hand. `rule-body.ts` turns them into `RuleSpec` and back; what
 * a schema cannot say (limits that are inverted, a window below one step) is checked there.
 */
import { z } from 'zod';
import { severities } from '#core/rule-spec.ts';
import { boundedRecord } from '../bounded-record.ts';
import { isVisible, tagNameCharactersMax, tagValueCharactersMax } from '../host-name.ts';

const ruleNameCharactersMax = 200;
/** A metric name with a glob or two: as long as a key may be, and some. */
const patternCharactersMax = 1_100;
const patternsMax = 100;
const pairsMax = 32;
export const channelNameCharactersMax = 100;
/** Ten years: nothing that is looked at for longer is an alert. */
const secondsMax = 315_576_000;

export const visibleLine = (max: number) => z.string().max(max).refine(isVisible, 'visible text in one line is wanted');
/** Line feeds are welcome in it. */
export const visibleText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => isVisible(text.replace(/\n/g, '')), 'visible text is wanted');
export const durationSeconds = z.number().min(0).max(secondsMax);

const names = z.array(visibleLine(255).min(1)).max(1_000).default([]);
const tags = boundedRecord(
  { names: visibleLine(tagNameCharactersMax).min(1), values: visibleLine(tagValueCharactersMax) },
  pairsMax,
).default({});

/** Which hosts. `{}` means all of them. */
export const hostSelectorBody = z.strictObject({
  names: names.describe('Names or globs (web-*); none: whatever the name'),
  tags: tags.describe('All of these tags; a value may be a glob, and "*" is any value'),
  not_names: names.describe('Left out: names or globs'),
  not_tags: tags.describe('Left out: whoever has one of these tags'),
});

const anyHostBody = { names: [], tags: {}, not_names: [], not_tags: {} };
const hosts = hostSelectorBody.default(anyHostBody);

const pattern = visibleLine(patternCharactersMax).min(1);
const metric = z
  .union([pattern, z.array(pattern).max(patternsMax)], {
    error: `a metric is wanted: a name (every label set of it), a key such as disk_used_bytes{device="vda"}, a glob, or a list of at most ${patternsMax} of these`,
  })
  .describe('A name (every label set of it), a canonical key, a glob such as disk_*, or a list of these');
const labels = boundedRecord({ names: visibleLine(100).min(1), values: visibleLine(200) }, pairsMax)
  .default({})
  .describe('All of these labels of the series; a value may be a glob');

const number = z.number().nullable();
/** What stands for a condition: in a rule, and in an override of it. */
const conditionFields = {
  threshold: number.optional().describe('Of above and below'),
  recovery: number.optional().describe('Good again from here on; null: as soon as it is not bad'),
  low: number.optional().describe('Of outside: bad below'),
  high: number.optional().describe('Of outside: bad above'),
  recovery_low: number.optional(),
  recovery_high: number.optional(),
};
export const conditionKinds = ['above', 'below', 'outside'] as const;

const channelNames = z.array(visibleLine(channelNameCharactersMax).min(1)).max(200);

const overrideBody = z.strictObject({
  hosts: hostSelectorBody,
  enabled: z.boolean().optional(),
  condition: z.enum(conditionKinds).optional().describe("The rule's when absent"),
  ...conditionFields,
  for: durationSeconds.optional(),
  severity: z.enum(severities).optional(),
});

const commonFields = {
  name: visibleLine(ruleNameCharactersMax).min(1).optional().describe('Unique; made of the condition when absent'),
  hosts,
  for: durationSeconds
    .default(60)
    .describe('Seconds for which it must be bad, on the time of ticks; 0: the first bad tick'),
  keep_firing: durationSeconds.default(60).describe('Goes on firing until it has been good for so many seconds'),
  severity: z.enum(severities).default('warning'),
  summary: visibleLine(300).default('').describe('One line for people: what it is for'),
  message: visibleText(2_000).default('').describe('Text of the notice, a template; empty: the standard one'),
  channels: channelNames.nullable().default(null).describe('Names of channels; null: all that are enabled'),
  group_by: z
    .array(visibleLine(tagNameCharactersMax).min(1))
    .max(8)
    .default([])
    .describe('Tags of the host by which notices are put together; none: all of the rule'),
  repeat: durationSeconds
    .nullable()
    .default(14_400)
    .describe('Seconds after which it is told again while nobody has acknowledged; null: never'),
  escalations: z
    .array(z.strictObject({ after: durationSeconds, channels: channelNames.min(1) }))
    .max(8)
    .default([])
    .describe('Other channels that are told when nobody has acknowledged after so many seconds'),
  overrides: z
    .array(overrideBody)
    .max(200)
    .default([])
    .describe('What is different for some hosts: the first that means a host counts'),
  enabled: z.boolean().default(true),
};

/** A rule by its kind; without one it is about values of series. */
export const ruleBody = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('series').optional(),
      metric,
      labels,
      input: z
        .union(
          [z.literal('value'), z.strictObject({ average: durationSeconds }), z.strictObject({ rate: durationSeconds })],
          { error: '"value", {"average": <seconds>} or {"rate": <seconds>} is wanted' },
        )
        .default('value')
        .describe('What is compared: the value, its average, or its change per second, over so many seconds'),
      condition: z.enum(conditionKinds),
      ...conditionFields,
      no_data: z
        .int()
        .min(1)
        .max(1_000_000)
        .nullable()
        .default(null)
        .describe('Fires as well when the series has been silent for so many of its own intervals'),
      ...commonFields,
    }),
    z.strictObject({
      kind: z.literal('silence').describe('Series of which no value comes, though one is due'),
      metric: metric.default([]),
      labels,
      intervals: z.int().min(1).max(1_000_000).default(30).describe("Of the series' own"),
      ...commonFields,
      for: durationSeconds.default(0),
      keep_firing: durationSeconds.default(0),
    }),
    z.strictObject({
      kind: z.literal('host_down').describe('Hosts whose agent has been away without having said so'),
      after: durationSeconds.default(10),
      ...commonFields,
      for: durationSeconds.default(0),
      keep_firing: durationSeconds.default(0),
      severity: z.enum(severities).default('critical'),
    }),
    z.strictObject({
      kind: z.literal('clock_skew').describe("Hosts whose clock is further from the hub's"),
      threshold: durationSeconds.default(30).describe('Seconds'),
      ...commonFields,
    }),
  ],
  {
    error: ({ code }) => (code === 'invalid_union' ? 'series, silence, host_down or clock_skew is wanted' : undefined),
  },
);

export type RuleBody = z.output<typeof ruleBody>;
export type HostSelectorBody = z.output<typeof hostSelectorBody>;
export type OverrideBody = z.output<typeof overrideBody>;

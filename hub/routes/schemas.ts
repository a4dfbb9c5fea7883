/**
 * What REST takes and gives, once: the routes validate by these and the OpenAPI document is made of them.
 */
import { z } from 'zod';
import { tagsPerSideMax } from '#core/limits.ts';
import { hostStates } from '#core/message.ts';
import { boundedRecord } from '../bounded-record.ts';
import { hostNameProblem, isVisible, tagNameCharactersMax, tagValueCharactersMax } from '../host-name.ts';
import { HttpError } from '../http.ts';
import { issueWords } from '../issue-words.ts';

/** As many as a name may have: it stands in the same places. */
const aliasCharactersMax = 240;

const tags = z.record(z.string(), z.string()).describe('Tags of the host');

const alias = z.string().describe('Shown instead of the name; empty for none');
const downtimeUntil = z
  .number()
  .nullable()
  .describe(
    'End of the downtime that the host is in now, of several the latest, epoch seconds; null when it is in none',
  );

export const latestAnswer = z.record(
  z.string(),
  z.object({
    metrics: z.record(z.string(), z.number()).describe('Newest value by series key'),
    tags,
    timestamp: z.number().nullable().describe('Time of the newest tick, epoch seconds; null before the first'),
  }),
);

export const hostsAnswer = z.record(
  z.string(),
  z.object({
    alias,
    tags,
    status: z.enum(hostStates),
    last_seen: z.number().nullable().describe('Epoch seconds; null when never'),
    downtime_until: downtimeUntil,
  }),
);

/** A host with all that is known of it. */
export const hostAnswer = z.object({
  id: z.number().int(),
  name: z.string().describe('Unique among the hosts that there are'),
  alias,
  kind: z.enum(['agent', 'push']),
  tags: tags.describe('What is shown: the tags of people over those of the agent'),
  agent_tags: tags.describe('What the agent, or the client that pushes, says'),
  people_tags: z.record(z.string(), z.string().nullable()).describe('What people said; null hides a tag of the agent'),
  facts: z.record(z.string(), z.string()).describe('What the agent found out about its machine'),
  agent_version: z.string(),
  interval: z.number().describe('Seconds between ticks'),
  first_seen: z.number().describe('Epoch seconds'),
  last_seen: z.number().nullable().describe('Epoch seconds; null when never'),
  status: z.enum(hostStates),
  downtime_until: downtimeUntil,
});

/** Leading processes of a host; never stored. */
export const hostProcessesAnswer = z.object({
  time: z.number().nullable().describe('Epoch seconds; null while none are known'),
  processes: z.array(
    z.object({
      pid: z.number().int(),
      name: z.string(),
      user: z.string(),
      cpu_percent: z.number(),
      memory_bytes: z.number(),
    }),
  ),
});

/** Hosts by name. */
export const hostMapAnswer = z.record(z.string(), hostAnswer);

const visibleText = (max: number) => z.string().max(max).refine(isVisible, 'visible text is wanted');
const hostName = z.string().min(1).max(255);

const peopleTags = boundedRecord(
  { names: visibleText(tagNameCharactersMax).min(1), values: visibleText(tagValueCharactersMax).nullable() },
  tagsPerSideMax,
).describe('Replaces all tags that people gave the host. null hides a tag of the agent; {} leaves those of the agent');

export const updateTagsBody = z.strictObject({ hostname: hostName, tags: peopleTags });
export const updateTagsAnswer = z.object({ message: z.literal('Tags updated successfully') });

export const removeHostBody = z.strictObject({ hostname: hostName });
export const removeHostAnswer = z.object({ status: z.literal('success'), message: z.string() });

export const hostPatchBody = z
  .strictObject({
    name: z
      .string()
      .superRefine((name, context) => {
        const problem = hostNameProblem(name);
        if (problem !== null) context.addIssue({ code: 'custom', message: problem });
      })
      .optional()
      .describe('Another name; its agent keeps it. 1..240 visible characters'),
    alias: visibleText(aliasCharactersMax).optional().describe('Shown instead of the name; empty for none'),
    tags: peopleTags.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'at least one of "name", "alias" and "tags" is wanted');

export const historyAnswer = z
  .array(z.tuple([z.number(), z.number().nullable()]))
  .describe('Time in epoch seconds and value, ascending; null only at a gap');

export const historyEnvelopeAnswer = z
  .array(z.tuple([z.number(), z.number().nullable(), z.number().nullable(), z.number().nullable()]))
  .describe('Time in epoch seconds, average, minimum and maximum');

/** Span and resolution of a history request, as query parameters. */
export const historyQuery = z.object({
  start: z.coerce.number().min(0).max(1e11).optional().describe('Epoch seconds; an hour before the end when absent'),
  end: z.coerce.number().min(0).max(1e11).optional().describe('Epoch seconds; now when absent'),
  limit: z.coerce.number().int().min(1).max(10_000).default(500).describe('Points wanted'),
  envelope: z.enum(['0', '1']).default('0').describe('1 adds minimum and maximum to each point'),
});

export const hostsQuery = z.object({
  host: z.string().max(255).optional().describe('Only this host'),
  tag: z.string().max(1_100).optional().describe('Only hosts with this tag: "name" or "name=value"'),
});

/** `series` is given as often as wanted. */
export const latestQuery = hostsQuery.extend({
  series: z
    .string()
    .max(1_100)
    .optional()
    .describe('Only these series, by canonical key; as often as wanted, at most 64'),
});

export const receivedAnswer = z.object({ status: z.literal('received') });
export const wipeAnswer = z.object({
  hostCount: z.number().int().describe('Hosts that there were'),
  tickCount: z.number().int().describe('Ticks that were stored of them'),
  bytesBefore: z.number().describe('Size of the database on the disk'),
  bytesAfter: z.number(),
});
export const errorAnswerSchema = z.object({
  error: z.string().describe('What was wrong, what is wanted, what was got'),
});
export const healthAnswer = z.object({ status: z.enum(['ok', 'starting']), storage: z.string() });

export const aggregateQuery = z.object({
  wait: z.enum(['0', '1']).default('0').describe('1 answers when the run has ended'),
});
export const aggregateAnswer = z.object({
  status: z.enum(['Data aggregation triggered successfully', 'Data aggregation is running already']),
});

const seconds = z.number().describe('Epoch seconds');

export const storageAnswer = z.object({
  tiers: z.array(
    z.object({
      tier: z.enum(['raw', 'minute', 'hour']),
      bytes: z.number().describe('All that its files take, indexes included'),
      chunks: z.number(),
      samples: z.number().describe('Values that are numbers; of rollups, buckets that hold any'),
      bytes_per_sample: z.number().nullable(),
      oldest: seconds.nullable().describe('Time of the oldest value, epoch seconds'),
      floor: seconds.nullable().describe('Start of the oldest day that is kept; null while none has gone'),
      keep_days: z.number(),
      is_shortened: z.boolean().describe('Whether it reaches less far back because of storage_bytes_max'),
    }),
  ),
  batches: z.object({ count: z.number(), bytes: z.number() }).describe('What waits to become chunks'),
  database_bytes: z.number(),
  storage_bytes_max: z.number().nullable(),
  storage_ratio: z.number().nullable().describe('database_bytes of storage_bytes_max, 0..1'),
  disk_free_bytes: z.number().nullable().describe('Of the data folder; null for a database that is elsewhere'),
  warnings: z.array(z.enum(['budget', 'disk'])),
  retention: z.object({
    last_run: seconds.nullable(),
    hold: z
      .enum(['clock-moved', 'clocks-differ', 'needed', 'failed'])
      .nullable()
      .describe('Why the last run let go of less than is old enough'),
    dropped_partitions: z.number(),
    dropped_bytes: z.number(),
  }),
  compaction: z.object({
    is_running: z.boolean(),
    last_run: seconds.nullable(),
    hosts: z.number(),
    batches: z.number(),
    samples: z.number(),
    chunks: z.number(),
  }),
});

/** Query parameters by a schema; a 400 names everything that is wrong. */
export function parseQuery<S extends z.ZodType>(schema: S, query: URLSearchParams): z.infer<S> {
  const parsed = schema.safeParse(Object.fromEntries(query), { error: issueWords });
  if (parsed.success) return parsed.data;
  throw new HttpError(400, `Cannot read query: ${problemsText(parsed.error)}`);
}

/** Everything that a schema did not like, in one line. */
export function problemsText(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}

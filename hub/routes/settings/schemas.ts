/**
 * What REST takes and gives about the settings of agents and the configuration of clients. The settings themselves are judged
 * by `core/agent-settings.ts`, as the agent does; what stands here of them is for the document.
 */
import { z } from 'zod';
import { settingsBounds, settingsStates } from '#core/agent-settings.ts';
import { seriesEveryMax, spoolBytesMin, tagsPerSideMax, tickIntervalMsMax, tickIntervalMsMin } from '#core/limits.ts';
import { boundedRecord } from '../../bounded-record.ts';
import { isVisible, tagNameCharactersMax, tagValueCharactersMax } from '../../host-name.ts';
import { hostSelectorBody } from '../alert-schemas.ts';

const every = z.number().int().min(1).max(seriesEveryMax);
const fields = {
  interval: z
    .number()
    .min(tickIntervalMsMin / 1_000)
    .max(tickIntervalMsMax / 1_000)
    .describe('Seconds between ticks, in whole milliseconds'),
  collectors: z
    .record(z.string(), z.strictObject({ enabled: z.boolean().optional(), every: every.optional() }))
    .meta({ maxProperties: settingsBounds.collectorsMax })
    .describe('By name; every: it runs at each so many-th tick'),
  metrics: z
    .array(z.strictObject({ pattern: z.string(), every }))
    .max(settingsBounds.metricsMax)
    .describe('Series by key, name or glob that have a value at each so many-th tick; the first that means one counts'),
  tags: z
    .record(z.string(), z.string())
    .meta({ maxProperties: settingsBounds.tagsMax })
    .describe('The agent says these of its host; those of people win over them'),
  spool_bytes: z.number().int().min(spoolBytesMin).max(settingsBounds.spoolBytesMax),
};

export const agentSettings = z.strictObject(fields).partial().describe("What is left out is the agent's own");

const settingsPatch = z
  .strictObject({
    interval: fields.interval.nullable(),
    collectors: z
      .record(
        z.string(),
        z.strictObject({ enabled: z.boolean().nullable(), every: every.nullable() }).partial().nullable(),
      )
      .meta({ maxProperties: settingsBounds.collectorsMax })
      .nullable(),
    metrics: fields.metrics.nullable(),
    tags: z.record(z.string(), z.string().nullable()).meta({ maxProperties: settingsBounds.tagsMax }).nullable(),
    spool_bytes: fields.spool_bytes.nullable(),
  })
  .partial()
  .describe('What it names is replaced, null takes away; objects in it are changed the same way (RFC 7396)');

const version = z
  .number()
  .int()
  .min(0)
  .optional()
  .describe('The version that was read: a change in between is refused with 409 and the code "settings_changed"');

/** As the document shows them. */
export const settingsPutDocument = z.strictObject({ version, settings: agentSettings });
export const settingsPatchDocument = z.strictObject({ version, settings: settingsPatch });
export const settingsBulkDocument = z.strictObject({ hosts: hostSelectorBody, settings: settingsPatch });

const anyObject = z.record(z.string(), z.unknown());
/** As they are taken: what is in `settings` is judged when it has been put together with what there was. */
export const settingsBody = z.strictObject({ version, settings: anyObject });
export const settingsBulkBody = z.strictObject({
  hosts: hostSelectorBody.refine(
    ({ names, tags }) => names.length > 0 || Object.keys(tags).length > 0,
    'a name, a glob or a tag is wanted; "*" is every host',
  ),
  settings: anyObject,
});

const time = z.number().describe('Epoch seconds');

export const settingsAnswer = z.object({
  host: z.string(),
  version: z.number().int().describe('0: nobody has set anything'),
  settings: agentSettings.describe('What is wanted'),
  changed: time.nullable(),
  changed_by: z.string(),
  state: z
    .enum([...settingsStates, 'waiting', 'unsupported'])
    .describe('What the agent made of the newest version; waiting: it has yet to say; unsupported: it is too old'),
  report: z
    .object({
      version: z.number().int(),
      state: z.enum(settingsStates),
      why: z.string(),
      time,
      pinned: z.array(z.string()).describe('What the local file of the agent decides, as "tags.role"'),
      effective: agentSettings.describe('What is in force'),
    })
    .nullable()
    .describe('What the agent said last'),
});

export const settingsVersionsAnswer = z.array(
  z.object({ version: z.number().int(), settings: agentSettings, changed: time, changed_by: z.string() }),
);

export const settingsOutcomesAnswer = z.object({
  outcomes: z.array(
    z.object({
      host: z.string(),
      outcome: z.enum(['changed', 'unchanged', 'refused', 'conflict']),
      version: z.number().int(),
      why: z.string().describe('Empty unless refused or in conflict'),
    }),
  ),
});

export const settingsConflictAnswer = z.object({
  error: z.string(),
  code: z.literal('settings_changed'),
  version: z.number().int().describe('The newest'),
});

const clientId = z.string().min(1).max(255).refine(isVisible, 'visible text is wanted');
const clientTags = boundedRecord(
  {
    names: z.string().min(1).max(tagNameCharactersMax).refine(isVisible, 'visible text is wanted'),
    values: z.string().max(tagValueCharactersMax).refine(isVisible, 'visible text is wanted'),
  },
  tagsPerSideMax,
);

export const clientQuery = z.object({
  client_id: clientId.describe('As the client sends it'),
  last_update: z.coerce
    .number()
    .min(0)
    .max(1e11)
    .optional()
    .describe('Epoch seconds of the configuration that the client has; absent: it has none'),
});
export const clientConfigAnswer = z.object({
  status: z.enum(['update_available', 'no_update']),
  config: anyObject,
  last_update: time.describe('To be given the next time'),
});
export const unknownClientAnswer = z.object({ status: z.literal('unknown_client') });
export const registerClientBody = z.strictObject({
  client_id: clientId,
  config: anyObject.default({}).describe('What the client has of itself; what people set wins over it'),
  tags: clientTags.default({}),
});
export const registeredAnswer = z.object({
  status: z.literal('success'),
  message: z.literal('Client registered successfully'),
});
export const updateClientBody = z.strictObject({ client_id: clientId, config: anyObject });
export const updatedAnswer = z.object({ message: z.string() });

export const clientBody = z.strictObject({
  version: z.number().int().min(1).optional(),
  config: anyObject.nullable().describe('null gives it back to what the client says of itself'),
});
export const clientAnswer = z.object({
  id: z.string(),
  tags: z.record(z.string(), z.string()),
  config: anyObject.describe('What it is given'),
  own_config: anyObject,
  people_config: anyObject.nullable(),
  version: z.number().int(),
  registered: time.nullable(),
  changed: time,
});
export const clientsQuery = z.object({
  after: z.string().max(255).default('').describe('Those behind this id'),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});
export const clientsAnswer = z.array(clientAnswer);
export const removedClientAnswer = z.object({ status: z.literal('success') });

/**
 * What REST takes and gives of agents and enrolment tokens. Times are epoch seconds.
 */
import { z } from 'zod';
import { tagsPerSideMax } from '#core/limits.ts';
import { hostStates } from '#core/message.ts';
import { cleanLabelValue, isLabelName } from '#core/series.ts';
import { boundedRecord } from '../../bounded-record.ts';
import { visibleLine } from '../alert-schemas.ts';

const seconds = z.number().describe('Epoch seconds');

export const agentsQuery = z.object({ host: z.string().max(255).optional().describe('Only this host') });

export const agentAnswer = z.object({
  host: z.string(),
  host_id: z.number().int(),
  alias: z.string(),
  agent_id: z.string().describe('32 hex digits'),
  status: z.enum(hostStates),
  is_connected: z.boolean().describe('To this hub'),
  is_revoked: z.boolean(),
  revoked_at: seconds.nullable(),
  agent_version: z.string(),
  interval: z.number().describe('Seconds between ticks'),
  address: z.string().nullable().describe('Of the connection; null while there is none'),
  connected_since: seconds.nullable(),
  last_seen: seconds.nullable().describe('Time of its newest tick'),
  skew_ms: z.number().nullable().describe('By how much its clock was ahead of the hub when it connected'),
  backlog_ticks: z
    .number()
    .nullable()
    .describe('Ticks on its disk that are not stored yet, as it said last; null when it is not known'),
  gap_ticks: z.number().describe('Ticks that were given up, in all'),
  refused: z
    .object({ why: z.string(), at: seconds })
    .nullable()
    .describe('Why this hub has sent it, or one that claims to be it, away last; null since it was let in'),
  tokens: z.array(
    z.object({
      id: z.string().describe('First 12 hex digits of the SHA-256 of the token'),
      created: seconds,
      used: seconds.nullable().describe('First use; null while it was not used'),
      expires: seconds.nullable().describe('Of one that has been replaced'),
      is_old: z.boolean().describe('A newer one is on the disk of the agent'),
      is_revoked: z.boolean(),
    }),
  ),
  rotation: z
    .object({ since: seconds })
    .nullable()
    .describe('A new token was ordered, and is not yet on the disk of the agent'),
  clone: z
    .object({
      address: z.string(),
      host_name: z.string().describe('The name that it wants'),
      boot_id: z.string(),
      first_seen: seconds,
      last_seen: seconds,
      refused_count: z.number().int(),
      is_split_ordered: z.boolean().describe('It gets an identity of its own when it comes next'),
    })
    .nullable()
    .describe('A second machine that comes under the identity of this agent, and was sent away'),
});
export const agentListAnswer = z.array(agentAnswer).describe('By name');

export const agentOrders = ['rotate', 'revoke', 'allow', 'split'] as const;
export type AgentOrder = (typeof agentOrders)[number];

const tagsDescription = 'Given to each host that is made by the token, as tags of people';

export const enrolmentBody = z.strictObject({
  name: visibleLine(200).default('').describe('For people'),
  uses: z.number().int().min(1).max(100_000).default(1).describe('Agents that may enrol by it'),
  expires: z.number().min(0).max(1e11).describe('Epoch seconds, at most a year from now'),
  tags: boundedRecord({ names: z.string(), values: z.string() }, tagsPerSideMax)
    .default({})
    .refine((tags) => Object.keys(tags).every(isLabelName), 'names of letters, digits and "_" are wanted')
    .refine(
      (tags) => Object.values(tags).every((value) => value.length <= 200 && cleanLabelValue(value) === value),
      'values of at most 200 characters without control characters are wanted',
    )
    .describe(tagsDescription),
});

export const enrolmentAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  uses: z.number().int().describe('Agents that may enrol by it'),
  used: z.number().int().describe('Agents that have'),
  tags: z.record(z.string(), z.string()).describe(tagsDescription),
  created: seconds,
  created_by: z.string(),
  expires: seconds,
  revoked: seconds.nullable(),
  state: z.enum(['open', 'used', 'expired', 'revoked']),
  hosts: z.array(z.object({ host: z.string(), at: seconds })).describe('That have enrolled by it, the newest twenty'),
});
export const enrolmentListAnswer = z.array(enrolmentAnswer).describe('The newest first');
export const enrolmentMadeAnswer = enrolmentAnswer.extend({
  token: z.string().describe('Shown this once: the hub keeps its SHA-256 only'),
});

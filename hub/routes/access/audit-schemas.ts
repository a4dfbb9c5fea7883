/**
 * The audit log as REST asks for it and shows it.
 */
import { z } from 'zod';
import type { AuditFilter, StoredAudit } from '../../store/access/audit.ts';

const seconds = z.coerce.number().min(0).max(1e11);
const part = z.string().min(1).max(300).optional();

export const auditFilterQuery = z.object({
  q: part.describe('Part of the name of who did it, of what it was done to, or of the address, in any case'),
  actor: part.describe('Part of the name of who did it, in any case'),
  action: z
    .string()
    .regex(/^[a-zA-Z]+(\.[a-zA-Z-]+)?$/)
    .max(80)
    .optional()
    .describe('"rule.created", or "rule" for all that was done to rules'),
  object: part.describe('Part of what it was done to, in any case'),
  address: part.describe('Part of the address it came from'),
  result: z.enum(['done', 'refused', 'failed']).optional(),
  start: seconds.optional().describe('Epoch seconds: then or later'),
  end: seconds.optional().describe('Epoch seconds: before then'),
});

export const auditQuery = auditFilterQuery.extend({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  before: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('"next" of the answer before'),
});

export const auditExportQuery = auditFilterQuery.extend({
  format: z.enum(['csv', 'ndjson']).default('csv').describe('CSV for spreadsheets, or one JSON object a line'),
});

export const auditEntryAnswer = z.object({
  id: z.number().int().describe('Rises in the order in which entries were written down'),
  at: z.number().describe('When it happened, epoch seconds'),
  actor: z.object({
    kind: z.enum(['anonymous', 'person', 'token', 'operator', 'agent', 'hub']),
    id: z.number().int().nullable().describe('Of the person, the token, or the host of the agent'),
    name: z.string().describe('As it was then; empty for a stranger'),
  }),
  action: z.string(),
  object: z.string().describe('What it was done to'),
  result: z.enum(['done', 'refused', 'failed']),
  status: z.number().int().nullable().describe('Of the answer; null for what was no request'),
  address: z.string(),
  user_agent: z.string(),
  detail: z.record(z.string(), z.unknown()),
  repeats: z.number().int().describe('How many alike it stands for'),
});

export const auditListAnswer = z.object({
  entries: z.array(auditEntryAnswer).describe('The newest first'),
  next: z.number().int().nullable().describe('To be given as "before" for what follows; null at the end'),
});

export const auditActionsAnswer = z.array(z.string());

export function auditFilterOf(query: z.output<typeof auditFilterQuery>): AuditFilter {
  const {
    q: text = null,
    actor = null,
    action = null,
    object = null,
    result = null,
    address = null,
    start,
    end,
  } = query;
  const startMs = start === undefined ? null : start * 1_000;
  const endMs = end === undefined ? null : end * 1_000;
  return { text, actor, action, object, result, address, startMs, endMs };
}

export function auditEntryOf(entry: StoredAudit): z.infer<typeof auditEntryAnswer> {
  const { id, atMs, actorKind, actorId, actorName, action, object, result, status, address, userAgent } = entry;
  return {
    ...{
      id,
      at: atMs / 1_000,
      actor: { kind: actorKind, id: actorId, name: actorName },
      action,
      object,
      result,
      status,
    },
    ...{ address, user_agent: userAgent, detail: { ...entry.detail }, repeats: entry.repeats },
  };
}

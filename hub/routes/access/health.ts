/**
 * `GET /api/v1/health`: how the hub itself is, for admins. `/healthz` is for probes and says next to nothing.
 */
import { z } from 'zod';
import type { Health, HealthReader } from '../../health.ts';
import { jsonAnswer, type Route } from '../../http.ts';
import { fresh } from './session.ts';

const count = z.number();

export const hubHealthAnswer = z.object({
  at: z.number().describe('Epoch seconds'),
  started: z.number().describe('Epoch seconds'),
  versions: z.object({
    hub: z.string(),
    node: z.string(),
    node_last_day: z.string().nullable().describe('After it this line of Node gets no security fixes'),
    is_node_old: z.boolean(),
    postgresql: z.string().nullable().describe('null while the database does not answer'),
    schema: z.number().nullable(),
  }),
  warnings: z.array(z.string()),
  event_loop: z
    .object({ p50_ms: count, p99_ms: count, max_ms: count })
    .nullable()
    .describe('How late timers of the last minute were; null in the first moment'),
  threads: z.array(z.object({ name: z.string(), busy_ratio: count.describe('Since the last look, 0 to 1') })),
  memory: z.object({ resident_bytes: count, heap_bytes: count, machine_bytes: count }),
  database: z.object({
    kind: z.enum(['embedded', 'external']),
    state: z.enum(['stored', 'delayed', 'away', 'starting']),
    role: z.string().nullable().describe('As which the hub works'),
    has_own_role: z.boolean().nullable().describe('Whether another role owns the tables'),
    is_superuser: z.boolean().nullable(),
    started: z.number().nullable(),
    answer_ms: z.number().nullable(),
    clock_ahead_ms: z.number().nullable().describe('By how much its clock is ahead of the hub’s'),
    weak: z.array(z.string()).describe('Settings by which what was committed may be lost'),
  }),
  disk_free_bytes: z.number().nullable(),
  bounds: z
    .array(z.object({ name: z.string(), help: z.string(), value: count, max: count }))
    .describe('Everything that has a bound, the fullest first'),
  refused: z.array(z.object({ code: z.string(), count })).describe('Since the start, the most first'),
  counts: z.record(z.string(), count),
  certificate: z.object({ ends: z.number(), names: z.array(z.string()) }).nullable(),
  audit: z.object({ queued: count, written: count, merged: count, lost: count }),
});

export function healthRoute(health: HealthReader): Route {
  return {
    method: 'get',
    path: '/api/v1/health',
    access: 'admin',
    isChange: false,
    action: null,
    bodyBytesMax: 0,
    answer: async () => ({ ...jsonAnswer(answerOf(await health.read())), headers: fresh }),
  };
}

function answerOf(health: Health): z.infer<typeof hubHealthAnswer> {
  const { node, loop, memory, database, audit, certificate } = health;
  const { facts, rights } = database;
  const fullness = ({ value, max }: { readonly value: number; readonly max: number }) => (max > 0 ? value / max : 0);
  return {
    at: health.atMs / 1_000,
    started: health.startedMs / 1_000,
    versions: {
      ...{ hub: health.version, node: node.version, node_last_day: node.lastDay, is_node_old: node.isOld },
      ...{ postgresql: facts?.version ?? null, schema: facts?.schemaVersion ?? null },
    },
    warnings: health.warnings.map(({ text }) => text),
    event_loop: loop === null ? null : { p50_ms: loop.p50Ms, p99_ms: loop.p99Ms, max_ms: loop.maxMs },
    threads: health.threads.map(({ name, busyRatio }) => ({ name, busy_ratio: busyRatio })),
    memory: {
      ...{ resident_bytes: memory.residentBytes, heap_bytes: memory.heapBytes, machine_bytes: memory.machineBytes },
    },
    database: {
      kind: database.isEmbedded ? 'embedded' : 'external',
      state: database.state,
      role: rights?.role ?? null,
      has_own_role: rights?.isSeparate ?? null,
      is_superuser: rights?.isSuperuser ?? null,
      started: facts === null ? null : facts.startedMs / 1_000,
      answer_ms: database.answerMs,
      clock_ahead_ms: database.aheadMs,
      weak: [...(facts?.weak ?? [])],
    },
    disk_free_bytes: health.diskFreeBytes,
    bounds: [...health.bounds].sort((a, b) => fullness(b) - fullness(a)),
    refused: [...health.refused],
    counts: { ...health.counts },
    certificate: certificate === null ? null : { ends: certificate.endsMs / 1_000, names: [...certificate.names] },
    audit: { queued: audit.count, written: audit.writtenCount, merged: audit.mergedCount, lost: audit.lostCount },
  };
}

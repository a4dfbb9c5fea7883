/**
 * How the hub itself is, by REST.
 */
import type { Asked, AskOptions, HubClient } from './client.ts';
import { entriesOf, fieldsOf, listOf, msOf, numberOf, textOf, textsOf, wordOf } from './parse.ts';

export const databaseStates = ['stored', 'delayed', 'away', 'starting'] as const;

export interface Bound {
  /** As the metric is called. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  readonly max: number;
}

export interface HubHealth {
  readonly atMs: number;
  readonly startedMs: number;
  readonly versions: {
    readonly hub: string;
    readonly node: string;
    readonly nodeLastDay: string;
    readonly isNodeOld: boolean;
    readonly postgresql: string;
    readonly schema: number | null;
  };
  readonly warnings: readonly string[];
  readonly loop: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } | null;
  readonly threads: readonly { readonly name: string; readonly busyRatio: number }[];
  readonly residentBytes: number | null;
  readonly heapBytes: number | null;
  readonly machineBytes: number | null;
  readonly database: {
    readonly isEmbedded: boolean;
    readonly state: (typeof databaseStates)[number];
    readonly role: string;
    readonly hasOwnRole: boolean;
    readonly isSuperuser: boolean;
    readonly answerMs: number | null;
    readonly clockAheadMs: number | null;
    readonly weak: readonly string[];
  };
  readonly diskFreeBytes: number | null;
  /** The fullest first. */
  readonly bounds: readonly Bound[];
  readonly refused: readonly { readonly code: string; readonly count: number }[];
  readonly counts: ReadonlyMap<string, number>;
  readonly certificate: { readonly endsMs: number; readonly names: readonly string[] } | null;
  readonly audit: { readonly queued: number; readonly written: number; readonly merged: number; readonly lost: number };
}

export async function readHubHealth(client: HubClient, options: AskOptions = {}): Promise<Asked<HubHealth>> {
  const asked = await client.getJson('/api/v1/health', options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: parseHealth(asked.value.body) };
}

/** What a hub of another version does not say is empty. */
export function parseHealth(body: unknown): HubHealth {
  const fields = fieldsOf(body);
  const of = (name: string) => fieldsOf(fields.get(name));
  const [versions, memory, database, audit] = [of('versions'), of('memory'), of('database'), of('audit')];
  const count = (name: string) => numberOf(audit.get(name)) ?? 0;
  return {
    atMs: msOf(fields.get('at')) ?? 0,
    startedMs: msOf(fields.get('started')) ?? 0,
    versions: {
      hub: textOf(versions.get('hub')),
      node: textOf(versions.get('node')),
      nodeLastDay: textOf(versions.get('node_last_day')),
      isNodeOld: versions.get('is_node_old') === true,
      postgresql: textOf(versions.get('postgresql')),
      schema: numberOf(versions.get('schema')),
    },
    warnings: textsOf(fields.get('warnings')),
    loop: parseLoop(fields.get('event_loop')),
    threads: listOf(fields.get('threads')).map((row) => ({
      name: textOf(fieldsOf(row).get('name')),
      busyRatio: numberOf(fieldsOf(row).get('busy_ratio')) ?? 0,
    })),
    residentBytes: numberOf(memory.get('resident_bytes')),
    heapBytes: numberOf(memory.get('heap_bytes')),
    machineBytes: numberOf(memory.get('machine_bytes')),
    database: {
      isEmbedded: database.get('kind') === 'embedded',
      state: wordOf(databaseStates, database.get('state')) ?? 'starting',
      role: textOf(database.get('role')),
      hasOwnRole: database.get('has_own_role') === true,
      isSuperuser: database.get('is_superuser') === true,
      answerMs: numberOf(database.get('answer_ms')),
      clockAheadMs: numberOf(database.get('clock_ahead_ms')),
      weak: textsOf(database.get('weak')),
    },
    diskFreeBytes: numberOf(fields.get('disk_free_bytes')),
    bounds: listOf(fields.get('bounds')).flatMap((row) => parseBound(row) ?? []),
    refused: listOf(fields.get('refused')).map((row) => ({
      code: textOf(fieldsOf(row).get('code')),
      count: numberOf(fieldsOf(row).get('count')) ?? 0,
    })),
    counts: new Map(
      entriesOf(fields.get('counts')).flatMap(([name, value]) =>
        typeof value === 'number' ? [[name, value] as const] : [],
      ),
    ),
    certificate: parseCertificate(fields.get('certificate')),
    audit: { queued: count('queued'), written: count('written'), merged: count('merged'), lost: count('lost') },
  };
}

function parseLoop(value: unknown): HubHealth['loop'] {
  const fields = fieldsOf(value);
  const [p50Ms, p99Ms, maxMs] = ['p50_ms', 'p99_ms', 'max_ms'].map((name) => numberOf(fields.get(name)));
  return p50Ms == null || p99Ms == null || maxMs == null ? null : { p50Ms, p99Ms, maxMs };
}

function parseBound(value: unknown): Bound | null {
  const fields = fieldsOf(value);
  const [used, max] = [numberOf(fields.get('value')), numberOf(fields.get('max'))];
  if (used === null || max === null) return null;
  return { name: textOf(fields.get('name')), help: textOf(fields.get('help')), value: used, max };
}

function parseCertificate(value: unknown): HubHealth['certificate'] {
  const fields = fieldsOf(value);
  const endsMs = msOf(fields.get('ends'));
  return endsMs === null ? null : { endsMs, names: textsOf(fields.get('names')) };
}

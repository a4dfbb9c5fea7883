/**
 * The audit log by REST: pages from the newest, the actions there are, and the addresses of its files.
 */
import type { Asked, AskOptions, HubClient } from './client.ts';
import { entriesOf, fieldsOf, listOf, msOf, numberOf, textOf, textsOf, wordOf } from './parse.ts';

export const auditResults = ['done', 'refused', 'failed'] as const;
export type AuditResult = (typeof auditResults)[number];
export const actorKinds = ['anonymous', 'person', 'token', 'operator', 'agent', 'hub'] as const;
export type ActorKind = (typeof actorKinds)[number];

export interface AuditEntry {
  readonly id: number;
  readonly atMs: number;
  readonly actorKind: ActorKind;
  readonly actorName: string;
  /** "rule.created". */
  readonly action: string;
  readonly object: string;
  readonly result: AuditResult;
  readonly status: number | null;
  readonly address: string;
  readonly userAgent: string;
  readonly detail: readonly (readonly [name: string, value: unknown])[];
  readonly repeats: number;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** For `before` of the next page; null at the end. */
  readonly next: number | null;
}

/** Empty texts and null ask for everything. */
export interface AuditQuery {
  readonly text: string;
  readonly action: string;
  readonly result: string;
  readonly startMs: number | null;
}

const path = '/api/v1/audit';

export async function readAudit(
  client: HubClient,
  query: AuditQuery & { readonly before: number | null; readonly countMax: number },
  options: AskOptions = {},
): Promise<Asked<AuditPage>> {
  const text = searchOf(query);
  text.set('limit', String(query.countMax));
  if (query.before !== null) text.set('before', String(query.before));
  const asked = await client.getJson(`${path}?${text}`, options);
  if (asked.kind === 'failed') return asked;
  const fields = fieldsOf(asked.value.body);
  const entries = listOf(fields.get('entries')).flatMap((row) => parseEntry(row) ?? []);
  return { kind: 'ok', value: { entries, next: numberOf(fields.get('next')) } };
}

/** Names of the actions that were ever written down. */
export async function readAuditActions(client: HubClient, options: AskOptions = {}): Promise<Asked<readonly string[]>> {
  const asked = await client.getJson(`${path}/actions`, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: textsOf(asked.value.body) };
}

/** Where the file of what is asked for comes from. */
export function auditExportHref(query: AuditQuery, format: 'csv' | 'ndjson'): string {
  const text = searchOf(query);
  text.set('format', format);
  return `${path}/export?${text}`;
}

function searchOf({ text, action, result, startMs }: AuditQuery): URLSearchParams {
  const search = new URLSearchParams();
  if (text !== '') search.set('q', text);
  if (action !== '') search.set('action', action);
  if (result !== '') search.set('result', result);
  if (startMs !== null) search.set('start', String(startMs / 1_000));
  return search;
}

/** null for what has no id or no time. */
function parseEntry(body: unknown): AuditEntry | null {
  const fields = fieldsOf(body);
  const actor = fieldsOf(fields.get('actor'));
  const [id, atMs] = [numberOf(fields.get('id')), msOf(fields.get('at'))];
  if (id === null || atMs === null) return null;
  return {
    id,
    atMs,
    actorKind: wordOf(actorKinds, actor.get('kind')) ?? 'anonymous',
    actorName: textOf(actor.get('name')),
    action: textOf(fields.get('action')),
    object: textOf(fields.get('object')),
    result: wordOf(auditResults, fields.get('result')) ?? 'done',
    status: numberOf(fields.get('status')),
    address: textOf(fields.get('address')),
    userAgent: textOf(fields.get('user_agent')),
    detail: entriesOf(fields.get('detail')),
    repeats: numberOf(fields.get('repeats')) ?? 1,
  };
}

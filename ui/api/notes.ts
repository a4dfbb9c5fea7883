/**
 * Notes on charts by REST: read by span, written, changed, removed.
 */
import type { Note, NoteDraft } from '#core/note.ts';
import type { Asked, AskOptions, HubClient, JsonAnswer } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf } from './parse.ts';
import { parseSelector, selectorJsonOf } from './selector.ts';

export interface NotePage {
  /** Newest first. */
  readonly notes: readonly Note[];
  /** For `before` of the next page; null at the end. */
  readonly next: number | null;
}

export interface NoteQuery {
  /** Those that touch this span, of which the end is no part, epoch ms; null: whenever. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** Only those on the charts of this host. */
  readonly host?: string;
  readonly before?: number;
  /** 1..1,000. */
  readonly countMax: number;
}

const path = '/api/v1/notes';

export async function readNotes(
  client: HubClient,
  query: NoteQuery,
  options: AskOptions = {},
): Promise<Asked<NotePage>> {
  const { startMs, endMs, host, before, countMax } = query;
  const text = new URLSearchParams({ limit: String(countMax) });
  if (startMs !== null) text.set('start', String(Math.max(0, startMs) / 1_000));
  if (endMs !== null) text.set('end', String(endMs / 1_000));
  if (host !== undefined) text.set('host', host);
  if (before !== undefined) text.set('before', String(before));
  const asked = await client.getJson(`${path}?${text}`, options);
  if (asked.kind === 'failed') return asked;
  const fields = fieldsOf(asked.value.body);
  const notes = listOf(fields.get('notes')).flatMap((row) => parseNote(row) ?? []);
  return { kind: 'ok', value: { notes, next: numberOf(fields.get('next')) } };
}

export async function createNote(client: HubClient, draft: NoteDraft): Promise<Asked<Note>> {
  return noteOf(await client.sendJson('POST', path, bodyOf(draft)));
}

/** What is not in `change` stays as it is. */
export async function editNote(client: HubClient, id: number, change: Partial<NoteDraft>): Promise<Asked<Note>> {
  return noteOf(await client.sendJson('PATCH', `${path}/${id}`, bodyOf(change)));
}

export async function removeNote(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${id}`, {});
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function noteOf(asked: Asked<JsonAnswer>): Asked<Note> {
  if (asked.kind === 'failed') return asked;
  const note = parseNote(asked.value.body);
  if (note !== null) return { kind: 'ok', value: note };
  return { kind: 'failed', why: 'The hub answered something that is no note.', status: null };
}

function bodyOf({ text, atMs, untilMs, hosts, author }: Partial<NoteDraft>): unknown {
  return {
    ...(text === undefined ? {} : { text }),
    ...(atMs === undefined ? {} : { at: atMs / 1_000 }),
    ...(untilMs === undefined ? {} : { until: untilMs === null ? null : untilMs / 1_000 }),
    ...(hosts === undefined ? {} : { hosts: selectorJsonOf(hosts) }),
    ...(author === undefined ? {} : { author }),
  };
}

/** null for what has no id or no time. */
function parseNote(body: unknown): Note | null {
  const fields = fieldsOf(body);
  const [id, atMs] = [numberOf(fields.get('id')), msOf(fields.get('at'))];
  if (id === null || atMs === null) return null;
  return {
    id,
    atMs,
    untilMs: msOf(fields.get('until')),
    text: textOf(fields.get('text')),
    hosts: parseSelector(fields.get('hosts')),
    author: textOf(fields.get('author')),
    createdMs: msOf(fields.get('created')) ?? atMs,
  };
}

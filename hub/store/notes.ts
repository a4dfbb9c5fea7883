/**
 * Notes on charts as rows. Lists take the newest first and are bounded; a cursor is the id of the last one.
 */
import { type Note, type NoteDraft, noteSpanMsMax } from '#core/note.ts';
import { parseHostSelector } from './alerts/stored-spec.ts';
import { codeOf, type Sql } from './connect.ts';

export interface NoteRequest {
  /** Those that touch this span, of which the end is not a part; null: whenever. Epoch ms. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** Only what stands behind this one in the list. */
  readonly beforeId: number | null;
  readonly countMax: number;
}

/** undefined in any of these leaves it as it is. */
export type NoteEdit = { readonly [Field in keyof NoteDraft]?: NoteDraft[Field] | undefined };

export type NoteRefusal = { readonly kind: 'unknown' | 'full' | 'badSpan' };

export type NoteMethods = ReturnType<typeof noteMethods>;

/** For the thread that stores. Each rejects when the database is away. */
export function noteMethods(sql: Sql) {
  return {
    createNote: (request: Parameters<typeof createNote>[1]) => createNote(sql, request),
    editNote: (request: Parameters<typeof editNote>[1]) => editNote(sql, request),
    removeNote: (id: number) => removeNote(sql, id),
    noteMark: (_: null) => readNoteMark(sql),
  };
}

/** For the thread in which nothing waits for a read. */
export function noteReadMethods(sql: Sql) {
  return {
    notes: (request: NoteRequest) => readNotes(sql, request),
    note: (id: number) => findNote(sql, id),
  };
}

/** SQLSTATE of a row that a check refuses. */
const checkViolation = '23514';
/** A hub that follows late still sees that a note has gone. */
const removedDays = 7;
const sliceRows = 1_000;

interface NoteColumns {
  readonly id: number;
  readonly atMs: number;
  readonly untilMs: number | null;
  readonly text: string;
  readonly hosts: unknown;
  readonly author: string;
  readonly createdMs: number;
}

function noteColumns(sql: Sql) {
  return sql`n.id, n.at_ms as "atMs", n.until_ms as "untilMs", n.text, n.hosts, n.author,
    extract(epoch from n.created_at)::float8 * 1000 as "createdMs"`;
}

/** null for a row that cannot be understood: it must not become a note on everybody's charts. */
function noteOf({ hosts, ...row }: NoteColumns): Note | null {
  const selector = parseHostSelector(hosts);
  return selector === null ? null : { ...row, hosts: selector };
}

/** A `key` that there is already answers the note that it stands for. */
export async function createNote(
  sql: Sql,
  { draft, key, notesMax }: { readonly draft: NoteDraft; readonly key: string | null; readonly notesMax: number },
): Promise<{ readonly kind: 'done'; readonly note: Note; readonly isNew: boolean } | NoteRefusal> {
  const { atMs, untilMs, text, hosts, author } = draft;
  if (untilMs !== null && !isSpan(atMs, untilMs)) return { kind: 'badSpan' };
  const [made] = await sql<NoteColumns[]>`
    insert into note as n (at_ms, until_ms, text, hosts, author, key)
    select ${atMs}::float8, ${untilMs}::float8, ${text}, ${sql.json(hosts as never)}, ${author}, ${key}
    where (select count(*) from note where removed_at is null) < ${notesMax}
    on conflict (key) where removed_at is null do nothing
    returning ${noteColumns(sql)}`;
  if (made !== undefined) return { kind: 'done', note: noteOf(made)!, isNew: true };
  const [known] = await sql<NoteColumns[]>`
    select ${noteColumns(sql)} from note n where n.key = ${key} and n.removed_at is null`;
  const note = known === undefined ? null : noteOf(known);
  return note === null ? { kind: 'full' } : { kind: 'done', note, isNew: false };
}

function isSpan(atMs: number, untilMs: number): boolean {
  return untilMs > atMs && untilMs <= atMs + noteSpanMsMax;
}

export async function editNote(
  sql: Sql,
  { id, edit }: { readonly id: number; readonly edit: NoteEdit },
): Promise<{ readonly kind: 'done'; readonly note: Note } | NoteRefusal> {
  const { atMs = null, untilMs, text = null, hosts, author = null } = edit;
  try {
    const [row] = await sql<NoteColumns[]>`
      update note n set at_ms = coalesce(${atMs}::float8, n.at_ms),
        until_ms = ${untilMs === undefined ? sql`n.until_ms` : sql`${untilMs}::float8`},
        text = coalesce(${text}, n.text), author = coalesce(${author}, n.author),
        hosts = ${hosts === undefined ? sql`n.hosts` : sql.json(hosts as never)}, changed_at = clock_timestamp()
      where n.id = ${id} and n.removed_at is null returning ${noteColumns(sql)}`;
    const note = row === undefined ? null : noteOf(row);
    return note === null ? { kind: 'unknown' } : { kind: 'done', note };
  } catch (error) {
    if (codeOf(error) === checkViolation) return { kind: 'badSpan' };
    throw error;
  }
}

export async function removeNote(sql: Sql, id: number): Promise<{ readonly kind: 'done' } | NoteRefusal> {
  const removed = await sql`
    update note set removed_at = clock_timestamp(), changed_at = clock_timestamp() where id = ${id} and removed_at is null`;
  return removed.count > 0 ? { kind: 'done' } : { kind: 'unknown' };
}

/** null when there is none of that id. */
export async function findNote(sql: Sql, id: number): Promise<Note | null> {
  const [row] = await sql<NoteColumns[]>`
    select ${noteColumns(sql)} from note n where n.id = ${id} and n.removed_at is null`;
  return row === undefined ? null : noteOf(row);
}

/** `lastId` is the cursor for what follows; null at the end. */
export async function readNotes(
  sql: Sql,
  { startMs, endMs, beforeId, countMax }: NoteRequest,
): Promise<{ readonly notes: Note[]; readonly lastId: number | null }> {
  const rows = await sql<NoteColumns[]>`
    select ${noteColumns(sql)} from note n
    where n.removed_at is null
      ${endMs === null ? sql`` : sql`and n.at_ms < ${endMs}`}
      ${startMs === null ? sql`` : sql`and n.at_ms >= ${startMs - noteSpanMsMax} and coalesce(n.until_ms, n.at_ms) >= ${startMs}`}
      ${beforeId === null ? sql`` : sql`and (n.at_ms, n.id) < (select b.at_ms, b.id from note b where b.id = ${beforeId})`}
    order by n.at_ms desc, n.id desc limit ${countMax}`;
  const lastId = rows.length < countMax ? null : rows[rows.length - 1]!.id;
  return { notes: rows.flatMap((row) => noteOf(row) ?? []), lastId };
}

/** Another text after each change of the notes, by whichever hub. A change may be committed a little after its time was noted. */
export async function readNoteMark(sql: Sql): Promise<string> {
  const [row] = await sql<{ mark: string }[]>`
    with newest as (select max(changed_at) as at from note)
    select concat(newest.at, ' ', (select count(*) from note where changed_at > newest.at - interval '1 minute')) as mark
    from newest`;
  return row!.mark;
}

/** Lets go of notes that ended so many days ago, and of removed ones. Slice by slice; `pause` is awaited between two. */
export async function tidyNotes(
  sql: Sql,
  { keepDays, pause }: { readonly keepDays: number; readonly pause: () => Promise<void> },
): Promise<number> {
  for (let total = 0; ; await pause()) {
    const gone = await sql`
      delete from note where id in (
        select id from note where removed_at < now() - make_interval(days => ${removedDays})
          or coalesce(until_ms, at_ms) < extract(epoch from now() - make_interval(days => ${keepDays})) * 1000
        limit ${sliceRows})`;
    total += gone.count;
    if (gone.count < sliceRows) return total;
  }
}

import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { NoteDraft } from '#core/note.ts';
import { anyHost } from '#core/rule-spec.ts';
import { withDatabase } from '../testing/database.ts';
import { editHost, removeHost } from './host-edits.ts';
import {
  createNote,
  editNote,
  findNote,
  type NoteRequest,
  readNoteMark,
  readNotes,
  removeNote,
  tidyNotes,
} from './notes.ts';

const dayMs = 86_400_000;
const notesMax = 100;

function draft(text: string, atMs: number, change: Partial<NoteDraft> = {}): NoteDraft {
  return { text, atMs, untilMs: null, hosts: anyHost, author: 'ann', ...change };
}

async function add(sql: postgres.Sql, ...drafts: readonly NoteDraft[]): Promise<number[]> {
  const ids: number[] = [];
  for (const each of drafts) {
    const answer = await createNote(sql, { draft: each, key: null, notesMax });
    if (answer.kind !== 'done') throw new Error(`Cannot add a note: got ${answer.kind}`);
    ids.push(answer.note.id);
  }
  return ids;
}

async function texts(sql: postgres.Sql, request: Partial<NoteRequest> = {}): Promise<string[]> {
  const { notes } = await readNotes(sql, { startMs: null, endMs: null, beforeId: null, countMax: 100, ...request });
  return notes.map(({ text }) => text);
}

describe('notes', () => {
  test('are read as they were written, newest first, page by page', () =>
    withDatabase(async ({ sql }) => {
      const hosts = { ...anyHost, names: ['web-*'], notTags: { role: 'db' } };
      const span = draft('freeze', 1_700_000_000_123.5, { untilMs: 1_700_000_100_000, hosts });
      const [first] = await add(sql, span, draft('b', 5), draft('c', 5), draft('d', 4));
      expect(await findNote(sql, first!)).toEqual({ ...span, id: first, createdMs: expect.any(Number) });
      const page = await readNotes(sql, { startMs: null, endMs: null, beforeId: null, countMax: 2 });
      expect(page.notes.map(({ text }) => text)).toEqual(['freeze', 'c']);
      const rest = await readNotes(sql, { startMs: null, endMs: null, beforeId: page.lastId, countMax: 3 });
      expect([rest.notes.map(({ text }) => text), rest.lastId]).toEqual([['b', 'd'], null]);
    }));

  test('are found by the span that they touch, of which the end is no part', () =>
    withDatabase(async ({ sql }) => {
      const longAgo = draft('long', 10 * dayMs, { untilMs: 376 * dayMs });
      await add(sql, draft('moment', 400 * dayMs), longAgo, draft('span', 390 * dayMs, { untilMs: 410 * dayMs }));
      const between = (startDay: number, endDay: number) =>
        texts(sql, { startMs: startDay * dayMs, endMs: endDay * dayMs });
      expect(await between(400, 401)).toEqual(['moment', 'span']);
      expect(await between(399, 400)).toEqual(['span']);
      expect(await between(410, 500)).toEqual(['span']);
      expect(await between(376, 377)).toEqual(['long']);
      expect(await between(377, 390)).toEqual([]);
    }));

  test('with a key are made once, for as long as the note is there', () =>
    withDatabase(async ({ sql }) => {
      const post = (text: string) => createNote(sql, { draft: draft(text, 1), key: 'deploy-7', notesMax: 1 });
      const made = await post('first');
      expect(made).toMatchObject({ kind: 'done', isNew: true, note: { text: 'first' } });
      const again = await Promise.all([post('second'), post('third')]);
      for (const answer of again) expect(answer).toMatchObject({ isNew: false, note: { text: 'first' } });
      expect(await createNote(sql, { draft: draft('other', 1), key: 'deploy-8', notesMax: 1 })).toEqual({
        kind: 'full',
      });
      await removeNote(sql, (made as { note: { id: number } }).note.id);
      expect(await post('anew')).toMatchObject({ isNew: true, note: { text: 'anew' } });
    }));

  test('are changed field by field, and never so that they end before they begin or last for years', () =>
    withDatabase(async ({ sql }) => {
      const [id] = await add(sql, draft('a', 1_000, { untilMs: 2_000 }));
      const edit = (change: Parameters<typeof editNote>[1]['edit']) => editNote(sql, { id: id!, edit: change });
      expect(await edit({ text: 'b' })).toMatchObject({
        note: { text: 'b', atMs: 1_000, untilMs: 2_000, author: 'ann' },
      });
      expect(await edit({ atMs: 2_000 })).toEqual({ kind: 'badSpan' });
      expect(await edit({ untilMs: 1_001 + 366 * dayMs })).toEqual({ kind: 'badSpan' });
      expect(await edit({ atMs: 3_000, untilMs: null })).toMatchObject({ note: { atMs: 3_000, untilMs: null } });
      expect(await edit({ hosts: { ...anyHost, names: ['x'] } })).toMatchObject({ note: { hosts: { names: ['x'] } } });
      expect([await removeNote(sql, id!), await removeNote(sql, id!), await edit({ text: 'c' })]).toEqual([
        { kind: 'done' },
        { kind: 'unknown' },
        { kind: 'unknown' },
      ]);
      expect([await texts(sql), await findNote(sql, id!)]).toEqual([[], null]);
    }));

  test('each change makes another mark', () =>
    withDatabase(async ({ sql }) => {
      const marks = [await readNoteMark(sql)];
      const [id] = await add(sql, draft('a', 1));
      marks.push(await readNoteMark(sql));
      await editNote(sql, { id: id!, edit: { text: 'b' } });
      marks.push(await readNoteMark(sql));
      await removeNote(sql, id!);
      marks.push(await readNoteMark(sql));
      // One that is committed after another that was made later.
      await sql`insert into note (at_ms, text, hosts, changed_at) values (1, 'late', '{}', clock_timestamp() - interval '5 s')`;
      marks.push(await readNoteMark(sql));
      expect(new Set(marks).size).toBe(5);
      expect(await readNoteMark(sql)).toBe(marks.at(-1));
    }));

  test('follow a host that gets another name, and go with the only one that they mean', () =>
    withDatabase(async ({ sql }) => {
      for (const name of ['db-1', 'web-1'])
        await sql`insert into host (name, kind, agent_id) values (${name}, 'agent', decode(md5(${name}), 'hex'))`;
      const named = (...names: string[]) => ({ hosts: { ...anyHost, names, notNames: ['db-1'] } });
      await add(sql, draft('one', 3, named('db-1')), draft('two', 2, named('db-1', 'web-1')), draft('all', 1));
      await editHost(sql, { hostName: 'db-1', newName: 'db-9', alias: null, peopleTags: null });
      const { notes } = await readNotes(sql, { startMs: null, endMs: null, beforeId: null, countMax: 9 });
      expect(notes.map(({ hosts }) => [hosts.names, hosts.notNames])).toEqual([
        [['db-9'], ['db-9']],
        [['db-9', 'web-1'], ['db-9']],
        [[], []],
      ]);
      await removeHost(sql, 'db-9');
      expect(await texts(sql)).toEqual(['two', 'all']);
    }));

  test("that cannot be understood are on nobody's charts", () =>
    withDatabase(async ({ sql }) => {
      await sql`insert into note (at_ms, text, hosts) values (1, 'odd', '[]'), (2, 'odder', '"all"')`;
      expect(await texts(sql)).toEqual([]);
    }));

  test('tidyNotes() lets go of what ended long ago and of what was removed, in slices', () =>
    withDatabase(async ({ sql }) => {
      const nowMs = Date.now();
      const [lasting, , removed] = await add(
        sql,
        draft('lasting', nowMs - 50 * dayMs, { untilMs: nowMs }),
        draft('new', nowMs - 40 * dayMs),
        draft('removed', nowMs),
      );
      await sql`insert into note (at_ms, text, hosts) select ${nowMs - 50 * dayMs}, 'old', '{}' from generate_series(1, 2100)`;
      await removeNote(sql, removed!);
      await sql`update note set removed_at = now() - interval '8 days' where id = ${removed!}`;
      let pauses = 0;
      const pause = async () => {
        pauses += 1;
      };
      expect([await tidyNotes(sql, { keepDays: 45, pause }), pauses]).toEqual([2_101, 2]);
      expect(await texts(sql)).toEqual(['new', 'lasting']);
      expect((await findNote(sql, lasting!))?.text).toBe('lasting');
    }));
});

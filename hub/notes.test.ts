import { describe, expect, test } from 'vitest';
import type { Note, NoteDraft } from '#core/note.ts';
import { anyHost } from '#core/rule-spec.ts';
import { type NoteList, Notes, type NotesPorts } from './notes.ts';
import type { NoteRequest } from './store/notes.ts';

/** Notes of which every `hit` th is on the charts of "web", with ids from 1 up, one a second. */
function stored(count: number, hit = 1): Note[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    atMs: index * 1_000,
    untilMs: null,
    text: `note ${index + 1}`,
    hosts: { ...anyHost, names: [(index + 1) % hit === 0 ? 'web' : 'other'] },
    author: '',
    createdMs: 0,
  }));
}

const draft: NoteDraft = { atMs: 1, untilMs: null, text: 'x', hosts: anyHost, author: '' };

function notesOver(all: readonly Note[], store: Partial<NotesPorts['store']> = {}) {
  let toldCount = 0;
  const requests: NoteRequest[] = [];
  const known = async () => ({ kind: 'done', note: all[0] ?? { ...draft, id: 1, createdMs: 0 }, isNew: true }) as const;
  const notes = new Notes({
    store: {
      createNote: known,
      editNote: known,
      removeNote: async () => ({ kind: 'done' }),
      noteMark: async () => 'mark',
      ...store,
    },
    reads: {
      note: async (id) => all.find((note) => note.id === id) ?? null,
      notes: async (request) => {
        requests.push(request);
        const before = request.beforeId ?? Number.POSITIVE_INFINITY;
        const rows = all
          .filter(({ id }) => id < before)
          .reverse()
          .slice(0, request.countMax);
        return { notes: rows, lastId: rows.length < request.countMax ? null : rows.at(-1)!.id };
      },
    },
    onChanged: () => {
      toldCount += 1;
    },
  });
  const list = async (request: Partial<NoteList> = {}) => {
    const page = await notes.list({ startMs: null, endMs: null, host: null, beforeId: null, countMax: 10, ...request });
    return { ids: page.notes.map(({ id }) => id), next: page.next };
  };
  return { notes, list, requests, toldCount: () => toldCount };
}

describe('list()', () => {
  test('gives one page, with a cursor unless it is the last', async () => {
    const { list, requests } = notesOver(stored(12));
    expect(await list()).toEqual({ ids: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3], next: 3 });
    expect(await list({ beforeId: 3 })).toEqual({ ids: [2, 1], next: null });
    expect(requests.map(({ countMax }) => countMax)).toEqual([10, 10]);
  });

  test('looks for those of one host page by page, and goes on where it stopped', async () => {
    const { list } = notesOver(stored(1_200, 400));
    const host = { name: 'web', tags: {} };
    const first = await list({ host, countMax: 2 });
    expect(first).toEqual({ ids: [1_200, 800], next: 800 });
    expect(await list({ host, countMax: 2, beforeId: first.next })).toEqual({ ids: [400], next: null });
  });

  test('stops after so many rows with what it has, and says where', async () => {
    const { list } = notesOver(stored(6_000, 5_999));
    const host = { name: 'web', tags: {} };
    const first = await list({ host });
    expect(first).toEqual({ ids: [5_999], next: 1_001 });
    expect(await list({ host, beforeId: first.next })).toEqual({ ids: [], next: null });
  });
});

describe('telling', () => {
  test('is at once for the first change, and once a second for those that follow', async () => {
    const { notes, toldCount } = notesOver(stored(1));
    notes.poll(100);
    expect(toldCount()).toBe(0);
    await notes.create(draft, null);
    notes.poll(200);
    expect(toldCount()).toBe(1);
    await notes.edit(1, { text: 'y' });
    await notes.remove(1);
    for (let nowMs = 300; nowMs < 1_200; nowMs += 100) notes.poll(nowMs);
    expect(toldCount()).toBe(1);
    for (let nowMs = 1_200; nowMs < 9_000; nowMs += 100) notes.poll(nowMs);
    expect(toldCount()).toBe(2);
  });

  test('is not for a repetition, nor for what was refused', async () => {
    const note = stored(1)[0]!;
    const { notes, toldCount } = notesOver([note], {
      createNote: async () => ({ kind: 'done', note, isNew: false }),
      editNote: async () => ({ kind: 'badSpan' }),
      removeNote: async () => ({ kind: 'unknown' }),
    });
    await notes.create(draft, 'key');
    await expect(notes.edit(1, { text: 'y' })).rejects.toMatchObject({ status: 400 });
    await expect(notes.remove(1)).rejects.toMatchObject({ status: 404 });
    notes.poll(1_000);
    expect(toldCount()).toBe(0);
  });

  test('is for what another hub has changed since the first look', async () => {
    let mark = 'a';
    const { notes, toldCount } = notesOver([], { noteMark: async () => mark });
    for (const each of ['a', 'a', 'b', 'b']) {
      mark = each;
      await notes.follow();
      notes.poll(toldCount() * 5_000);
    }
    expect(toldCount()).toBe(1);
  });
});

test('while the database is away every request is answered by 503', async () => {
  const away = () => Promise.reject(new Error('ECONNREFUSED'));
  const { notes } = notesOver([], { createNote: away, editNote: away, removeNote: away });
  for (const work of [notes.create(draft, null), notes.edit(1, {}), notes.remove(1)])
    await expect(work).rejects.toMatchObject({ status: 503, message: expect.stringMatching(/the database is away$/) });
});

test('when there are as many as there may be, one more is refused', async () => {
  const { notes } = notesOver([], { createNote: async () => ({ kind: 'full' }) });
  await expect(notes.create(draft, null)).rejects.toMatchObject({ status: 409 });
});

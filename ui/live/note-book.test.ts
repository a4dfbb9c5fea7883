import { describe, expect, test } from 'vitest';
import { HubClient } from '../api/client.ts';
import { NoteBook } from './note-book.ts';

const hourMs = 3_600_000;
const web = { name: 'web-1', tags: {} };

/** A book over a hub with these notes; what is asked waits for `answer`. */
function bookOver(notes: object[] = []) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  let status = 200;
  const client = new HubClient(async (path) => {
    const { searchParams } = new URL(String(path), 'http://hub');
    asked.push(`${Number(searchParams.get('start')) / 3_600}..${Number(searchParams.get('end')) / 3_600} h`);
    await new Promise<void>((resolve) => waiting.push(resolve));
    const before = searchParams.get('before');
    const page = pages === null ? { notes, next: null } : pages[before === null ? 0 : Number(before)];
    return Response.json(status === 200 ? page : { error: 'Cannot list notes' }, { status });
  });
  let pages: readonly object[] | null = null;
  const works: Promise<void>[] = [];
  const book = new NoteBook(client, (work) => works.push(work));
  let changes = 0;
  book.changed.subscribe(() => {
    changes += 1;
  });
  return {
    book,
    notes,
    asked,
    changes: () => changes,
    usePages: (all: readonly object[]) => {
      pages = all;
    },
    /** Lets one of several answers of one reading through. */
    step: async () => {
      waiting.shift()!();
      await expect.poll(() => waiting.length).toBe(1);
    },
    fail: (isFailing: boolean) => {
      status = isFailing ? 503 : 200;
    },
    answer: async () => {
      waiting.shift()!();
      await works.shift();
    },
  };
}

const deploy = { id: 2, at: 10 * 3_600, until: null, text: 'deploy', hosts: {}, author: 'ci', created: 1 };
const freeze = { ...deploy, id: 1, at: 2 * 3_600, until: 9 * 3_600, text: 'freeze' };
const other = { ...deploy, id: 3, text: 'other', hosts: { names: ['db-*'] } };
const textsOn = (book: NoteBook, fromMs: number, toMs: number) => book.on(web, fromMs, toMs).map(({ text }) => text);

describe('NoteBook', () => {
  test('reads what is shown with some to spare, and gives those of a host in order of time', async () => {
    const { book, asked, answer, changes } = bookOver([other, deploy, freeze]);
    book.second(1_000, true);
    expect(asked).toEqual([]);
    book.watch().show(8 * hourMs, 11 * hourMs);
    await answer();

    expect([asked, changes()]).toEqual([['5..14 h'], 1]);
    expect(textsOn(book, 8 * hourMs, 11 * hourMs)).toEqual(['freeze', 'deploy']);
    expect(textsOn(book, 9 * hourMs + 1, 10 * hourMs - 1)).toEqual([]);
    expect(textsOn(book, 0, 2 * hourMs)).toEqual(['freeze']);
    expect(book.on({ name: 'db-1', tags: {} }, 10 * hourMs, 10 * hourMs).map(({ text }) => text)).toEqual([
      'deploy',
      'other',
    ]);
  });

  test('reads on where a page has ended', async () => {
    const { book, asked, step, answer, usePages } = bookOver();
    usePages([
      { notes: [deploy], next: 1 },
      { notes: [freeze], next: null },
    ]);
    book.watch().show(8 * hourMs, 11 * hourMs);
    await step();
    await answer();
    expect([asked.length, textsOn(book, 8 * hourMs, 11 * hourMs)]).toEqual([2, ['freeze', 'deploy']]);
  });

  test('reads again only when the window has left what was read', async () => {
    const { book, asked, answer } = bookOver();
    const watch = book.watch();
    watch.show(8 * hourMs, 9 * hourMs);
    await answer();
    for (const step of [0, 0.5, 1]) watch.show((8 + step) * hourMs, (9 + step) * hourMs);
    expect(asked).toEqual(['7..10 h']);
    watch.show(9.1 * hourMs, 10.1 * hourMs);
    await answer();
    expect(asked).toHaveLength(2);
  });

  test('reads for all who watch, and not for those who have closed', async () => {
    const { book, asked, answer } = bookOver();
    const [first, second] = [book.watch(), book.watch()];
    first.show(8 * hourMs, 9 * hourMs);
    await answer();
    second.show(20 * hourMs, 21 * hourMs);
    await answer();
    expect(asked.at(-1)).toBe('0..34 h');
    first.close();
    second.close();
    book.stale();
    expect(asked).toHaveLength(2);
  });

  test('reads again when told that notes have changed, once more if that was while it read', async () => {
    const { book, asked, answer, notes, changes } = bookOver([freeze]);
    book.watch().show(8 * hourMs, 11 * hourMs);
    book.stale();
    book.stale();
    expect(asked).toHaveLength(1);
    notes.push(deploy);
    await answer();
    await answer();
    expect([asked.length, changes(), textsOn(book, 8 * hourMs, 11 * hourMs)]).toEqual([2, 2, ['freeze', 'deploy']]);
  });

  test('keeps what it knows when an answer fails, says why, and tries again after a while', async () => {
    const { book, asked, answer, fail } = bookOver([freeze]);
    book.second(0, true);
    book.watch().show(8 * hourMs, 9 * hourMs);
    await answer();
    fail(true);
    book.stale();
    await answer();
    expect([book.failure, textsOn(book, 8 * hourMs, 9 * hourMs)]).toEqual(['Cannot list notes', ['freeze']]);
    book.second(4_000, true);
    expect(asked).toHaveLength(2);
    fail(false);
    book.second(5_000, true);
    await answer();
    expect([book.failure, asked.length]).toEqual([null, 3]);
  });

  test('without a live link reads again each half minute', async () => {
    const { book, asked, answer } = bookOver();
    book.second(0, false);
    book.watch().show(8 * hourMs, 9 * hourMs);
    await answer();
    for (let nowMs = 1_000; nowMs < 30_000; nowMs += 1_000) book.second(nowMs, false);
    expect(asked).toHaveLength(1);
    book.second(30_000, false);
    await answer();
    for (let nowMs = 31_000; nowMs < 90_000; nowMs += 1_000) book.second(nowMs, true);
    expect(asked).toHaveLength(2);
  });
});

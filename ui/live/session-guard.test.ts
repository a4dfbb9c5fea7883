import { describe, expect, test } from 'vitest';
import type { Asked } from '../api/client.ts';
import { type SessionView, stranger } from '../model/session.ts';
import { SessionBook } from './session-book.ts';
import { SessionGuard } from './session-guard.ts';

const ann: SessionView = { ...stranger, kind: 'person', name: 'Ann', role: 'admin', canRead: true };

function guardUnderTest(...answers: (SessionView | 'away')[]) {
  const book = new SessionBook(ann);
  const seen = { asked: 0, left: 0 };
  const guard = new SessionGuard({
    book,
    read: async (): Promise<Asked<SessionView>> => {
      const answer = answers[seen.asked++] ?? 'away';
      return answer === 'away' ? { kind: 'failed', why: 'away', status: null } : { kind: 'ok', value: answer };
    },
    leave: () => {
      seen.left += 1;
    },
  });
  return { book, guard, seen };
}

describe('SessionGuard', () => {
  test('goes on with what somebody now may, and tells of it', async () => {
    const { book, guard, seen } = guardUnderTest({ ...ann, role: 'viewer' });
    let told = 0;
    book.changed.subscribe(() => {
      told += 1;
    });
    await guard.check();
    expect([book.may('viewer'), book.may('editor'), told, seen.left]).toEqual([true, false, 1, 0]);
  });

  test('leads away whoever may no longer look, once, and asks no more', async () => {
    const { guard, seen } = guardUnderTest(stranger, stranger);
    await Promise.all([guard.check(), guard.check()]);
    await guard.check();
    expect(seen).toEqual({ asked: 1, left: 1 });
  });

  test('leads away when another person has signed in, or a signed-in person has become an onlooker', async () => {
    for (const answer of [
      { ...ann, name: 'Bob' },
      { ...stranger, role: 'viewer', canRead: true },
    ] as const) {
      const { guard, seen } = guardUnderTest(answer);
      await guard.check();
      expect(seen.left).toBe(1);
    }
  });

  test('waits while this browser is given another session, and asks by that one', async () => {
    const { book, guard, seen } = guardUnderTest(stranger, ann);
    let settle = () => {};
    const early = guard.check();
    const changing = book.change(new Promise<void>((resolve) => (settle = resolve)));
    await Promise.resolve();
    settle();
    await changing;
    await early;
    expect([seen.left, book.view]).toEqual([0, ann]);
  });

  test('decides nothing by an answer that does not come, and asks again the next time', async () => {
    const { book, guard, seen } = guardUnderTest('away', stranger);
    await guard.check();
    expect([book.view, seen.left]).toEqual([ann, 0]);
    await guard.check();
    expect(seen).toEqual({ asked: 2, left: 1 });
  });
});

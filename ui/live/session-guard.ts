/**
 * Finds out who looks at the page when there is doubt: the hub answered 401, closed the socket, or said that something
 * changed. Whoever may still look goes on, with what they now may; everybody else is led to the sign-in page. One
 * question at a time, however many ask; an answer that does not come decides nothing.
 */
import type { Asked } from '../api/client.ts';
import type { SessionView } from '../model/session.ts';
import type { SessionBook } from './session-book.ts';

export interface SessionGuardOptions {
  readonly book: SessionBook;
  readonly read: () => Promise<Asked<SessionView>>;
  /** Leads away from the page; nothing of it is left. */
  readonly leave: () => void;
}

export class SessionGuard {
  readonly #options: SessionGuardOptions;
  #asking: Promise<void> | null = null;
  #isLeaving = false;

  constructor(options: SessionGuardOptions) {
    this.#options = options;
  }

  check(): Promise<void> {
    if (this.#isLeaving) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { book, read, leave } = this.#options;
    const { changeCount } = book;
    await book.settled;
    const before = book.view;
    const asked = await read();
    // What was asked by the old session is of no interest.
    if (book.changeCount !== changeCount) return await this.#ask();
    if (asked.kind === 'failed') return;
    const { value } = asked;
    // Somebody else has signed in by another tab: what this page holds was not asked for by them.
    const isOther = before.kind === 'person' && (value.kind !== 'person' || value.name !== before.name);
    if (value.canRead && !isOther) {
      book.accept(value);
      return;
    }
    this.#isLeaving = true;
    leave();
  }
}

/** Who is signed in here, told on when it changes: what a page offers follows it. */
import { comesUpTo, type Role, type SessionView, stranger } from '../model/session.ts';
import { Signal } from './signal.ts';

export class SessionBook {
  readonly changed = new Signal();
  #view: SessionView;
  #changing: Promise<void> = Promise.resolve();
  #changeCount = 0;

  constructor(view: SessionView = stranger) {
    this.#view = view;
  }

  get view(): SessionView {
    return this.#view;
  }

  /** Whether whoever looks at the page may do what this role may; what they may not is not offered. */
  may(role: Role): boolean {
    return comesUpTo(this.#view.role, role);
  }

  /** Who does what is done here; null for one whose name is not known, and has to be asked for. */
  get author(): string | null {
    return this.#view.kind === 'person' ? this.#view.name : null;
  }

  /** Runs what gives this browser another session: before it has ended, whatever the hub says of the old one means nothing. */
  async change<T>(work: Promise<T>): Promise<T> {
    this.#changeCount += 1;
    this.#changing = work.then(
      () => {},
      () => {},
    );
    return await work;
  }

  /** Resolves when no other session is on its way. */
  get settled(): Promise<void> {
    return this.#changing;
  }

  /** Of `change` so far. */
  get changeCount(): number {
    return this.#changeCount;
  }

  accept(view: SessionView): void {
    this.#view = view;
    this.changed.announce();
  }
}

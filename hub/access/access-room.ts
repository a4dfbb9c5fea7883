/**
 * Who may do what, put together: the copy in memory, the gate, accounts, and the sockets of viewers. It outlives the engine, as a
 * wipe replaces that and signs nobody out.
 */
import type { ViewerEndpoint } from '../sockets/endpoints.ts';
import type { AccessMethods } from '../store/access/methods.ts';
import { AccessBook } from './accounts/access-book.ts';
import { AccountGate } from './accounts/account-gate.ts';
import { Accounts } from './accounts/accounts.ts';
import { Passwords } from './accounts/passwords.ts';
import { OpenViewers } from './open-viewers.ts';

export interface AccessRoomOptions {
  /** null while no engine is at work. */
  readonly store: () => AccessMethods | null;
  readonly viewers: ViewerEndpoint;
  readonly operatorHash: () => Uint8Array | null;
  readonly anonymousView: boolean;
  readonly sessionIdleHours: number;
  readonly sessionHours: number;
  readonly nowMonotonicMs: () => number;
}

/** What another hub on the same database has changed is seen this soon, and what has run out is noticed. */
const followMs = 500;
const tendMs = 60_000;

export class AccessRoom {
  readonly book: AccessBook;
  readonly gate: AccountGate;
  readonly passwords = new Passwords();
  readonly accounts: Accounts;
  readonly viewers: OpenViewers;
  readonly hours: number;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: AccessRoomOptions) {
    const { store, nowMonotonicMs, operatorHash, anonymousView, sessionIdleHours, sessionHours } = options;
    this.hours = sessionHours;
    this.book = new AccessBook(
      { store, nowMonotonicMs, onChanged: () => this.viewers.recheck() },
      { idleHours: sessionIdleHours },
    );
    this.viewers = new OpenViewers(options.viewers, { endOf: (actor) => this.book.endOf(actor), nowMonotonicMs });
    this.gate = new AccountGate({ book: this.book, operatorHash, anonymousView, nowMonotonicMs });
    const { book, passwords } = this;
    const spare = (sessionId: number, ms: number) => this.viewers.spare(sessionId, ms);
    this.accounts = new Accounts({ book, passwords, store, nowMonotonicMs, spare }, { hours: sessionHours });
  }

  /** Starts the timers. While the database is away nothing comes of them: known sessions go on. */
  run(): void {
    const away = () => {};
    this.#timers.push(
      setInterval(() => {
        this.viewers.recheck();
        if (this.book.isLoaded) this.book.refresh().catch(away);
      }, followMs),
      setInterval(() => {
        // Whoever looks is there.
        for (const actor of this.viewers.actors()) this.book.used(actor);
        if (this.book.isLoaded) this.book.tend().catch(away);
      }, tendMs),
    );
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}

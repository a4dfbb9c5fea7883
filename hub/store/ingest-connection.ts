/**
 * The one connection that the ingest statement runs on, and what is done when a statement's outcome is unknown.
 *
 * A lost connection or a time-out says nothing about the commit. The statement may be repeated, but not while
 * its first run could still be under way: so the backend is ended first, by the pid and start time that were
 * noted at connect, over a connection of its own; then everything is opened anew. `run` therefore settles
 * only with the outcome of a run that was alone. Nothing here uses `sql.begin` or COPY: with postgres.js
 * 3.4.9 either can hang the connection for good.
 */
import type { Logger } from 'pino';
import { backoffMs, storeBackoff } from '#core/time.ts';
import { codeOf, connect, type Sql, type StoreConnection, troubleOf } from './connect.ts';

/** The server ends a statement itself after this long; beyond it plus a margin the connection is taken for dead. */
const statementMsMax = 60_000;
const watchdogMs = statementMsMax + 15_000;
const connectMsMax = 15_000;
/** How long to wait for an ended backend to be gone, ms. */
const terminateMsMax = 5_000;

interface Backend {
  readonly sql: Sql;
  readonly pid: number;
  readonly startedAt: string;
}

export type StoreHealth = 'well' | 'away';

export interface IngestConnectionOptions {
  readonly log: Logger;
  /** Called when the database is lost, and when it is back. */
  readonly onHealth: (health: StoreHealth, reason: string) => void;
  readonly random: () => number;
}

export class IngestConnection {
  readonly #connection: StoreConnection;
  readonly #options: IngestConnectionOptions;
  #backend: Backend | null = null;
  /** A backend whose last statement may still be running. */
  #suspect: Pick<Backend, 'pid' | 'startedAt'> | null = null;
  #health: StoreHealth = 'well';
  #isStopped = false;
  /** Statements that had to be repeated, since the start. */
  repeatCount = 0;

  constructor(connection: StoreConnection, options: IngestConnectionOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /**
   * Runs `work` until it has succeeded or the data was blamed (that error is thrown). Weather is waited out,
   * however long it takes; only `stop` ends the wait, with an error.
   */
  async run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      if (this.#isStopped) throw new Error('Cannot run statement: the connection is stopped');
      try {
        const backend = this.#backend ?? (await this.#open());
        const result = await withinMs(work(backend.sql), watchdogMs, 'the statement');
        this.#report('well', '');
        return result;
      } catch (error) {
        if (troubleOf(error) === 'data') throw error;
        if (this.#isStopped) throw error;
        this.repeatCount += 1;
        this.#discard();
        this.#report('away', codeOf(error));
        await sleep(backoffMs(attempt, storeBackoff, this.#options.random));
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#backend?.sql.end({ timeout: 2 });
    this.#backend = null;
  }

  /** Connects; but first makes sure that nothing of the last connection is still at work. */
  async #open(): Promise<Backend> {
    if (this.#suspect !== null) {
      await this.#terminate(this.#suspect);
      this.#suspect = null;
    }
    const sql = connect(this.#connection, { connectionCount: 1, name: 'pulsewire ingest', statementMsMax });
    try {
      const rows = await withinMs(
        sql<{ pid: number; startedAt: string }[]>`
          select pid, backend_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`,
        connectMsMax,
        'connecting',
      );
      const { pid, startedAt } = rows[0]!;
      this.#backend = { sql, pid, startedAt };
      return this.#backend;
    } catch (error) {
      abandon(sql);
      throw error;
    }
  }

  /** Ends a backend and waits until it is gone. A pid that was given to another process since is left alone. */
  async #terminate(backend: Pick<Backend, 'pid' | 'startedAt'>): Promise<void> {
    const sql = connect(this.#connection, { connectionCount: 1, name: 'pulsewire control', statementMsMax: 10_000 });
    try {
      const query = sql<{ ended: boolean }[]>`
        select pg_terminate_backend(pid, ${terminateMsMax}) as ended from pg_stat_activity
        where pid = ${backend.pid} and backend_start::text = ${backend.startedAt}`;
      const rows = await withinMs(query, connectMsMax, 'ending a backend');
      if (rows.some((row) => !row.ended))
        throw new Error(`Cannot end backend ${backend.pid}: it is still there after ${terminateMsMax} ms`);
    } finally {
      abandon(sql);
    }
  }

  #discard(): void {
    if (this.#backend === null) return;
    this.#suspect = { pid: this.#backend.pid, startedAt: this.#backend.startedAt };
    abandon(this.#backend.sql);
    this.#backend = null;
  }

  #report(health: StoreHealth, reason: string): void {
    if (this.#health === health) return;
    this.#health = health;
    if (health === 'away') this.#options.log.warn({ reason }, 'database.lost');
    else this.#options.log.info('database.regained');
    this.#options.onHealth(health, reason);
  }
}

/** Ends a pool without waiting: it may never settle. */
function abandon(sql: Sql): void {
  sql.end({ timeout: 0 }).catch(() => {});
}

async function withinMs<T>(work: PromiseLike<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot wait longer for ${what}: at most ${ms} ms are allowed`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/**
 * A wipe through the running hub: what has been taken is stored and acknowledged, so that no agent sends it again; the
 * engine ends; the database is emptied; a fresh engine starts under a new hub id. Agents with an enrolment key come
 * back by themselves.
 *
 * No row can come back: every connection that could write one is gone before the tables are emptied.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import type { EngineSlot } from './engine-slot.ts';
import { HttpError } from './http.ts';
import { codeOf, connect, type Sql, type StoreConnection } from './store/connect.ts';
import { readHubSessions, toolName } from './store/sessions.ts';
import { type WipeSummary, wipeDatabase } from './store/wipe.ts';

export interface WiperOptions {
  readonly slot: EngineSlot;
  readonly connection: StoreConnection;
  readonly reopen: () => Promise<Database | null>;
  readonly log: Logger;
}

/** The server needs a moment to notice that our connections have ended; a statement under way is finished first. */
const sessionsMsMax = 10_000;
const lookAgainMs = 50;

export class Wiper {
  readonly #options: WiperOptions;
  #isWiping = false;

  constructor(options: WiperOptions) {
    this.#options = options;
  }

  /** Throws HttpError: 409 while one is under way or another hub uses the database, 503 when the database is away. */
  async wipe(): Promise<WipeSummary> {
    const { slot, reopen, log } = this.#options;
    if (this.#isWiping) throw new HttpError(409, 'Cannot wipe: one wipe at a time: another is under way');
    slot.require();
    this.#isWiping = true;
    log.warn('hub.wiping');
    try {
      const summary = await slot.replace({ waitsFor: 'a wipe to end', work: () => this.#empty(), reopen });
      log.warn(summary, 'hub.wiped');
      return summary;
    } catch (error) {
      if (error instanceof HttpError) throw error;
      log.error({ reason: codeOf(error) }, 'hub.wipe-failed');
      throw new HttpError(503, `Cannot wipe: the database must answer: got ${codeOf(error)}`);
    } finally {
      this.#isWiping = false;
    }
  }

  async #empty(): Promise<WipeSummary> {
    const sql = connect(this.#options.connection, { connectionCount: 1, name: toolName, statementMsMax: 0 });
    try {
      await waitForNoHub(sql);
      return await wipeDatabase(sql);
    } finally {
      await sql.end({ timeout: 2 });
    }
  }
}

async function waitForNoHub(sql: Sql): Promise<void> {
  const deadlineMs = performance.now() + sessionsMsMax;
  for (;;) {
    const sessions = await readHubSessions(sql);
    if (sessions.length === 0) return;
    if (performance.now() > deadlineMs)
      throw new HttpError(
        409,
        `Cannot wipe: no other hub may use the database: got ${sessions.join(', ')}; stop it, or try again when its statements have ended`,
      );
    await sleep(lookAgainMs);
  }
}

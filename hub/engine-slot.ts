/**
 * The engine of now, as sockets and routes see it: none before the database is known, and another one after a wipe.
 *
 *   empty --start--> running --replace--> replacing --> running (a fresh engine) … --stop--> empty
 *
 * A fresh engine is how everything that is held in memory is forgotten at once. While there is none everybody is told
 * to come again; connections of the engine before are closed when its successor is there to take them.
 */
import { assert } from '#core/errors.ts';
import type { Database } from './database.ts';
import type { Engine } from './engine.ts';
import { HttpError } from './http.ts';
import type { Credential } from './intake/agent-session.ts';
import type { AgentEndpoint, ViewerEndpoint } from './sockets/endpoints.ts';

export interface Replacement<T> {
  /** What those who come meanwhile are told that the hub waits for. */
  readonly waitsFor: string;
  /** Runs while no engine is at work on the database. */
  readonly work: () => Promise<T>;
  /** Opens the database again, however long that takes; null when the hub is being stopped. */
  readonly reopen: () => Promise<Database | null>;
}

export class EngineSlot {
  readonly #create: (database: Database) => Engine;
  #engine: Engine | null = null;
  #replacing: Promise<unknown> | null = null;
  waitsFor = 'the database';

  /** `create` makes an engine and starts it. */
  constructor(create: (database: Database) => Engine) {
    this.#create = create;
  }

  get engine(): Engine | null {
    return this.#engine;
  }

  /** The engine, for a request. Throws HttpError 503 while there is none. */
  require(): Engine {
    if (this.#engine !== null) return this.#engine;
    throw new HttpError(503, `Cannot answer yet: the hub waits for ${this.waitsFor}`, { 'retry-after': '5' });
  }

  start(database: Database): void {
    this.#engine = this.#create(database);
  }

  /** Puts a fresh engine in the place of this one, whether `work` succeeds or not. Rejects as `work` does. */
  async replace<T>(replacement: Replacement<T>): Promise<T> {
    const old = this.#engine;
    assert(old !== null, 'only an engine that runs can be replaced');
    this.#engine = null;
    this.waitsFor = replacement.waitsFor;
    const replacing = this.#replace(old, replacement);
    this.#replacing = replacing.catch(() => {});
    return await replacing;
  }

  async #replace<T>(old: Engine, { work, reopen }: Replacement<T>): Promise<T> {
    await old.retire();
    try {
      return await work();
    } finally {
      const database = await reopen();
      if (database !== null) this.start(database);
      old.closeAll(1012, 'The hub begins anew');
    }
  }

  /** Stores what is in memory and ends. */
  async stop(): Promise<void> {
    await this.#replacing;
    await this.#engine?.stop();
  }

  get agentEndpoint(): AgentEndpoint<Credential> {
    return {
      authenticate: async (bearer, peer) => {
        if (this.#engine === null)
          return { status: 503, why: `Cannot accept agent: the hub waits for ${this.waitsFor}`, retryAfterSec: 5 };
        // Its ticks would be given times that have expired: they are safe in its spool until the clock is right.
        if (this.#engine.keeper.isClockBehind(Date.now()))
          return { status: 503, why: 'Cannot accept agent: the clock of the hub is behind', retryAfterSec: 10 };
        return await this.#engine.agents.authenticate(bearer, peer);
      },
      opened: (socket, credential) => {
        if (this.#engine === null) socket.close(1013, `Cannot accept agent: the hub waits for ${this.waitsFor}`);
        else this.#engine.agents.opened(socket, credential);
      },
      received: (socket, bytes) => this.#engine?.agents.received(socket, bytes),
      ponged: (socket) => this.#engine?.agents.ponged(socket),
      closed: (socket) => this.#engine?.agents.closed(socket),
    };
  }

  get viewerEndpoint(): ViewerEndpoint {
    return {
      opened: (socket, actor) => {
        if (this.#engine === null) socket.close(1013, `Cannot show anything yet: the hub waits for ${this.waitsFor}`);
        else this.#engine.viewerEndpoint.opened(socket, actor);
      },
      received: (socket, bytes, actor) => this.#engine?.viewerEndpoint.received(socket, bytes, actor),
      drained: (socket) => this.#engine?.viewerEndpoint.drained(socket),
      dropped: (socket) => this.#engine?.viewerEndpoint.dropped(socket),
      closed: (socket) => this.#engine?.viewerEndpoint.closed(socket),
    };
  }
}

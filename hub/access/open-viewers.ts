/**
 * Sockets of viewers by who opened them: they are closed within a second when that one has signed out, has another password
 * or role, or is disabled. Stands before the engine's endpoint, and outlives the engine.
 */
import type { ViewerSocket } from '../live/fanout.ts';
import type { ViewerEndpoint } from '../sockets/endpoints.ts';
import type { Actor } from './actor.ts';

export interface OpenViewersPorts {
  /** Why somebody is not any more who they were; null while they are. */
  endOf(actor: Actor): string | null;
  nowMonotonicMs(): number;
}

/** The page reads `/api/v1/session`, and opens another socket or asks its person to sign in. */
export const signedOutCloseCode = 4401;

export class OpenViewers implements ViewerEndpoint {
  readonly #endpoint: ViewerEndpoint;
  readonly #ports: OpenViewersPorts;
  readonly #actors = new Map<ViewerSocket, Actor>();
  /** Sessions whose sockets stay for a moment, by id: until when, monotonic ms. */
  readonly #spared = new Map<number, number>();
  closedCount = 0;

  constructor(endpoint: ViewerEndpoint, ports: OpenViewersPorts) {
    this.#endpoint = endpoint;
    this.#ports = ports;
  }

  /** Of those who look now. */
  actors(): IterableIterator<Actor> {
    return this.#actors.values();
  }

  opened(socket: ViewerSocket, actor: Actor): void {
    // Between the request and the open socket somebody may have signed out.
    if (this.#closeEnded(socket, actor)) return;
    this.#actors.set(socket, actor);
    this.#endpoint.opened(socket, actor);
  }

  received(socket: ViewerSocket, bytes: Uint8Array, actor: Actor): void {
    this.#endpoint.received(socket, bytes, actor);
  }

  drained(socket: ViewerSocket): void {
    this.#endpoint.drained(socket);
  }

  dropped(socket: ViewerSocket): void {
    this.#endpoint.dropped(socket);
  }

  closed(socket: ViewerSocket): void {
    this.#actors.delete(socket);
    this.#endpoint.closed(socket);
  }

  /** Leaves the sockets of a session that is about to end open for so long: its page is being given another session. */
  spare(sessionId: number, ms: number): void {
    this.#spared.set(sessionId, this.#ports.nowMonotonicMs() + ms);
  }

  /** Closes what is to be closed. Call it after each change, and a few times a second. */
  recheck(): void {
    const nowMs = this.#ports.nowMonotonicMs();
    for (const [sessionId, untilMs] of this.#spared) if (untilMs <= nowMs) this.#spared.delete(sessionId);
    for (const [socket, actor] of [...this.#actors]) {
      if (actor.kind === 'person' && this.#spared.has(actor.sessionId)) continue;
      this.#closeEnded(socket, actor);
    }
  }

  #closeEnded(socket: ViewerSocket, actor: Actor): boolean {
    const why = this.#ports.endOf(actor);
    if (why === null) return false;
    this.closedCount += 1;
    socket.close(signedOutCloseCode, why);
    return true;
  }
}

/**
 * What the sockets give to the engine and want of it: no library's types.
 */
import type { Actor } from '../access/actor.ts';
import type { ViewerSocket } from '../live/fanout.ts';

/** One agent's socket, as the engine uses it. */
export interface AgentSocket {
  send(bytes: Uint8Array): void;
  ping(): void;
  close(closeCode: number, reason: string): void;
  /** Address of the peer, for the log. */
  readonly address: string;
}

/** What the hub does with agents' sockets. Calls that throw ProtocolError close the socket. */
export interface AgentEndpoint<C> {
  /** Who the bearer of this token is; a status and a reason when the upgrade is refused. */
  authenticate(
    bearer: string,
    peer: {
      readonly address: string;
      /** Whether it came through a proxy, trusted or not: then a loopback address is not its own. */
      readonly isProxied: boolean;
    },
  ): Promise<
    { readonly credential: C } | { readonly status: number; readonly why: string; readonly retryAfterSec?: number }
  >;
  opened(socket: AgentSocket, credential: C): void;
  received(socket: AgentSocket, bytes: Uint8Array): void;
  ponged(socket: AgentSocket): void;
  closed(socket: AgentSocket): void;
}

export interface ViewerEndpoint {
  /** `actor` has been let in by the rule "viewer". */
  opened(socket: ViewerSocket, actor: Actor): void;
  /** `actor` as it was let in. Throws ProtocolError for what it may not send, too. */
  received(socket: ViewerSocket, bytes: Uint8Array, actor: Actor): void;
  drained(socket: ViewerSocket): void;
  dropped(socket: ViewerSocket): void;
  closed(socket: ViewerSocket): void;
}

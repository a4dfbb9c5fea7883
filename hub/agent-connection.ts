/**
 * One agent's connection: its socket, its session, and what the session asks of the hub. One object with methods
 * instead of a closure for each: five thousand quiet agents pay for every one of them.
 */
import { encodeMessage } from '#core/codec.ts';
import type { Hello, ToAgent, Top } from '#core/message.ts';
import type { Sha256 } from '#core/series.ts';
import { AgentSession, type Credential, type HubIdentity, type SessionPorts } from './intake/agent-session.ts';
import type { OfferedStream } from './intake/clock-shift.ts';
import type { StreamEntry } from './intake/host-intake.ts';
import type { Intake } from './intake/intake.ts';
import type { AgentSocket } from './sockets/endpoints.ts';

/** What all connections share: the decisions and lookups behind a session's requests. */
export interface ConnectionOwner {
  readonly intake: Intake;
  readonly identity: HubIdentity;
  readonly sha256: Sha256;
  admit(connection: AgentConnection, hello: Hello, streams: readonly OfferedStream[]): void;
  openStreams(connection: AgentConnection, hostId: number, streams: readonly OfferedStream[]): void;
  readChecksums(
    connection: AgentConnection,
    entry: StreamEntry,
    range: { readonly firstSeq: number; readonly count: number },
  ): void;
  onTop(hostId: number, top: Top): void;
  onBye(hostId: number): void;
}

/** A newer connection of the same agent that waits to see whether this one is alive. */
export interface Challenge {
  readonly sinceMs: number;
  readonly proceed: () => void;
  readonly yield: () => void;
}

export class AgentConnection implements SessionPorts {
  readonly socket: AgentSocket;
  readonly session: AgentSession;
  readonly openedMs: number;
  heardMs: number;
  challenge: Challenge | null = null;
  isClosed = false;
  readonly #owner: ConnectionOwner;

  constructor(
    socket: AgentSocket,
    options: { readonly credential: Credential; readonly owner: ConnectionOwner; readonly nowMonotonicMs: number },
  ) {
    const { credential, owner, nowMonotonicMs } = options;
    const { intake, identity, sha256 } = owner;
    this.socket = socket;
    this.#owner = owner;
    this.openedMs = nowMonotonicMs;
    this.heardMs = nowMonotonicMs;
    this.session = new AgentSession(credential, { ports: this, intake, identity, sha256 });
  }

  send(message: ToAgent): void {
    this.socket.send(encodeMessage(message));
  }

  close(closeCode: number, reason: string): void {
    this.socket.close(closeCode, reason);
  }

  admit(hello: Hello, streams: readonly OfferedStream[]): void {
    this.#owner.admit(this, hello, streams);
  }

  openStreams(hostId: number, streams: readonly OfferedStream[]): void {
    this.#owner.openStreams(this, hostId, streams);
  }

  readChecksums(entry: StreamEntry, range: { readonly firstSeq: number; readonly count: number }): void {
    this.#owner.readChecksums(this, entry, range);
  }

  onTop(hostId: number, top: Top): void {
    this.#owner.onTop(hostId, top);
  }

  onBye(hostId: number): void {
    this.#owner.onBye(hostId);
  }
}

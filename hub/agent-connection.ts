/**
 * One agent's connection: its socket, its session, and what the session asks of the hub. One object with methods
 * instead of a closure for each: five thousand quiet agents pay for every one of them.
 */
import { encodeMessage } from '#core/codec.ts';
import type { Hello, Id128, ScriptReports, SettingsReport, ToAgent, Top } from '#core/message.ts';
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
  onScriptReports(hostId: number, reports: ScriptReports): void;
  onSettingsReport(hostId: number, report: SettingsReport): void;
  onBye(hostId: number): void;
  onIdentityKept(connection: AgentConnection, tokenId: string): void;
}

/** An identity that was sent and not yet answered. */
export interface IdentityOffer {
  /** `rotation`: the agent's own with a new token; `split`: another one. */
  readonly kind: 'rotation' | 'split';
  /** Host of the agent that it was before. */
  readonly hostId: number;
  readonly agentId: Id128;
  /** SHA-256 of the token as hex. */
  readonly hash: string;
}

/** A newer connection of the same agent that waits to see whether this one is alive. */
export interface Challenge {
  readonly sinceMs: number;
  readonly challenger: AgentConnection;
  readonly proceed: () => void;
}

export class AgentConnection implements SessionPorts {
  readonly socket: AgentSocket;
  readonly session: AgentSession;
  readonly openedMs: number;
  heardMs: number;
  challenge: Challenge | null = null;
  isClosed = false;
  /** The host that it is known to be of, by its token or by the database. */
  linkedHostId: number | null = null;
  /** By how much its wall clock was ahead of ours at its hello, ms; null before. */
  skewMs: number | null = null;
  readonly sinceMs: number;
  /** null: none was made; `wanted`: one is being written down. */
  offer: IdentityOffer | 'wanted' | null = null;
  readonly #owner: ConnectionOwner;

  constructor(
    socket: AgentSocket,
    options: {
      readonly credential: Credential;
      readonly owner: ConnectionOwner;
      readonly nowMonotonicMs: number;
      readonly nowMs: number;
    },
  ) {
    const { credential, owner, nowMonotonicMs, nowMs } = options;
    const { intake, identity, sha256 } = owner;
    this.socket = socket;
    this.#owner = owner;
    this.openedMs = nowMonotonicMs;
    this.sinceMs = nowMs;
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

  onScriptReports(hostId: number, reports: ScriptReports): void {
    this.#owner.onScriptReports(hostId, reports);
  }

  onSettingsReport(hostId: number, report: SettingsReport): void {
    this.#owner.onSettingsReport(hostId, report);
  }

  onBye(hostId: number): void {
    this.#owner.onBye(hostId);
  }

  onIdentityKept(tokenId: string): void {
    this.#owner.onIdentityKept(this, tokenId);
  }
}

/**
 * Agent connections: who may open one, one session each, and one connection per agent.
 *
 * A second connection of an agent that is connected already is either its own new one (the old one is
 * half-open) or a clone. The old one is pinged; if it answers within 2 s the new one is closed with 4409, else the
 * new one takes its place. An engine: sockets, database and clock are ports.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { decodeFromAgent } from '#core/codec.ts';
import { ProtocolError } from '#core/errors.ts';
import { helloMsMax } from '#core/limits.ts';
import type { Hello, Id128, Top } from '#core/message.ts';
import type { Sha256 } from '#core/series.ts';
import { AgentConnection, type ConnectionOwner } from './agent-connection.ts';
import { cleanHostName } from './host-name.ts';
import type { Credential, HubIdentity } from './intake/agent-session.ts';
import type { OfferedStream } from './intake/clock-shift.ts';
import type { StreamEntry } from './intake/host-intake.ts';
import type { Intake } from './intake/intake.ts';
import type { HostIdentity, Registry } from './registry.ts';
import type { AgentEndpoint, AgentSocket } from './sockets/endpoints.ts';
import type { AdmitAnswer, AdmitRequest, KnownHost, KnownToken } from './store/admission.ts';

/** What is asked of the database. A rejection means that it is away. */
export interface AgentStore {
  admit(request: AdmitRequest): Promise<AdmitAnswer>;
  openStreams(request: {
    readonly hostId: number;
    readonly streams: readonly OfferedStream[];
  }): Promise<Extract<AdmitAnswer, { kind: 'admitted' }>['streams']>;
  findToken(hash: string): Promise<{ readonly host: KnownHost; readonly token: KnownToken } | null>;
  checksums(request: {
    readonly streamId: number;
    readonly shiftMs: number;
    readonly firstSeq: number;
    readonly count: number;
  }): Promise<Uint8Array>;
}

export interface AgentsOptions {
  readonly intake: Intake;
  readonly registry: Registry;
  readonly store: AgentStore;
  readonly identity: HubIdentity;
  readonly sha256: Sha256;
  /** SHA-256 of the enrolment key. */
  readonly enrolmentHash: Uint8Array;
  readonly log: Logger;
  readonly onTop: (hostId: number, top: Top) => void;
  readonly nowMs: () => number;
  readonly nowMonotonicMs: () => number;
}

const challengeMs = 2_000;
/** Tokens that are looked up in the database at once: strangers must not keep it from its work. */
const lookupsMax = 32;
/** Wait before a database that was away is asked again for those who wait, ms. */
const readmitMs = 2_000;

export class Agents implements AgentEndpoint<Credential> {
  readonly #options: AgentsOptions;
  readonly #owner: ConnectionOwner;
  readonly #connections = new Map<AgentSocket, AgentConnection>();
  readonly #byHost = new Map<number, AgentConnection>();
  /** The admitted connection of each agent id. */
  readonly #byAgent = new Map<Id128, AgentConnection>();
  /** Sessions whose admission failed because the database was away. */
  readonly #waiting = new Set<AgentConnection>();
  #readmittedMs = 0;
  #lookupCount = 0;
  #isDraining = false;
  framesReceived = 0;
  bytesReceived = 0;

  constructor(options: AgentsOptions) {
    this.#options = options;
    const { intake, identity, sha256, onTop, log } = options;
    this.#owner = {
      intake,
      identity,
      sha256,
      onTop,
      onBye: (hostId) => log.debug({ hostId }, 'agent.stopping'),
      admit: (connection, hello, streams) =>
        this.#challenge(connection, hello, () => this.#admit(connection, hello, streams)),
      openStreams: (connection, hostId, streams) => this.#openStreams(connection, hostId, streams),
      readChecksums: (connection, entry, range) => this.#readChecksums(connection, entry, range),
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  async authenticate(
    bearer: string,
  ): Promise<
    | { readonly credential: Credential }
    | { readonly status: number; readonly why: string; readonly retryAfterSec?: number }
  > {
    const { registry, store, enrolmentHash } = this.#options;
    const hash = createHash('sha256').update(bearer).digest();
    if (timingSafeEqual(hash, enrolmentHash)) return { credential: { kind: 'enrolment' } };
    const known = registry.byToken(hash.toString('hex'));
    if (known !== undefined) return credentialOf(known.identity);
    if (this.#lookupCount >= lookupsMax)
      return { status: 503, why: 'Cannot accept agent: too many unknown tokens at once', retryAfterSec: 10 };
    this.#lookupCount += 1;
    try {
      const found = await store.findToken(hash.toString('hex'));
      if (found === null) return { status: 401, why: 'Cannot accept agent: its token is not known here' };
      if (registry.put(found.host) === null) return { status: 401, why: 'Cannot accept agent: its host was removed' };
      registry.addToken(found.token.hash, found.host.hostId);
      return credentialOf(found.host);
    } catch {
      return { status: 503, why: 'Cannot accept agent: the database is away', retryAfterSec: 10 };
    } finally {
      this.#lookupCount -= 1;
    }
  }

  opened(socket: AgentSocket, credential: Credential): void {
    const nowMonotonicMs = this.#options.nowMonotonicMs();
    this.#connections.set(socket, new AgentConnection(socket, { credential, owner: this.#owner, nowMonotonicMs }));
  }

  received(socket: AgentSocket, bytes: Uint8Array): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || this.#isDraining) return;
    this.framesReceived += 1;
    this.bytesReceived += bytes.byteLength;
    connection.heardMs = this.#options.nowMonotonicMs();
    connection.session.received(decodeFromAgent(bytes), this.#options.nowMs());
  }

  ponged(socket: AgentSocket): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) connection.heardMs = this.#options.nowMonotonicMs();
  }

  closed(socket: AgentSocket): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    this.#connections.delete(socket);
    connection.isClosed = true;
    this.#waiting.delete(connection);
    const { hostId } = connection.session;
    connection.session.closed();
    if (hostId !== null && this.#byHost.get(hostId) === connection) {
      this.#byHost.delete(hostId);
      this.#byAgent.delete(connection.session.hello!.agentId);
      this.#options.registry.setConnected(hostId, false);
      this.#options.log.info({ hostId }, 'agent.disconnected');
    }
    connection.challenge?.proceed();
  }

  /** Timers: late hellos, challenges, admissions to try again. Call it a few times a second. */
  poll(nowMonotonicMs: number): void {
    for (const connection of this.#connections.values()) {
      if (!connection.session.isGreeted && nowMonotonicMs - connection.openedMs > helloMsMax) {
        const late = new ProtocolError(
          'ERR_HELLO_LATE',
          `Cannot wait longer for hello: at most ${helloMsMax} ms are allowed`,
        );
        connection.socket.close(late.closeCode, late.message);
      }
      this.#judgeChallenge(connection, nowMonotonicMs);
    }
    if (this.#waiting.size === 0 || nowMonotonicMs - this.#readmittedMs < readmitMs) return;
    this.#readmittedMs = nowMonotonicMs;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const { session } of waiting) session.retry(this.#options.nowMs());
  }

  /** The host was removed: its agent is told so, and nothing more is taken of it. */
  removed(hostId: number): void {
    this.#byHost.get(hostId)?.session.gone();
  }

  /** Takes nothing more, so that what was taken comes to an end and is acknowledged; the agents keep the rest. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Closes every connection: a stop of the hub. */
  closeAll(closeCode: number, reason: string): void {
    for (const { socket } of [...this.#connections.values()]) socket.close(closeCode, reason);
  }

  #challenge(connection: AgentConnection, hello: Hello, proceed: () => void): void {
    const old = this.#byAgent.get(hello.agentId);
    if (old === undefined) {
      proceed();
      return;
    }
    old.challenge?.yield();
    const refuse = () => connection.close(4409, 'Cannot accept agent: another one with the same identity is connected');
    old.challenge = { sinceMs: this.#options.nowMonotonicMs(), proceed, yield: refuse };
    old.socket.ping();
  }

  #judgeChallenge(connection: AgentConnection, nowMonotonicMs: number): void {
    const { challenge } = connection;
    if (challenge === null) return;
    if (connection.heardMs > challenge.sinceMs) {
      connection.challenge = null;
      this.#options.log.warn({ hostId: connection.session.hostId }, 'agent.duplicated');
      challenge.yield();
    } else if (nowMonotonicMs - challenge.sinceMs > challengeMs) {
      // `closed` lets the new one in.
      connection.socket.close(1001, 'Cannot keep connection: it does not answer and there is a newer one');
    }
  }

  #admit(connection: AgentConnection, hello: Hello, streams: readonly OfferedStream[]): void {
    if (connection.isClosed) return;
    const { store, nowMs, log } = this.#options;
    const { session } = connection;
    const { credential } = session;
    const tokenHostId = credential.kind === 'token' ? credential.hostId : null;
    const connectedHostIds = tokenHostId === null ? this.#namesakes(hello) : [];
    store.admit({ hello, streams, tokenHostId, connectedHostIds }).then(
      (answer) => this.#admitted(connection, answer),
      (error: unknown) => {
        log.debug({ err: error }, 'admission.failed');
        this.#waiting.add(connection);
        session.storageAway(nowMs());
      },
    );
  }

  /** The connected hosts that bear the name which a hello asks for, or whose agents asked for it too. */
  #namesakes(hello: Hello): number[] {
    const namesake = this.#options.registry.byName(cleanHostName(hello.hostName))?.identity.hostId;
    const hostIds: number[] = [];
    for (const [hostId, { session }] of this.#byHost) {
      if (hostId === namesake || session.hello?.hostName === hello.hostName) hostIds.push(hostId);
    }
    return hostIds;
  }

  #openStreams(connection: AgentConnection, hostId: number, streams: readonly OfferedStream[]): void {
    const { store, nowMs } = this.#options;
    store.openStreams({ hostId, streams }).then(
      (shapes) => connection.session.streamsOpened(shapes, nowMs()),
      // The agent has the streams on its disk and announces them on its next link.
      () => connection.close(1013, 'Cannot open streams: the database is away'),
    );
  }

  #admitted(connection: AgentConnection, answer: AdmitAnswer): void {
    if (connection.isClosed) return;
    const { session, socket } = connection;
    const { registry, log, nowMs } = this.#options;
    if (answer.kind === 'refused') {
      log.warn({ reason: answer.why }, 'agent.refused');
      socket.close(4401, answer.why);
      return;
    }
    // It may have been removed after it was admitted, too.
    if (answer.kind === 'removed' || registry.put(answer.host) === null) {
      session.gone();
      return;
    }
    const { hostId, hostName } = answer;
    const hello = session.hello!;
    if (answer.token !== null) registry.replaceTokens(createHash('sha256').update(answer.token).digest('hex'), hostId);
    registry.setConnected(hostId, true);
    this.#byHost.set(hostId, connection);
    this.#byAgent.set(hello.agentId, connection);
    log.info({ hostId, hostName, address: socket.address, streams: answer.streams.length }, 'agent.connected');
    session.admitted(answer, nowMs());
  }

  #readChecksums(
    connection: AgentConnection,
    entry: StreamEntry,
    range: { readonly firstSeq: number; readonly count: number },
  ): void {
    const { id: streamId, ordinal, shiftMs } = entry.stream;
    this.#options.store.checksums({ streamId, shiftMs, ...range }).then(
      (checksums) => connection.session.checksumsRead(ordinal, range.firstSeq, checksums),
      () => connection.close(1013, 'Cannot verify: the database is away'),
    );
  }
}

function credentialOf(
  host: Pick<HostIdentity, 'agentId' | 'hostId'>,
): { readonly credential: Credential } | { readonly status: number; readonly why: string } {
  if (host.agentId === null) return { status: 401, why: 'Cannot accept agent: the token belongs to no agent' };
  return { credential: { kind: 'token', agentId: host.agentId, hostId: host.hostId } };
}

/**
 * Agent connections: who may open one, one session each, and one connection per agent.
 *
 * A second connection of an agent that is connected already is either its own new one (the old one is
 * half-open) or a clone. The old one is pinged; if it answers within 2 s the new one is a clone (`agents/identities.ts`: 4409, or an
 * identity of its own), else the new one takes its place. Only the agent's own token may challenge: whoever comes to enrol under
 * the id of an agent that is connected is refused. An engine: sockets, database and clock are ports.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { decodeFromAgent } from '#core/codec.ts';
import { ProtocolError } from '#core/errors.ts';
import { helloMsMax } from '#core/limits.ts';
import type { Hello, Id128, ScriptReports, SettingsReport, ToAgent, Top } from '#core/message.ts';
import type { Sha256 } from '#core/series.ts';
import type { AuditEvents } from './access/audit.ts';
import { AgentConnection, type ConnectionOwner } from './agent-connection.ts';
import { AgentIdentities, type IdentityStore } from './agents/identities.ts';
import { Strangers } from './agents/strangers.ts';
import type { EnrolmentKey } from './enrolment-key.ts';
import { cleanHostName } from './host-name.ts';
import type { Credential, HubIdentity } from './intake/agent-session.ts';
import type { OfferedStream } from './intake/clock-shift.ts';
import type { StreamEntry } from './intake/host-intake.ts';
import type { Intake } from './intake/intake.ts';
import { isLoopback } from './network/listening.ts';
import type { HostIdentity, Registry } from './registry.ts';
import type { AgentEndpoint, AgentSocket } from './sockets/endpoints.ts';
import type { AdmitAnswer, AdmitRequest, FoundBearer } from './store/admission.ts';

/** What is asked of the database. A rejection means that it is away. */
export interface AgentStore extends IdentityStore {
  admit(request: AdmitRequest): Promise<AdmitAnswer>;
  openStreams(request: {
    readonly hostId: number;
    readonly streams: readonly OfferedStream[];
  }): Promise<Extract<AdmitAnswer, { kind: 'admitted' }>['streams']>;
  findBearer(hash: string): Promise<FoundBearer | null>;
  checksums(request: {
    readonly streamId: number;
    readonly shiftMs: number;
    readonly firstSeq: number;
    readonly count: number;
  }): Promise<Uint8Array>;
}

/** Told of connections, whose coming and going says whether a host is there. */
export interface AgentPresence {
  /** A connection of the host has said hello. It is admitted at once, or when the database is back: then this is called again. */
  linked(hostId: number, link: { readonly wallMs: number; readonly isAdmitted: boolean }): void;
  /** The last connection of the host has closed. */
  unlinked(hostId: number): void;
  /** The agent stops on purpose, or was revoked: until it connects again nobody waits for it. */
  bye(hostId: number): void;
  /** The agent has begun a new stream on an open link, at this instant of its own clock. */
  newStream(hostId: number, startWallMs: number): void;
}

/** Who has scripts for agents. */
export interface AgentScripts {
  /** An agent that takes scripts was admitted. `agentName` is what it calls itself. */
  linked(hostId: number, link: { readonly agentName: string; readonly send: (message: ToAgent) => void }): void;
  unlinked(hostId: number): void;
  reported(hostId: number, reports: ScriptReports): void;
}

export interface AgentSettingsPort {
  /** What is set at the agent of a host; null while that is not known. */
  of(hostId: number): { readonly version: number; readonly text: string } | null;
  reported(hostId: number, report: SettingsReport): void;
}

export interface AgentsOptions {
  readonly intake: Intake;
  readonly registry: Registry;
  readonly store: AgentStore;
  readonly identity: HubIdentity;
  readonly sha256: Sha256;
  readonly enrolmentKey: Pick<EnrolmentKey, 'hash' | 'isLocal'>;
  readonly log: Logger;
  readonly audit: AuditEvents;
  /** What admins see of agents has changed. */
  readonly onChanged: () => void;
  readonly presence: AgentPresence;
  readonly onTop: (hostId: number, top: Top) => void;
  readonly scripts: AgentScripts;
  /** Absent where agents are given no settings. */
  readonly settings?: AgentSettingsPort;
  readonly nowMs: () => number;
  readonly nowMonotonicMs: () => number;
}

const challengeMs = 2_000;
/** Tokens that are looked up in the database at once: strangers must not keep it from its work. */
const lookupsMax = 32;
/** Wait before a database that was away is asked again for those who wait, ms. */
const readmitMs = 2_000;

type Verdict =
  | { readonly credential: Credential }
  | { readonly status: number; readonly why: string; readonly retryAfterSec?: number };

export class Agents implements AgentEndpoint<Credential> {
  readonly identities: AgentIdentities;
  readonly #options: AgentsOptions;
  readonly #strangers = new Strangers();
  readonly #owner: ConnectionOwner;
  readonly #connections = new Map<AgentSocket, AgentConnection>();
  readonly #byHost = new Map<number, AgentConnection>();
  /** The admitted connection of each agent id. */
  readonly #byAgent = new Map<Id128, AgentConnection>();
  /** Sessions whose admission failed because the database was away. */
  readonly #waiting = new Set<AgentConnection>();
  /** How many connections of each host have said hello: one, or two while the newer challenges the older. */
  readonly #linkCounts = new Map<number, number>();
  #readmittedMs = 0;
  #lookupCount = 0;
  #isDraining = false;
  framesReceived = 0;
  bytesReceived = 0;

  constructor(options: AgentsOptions) {
    this.#options = options;
    const { intake, identity, sha256, onTop, presence, scripts } = options;
    this.#owner = {
      intake,
      identity,
      sha256,
      onTop,
      onScriptReports: (hostId, reports) => scripts.reported(hostId, reports),
      onSettingsReport: (hostId, report) => options.settings?.reported(hostId, report),
      onBye: (hostId) => presence.bye(hostId),
      onIdentityKept: (connection, tokenId) => this.identities.kept(connection, tokenId),
      admit: (connection, hello, streams) => {
        const { credential } = connection.session;
        connection.skewMs ??= hello.wallMs - this.#options.nowMs();
        if (credential.kind === 'token') this.#link(connection, credential.hostId, { isAdmitted: false });
        if (credential.kind === 'enrolment' && this.#byAgent.has(hello.agentId)) this.#refuseEnrolment(connection);
        else this.#challenge(connection, hello, () => this.#admit(connection, hello, streams));
      },
      openStreams: (connection, hostId, streams) => this.#openStreams(connection, hostId, streams),
      readChecksums: (connection, entry, range) => this.#readChecksums(connection, entry, range),
    };
    const { store, registry, log, audit, nowMs, onChanged } = options;
    this.identities = new AgentIdentities({
      ...{ store, registry, log, audit, nowMs, onChanged },
      hubId: identity.hubId,
      connectionOf: (hostId) => this.#byHost.get(hostId),
      closeRevoked: (hostId) => this.#closeRevoked(hostId),
    });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The admitted connection of a host's agent. */
  connectionOf(hostId: number): AgentConnection | undefined {
    return this.#byHost.get(hostId);
  }

  async authenticate(
    bearer: string,
    { address, isProxied }: { readonly address: string; readonly isProxied: boolean },
  ): Promise<Verdict> {
    const { registry, enrolmentKey, nowMs } = this.#options;
    const digest = createHash('sha256').update(bearer).digest();
    if (timingSafeEqual(digest, enrolmentKey.hash)) {
      if (!enrolmentKey.isLocal || (isLoopback(address) && !isProxied))
        return { credential: { kind: 'enrolment', enrolmentId: null } };
      return this.#refuseKey(address);
    }
    const hash = digest.toString('hex');
    const known = registry.byToken(hash);
    if (known !== undefined) return credentialOf(known.identity, hash);
    if (this.#strangers.isTooMany(address, nowMs()))
      return { status: 429, why: 'Cannot accept agent: too many unknown tokens from this address', retryAfterSec: 60 };
    if (this.#lookupCount >= lookupsMax)
      return { status: 503, why: 'Cannot accept agent: too many unknown tokens at once', retryAfterSec: 10 };
    this.#lookupCount += 1;
    try {
      const verdict = this.#judgeBearer(await this.#options.store.findBearer(hash), { hash, address });
      if ('status' in verdict) this.#strangers.failed(address, nowMs());
      return verdict;
    } catch {
      return { status: 503, why: 'Cannot accept agent: the database is away', retryAfterSec: 10 };
    } finally {
      this.#lookupCount -= 1;
    }
  }

  /** The key has come to where it was not meant to: somebody should hear of it. */
  #refuseKey(address: string): Verdict {
    const { log, audit, nowMs } = this.#options;
    const why =
      'Cannot enrol agent: the key that the hub has made itself is for agents on its own machine: use an enrolment token';
    if (this.identities.refusals.isNews(`${address} ${why}`, nowMs())) {
      log.warn({ reason: why, address }, 'agent.refused');
      audit({
        actor: { kind: 'agent', hostId: 0, name: '' },
        action: 'agent.enrolled',
        ...{ object: '', result: 'refused', address, detail: { enrolment: 'key', why } },
      });
    }
    return { status: 401, why };
  }

  #judgeBearer(
    found: FoundBearer | null,
    { hash, address }: { readonly hash: string; readonly address: string },
  ): Verdict {
    const { registry } = this.#options;
    switch (found?.kind) {
      case undefined:
        return { status: 401, why: 'Cannot accept agent: its token is not known here' };
      case 'closed':
        return { status: 401, why: found.why };
      case 'enrolment':
        return { credential: { kind: 'enrolment', enrolmentId: found.enrolmentId } };
      case 'revoked': {
        const why = 'Cannot accept agent: an admin has revoked it';
        this.identities.refused(found.hostId, { why, action: 'agent.refused', connection: null, address });
        return { status: 403, why };
      }
      case 'token':
        if (registry.put(found.host) === null) return { status: 401, why: 'Cannot accept agent: its host was removed' };
        registry.addToken(found.token.hash, found.host.hostId);
        return credentialOf(found.host, hash);
    }
  }

  opened(socket: AgentSocket, credential: Credential): void {
    const { nowMonotonicMs, nowMs } = this.#options;
    const clocks = { nowMonotonicMs: nowMonotonicMs(), nowMs: nowMs() };
    this.#connections.set(socket, new AgentConnection(socket, { credential, owner: this.#owner, ...clocks }));
  }

  received(socket: AgentSocket, bytes: Uint8Array): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || this.#isDraining) return;
    this.framesReceived += 1;
    this.bytesReceived += bytes.byteLength;
    connection.heardMs = this.#options.nowMonotonicMs();
    try {
      connection.session.received(decodeFromAgent(bytes), this.#options.nowMs());
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'ERR_TOKEN_REFUSED')
        this.#noteStrangeHello(connection, error);
      throw error;
    }
  }

  /** With the token of one agent under the id of another. */
  #noteStrangeHello(connection: AgentConnection, { message }: ProtocolError): void {
    const { credential } = connection.session;
    if (credential.kind !== 'token') return;
    this.identities.refused(credential.hostId, { why: message, action: 'agent.refused', connection });
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
      this.#options.scripts.unlinked(hostId);
      this.#options.log.info({ hostId }, 'agent.disconnected');
    }
    this.#unlink(connection);
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
    for (const { session } of waiting) session.retry();
  }

  /** The host was removed: its agent is told so, and nothing more is taken of it. */
  removed(hostId: number): void {
    this.identities.removed(hostId);
    this.#byHost.get(hostId)?.session.gone();
  }

  /** Sends what is set at the host's agent, if that is connected and knows of it. */
  giveSettings(hostId: number): void {
    const session = this.#byHost.get(hostId)?.session;
    const settings = this.#options.settings?.of(hostId) ?? null;
    if (session?.speaks('settings') !== true || settings === null) return;
    session.tell({ kind: 'settings', version: settings.version, text: settings.text });
  }

  giveAllSettings(): void {
    for (const hostId of this.#byHost.keys()) this.giveSettings(hostId);
  }

  /** Whether the host's agent knows of this kind of message; null while it is not connected. */
  speaks(hostId: number, word: string): boolean | null {
    return this.#byHost.get(hostId)?.session.speaks(word) ?? null;
  }

  #closeRevoked(hostId: number): void {
    this.#options.presence.bye(hostId);
    for (const { session } of [...this.#connections.values()]) {
      const { credential } = session;
      const isOf = session.hostId === hostId || (credential.kind === 'token' && credential.hostId === hostId);
      if (isOf) session.revoked();
    }
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
    old.challenge?.challenger.close(4409, 'Cannot accept agent: a newer one with the same identity is connected');
    old.challenge = { sinceMs: this.#options.nowMonotonicMs(), challenger: connection, proceed };
    old.socket.ping();
  }

  /** The connected agent has a token of its own. One whose answer was lost comes again, when its old connection has ended. */
  #refuseEnrolment(connection: AgentConnection): void {
    const why = 'Cannot enrol agent: it is connected already';
    this.#noteEnrolment(connection, { hostName: connection.session.hello!.hostName, why });
    connection.socket.close(4401, why);
  }

  #judgeChallenge(connection: AgentConnection, nowMonotonicMs: number): void {
    const { challenge } = connection;
    if (challenge === null) return;
    if (connection.heardMs > challenge.sinceMs) {
      connection.challenge = null;
      this.identities.duplicated(connection, challenge.challenger);
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
    const connectedHostIds = credential.kind === 'enrolment' ? this.#namesakes(hello) : [];
    store.admit({ hello, streams, credential, connectedHostIds }).then(
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

  /** Said before the database answers: that it is away must not look as if the host were. */
  #link(connection: AgentConnection, hostId: number, { isAdmitted }: { readonly isAdmitted: boolean }): void {
    if (connection.linkedHostId === null) {
      connection.linkedHostId = hostId;
      this.#linkCounts.set(hostId, (this.#linkCounts.get(hostId) ?? 0) + 1);
    }
    this.#options.presence.linked(hostId, { wallMs: connection.session.hello!.wallMs, isAdmitted });
  }

  #unlink({ linkedHostId: hostId }: AgentConnection): void {
    if (hostId === null) return;
    const count = this.#linkCounts.get(hostId)! - 1;
    if (count > 0) {
      this.#linkCounts.set(hostId, count);
      return;
    }
    this.#linkCounts.delete(hostId);
    this.#options.presence.unlinked(hostId);
  }

  #openStreams(connection: AgentConnection, hostId: number, streams: readonly OfferedStream[]): void {
    const { store, nowMs, presence } = this.#options;
    for (const { offer } of streams) if (offer.next === 1) presence.newStream(hostId, offer.startWallMs);
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
    const { credential } = session;
    if (answer.kind === 'refused') {
      if (credential.kind === 'token')
        this.identities.refused(credential.hostId, { why: answer.why, action: 'agent.refused', connection });
      else this.#noteEnrolment(connection, { hostName: session.hello!.hostName, why: answer.why });
      socket.close(4401, answer.why);
      return;
    }
    if (answer.kind === 'revoked') {
      const why = 'Cannot accept agent: an admin has revoked it';
      this.identities.refused(answer.hostId, { why, action: 'agent.refused', connection });
      // Its hello, which came before the revocation was known here, has said that it is there.
      if (connection.linkedHostId !== null) this.#options.presence.bye(connection.linkedHostId);
      session.revoked();
      return;
    }
    // It may have been removed after it was admitted, too.
    if (answer.kind === 'removed' || registry.put(answer.host) === null) {
      session.gone();
      return;
    }
    const { hostId, hostName } = answer;
    const hello = session.hello!;
    if (answer.token !== null) {
      registry.replaceTokens(createHash('sha256').update(answer.token).digest('hex'), hostId);
      this.#noteEnrolment(connection, { hostName, why: null });
    } else if (answer.isOnlyToken && credential.kind === 'token') registry.replaceTokens(credential.hash, hostId);
    registry.setConnected(hostId, true);
    this.#link(connection, hostId, { isAdmitted: true });
    this.#byHost.set(hostId, connection);
    this.#byAgent.set(hello.agentId, connection);
    log.info({ hostId, hostName, address: socket.address, streams: answer.streams.length }, 'agent.connected');
    session.admitted(answer, nowMs());
    if (session.speaks('scripts'))
      this.#options.scripts.linked(hostId, {
        agentName: hello.hostName,
        send: (message) => connection.send(message),
      });
    this.giveSettings(hostId);
    this.identities.admitted(connection, answer);
    // What this hub knows of revocations may be older than the answer, or newer.
    if (this.identities.isRevoked(hostId)) this.#checkRevoked(connection, hostId);
    this.#options.onChanged();
  }

  #checkRevoked(connection: AgentConnection, hostId: number): void {
    this.identities.follow().then(
      () => {
        if (this.identities.isRevoked(hostId)) connection.session.revoked();
      },
      () => connection.session.revoked(),
    );
  }

  /** An enrolment stands in the audit log, whatever came of it: one that failed once an hour. */
  #noteEnrolment(
    { session, socket }: AgentConnection,
    { hostName, why }: { readonly hostName: string; readonly why: string | null },
  ): void {
    const { audit, log, nowMs } = this.#options;
    const { credential } = session;
    const enrolment = credential.kind === 'enrolment' ? (credential.enrolmentId ?? 'key') : null;
    const { address } = socket;
    if (why !== null) {
      log.warn({ reason: why, address }, 'agent.refused');
      if (!this.identities.refusals.isNews(`${address} ${why}`, nowMs())) return;
    }
    audit({
      actor: { kind: 'agent', hostId: session.hostId ?? 0, name: hostName },
      action: 'agent.enrolled',
      object: hostName,
      result: why === null ? 'done' : 'refused',
      address,
      detail: { enrolment, agent: session.hello!.agentId, ...(why === null ? {} : { why }) },
    });
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

function credentialOf(host: Pick<HostIdentity, 'agentId' | 'hostId'>, hash: string): Verdict {
  if (host.agentId === null) return { status: 401, why: 'Cannot accept agent: the token belongs to no agent' };
  return { credential: { kind: 'token', agentId: host.agentId, hostId: host.hostId, hash } };
}

/**
 * The agent's connection to the hub, and the only place that knows `ws`.
 *
 *   waiting --timer--> connecting --open--> open --close--> waiting …
 *
 * What to send and what to make of the answers is decided by `AgentLink`; this edge owns the socket, its timers and
 * the credential, and keeps bytes, clocks and close codes away from the machine. One socket at a time: events of an
 * earlier one are not listened to any more. A hub that breaks the contract costs this connection and nothing else.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import WebSocket, { type ClientOptions, type RawData } from 'ws';
import { decodeToAgent, encodeMessage } from '#core/codec.ts';
import { closeCodes, ProtocolError } from '#core/errors.ts';
import { bulkMessageBytesMax } from '#core/limits.ts';
import {
  agentSubprotocol,
  type FromAgent,
  type Id128,
  type IdentityMessage,
  type ToAgent,
  type Welcome,
} from '#core/message.ts';
import { cleanLabelValue } from '#core/series.ts';
import { AgentLink, type LinkPorts, type LinkState, type NewTick } from '#core/stream/agent-link.ts';
import { distrustOf, type HubTrust, tlsOptionsOf, trustedConnection } from './hub-trust.ts';
import { adviceOf, blamesCredential, type LinkEnd, parseRetryAfter, reasonOf, retryWaitMs } from './link-retry.ts';
import { PeerWatch } from './peer-watch.ts';

/** What a pino logger offers. */
export interface LinkLog {
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
}

export interface LinkOptions {
  /** ws: or wss: with its path. */
  readonly hubUrl: string;
  /** Ports of the machine that have nothing to do with the socket. */
  readonly ports: Omit<LinkPorts, 'send' | 'isCongested'>;
  readonly identity: () => LinkIdentity;
  /** Takes another identity onto the disk; false when that does not take it. */
  readonly keepIdentity: (identity: LinkIdentity) => boolean;
  /** An enrolment token, or the key of the hub. */
  readonly enrolmentKey: string | null;
  /** Of a hub over wss:; null for what Node trusts. */
  readonly trust: HubTrust | null;
  /** Makes the agent of a proxy; null for a direct connection. */
  readonly proxyAgent: (() => Promise<NonNullable<ClientOptions['agent']>>) | null;
  readonly log: LinkLog;
  readonly nowMonotonicMs: () => number;
  readonly nowWallMs: () => number;
  readonly random: () => number;
}

/** Who this agent is to the hub. */
export interface LinkIdentity {
  readonly agentId: Id128;
  /** The hub that knows it; null before the first enrolment, as is the token that the hub gave. */
  readonly hubId: Id128 | null;
  readonly token: string | null;
  /** What it was known by before: tried when the token is not accepted, forgotten when it is. */
  readonly old: { readonly agentId: Id128; readonly token: string } | null;
}

export interface LinkCounters {
  /** Welcomes after which ticks flowed. */
  readonly openCount: number;
  /** Attempts and connections that ended without our wish. */
  readonly lostCount: number;
  readonly sentMessages: number;
  readonly sentBytes: number;
  /** Messages of the hub that broke the contract. */
  readonly refusedMessages: number;
}

interface Credential {
  readonly kind: 'token' | 'oldToken' | 'enrolmentKey';
  readonly secret: string;
  /** Under which it says hello. */
  readonly agentId: Id128;
}

interface Connection {
  readonly socket: WebSocket;
  readonly credential: Credential | null;
  readonly startedMs: number;
  /** Set at the upgrade: counts the bytes received. */
  stream: IncomingMessage['socket'] | null;
  watch: PeerWatch | null;
  openedMs: number;
  hostName: string | null;
  /** The first cause of the end; later ones are its consequences. */
  end: LinkEnd | null;
  /** We ended it, so the close code that comes back says nothing about what we sent. */
  isOurEnd: boolean;
  /** What the hub said when it refused; empty for nothing. */
  said: string;
  /** It was welcomed by a hub that has looked at the credential. */
  isAccepted: boolean;
}

const checkMs = 1_000;
/** Name, network, TLS, proxy and upgrade together. */
const connectMsMax = 15_000;
/** A link that held so long was good: the next retry is quick again. */
const stableMsMin = 60_000;
/** Unsent bytes beyond which only the newest tick is added: one bulk message, 5 s of a line of 400 kbit/s. */
const bufferedBytesMax = bulkMessageBytesMax;
const drainMsMax = 3_000;
const closeMsMax = 1_000;
/** Of a refusal that are read, and of its words that are logged. */
const refusalCharactersMax = 4_096;
const saidCharactersMax = 200;
/** Header-safe, as it is sent in `Authorization` from the next connection on. */
const tokenPattern = /^[\x21-\x7e]{1,200}$/;

export class HubLink {
  readonly #options: LinkOptions;
  readonly #machine: AgentLink;
  #connection: Connection | null = null;
  #retryTimer: NodeJS.Timeout | null = null;
  #checkTimer: NodeJS.Timeout | null = null;
  #attempt = 0;
  /** The one that is to be tried next; null for the first. */
  #nextCredential: Credential['kind'] | null = null;
  /** Why there is no link, as logged; null while there is one. */
  #problem: string | null = 'not yet connected';
  /** Name of the host at the hub, where it is another than the agent's own, as logged. */
  #otherName: string | null = null;
  #isStopped = false;
  #onProgress: () => void = () => {};
  /** One replay a turn of the event loop, so that ticks stay on time while a backlog drains. */
  #isYielding = false;
  #isTicking = false;
  #isPumpDue = false;
  #openCount = 0;
  #lostCount = 0;
  #sentMessages = 0;
  #sentBytes = 0;
  #refusedMessages = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#machine = new AgentLink({
      ...options.ports,
      send: (message) => this.#send(message),
      isCongested: () => this.#isCongested(),
    });
  }

  get state(): LinkState {
    return this.#machine.state;
  }

  get counters(): LinkCounters {
    return {
      openCount: this.#openCount,
      lostCount: this.#lostCount,
      sentMessages: this.#sentMessages,
      sentBytes: this.#sentBytes,
      refusedMessages: this.#refusedMessages,
    };
  }

  /** Who the agent is on the connection of now, or would be on the next. */
  get agentId(): Id128 {
    const { identity } = this.#options;
    return (this.#connection?.credential ?? this.#credential())?.agentId ?? identity().agentId;
  }

  /** Connects, and connects again, until `stop`. */
  start(): void {
    this.#checkTimer = setInterval(() => this.#check(), checkMs);
    this.#connect();
  }

  /** A new tick, committed or not. */
  ticked(tick: NewTick): void {
    this.#isTicking = true;
    try {
      this.#machine.ticked(tick, this.#options.nowMonotonicMs());
    } finally {
      this.#isTicking = false;
    }
  }

  /** A new epoch has become current in the spool. */
  epochOpened(): void {
    this.#machine.epochOpened();
  }

  /** Ends the connection and makes a new one, which begins with a hello. */
  restart(reason: string): void {
    const connection = this.#connection;
    if (connection === null) return;
    const end: LinkEnd = { kind: 'failed', error: reason };
    this.#end(connection, { end, closeCode: closeCodes.normal });
  }

  /** Sends something that only matters now; dropped where there is no link or it is behind. */
  sendVolatile(message: Extract<FromAgent, { kind: 'top' | 'settingsReport' | 'scriptReports' }>): boolean {
    if (this.#connection?.hostName == null || this.#isCongested()) return false;
    this.#send(message);
    return true;
  }

  /** Says goodbye, waits up to 3 s for what was sent to be stored, and closes. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    const connection = this.#connection;
    if (connection !== null && connection.hostName !== null) await this.#drain(connection);
    if (this.#checkTimer !== null) clearInterval(this.#checkTimer);
    if (connection !== null) await this.#close(connection);
  }

  async #drain(connection: Connection): Promise<void> {
    const nowMs = this.#options.nowMonotonicMs;
    this.#isTicking = true;
    this.#machine.pump(nowMs());
    this.#isTicking = false;
    this.#send({ kind: 'bye' });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, drainMsMax);
      this.#onProgress = () => {
        if (this.#connection === connection && !this.#machine.isDrained()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onProgress();
    });
    this.#onProgress = () => {};
  }

  async #close(connection: Connection): Promise<void> {
    const { socket } = connection;
    if (socket.readyState === WebSocket.CLOSED) return;
    connection.isOurEnd = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), closeMsMax);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.close(closeCodes.normal);
    });
  }

  #connect(): void {
    this.#retryTimer = null;
    const { proxyAgent } = this.#options;
    if (proxyAgent === null) {
      this.#open({});
      return;
    }
    // Loaded only where there is a proxy. A failure to load it is our bug and ends the process.
    void proxyAgent().then((agent) => {
      if (!this.#isStopped) this.#open({ agent });
    });
  }

  #open(more: ClientOptions): void {
    const credential = this.#credential();
    const socket = new WebSocket(this.#options.hubUrl, agentSubprotocol, {
      ...more,
      headers: credential === null ? {} : { authorization: `Bearer ${credential.secret}` },
      ...this.#trustOptions(more.agent !== undefined),
      perMessageDeflate: false,
      maxPayload: bulkMessageBytesMax,
      handshakeTimeout: connectMsMax,
    });
    const connection: Connection = {
      socket,
      credential,
      startedMs: this.#options.nowMonotonicMs(),
      stream: null,
      watch: null,
      openedMs: Number.NaN,
      hostName: null,
      end: null,
      isOurEnd: false,
      said: '',
      isAccepted: false,
    };
    this.#connection = connection;
    socket.on('upgrade', (response) => {
      connection.stream = response.socket;
    });
    socket.on('unexpected-response', (_request, response) => {
      const retryAfterMs = parseRetryAfter(response.headers['retry-after'], this.#options.nowWallMs());
      connection.end ??= { kind: 'refused', status: response.statusCode ?? 0, retryAfterMs };
      readRefusal(response, (said) => {
        connection.said = said;
        socket.terminate();
      });
    });
    socket.on('open', () => this.#opened(connection));
    socket.on('message', (bytes, isBinary) => this.#received(connection, { bytes, isBinary }));
    socket.on('error', (error) => {
      const distrust = distrustOf(error);
      connection.end ??=
        distrust === null ? { kind: 'failed', error: describe(error) } : { kind: 'untrusted', why: distrust };
      // The hub's fault or the network's, but never a judgement of the hub on an item.
      connection.isOurEnd = true;
    });
    socket.on('close', (code, reason) => this.#closed(connection, { code, reason: reason.toString('utf8') }));
  }

  #trustOptions(hasProxy: boolean): ClientOptions {
    const { trust, hubUrl } = this.#options;
    if (trust === null || !hubUrl.startsWith('wss:')) return {};
    // Through a proxy its agent makes the connection, and looks at the peer by the same rules.
    if (hasProxy) return tlsOptionsOf(trust);
    // Node's http waits for the callback; the types know only the form that answers at once.
    return { createConnection: trustedConnection(trust, connectMsMax) as unknown as ClientOptions['createConnection'] };
  }

  /** In the order in which they are tried: the token, the one before it, the enrolment token or key. */
  #credentials(): Credential[] {
    const { identity, enrolmentKey } = this.#options;
    const { agentId, token, old } = identity();
    const credentials: Credential[] = [];
    if (token !== null) credentials.push({ kind: 'token', secret: token, agentId });
    if (old !== null) credentials.push({ kind: 'oldToken', secret: old.token, agentId: old.agentId });
    if (enrolmentKey !== null) credentials.push({ kind: 'enrolmentKey', secret: enrolmentKey, agentId });
    return credentials;
  }

  #credential(): Credential | null {
    const credentials = this.#credentials();
    return credentials.find(({ kind }) => kind === this.#nextCredential) ?? credentials[0] ?? null;
  }

  #opened(connection: Connection): void {
    const nowMs = this.#options.nowMonotonicMs();
    connection.openedMs = nowMs;
    connection.watch = new PeerWatch({ checkMs, nowMs, bytesRead: connection.stream?.bytesRead ?? 0 });
    this.#isYielding = false;
    this.#machine.opened(nowMs);
  }

  #received(
    connection: Connection,
    { bytes, isBinary }: { readonly bytes: RawData; readonly isBinary: boolean },
  ): void {
    // What a hub sent before it learned that we are through with it.
    if (connection.end !== null) return;
    try {
      if (!isBinary) throw new ProtocolError('ERR_MESSAGE_TEXT', 'Cannot accept message: it must be binary');
      const message = decodeToAgent(bytes as Buffer);
      if (message.kind === 'identity') {
        this.#acceptIdentity(connection, message);
        return;
      }
      const isForeign = message.kind === 'welcome' && !this.#acceptWelcome(connection, message);
      if (isForeign) return;
      this.#accept(message);
      if (message.kind === 'welcome') this.#welcomed(connection, message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(connection, error);
    }
    this.#onProgress();
  }

  #accept(message: ToAgent): void {
    const nowMs = this.#options.nowMonotonicMs();
    this.#machine.received(message, nowMs);
    this.#machine.pump(nowMs);
  }

  /** Whether to believe this hub. One that is not known gets data only if it was the enrolment key that it accepted. */
  #acceptWelcome(connection: Connection, welcome: Welcome): boolean {
    if (welcome.token !== null && !tokenPattern.test(welcome.token)) {
      throw new ProtocolError('ERR_MESSAGE_SHAPE', 'Cannot accept welcome: its token must be visible ASCII characters');
    }
    const known = this.#options.identity().hubId;
    const isKnown = known === null || known === welcome.hubId;
    if (isKnown || connection.credential?.kind === 'enrolmentKey') return true;
    this.#end(connection, { end: { kind: 'foreign', hubId: welcome.hubId }, closeCode: closeCodes.normal });
    return false;
  }

  /** Takes a new token, or another identity, from the hub that it knows, and says so once it is on the disk. */
  #acceptIdentity(connection: Connection, { hubId, agentId, token }: IdentityMessage): void {
    const { identity, keepIdentity, log } = this.#options;
    const known = identity();
    if (!tokenPattern.test(token))
      throw new ProtocolError(
        'ERR_MESSAGE_SHAPE',
        'Cannot accept identity: its token must be visible ASCII characters',
      );
    if (known.hubId === null || known.hubId !== hubId) {
      this.#end(connection, { end: { kind: 'foreign', hubId }, closeCode: closeCodes.normal });
      return;
    }
    const { credential } = connection;
    // What this hub is known to accept: what this connection came with, or what it gave when that was to enrol.
    const proven = credential === null || credential.kind === 'enrolmentKey' ? known.token : credential.secret;
    const old = proven === null ? null : { agentId: credential?.agentId ?? known.agentId, token: proven };
    if (!keepIdentity({ agentId, hubId, token, old })) {
      log.warn({}, 'identity.unkept');
      return;
    }
    this.#nextCredential = null;
    log.info({ agentId, isAnother: agentId !== known.agentId }, 'identity.changed');
    this.#send({ kind: 'identityKept', tokenId: createHash('sha256').update(token).digest('hex').slice(0, 16) });
  }

  /** The hub has let the agent in by this credential. */
  #accepted({ kind }: Pick<Credential, 'kind'>): void {
    const { identity, keepIdentity } = this.#options;
    this.#nextCredential = null;
    const known = identity();
    if (kind === 'token' && known.old !== null) keepIdentity({ ...known, old: null });
  }

  #welcomed(connection: Connection, { hubId, hubVersion, hostName, streams }: Welcome): void {
    // Without streams its database is away, and it has not looked whether the token is good.
    if (streams !== null && !connection.isAccepted) {
      connection.isAccepted = true;
      if (connection.credential !== null) this.#accepted(connection.credential);
      this.#logName(hostName);
    }
    if (connection.hostName === hostName) return;
    const isFirst = connection.hostName === null;
    connection.hostName = hostName;
    if (!isFirst) return;
    this.#openCount += 1;
    this.#problem = null;
    const credential = connection.credential?.kind ?? 'none';
    this.#options.log.info({ hubId, hubVersion, hostName, credential, attempts: this.#attempt + 1 }, 'link.opened');
  }

  /** The hub gives a host its name when it first comes, and people may give it another: once, so that nobody looks for the one in the settings. */
  #logName(hostName: string): void {
    const { hostName: name } = this.#options.ports.greet();
    if (hostName === name || hostName === this.#otherName) return;
    this.#otherName = hostName;
    const advice = 'the name in the settings counts when an agent enrols; after that hosts are renamed at the hub';
    this.#options.log.info({ name, hostName, advice }, 'name.differs');
  }

  #refuse(connection: Connection, error: ProtocolError): void {
    this.#refusedMessages += 1;
    const { code, message, closeCode } = error;
    this.#options.log.warn({ code, error: message }, 'message.refused');
    this.#end(connection, { end: { kind: 'failed', error: code }, closeCode });
  }

  /** We are through with this connection. */
  #end(connection: Connection, { end, closeCode }: { readonly end: LinkEnd; readonly closeCode: number }): void {
    connection.end ??= end;
    connection.isOurEnd = true;
    connection.socket.close(closeCode);
  }

  #closed(connection: Connection, { code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    if (this.#machine.state !== 'closed') this.#machine.closed(connection.isOurEnd ? 1006 : code);
    this.#onProgress();
    if (this.#isStopped) return;

    const end = connection.end ?? { kind: 'closed', code, reason };
    this.#lostCount += 1;
    if (this.#options.nowMonotonicMs() - connection.openedMs >= stableMsMin) this.#attempt = 0;
    if (connection.said === '' && end.kind === 'closed') connection.said = cleanSaid(reason);
    const hasOtherCredential = this.#changeCredential(end, connection.credential);
    const waitMs = retryWaitMs(end, { attempt: this.#attempt, random: this.#options.random, hasOtherCredential });
    this.#attempt += 1;
    // With another credential at hand nothing is known to be wrong yet.
    if (!hasOtherCredential || this.#problem === null) this.#logEnd(connection, { end, waitMs });
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
  }

  /** Turns to the next credential for the next attempt; false when there is none: then it begins with the first again. */
  #changeCredential(end: LinkEnd, used: Credential | null): boolean {
    if (!blamesCredential(end)) {
      if (end.kind === 'closed' && end.code === 4403) this.#nextCredential = null;
      return false;
    }
    const kinds = this.#credentials().map(({ kind }) => kind);
    const next = used === null ? undefined : kinds[kinds.indexOf(used.kind) + 1];
    this.#nextCredential = next ?? null;
    return next !== undefined;
  }

  /** One line when a link is lost or the reason changes, none for each attempt. */
  #logEnd(connection: Connection, { end, waitMs }: { readonly end: LinkEnd; readonly waitMs: number }): void {
    const reason = reasonOf(end);
    if (this.#problem === reason) return;
    this.#problem = reason;
    const openMs = Number.isNaN(connection.openedMs) ? 0 : this.#options.nowMonotonicMs() - connection.openedMs;
    const credential = connection.credential?.kind ?? 'none';
    const advice = adviceOf(end, credential);
    const fields = {
      reason,
      ...(advice === null ? {} : { advice }),
      ...(advice === null || connection.said === '' ? {} : { said: connection.said }),
      retryMs: waitMs,
      openMs: Math.round(openMs),
      credential,
    };
    this.#options.log.warn(fields, connection.hostName === null ? 'link.failed' : 'link.lost');
  }

  /** Each second. */
  #check(): void {
    const connection = this.#connection;
    if (connection === null) return;
    const { socket, watch, stream } = connection;
    const nowMs = this.#options.nowMonotonicMs();
    if (watch === null) {
      if (nowMs - connection.startedMs > connectMsMax) this.#terminate(connection, 'no answer');
      return;
    }
    const sign = watch.poll(nowMs, stream?.bytesRead ?? 0);
    if (sign === 'gone') this.#terminate(connection, 'the hub is silent');
    else if (this.#machine.isOverdue(nowMs)) this.#terminate(connection, 'the hub does not answer');
    else if (sign === 'ping' && socket.readyState === WebSocket.OPEN) socket.ping();
    if (this.#connection === connection) this.#pump();
  }

  /** Not `close`: a peer that is gone does not answer a close either. */
  #terminate(connection: Connection, error: string): void {
    connection.end ??= { kind: 'failed', error };
    connection.isOurEnd = true;
    connection.socket.terminate();
  }

  #send(message: FromAgent): void {
    const socket = this.#connection?.socket;
    if (socket === undefined || socket.readyState !== WebSocket.OPEN) return;
    const bytes = encodeMessage(message);
    this.#sentMessages += 1;
    this.#sentBytes += bytes.byteLength;
    socket.send(bytes, this.#sent);
    if (message.kind !== 'replay') return;
    this.#isYielding = true;
    setImmediate(() => {
      this.#isYielding = false;
      this.#pump();
    });
  }

  /** The socket has taken a message: goes on where congestion held it up. */
  readonly #sent = (): void => {
    if (this.#isPumpDue && !this.#isCongested()) this.#pump();
  };

  #pump(): void {
    this.#isPumpDue = false;
    if (this.#connection?.hostName != null) this.#machine.pump(this.#options.nowMonotonicMs());
  }

  #isCongested(): boolean {
    if (this.#isYielding && !this.#isTicking) return true;
    const isFull = (this.#connection?.socket.bufferedAmount ?? 0) > bufferedBytesMax;
    this.#isPumpDue ||= isFull;
    return isFull;
  }
}

/** The hub's own words in place of an upgrade: `{"error": …}`, or whatever stands before it. */
function readRefusal(response: IncomingMessage, done: (said: string) => void): void {
  let text = '';
  let isDone = false;
  const finish = () => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    done(cleanSaid(/"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? ''));
  };
  const timer = setTimeout(finish, closeMsMax);
  response.setEncoding('utf8');
  response.on('data', (part: string) => {
    text += part;
    if (text.length > refusalCharactersMax) finish();
  });
  response.once('end', finish);
  response.once('error', finish);
  response.once('close', finish);
}

/** Text of a peer, for a log. */
function cleanSaid(text: string): string {
  return cleanLabelValue(text.slice(0, saidCharactersMax)).trim();
}

/** What went wrong, without addresses or headers: "ECONNREFUSED", or the first line of what the library says. */
function describe(error: Error & { readonly code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.message.split('\n')[0]!.slice(0, 200);
}

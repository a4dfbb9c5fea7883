/**
 * The agent's connection to the hub, and the only place that knows `ws`.
 *
 *   waiting --timer--> connecting --open--> open --close--> waiting …
 *
 * What to send and what to make of the answers is decided by `AgentLink`; this edge owns the socket, its timers and
 * the credential, and keeps bytes, clocks and close codes away from the machine. One socket at a time: events of an
 * earlier one are not listened to any more. A hub that breaks the contract costs this connection and nothing else.
 */
import type { IncomingMessage } from 'node:http';
import WebSocket, { type ClientOptions, type RawData } from 'ws';
import { decodeToAgent, encodeMessage } from '#core/codec.ts';
import { closeCodes, ProtocolError } from '#core/errors.ts';
import { bulkMessageBytesMax } from '#core/limits.ts';
import { agentSubprotocol, type FromAgent, type Id128, type ToAgent, type Welcome } from '#core/message.ts';
import { AgentLink, type LinkPorts, type LinkState, type NewTick } from '#core/stream/agent-link.ts';
import { blamesCredential, type LinkEnd, parseRetryAfter, reasonOf, retryWaitMs } from './link-retry.ts';
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
  /** The hub that knows this agent, and the token it gave; null before the first enrolment. */
  readonly identity: () => { readonly hubId: Id128 | null; readonly token: string | null };
  readonly enrolmentKey: string | null;
  /** Makes the agent of a proxy; null for a direct connection. */
  readonly proxyAgent: (() => Promise<NonNullable<ClientOptions['agent']>>) | null;
  readonly log: LinkLog;
  readonly nowMonotonicMs: () => number;
  readonly nowWallMs: () => number;
  readonly random: () => number;
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

type Credential = { readonly kind: 'token' | 'enrolmentKey'; readonly secret: string };

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
/** Header-safe, as it is sent in `Authorization` from the next connection on. */
const tokenPattern = /^[\x21-\x7e]{1,200}$/;

export class HubLink {
  readonly #options: LinkOptions;
  readonly #machine: AgentLink;
  #connection: Connection | null = null;
  #retryTimer: NodeJS.Timeout | null = null;
  #checkTimer: NodeJS.Timeout | null = null;
  #attempt = 0;
  #prefersEnrolment = false;
  /** Why there is no link, as logged; null while there is one. */
  #problem: string | null = 'not yet connected';
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
  sendVolatile(message: Extract<FromAgent, { kind: 'top' }>): boolean {
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
    };
    this.#connection = connection;
    socket.on('upgrade', (response) => {
      connection.stream = response.socket;
    });
    socket.on('unexpected-response', (_request, response) => {
      const retryAfterMs = parseRetryAfter(response.headers['retry-after'], this.#options.nowWallMs());
      connection.end ??= { kind: 'refused', status: response.statusCode ?? 0, retryAfterMs };
      socket.terminate();
    });
    socket.on('open', () => this.#opened(connection));
    socket.on('message', (bytes, isBinary) => this.#received(connection, { bytes, isBinary }));
    socket.on('error', (error) => {
      connection.end ??= { kind: 'failed', error: describe(error) };
      // The hub's fault or the network's, but never a judgement of the hub on an item.
      connection.isOurEnd = true;
    });
    socket.on('close', (code, reason) => this.#closed(connection, { code, reason: reason.toString('utf8') }));
  }

  /** The token, or the enrolment key where there is none or it was not accepted. */
  #credential(): Credential | null {
    const { identity, enrolmentKey } = this.#options;
    const own = identity().token;
    if (enrolmentKey !== null && (own === null || this.#prefersEnrolment)) {
      return { kind: 'enrolmentKey', secret: enrolmentKey };
    }
    return own === null ? null : { kind: 'token', secret: own };
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

  #welcomed(connection: Connection, { hubId, hubVersion, hostName }: Welcome): void {
    if (connection.hostName === hostName) return;
    const isFirst = connection.hostName === null;
    connection.hostName = hostName;
    if (connection.credential?.kind !== 'token') this.#prefersEnrolment = false;
    if (!isFirst) return;
    this.#openCount += 1;
    this.#problem = null;
    const credential = connection.credential?.kind ?? 'none';
    this.#options.log.info({ hubId, hubVersion, hostName, credential, attempts: this.#attempt + 1 }, 'link.opened');
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
    const hasOtherCredential = blamesCredential(end) && this.#changeCredential(connection.credential);
    const waitMs = retryWaitMs(end, { attempt: this.#attempt, random: this.#options.random, hasOtherCredential });
    this.#attempt += 1;
    // With another credential at hand nothing is known to be wrong yet.
    if (!hasOtherCredential || this.#problem === null) this.#logEnd(connection, { end, waitMs });
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
  }

  /** Turns to the other credential for the next attempt; false when there is none, or when it was the other already. */
  #changeCredential(used: Credential | null): boolean {
    const canEnrol = this.#options.enrolmentKey !== null && this.#options.identity().token !== null;
    this.#prefersEnrolment = canEnrol && used?.kind === 'token';
    return this.#prefersEnrolment;
  }

  /** One line when a link is lost or the reason changes, none for each attempt. */
  #logEnd(connection: Connection, { end, waitMs }: { readonly end: LinkEnd; readonly waitMs: number }): void {
    const reason = reasonOf(end);
    if (this.#problem === reason) return;
    this.#problem = reason;
    const openMs = Number.isNaN(connection.openedMs) ? 0 : this.#options.nowMonotonicMs() - connection.openedMs;
    const fields = {
      reason,
      retryMs: waitMs,
      openMs: Math.round(openMs),
      credential: connection.credential?.kind ?? 'none',
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

/** What went wrong, without addresses or headers: "ECONNREFUSED", or the first line of what the library says. */
function describe(error: Error & { readonly code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.message.split('\n')[0]!.slice(0, 200);
}

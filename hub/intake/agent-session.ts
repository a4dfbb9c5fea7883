/**
 * One agent connection: the protocol from hello to bye, with every message checked against what it may be now.
 *
 *   waiting --hello--> admitting --admitted--> open --bye / close--> closed
 *                          \--database away--> open without streams, admitted again when it is back
 *
 * A breach of the envelope throws ProtocolError: the edge closes this connection and no other. The items that an
 * admitted host sends are taken in by `item-receiver.ts`. Invariant: nothing is taken after `closed`. An engine: the
 * socket, the clock and the database are ports.
 */
import { closeCodes, ProtocolError } from '#core/errors.ts';
import { streamsPerAgentMax } from '#core/limits.ts';
import type {
  FromAgent,
  Hello,
  Id128,
  ScriptReports,
  SettingsReport,
  StreamMessage,
  ToAgent,
  Top,
  Verify,
} from '#core/message.ts';
import type { Sha256 } from '#core/series.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { type OfferedStream, offeredStream } from './clock-shift.ts';
import type { HostIntake, StreamEntry } from './host-intake.ts';
import type { HostLink, Intake } from './intake.ts';
import { entryOf, ItemReceiver } from './item-receiver.ts';
import { checkOffers, checkVerify } from './message-checks.ts';

/** Who the upgrade request said it is. */
export type Credential =
  | {
      readonly kind: 'token';
      readonly agentId: Id128;
      readonly hostId: number;
      /** SHA-256 of the token as hex. */
      readonly hash: string;
    }
  /** By an enrolment token; null: by the key of the hub. */
  | { readonly kind: 'enrolment'; readonly enrolmentId: number | null };

export interface Admission {
  readonly hostId: number;
  readonly hostName: string;
  /** A new token for an agent that came to enrol; null when it came with its own. */
  readonly token: string | null;
  readonly streams: readonly HubStreamShape[];
}

export interface SessionPorts {
  send(message: ToAgent): void;
  /** Closes the socket; `closed` follows. */
  close(closeCode: number, reason: string): void;
  /** Looks up or creates the host and opens its streams. Answered by `admitted`, `storageAway` or `refused`. */
  admit(hello: Hello, streams: readonly OfferedStream[]): void;
  /** Opens further streams of an admitted host. Answered by `streamsOpened`, or not at all while the database is away. */
  openStreams(hostId: number, streams: readonly OfferedStream[]): void;
  /** Reads checksums of stored items; answered by `checksumsRead`. */
  readChecksums(entry: StreamEntry, range: { readonly firstSeq: number; readonly count: number }): void;
  onTop(hostId: number, top: Top): void;
  onScriptReports(hostId: number, reports: ScriptReports): void;
  /** Absent where nobody listens to what agents make of their settings. */
  onSettingsReport?(hostId: number, report: SettingsReport): void;
  /** The agent has said that it stops on purpose. */
  onBye(hostId: number): void;
  /** The agent has the token with this id on its disk. */
  onIdentityKept(tokenId: string): void;
}

export interface HubIdentity {
  readonly hubId: Id128;
  readonly hubVersion: string;
  readonly seriesMax: number;
}

export class AgentSession implements HostLink {
  readonly credential: Credential;
  readonly #ports: SessionPorts;
  readonly #intake: Intake;
  readonly #identity: HubIdentity;
  readonly #items: ItemReceiver;
  #state: 'waiting' | 'admitting' | 'open' | 'closed' = 'waiting';
  #hello: Hello | null = null;
  /** When the hello came: the instant that its clocks are compared with, however late its streams are opened. */
  #helloMs = 0;
  /** What it knows of beside ticks: words with commas between them. */
  #speaks = '';
  #host: HostIntake | null = null;
  /** Streams offered on the open link that the database has not answered yet. */
  #unanswered: readonly OfferedStream[] = [];

  constructor(
    credential: Credential,
    options: {
      readonly ports: SessionPorts;
      readonly intake: Intake;
      readonly identity: HubIdentity;
      readonly sha256: Sha256;
    },
  ) {
    this.credential = credential;
    const { ports, intake, identity, sha256 } = options;
    this.#ports = ports;
    this.#intake = intake;
    this.#identity = identity;
    this.#items = new ItemReceiver(ports, {
      intake,
      seriesMax: identity.seriesMax,
      sha256,
    });
  }

  get hello(): Hello | null {
    return this.#hello;
  }

  /** null until admitted. */
  get hostId(): number | null {
    return this.#host?.hostId ?? null;
  }

  /** Whether the agent knows of this kind of message: it is sent to no other. */
  speaks(word: string): boolean {
    return this.#speaks.split(',').includes(word);
  }

  get isGreeted(): boolean {
    return this.#state !== 'waiting';
  }

  /** Takes one message. Throws ProtocolError when the envelope is wrong. */
  received(message: FromAgent, nowMs: number): void {
    if (this.#state === 'closed') return;
    if (message.kind === 'hello') {
      this.#greet(message, nowMs);
      return;
    }
    // Also of one that was not admitted: a copied machine that is given an identity of its own.
    if (message.kind === 'identityKept' && this.#state !== 'waiting') {
      this.#ports.onIdentityKept(message.tokenId);
      return;
    }
    if (this.#host === null) {
      // Between hello and admission an agent sends nothing but what a slow database makes it send.
      if (this.#state === 'admitting' || this.#state === 'open') return;
      throw new ProtocolError('ERR_MESSAGE_UNEXPECTED', `Cannot accept ${message.kind}: the first message is a hello`);
    }
    switch (message.kind) {
      case 'frame':
        this.#items.acceptFrame(this.#host, message, nowMs);
        break;
      case 'live':
        this.#items.showLive(this.#host, message);
        break;
      case 'replay':
        this.#items.acceptReplay(this.#host, message, nowMs);
        break;
      case 'gap':
        this.#items.acceptGap(this.#host, message, nowMs);
        break;
      case 'layout':
        this.#items.acceptLayout(this.#host, message);
        break;
      case 'stream':
        this.#streams(this.#host, message);
        break;
      case 'verify':
        this.#verify(this.#host, message);
        break;
      case 'top':
        this.#ports.onTop(this.#host.hostId, message);
        break;
      case 'scriptReports':
        this.#ports.onScriptReports(this.#host.hostId, message);
        break;
      case 'settingsReport':
        this.#ports.onSettingsReport?.(this.#host.hostId, message);
        break;
      case 'bye':
        this.#intake.sealHost(this.#host.hostId, nowMs);
        this.#ports.onBye(this.#host.hostId);
        break;
      case 'identityKept':
        // Taken above.
        break;
    }
  }

  /** The database knows the agent and has opened its streams. */
  admitted(admission: Admission, nowMs: number): void {
    if (this.#state === 'closed') return;
    const host = this.#intake.host(admission.hostId);
    this.#host = host;
    this.#state = 'open';
    this.#intake.linked(admission.hostId, this);
    this.#intake.dropSettled(admission.hostId, new Set(this.#hello!.streams.map((offer) => offer.epoch)));
    const entries = this.#intake.opened(admission.hostId, admission.streams);
    // Kept as long as the connection; what has been stored of it need not be.
    this.#hello = { ...this.#hello!, tags: {}, facts: {}, streams: [] };
    this.#welcome(entries, { hostName: admission.hostName, token: admission.token, nowMs });
  }

  /** The database cannot be asked: the agent may show its newest tick, and is admitted when `retry` succeeds. */
  storageAway(nowMs: number): void {
    if (this.#state !== 'admitting') return;
    this.#welcome(null, { hostName: this.#hello!.hostName, token: null, nowMs });
  }

  /** Asks the database again, after it was away. */
  retry(): void {
    if (this.#state === 'admitting') this.#admit();
    if (this.#state === 'open' && this.#unanswered.length > 0)
      this.#ports.openStreams(this.#host!.hostId, this.#unanswered);
  }

  streamsOpened(shapes: readonly HubStreamShape[], nowMs: number): void {
    if (this.#host === null || this.#state === 'closed') return;
    if (shapes.some((shape) => this.#isTaken(shape))) {
      this.#close(closeCodes.restart, 'Cannot go on: the database was restored: streams have other ordinals now');
      return;
    }
    const epochs = new Set(shapes.map((shape) => shape.epoch));
    this.#unanswered = this.#unanswered.filter(({ offer }) => !epochs.has(offer.epoch));
    const entries = this.#intake.opened(this.#host.hostId, shapes);
    this.#welcome(entries, { hostName: this.#hello!.hostName, token: null, nowMs });
  }

  /** Whether another stream of this link goes by that ordinal, which a database gives twice only after a restore. */
  #isTaken(shape: HubStreamShape): boolean {
    const known = this.#host?.byOrdinal(shape.ordinal);
    return known !== undefined && known.stream.epoch !== shape.epoch;
  }

  checksumsRead(ordinal: number, firstSeq: number, checksums: Uint8Array): void {
    if (this.#state === 'open') this.#ports.send({ kind: 'checksums', ordinal, firstSeq, checksums });
  }

  closed(): void {
    this.#state = 'closed';
    if (this.#host !== null) this.#intake.unlinked(this.#host.hostId, this);
  }

  acknowledged(entry: StreamEntry): void {
    const { ordinal, storedSeq, gapTicks } = entry.stream;
    this.#ports.send({ kind: 'ack', ordinal, storedSeq, gapTicks });
  }

  refused(entry: StreamEntry, seq: number | null, why: string): void {
    if (seq === null) this.#close(1007, why);
    else this.#items.nack(entry, 'rejected', why, seq);
  }

  forgotten(entry: StreamEntry): void {
    this.#items.nack(entry, 'busy', 'Cannot keep items in memory: the database is behind: send them again');
  }

  /** Says something that needs no answer now, to an agent that has been admitted. */
  tell(message: ToAgent): void {
    if (this.#state === 'open' && this.#host !== null) this.#ports.send(message);
  }

  creditChanged(bytes: number): void {
    this.#ports.send({ kind: 'credit', bytes });
  }

  gone(): void {
    this.#close(4403, 'Cannot accept ticks: the host was removed');
  }

  revoked(): void {
    this.#close(4403, 'Cannot accept agent: an admin has revoked it');
  }

  replaced(): void {
    this.#close(4409, 'Cannot accept ticks: another link of this agent has taken over');
  }

  /** Nothing is taken from here on, whatever the socket still holds. */
  #close(closeCode: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.closed();
    this.#ports.close(closeCode, reason);
  }

  #greet(hello: Hello, nowMs: number): void {
    if (this.#state !== 'waiting')
      throw new ProtocolError('ERR_MESSAGE_UNEXPECTED', 'Cannot accept hello: one is enough');
    if (this.credential.kind === 'token' && this.credential.agentId !== hello.agentId) {
      throw new ProtocolError('ERR_TOKEN_REFUSED', 'Cannot accept hello: the token belongs to another agent');
    }
    checkOffers(hello.streams);
    this.#hello = hello;
    this.#helloMs = nowMs;
    this.#speaks = hello.facts['speaks'] ?? '';
    this.#admit();
  }

  #admit(): void {
    this.#state = 'admitting';
    const hello = this.#hello!;
    this.#ports.admit(
      hello,
      hello.streams.map((offer) => offeredStream(offer, hello, this.#helloMs)),
    );
  }

  #welcome(
    entries: readonly StreamEntry[] | null,
    options: { readonly hostName: string; readonly token: string | null; readonly nowMs: number },
  ): void {
    const { hubId, hubVersion, seriesMax } = this.#identity;
    this.#ports.send({
      kind: 'welcome',
      hubId,
      hubVersion,
      hostName: options.hostName,
      token: options.token,
      creditBytes: this.#intake.creditBytes,
      seriesMax,
      nowMs: options.nowMs,
      streams: entries === null ? null : entries.map((entry) => answerOf(entry)),
    });
  }

  #streams(host: HostIntake, message: StreamMessage): void {
    checkOffers(message.streams);
    let count = message.streams.length + this.#unanswered.length;
    for (const _ of host.entries()) count += 1;
    if (count > streamsPerAgentMax)
      throw new ProtocolError(
        'ERR_STREAM_LIMIT',
        `Cannot accept streams: at most ${streamsPerAgentMax} are allowed at once: got ${count}`,
      );
    const hello = this.#hello!;
    const offered = message.streams.map((offer) => offeredStream(offer, hello, this.#helloMs));
    this.#unanswered = [...this.#unanswered, ...offered];
    this.#ports.openStreams(host.hostId, offered);
  }

  #verify(host: HostIntake, message: Verify): void {
    const entry = entryOf(host, message.ordinal);
    checkVerify(message);
    this.#ports.readChecksums(entry, { firstSeq: message.firstSeq, count: message.count });
  }
}

function answerOf(entry: StreamEntry) {
  const { epoch, ordinal, storedSeq, storedCrc, gapTicks } = entry.stream;
  return { epoch, ordinal, storedSeq, storedCrc, gapTicks };
}

/**
 * One agent connection: the protocol from hello to bye, with every message checked against what it may be now.
 *
 *   waiting --hello--> admitting --admitted--> open --bye / close--> closed
 *                          \--database away--> open without streams, admitted again when it is back
 *
 * A breach of the envelope throws ProtocolError: the edge closes this connection and no other. Content that
 * cannot be taken is answered by one nack for its seq (DESIGN 3, item 5). An engine: the socket, the clock
 * and the database are ports.
 */
import { closeCodes, DecodeError, ProtocolError } from '#core/errors.ts';
import {
  blockTicksMax,
  layoutBytesMax,
  replayInflatedBytesMax,
  replaySamplesMax,
  streamsPerAgentMax,
} from '#core/limits.ts';
import type {
  Frame,
  FromAgent,
  Gap,
  Hello,
  Id128,
  LayoutMessage,
  Live,
  NackCode,
  Replay,
  StreamMessage,
  StreamOffer,
  ToAgent,
  Top,
  Verify,
} from '#core/message.ts';
import { type LayoutId, layoutIdOf, type Sha256 } from '#core/series.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { type OfferedStream, offeredStream } from './clock-shift.ts';
import type { HostIntake, StreamEntry } from './host-intake.ts';
import type { HostLink, Intake } from './intake.ts';

/** Who the upgrade request said it is. */
export type Credential =
  | { readonly kind: 'token'; readonly agentId: Id128; readonly hostId: number }
  | { readonly kind: 'enrolment' };

export interface Admission {
  readonly hostId: number;
  readonly hostName: string;
  /** A new token for an agent that came with the enrolment key; null when it has one that it has used. */
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
  /** The agent has said that it stops on purpose. */
  onBye(hostId: number): void;
}

export interface HubIdentity {
  readonly hubId: Id128;
  readonly hubVersion: string;
  readonly seriesMax: number;
}

interface LayoutPages {
  readonly layoutId: LayoutId;
  readonly pageCount: number;
  readonly pages: Uint8Array[];
  byteCount: number;
}

interface LastFrame {
  readonly seq: number;
  readonly timeMs: number;
  readonly layoutId: LayoutId;
}

export class AgentSession implements HostLink {
  readonly credential: Credential;
  readonly #ports: SessionPorts;
  readonly #intake: Intake;
  readonly #identity: HubIdentity;
  readonly #sha256: Sha256;
  #state: 'waiting' | 'admitting' | 'open' | 'closed' = 'waiting';
  #hello: Hello | null = null;
  #host: HostIntake | null = null;
  #pages: LayoutPages | null = null;
  readonly #lastFrames = new Map<number, LastFrame>();
  /** Streams offered on the open link that the database has not answered yet. */
  #unanswered: readonly OfferedStream[] = [];
  #nowMs = 0;

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
    this.#ports = options.ports;
    this.#intake = options.intake;
    this.#identity = options.identity;
    this.#sha256 = options.sha256;
  }

  get hello(): Hello | null {
    return this.#hello;
  }

  /** null until admitted. */
  get hostId(): number | null {
    return this.#host?.hostId ?? null;
  }

  get isGreeted(): boolean {
    return this.#state !== 'waiting';
  }

  /** Takes one message. Throws ProtocolError when the envelope is wrong. */
  received(message: FromAgent, nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#state === 'closed') return;
    if (message.kind === 'hello') {
      this.#greet(message, nowMs);
      return;
    }
    if (this.#host === null) {
      // Between hello and admission an agent sends nothing but what a slow database makes it send.
      if (this.#state === 'admitting' || this.#state === 'open') return;
      throw new ProtocolError('ERR_MESSAGE_UNEXPECTED', `Cannot accept ${message.kind}: the first message is a hello`);
    }
    switch (message.kind) {
      case 'frame':
        this.#frame(this.#host, message, nowMs);
        break;
      case 'live':
        this.#live(this.#host, message);
        break;
      case 'replay':
        this.#replay(this.#host, message, nowMs);
        break;
      case 'gap':
        this.#gap(this.#host, message, nowMs);
        break;
      case 'layout':
        this.#layout(this.#host, message);
        break;
      case 'stream':
        this.#streams(this.#host, message, nowMs);
        break;
      case 'verify':
        this.#verify(this.#host, message);
        break;
      case 'top':
        this.#ports.onTop(this.#host.hostId, message);
        break;
      case 'bye':
        this.#intake.sealHost(this.#host.hostId, nowMs);
        this.#ports.onBye(this.#host.hostId);
        break;
    }
  }

  /** The database knows the agent and has opened its streams. */
  admitted(admission: Admission, nowMs: number): void {
    if (this.#state === 'closed') return;
    this.#nowMs = nowMs;
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
  retry(nowMs: number): void {
    if (this.#state === 'admitting') this.#admit(nowMs);
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

  // --- HostLink: what the intake tells

  acknowledged(entry: StreamEntry): void {
    const { ordinal, storedSeq, gapTicks } = entry.stream;
    this.#ports.send({ kind: 'ack', ordinal, storedSeq, gapTicks });
  }

  refused(entry: StreamEntry, seq: number | null, why: string): void {
    if (seq === null) this.#close(1007, why);
    else this.#nack(entry, 'rejected', why, seq);
  }

  forgotten(entry: StreamEntry): void {
    this.#nack(entry, 'busy', 'Cannot keep items in memory: the database is behind: send them again');
  }

  creditChanged(bytes: number): void {
    this.#ports.send({ kind: 'credit', bytes });
  }

  gone(): void {
    this.#close(4403, 'Cannot accept ticks: the host was removed');
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

  // --- messages

  #greet(hello: Hello, nowMs: number): void {
    if (this.#state !== 'waiting')
      throw new ProtocolError('ERR_MESSAGE_UNEXPECTED', 'Cannot accept hello: one is enough');
    if (this.credential.kind === 'token' && this.credential.agentId !== hello.agentId) {
      throw new ProtocolError('ERR_TOKEN_REFUSED', 'Cannot accept hello: the token belongs to another agent');
    }
    checkOffers(hello.streams);
    this.#hello = hello;
    this.#admit(nowMs);
  }

  #admit(nowMs: number): void {
    this.#state = 'admitting';
    const hello = this.#hello!;
    this.#ports.admit(
      hello,
      hello.streams.map((offer) => offeredStream(offer, hello, nowMs)),
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

  #frame(host: HostIntake, frame: Frame, nowMs: number): void {
    const entry = this.#entry(host, frame.ordinal);
    const resolved = this.#resolve(host, frame);
    const { stream } = entry;
    if (this.#offer(entry, { firstSeq: frame.seq, lastSeq: frame.seq }, nowMs) === null) return;
    if (resolved === null) {
      throw new ProtocolError(
        'ERR_MESSAGE_SHAPE',
        `Cannot accept frame: seq ${frame.seq} leans on a frame that did not come before it`,
      );
    }
    const { layoutId, timeMs } = resolved;

    const layout = host.layout(layoutId);
    if (layout === undefined) {
      this.#refuse(entry, 'unknown_layout', `Cannot accept frame: layout ${layoutId} is not known`);
      return;
    }
    const problem = tickProblem(
      { timeMs, byteLength: frame.column.byteLength },
      { seriesCount: layout.series.length, lastMs: stream.lastMs },
    );
    if (problem !== null) {
      this.#refuse(entry, 'rejected', problem);
      return;
    }
    stream.accept(frame.seq);
    stream.lastMs = timeMs;
    this.#intake.addTick(entry, { seq: frame.seq, timeMs, layout, column: frame.column }, nowMs);
  }

  /** Layout and time of a frame, which may lean on the frame before it; null when that did not come before it. */
  #resolve(host: HostIntake, frame: Frame): { readonly layoutId: LayoutId; readonly timeMs: number } | null {
    const before = this.#lastFrames.get(frame.ordinal);
    const leansOn = before !== undefined && before.seq === frame.seq - 1 ? before : null;
    const layoutId = frame.layoutId ?? leansOn?.layoutId ?? null;
    const intervalMs = layoutId === null ? undefined : host.layout(layoutId)?.intervalMs;
    // Without its layout the time cannot be known either, and the frame will be refused for the layout.
    const timeMs = frame.timeMs ?? (leansOn === null ? null : leansOn.timeMs + (intervalMs ?? 0));
    if (layoutId === null || timeMs === null) return null;
    this.#lastFrames.set(frame.ordinal, { seq: frame.seq, timeMs, layoutId });
    return { layoutId, timeMs };
  }

  #live(host: HostIntake, live: Live): void {
    const layout = host.layout(live.layoutId);
    // Nothing is lost by not showing it: the agent sends the layout before the first frame that needs it.
    if (layout === undefined || live.column.byteLength !== layout.series.length * 8) return;
    const entry = host.byOrdinal(live.ordinal);
    if (live.timeMs <= 0 || live.timeMs > timeMsMax) return;
    const timeMs = live.timeMs + (entry?.stream.shiftMs ?? 0);
    this.#intake.showTick({
      hostId: host.hostId,
      ordinal: live.ordinal,
      seq: live.seq,
      layout,
      timeMs,
      column: live.column,
    });
  }

  #replay(host: HostIntake, replay: Replay, nowMs: number): void {
    const entry = this.#entry(host, replay.ordinal);
    const { stream } = entry;
    const { firstSeq, tickCount, inflatedBytes, layoutId } = replay;
    const lastSeq = firstSeq + tickCount - 1;
    if (tickCount < 1 || tickCount > blockTicksMax || inflatedBytes > replayInflatedBytesMax) {
      throw new ProtocolError(
        'ERR_BLOCK_MALFORMED',
        `Cannot accept replay: 1..${blockTicksMax} ticks and at most ${replayInflatedBytesMax} bytes are wanted: got ${tickCount} and ${inflatedBytes}`,
      );
    }
    const offer = this.#offer(entry, { firstSeq, lastSeq }, nowMs);
    if (offer === null) return;
    const layout = host.layout(layoutId);
    if (layout === undefined) {
      this.#refuse(entry, 'unknown_layout', `Cannot accept replay: layout ${layoutId} is not known`);
      return;
    }
    const columnCount = layout.series.length;
    if (columnCount * tickCount > replaySamplesMax && tickCount > 1) {
      throw new ProtocolError(
        'ERR_BLOCK_MALFORMED',
        `Cannot accept replay: at most ${replaySamplesMax} samples are allowed: got ${columnCount * tickCount}`,
      );
    }
    stream.accept(lastSeq);
    stream.lastMs = Number.NEGATIVE_INFINITY;
    const skipTicks = offer - firstSeq;
    this.#intake.addReplay(
      entry,
      {
        firstSeq: offer,
        lastSeq,
        layoutId,
        intervalMs: layout.intervalMs,
        tickCount,
        skipTicks,
        columnCount,
        inflatedBytes,
      },
      replay.block,
      nowMs,
    );
  }

  #gap(host: HostIntake, gap: Gap, nowMs: number): void {
    const entry = this.#entry(host, gap.ordinal);
    const { firstSeq, lastSeq, reason, fromMs, toMs } = gap;
    if (lastSeq < firstSeq) {
      throw new ProtocolError(
        'ERR_SEQ_RANGE',
        `Cannot accept gap: it must not end before it starts: got ${firstSeq}..${lastSeq}`,
      );
    }
    const fromSeq = this.#offer(entry, { firstSeq, lastSeq }, nowMs);
    if (fromSeq === null) return;
    entry.stream.accept(lastSeq);
    this.#intake.addGap(
      entry,
      {
        firstSeq: fromSeq,
        lastSeq,
        reason,
        fromMs: clampTime(Math.min(fromMs, toMs)),
        toMs: clampTime(Math.max(fromMs, toMs)),
      },
      nowMs,
    );
  }

  #layout(host: HostIntake, message: LayoutMessage): void {
    const { layoutId, page, pageCount, bytes } = message;
    if (page === 0) this.#pages = { layoutId, pageCount, pages: [], byteCount: 0 };
    const pages = this.#pages;
    if (
      pages === null ||
      pages.layoutId !== layoutId ||
      pages.pageCount !== pageCount ||
      pages.pages.length !== page ||
      page >= pageCount
    ) {
      throw new ProtocolError(
        'ERR_LAYOUT_INVALID',
        `Cannot accept layout: page ${page} of ${pageCount} comes out of order`,
      );
    }
    pages.byteCount += bytes.byteLength;
    if (pages.byteCount > layoutBytesMax) {
      throw new ProtocolError(
        'ERR_LAYOUT_INVALID',
        `Cannot accept layout: at most ${layoutBytesMax} bytes are allowed: got more`,
      );
    }
    pages.pages.push(bytes.slice());
    if (pages.pages.length < pageCount) return;
    this.#pages = null;
    const all = joinPages(pages);
    if (layoutIdOf(all, this.#sha256) !== layoutId)
      throw new ProtocolError('ERR_LAYOUT_INVALID', `Cannot accept layout: its bytes do not hash to ${layoutId}`);
    try {
      const layout = this.#intake.layouts.decode(all, layoutId);
      if (layout.series.length > this.#identity.seriesMax) {
        throw new DecodeError(
          `Cannot accept layout: at most ${this.#identity.seriesMax} series are allowed: got ${layout.series.length}`,
        );
      }
      host.addLayout(layout, all.byteLength);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new ProtocolError('ERR_LAYOUT_INVALID', error.message, { cause: error });
    }
  }

  #streams(host: HostIntake, message: StreamMessage, nowMs: number): void {
    checkOffers(message.streams);
    let count = message.streams.length + this.#unanswered.length;
    for (const _ of host.entries()) count += 1;
    if (count > streamsPerAgentMax)
      throw new ProtocolError(
        'ERR_STREAM_LIMIT',
        `Cannot accept streams: at most ${streamsPerAgentMax} are allowed at once: got ${count}`,
      );
    const hello = this.#hello!;
    const offered = message.streams.map((offer) => offeredStream(offer, hello, nowMs));
    this.#unanswered = [...this.#unanswered, ...offered];
    this.#ports.openStreams(host.hostId, offered);
  }

  #verify(host: HostIntake, message: Verify): void {
    const entry = this.#entry(host, message.ordinal);
    if (message.count < 1 || message.count > verifyCountMax) {
      throw new ProtocolError(
        'ERR_SEQ_RANGE',
        `Cannot verify: a count in 1..${verifyCountMax} is wanted: got ${message.count}`,
      );
    }
    this.#ports.readChecksums(entry, { firstSeq: message.firstSeq, count: message.count });
  }

  #entry(host: HostIntake, ordinal: number): StreamEntry {
    const entry = host.byOrdinal(ordinal);
    if (entry !== undefined) return entry;
    throw new ProtocolError(
      'ERR_STREAM_UNKNOWN',
      `Cannot accept message: no stream of this host has ordinal ${ordinal}`,
    );
  }

  /** The seq from which the items are to be taken, or null when they are not; answers the agent when it must hear of it. */
  #offer(
    entry: StreamEntry,
    range: { readonly firstSeq: number; readonly lastSeq: number },
    nowMs: number,
  ): number | null {
    const offer = entry.stream.offer(range, nowMs);
    switch (offer.kind) {
      case 'take':
        return offer.fromSeq;
      case 'duplicate':
        this.#intake.counters.duplicateItems += 1;
        return null;
      case 'nack':
        this.#nack(
          entry,
          'unexpected_seq',
          `Cannot accept seq ${range.firstSeq}: the next one is ${offer.seq}`,
          offer.seq,
        );
        return null;
      case 'awaiting':
        return null;
    }
  }

  #refuse(entry: StreamEntry, code: NackCode, why: string): void {
    const seq = entry.stream.refuse(this.#nowMs);
    if (code === 'rejected') this.#intake.counters.refusedTicks += 1;
    if (seq !== null) this.#nack(entry, code, why, seq);
  }

  #nack(entry: StreamEntry, code: NackCode, why: string, seq = entry.stream.acceptedSeq + 1): void {
    this.#intake.counters.nacks += 1;
    this.#ports.send({ kind: 'nack', ordinal: entry.stream.ordinal, code, seq, why: why.slice(0, 500) });
  }
}

const verifyCountMax = 16_384;
/** The last instant of ECMAScript's Date. */
const timeMsMax = 8.64e15;

function isTime(ms: number): boolean {
  return ms > 0 && ms <= timeMsMax;
}

/** A gap may stand for ticks that were refused for their time, and must not be refused for the same. */
function clampTime(ms: number): number {
  return Math.min(timeMsMax, Math.max(1, ms));
}

/** Why the content of a tick cannot be taken; null when it can. */
function tickProblem(
  tick: { readonly timeMs: number; readonly byteLength: number },
  wanted: { readonly seriesCount: number; readonly lastMs: number },
): string | null {
  if (tick.byteLength !== wanted.seriesCount * 8)
    return `Cannot accept tick: the layout has ${wanted.seriesCount} series: got ${tick.byteLength / 8} values`;
  if (!isTime(tick.timeMs)) return `Cannot accept tick: its time must lie in 0..${timeMsMax}: got ${tick.timeMs}`;
  if (tick.timeMs <= wanted.lastMs)
    return `Cannot accept tick: times of a stream rise: got ${tick.timeMs} after ${wanted.lastMs}`;
  return null;
}

function checkOffers(offers: readonly StreamOffer[]): void {
  const epochs = new Set<Id128>();
  for (const { epoch, oldest, next, acked } of offers) {
    if (oldest > next || acked >= next || epochs.has(epoch)) {
      throw new ProtocolError(
        'ERR_SEQ_RANGE',
        `Cannot accept stream: oldest ≤ next, acked < next and each epoch once: got ${oldest}, ${next} and ${acked}`,
      );
    }
    epochs.add(epoch);
  }
}

function answerOf(entry: StreamEntry) {
  const { epoch, ordinal, storedSeq, storedCrc, gapTicks } = entry.stream;
  return { epoch, ordinal, storedSeq, storedCrc, gapTicks };
}

function joinPages(pages: LayoutPages): Uint8Array {
  const all = new Uint8Array(pages.byteCount);
  let at = 0;
  for (const page of pages.pages) {
    all.set(page, at);
    at += page.byteLength;
  }
  return all;
}

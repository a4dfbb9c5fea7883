/**
 * The agent's end of the link: which of its spooled items to send next, and what to make of the answers.
 *
 *   closed --opened--> greeting --welcome--> resuming ⇄ streaming
 *                          ^                     \        /
 *                          '------ closed <------- starved (window used up: newest tick as `live` only)
 *
 *   resuming   some stream has unsent items: they go out oldest stream first, in bulk as `replay`, one by one
 *              as `frame`; meanwhile the newest tick goes ahead of them as `live`
 *   streaming  all is sent: every tick goes out as a `frame` at once
 *   starved    outstanding bytes have reached the credit: only `live`
 *
 * Pure: time comes in as an argument, the spool and the socket are ports, and whoever owns the socket calls
 * `pump` again when there is room. Everything durable is in the spool, so a crash at any point between two
 * calls loses nothing; nothing is deleted but by `Spool.acknowledge`.
 */
import { assert, ProtocolError } from '../errors.ts';
import { bulkMessageBytesMax, replaySamplesMax, streamsPerHelloMax } from '../limits.ts';
import type {
  Ack,
  Checksums,
  FromAgent,
  Hello,
  Id128,
  Nack,
  StreamAnswer,
  StreamOffer,
  ToAgent,
  Welcome,
} from '../message.ts';
import type { LayoutId } from '../series.ts';
import { cutGap } from './gap-range.ts';
import { type Item, itemBytes, itemCrc, lastSeqOf, type Spool, type SpoolStream, type TickItem } from './item.ts';
import { Lane } from './lane.ts';

export type LinkState = 'closed' | 'greeting' | 'resuming' | 'streaming' | 'starved';

/** A tick as the sampler made it. */
export interface NewTick {
  readonly epoch: Id128;
  /** null when it could not be committed to the spool. */
  readonly seq: number | null;
  readonly timeMs: number;
  readonly layoutId: LayoutId;
  /** Canonical bytes of the layout, for a hub that does not know it. */
  readonly layoutBytes: Uint8Array;
  readonly intervalMs: number;
  readonly column: Uint8Array;
}

export interface LinkPorts {
  readonly spool: Spool;
  /** Queues one message on the open socket. Never throws. */
  send(message: FromAgent): void;
  /** Whether the socket holds so much that nothing but the newest tick should be added. */
  isCongested(): boolean;
  /** Encodes ticks of one layout as a joined, deflated block. */
  packReplay(ticks: readonly TickItem[]): { readonly block: Uint8Array; readonly inflatedBytes: number };
  /** Everything of a hello but the streams. */
  greet(): Omit<Hello, 'kind' | 'streams'>;
  /** Remembers hub and token durably. */
  welcomed(welcome: Welcome): void;
  /** Ends the current epoch and starts a new one in the spool. */
  openEpoch(): void;
  /** The tick interval that the hub asks for; null for the agent's own. */
  configured(intervalMs: number | null): void;
}

/** Ticks that make a replay worth its block; fewer go as frames. Four ticks of 60 series deflate to half of four frames. */
const replayTickCountMin = 4;
/** Ticks in one replay: 65,536 samples at most, and no more than a hub holds of one agent anyway. */
const replayTickCountMax = 1_024;
/** No welcome for this long, or no answer about a stream: the hub is not well, try another connection. */
const answerMsMax = 20_000;
/** Nothing acknowledged for this long although the hub gives credit: start over. */
const ackMsMax = 120_000;
/** Rows compared per `verify`, 64 KiB of checksums. */
const verifyCountMax = 16_384;
/** Closes by the hub at the same item before the item is given up. */
const closesMax = 3;
const suspiciousCloseCodes: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009, 4400]);

export class AgentLink {
  readonly #ports: LinkPorts;
  /** One lane for each stream announced on this link, oldest first. */
  readonly #lanes: Lane[] = [];
  /** Layouts that the hub `#layoutsHubId` has been sent by this process. */
  readonly #sentLayouts = new Set<LayoutId>();
  #layoutsHubId: Id128 | null = null;
  #state: LinkState = 'closed';
  #creditBytes = 0;
  #isWelcome = false;
  /** The hub has said that it cannot ask its database, and will say more when it can. */
  #isStorageAway = false;
  /** Since when an answer about some stream is awaited. */
  #askedMs = 0;
  #progressMs = 0;
  /** The oldest unacknowledged item at the last suspicious close, and how often it was that. */
  #suspect: { readonly epoch: Id128; readonly seq: number; readonly closes: number } | null = null;
  /** Ticks that may be under way at once while the hub closes links over one of them: a quarter at each close, twice as many at each ack. */
  #trialTicks = Number.POSITIVE_INFINITY;

  constructor(ports: LinkPorts) {
    this.#ports = ports;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Bytes sent and not acknowledged. */
  get outstandingBytes(): number {
    let bytes = 0;
    for (const lane of this.#lanes) bytes += lane.outstandingBytes;
    return bytes;
  }

  get creditBytes(): number {
    return this.#creditBytes;
  }

  /** The socket is open: greets the hub. */
  opened(nowMs: number): void {
    assert(this.#state === 'closed', `opened() while ${this.#state}`);
    this.#state = 'greeting';
    this.#askedMs = nowMs;
    this.#isWelcome = false;
    this.#isStorageAway = false;
    this.#creditBytes = 0;
    const streams = this.#ports.spool.streams().slice(0, streamsPerHelloMax);
    for (const stream of streams) this.#lanes.push(new Lane(stream.epoch));
    this.#ports.send({ kind: 'hello', ...this.#ports.greet(), streams: streams.map(offerOf) });
  }

  /** The socket is gone. A close that blames a message counts against the oldest unacknowledged item. */
  closed(code: number): void {
    if (this.#isWelcome && suspiciousCloseCodes.has(code)) this.#blame();
    this.#state = 'closed';
    this.#isWelcome = false;
    this.#lanes.length = 0;
  }

  /** A new epoch has become current while the link is open. */
  epochOpened(): void {
    if (this.#isWelcome) this.#announce();
  }

  /** Takes a message of the hub. Throws ProtocolError when the hub breaks the contract: close the link. */
  received(message: ToAgent, nowMs: number): void {
    switch (message.kind) {
      case 'welcome':
        this.#welcome(message, nowMs);
        break;
      case 'ack':
        this.#ack(message, nowMs);
        break;
      case 'nack':
        this.#nack(message, nowMs);
        break;
      case 'credit':
        this.#creditBytes = message.bytes;
        this.#progressMs = nowMs;
        break;
      case 'config':
        this.#ports.configured(message.intervalMs);
        break;
      case 'checksums':
        this.#compare(message, nowMs);
        break;
    }
  }

  /** A new tick: sent as a frame when its turn has come, else ahead of the others as `live`. */
  ticked(tick: NewTick, nowMs: number): void {
    if (!this.#isWelcome) return;
    this.pump(nowMs, tick);
    const lane = this.#lanes.find((one) => one.epoch === tick.epoch);
    if (tick.seq !== null && lane !== undefined && lane.sentSeq >= tick.seq) return;
    if (this.#ports.isCongested()) return;
    this.#sendLayout(tick.layoutId, tick.layoutBytes);
    const { layoutId, timeMs, column } = tick;
    this.#ports.send({ kind: 'live', ordinal: lane?.ordinal ?? 0, seq: tick.seq ?? 0, layoutId, timeMs, column });
  }

  /**
   * Sends what credit and socket allow. `newest` saves reading back from the spool the tick that was
   * committed a moment ago.
   */
  pump(nowMs: number, newest: NewTick | null = null): void {
    if (!this.#isWelcome) return;
    if (this.outstandingBytes === 0) this.#progressMs = nowMs;
    if (!this.#isAsking()) this.#askedMs = nowMs;
    const wasOpen = this.#creditBytes > 0;
    let state: LinkState = 'streaming';
    for (const lane of this.#lanes) {
      const outcome = this.#pumpLane(lane, newest);
      if (outcome === 'sent') continue;
      state = outcome;
      break;
    }
    this.#state = wasOpen ? state : 'starved';
  }

  /** Whether a timer of the current state has run out: close the socket and connect again. */
  isOverdue(nowMs: number): boolean {
    if (this.#state === 'closed') return false;
    if (!this.#isWelcome || this.#isAsking()) return nowMs - this.#askedMs > answerMsMax;
    return this.#creditBytes > 0 && this.outstandingBytes > 0 && nowMs - this.#progressMs > ackMsMax;
  }

  /** Whether everything committed has been sent and acknowledged. */
  isDrained(): boolean {
    return this.#ports.spool.streams().every((stream) => stream.acked === stream.next - 1);
  }

  /** Whether the hub owes an answer about some stream: its place, or its checksums. */
  #isAsking(): boolean {
    return !this.#isStorageAway && this.#lanes.some((lane) => lane.ordinal === null || lane.isVerifying);
  }

  #pumpLane(lane: Lane, newest: NewTick | null): 'sent' | 'resuming' | 'starved' {
    if (lane.ordinal === null || lane.isVerifying) return 'resuming';
    const stream = this.#ports.spool.stream(lane.epoch);
    if (stream === null) return 'sent';

    while (lane.sentSeq < stream.next - 1) {
      if (newest !== null && newest.epoch === lane.epoch && newest.seq === lane.sentSeq + 1) {
        const item: TickItem = {
          kind: 'tick',
          seq: newest.seq,
          timeMs: newest.timeMs,
          layoutId: newest.layoutId,
          column: newest.column,
        };
        if (!this.#hasRoom(itemBytes(item))) return 'starved';
        this.#sendLayout(newest.layoutId, newest.layoutBytes);
        this.#sendFrame(lane, item, newest.intervalMs);
        continue;
      }
      if (this.#ports.isCongested()) return 'resuming';
      if (!this.#hasRoom(0)) return 'starved';
      const items = this.#ports.spool.read(lane.epoch, lane.sentSeq + 1, {
        tickCountMax: Math.min(this.#trialTicks, replayTickCountMax),
        samplesMax: replaySamplesMax,
      });
      const first = items[0];
      if (first === undefined) return 'sent';
      if (first.kind === 'gap') this.#sendGap(lane, first);
      else if (!this.#sendTicks(lane, items as readonly TickItem[])) return 'starved';
    }
    return 'sent';
  }

  /** Sends as many of the ticks as the credit has room for; false when that is none. */
  #sendTicks(lane: Lane, ticks: readonly TickItem[]): boolean {
    const first = ticks[0]!;
    const bytes = itemBytes(first);
    const room =
      this.outstandingBytes === 0
        ? Math.max(1, Math.floor(this.#creditBytes / bytes))
        : Math.floor((this.#creditBytes - this.outstandingBytes) / bytes);
    if (room < 1) return false;
    this.#sendLayout(first.layoutId, null);
    const taken = ticks.length > room ? ticks.slice(0, room) : ticks;
    if (taken.length < replayTickCountMin) {
      for (const tick of taken) this.#sendFrame(lane, tick, null);
      return true;
    }
    this.#sendReplay(lane, taken);
    return true;
  }

  #sendReplay(lane: Lane, ticks: readonly TickItem[]): void {
    const { block, inflatedBytes } = this.#ports.packReplay(ticks);
    // Noise does not deflate: halve until the message fits.
    if (block.byteLength > bulkMessageBytesMax - 128 && ticks.length > 1) {
      const half = ticks.length >> 1;
      this.#sendReplay(lane, ticks.slice(0, half));
      this.#sendReplay(lane, ticks.slice(half));
      return;
    }
    const first = ticks[0]!;
    this.#ports.send({
      kind: 'replay',
      ordinal: lane.ordinal!,
      firstSeq: first.seq,
      tickCount: ticks.length,
      layoutId: first.layoutId,
      inflatedBytes,
      block,
    });
    lane.sent(ticks.at(-1)!.seq, ticks.length * itemBytes(first));
  }

  /** `intervalMs` null: the caller does not know the grid, so the time is written out. */
  #sendFrame(lane: Lane, tick: TickItem, intervalMs: number | null): void {
    const { seq, timeMs, column } = tick;
    const before = lane.lastFrame;
    const isNext = before !== null && before.seq === seq - 1;
    const isSameLayout = isNext && before.layoutId === tick.layoutId;
    const isOnGrid = isSameLayout && intervalMs !== null && before.timeMs + intervalMs === timeMs;
    const layoutId = isSameLayout ? null : tick.layoutId;
    this.#ports.send({
      kind: 'frame',
      ordinal: lane.ordinal!,
      seq,
      layoutId,
      timeMs: isOnGrid ? null : timeMs,
      column,
    });
    lane.sent(seq, itemBytes(tick));
    lane.lastFrame = { seq, timeMs, layoutId: tick.layoutId };
  }

  #sendGap(lane: Lane, gap: Extract<Item, { kind: 'gap' }>): void {
    const { firstSeq, lastSeq, reason, fromMs, toMs } = cutGap(
      gap,
      Math.max(gap.firstSeq, lane.sentSeq + 1),
      gap.lastSeq,
    );
    this.#ports.send({ kind: 'gap', ordinal: lane.ordinal!, firstSeq, lastSeq, reason, fromMs, toMs });
    lane.sent(lastSeq, itemBytes(gap));
  }

  /** Sends a layout once per hub; `bytes` null reads them from the spool. */
  #sendLayout(layoutId: LayoutId, bytes: Uint8Array | null): void {
    if (this.#sentLayouts.has(layoutId)) return;
    const all = bytes ?? this.#ports.spool.layout(layoutId);
    assert(all !== null, `the spool holds ticks of layout ${layoutId} and not the layout`);
    const pageBytes = bulkMessageBytesMax - 128;
    const pageCount = Math.max(1, Math.ceil(all.byteLength / pageBytes));
    for (let page = 0; page < pageCount; page += 1) {
      this.#ports.send({
        kind: 'layout',
        layoutId,
        page,
        pageCount,
        bytes: all.subarray(page * pageBytes, (page + 1) * pageBytes),
      });
    }
    this.#sentLayouts.add(layoutId);
  }

  /** One item may always go while nothing is outstanding, however large, if there is credit at all. */
  #hasRoom(bytes: number): boolean {
    const outstanding = this.outstandingBytes;
    if (this.#creditBytes === 0) return false;
    if (outstanding === 0) return true;
    if (this.#trialTicks < Number.POSITIVE_INFINITY) return false;
    return outstanding + bytes <= this.#creditBytes;
  }

  #welcome(welcome: Welcome, nowMs: number): void {
    if (this.#layoutsHubId !== welcome.hubId) {
      this.#sentLayouts.clear();
      this.#layoutsHubId = welcome.hubId;
    }
    this.#ports.welcomed(welcome);
    this.#creditBytes = welcome.creditBytes;
    this.#progressMs = nowMs;
    this.#askedMs = nowMs;
    this.#isWelcome = true;
    this.#isStorageAway = welcome.streams === null;
    if (welcome.streams === null) {
      // The newest tick may be shown meanwhile.
      this.#creditBytes = 0;
      this.#state = 'starved';
      return;
    }
    this.#state = 'resuming';
    for (const answer of welcome.streams) this.#settleAnswer(answer);
    this.#announce();
  }

  /** Brings spool and lane in line with what the hub has of one stream. */
  #settleAnswer(answer: StreamAnswer): void {
    const lane = this.#lanes.find((one) => one.epoch === answer.epoch);
    const stream = this.#ports.spool.stream(answer.epoch);
    if (lane === undefined || stream === null) return;
    lane.ordinal = answer.ordinal;
    const { storedSeq } = answer;

    const likeness = this.#likeness(stream, answer);
    if (likeness !== 'same') {
      lane.startVerifying({ seq: storedSeq, gapTicks: answer.gapTicks, isForeign: likeness === 'foreign' });
      this.#verify(lane, stream.acked + 1);
      return;
    }
    // Less than was acknowledged: a database restored from a backup, or another hub that starts at what is held.
    if (storedSeq < stream.acked) this.#ports.spool.rewind(answer.epoch, storedSeq, 'hub_rewound');
    else this.#acknowledge(lane, storedSeq, answer.gapTicks);
    lane.rewind(storedSeq);
  }

  #acknowledge(lane: Lane, seq: number, gapTicks: number): void {
    this.#ports.spool.acknowledge(lane.epoch, seq, gapTicks);
    lane.acked(seq);
    // A drained stream of an earlier run has left the spool: its lane makes room for the next one.
    if (this.#ports.spool.stream(lane.epoch) === null) this.#dropLane(lane);
  }

  /**
   * Whether what the hub has stored under these seqs is this history (`same`), another one, because this machine
   * was reverted to an earlier state (`foreign`), or only a comparison of rows can tell (`unsure`).
   */
  #likeness(stream: SpoolStream, answer: StreamAnswer): 'same' | 'foreign' | 'unsure' {
    const { storedSeq, storedCrc } = answer;
    if (storedSeq >= stream.next) return 'unsure';
    if (storedSeq < stream.acked || storedSeq === 0) return 'same';
    // Nothing of the stream is stored, and yet it begins above what this spool holds: a copy of it was here first.
    if (storedCrc === null) return storedSeq > stream.acked ? 'unsure' : 'same';
    if (storedSeq === stream.acked)
      return stream.ackedCrc === null || stream.ackedCrc === storedCrc ? 'same' : 'foreign';
    const item = this.#ports.spool.read(stream.epoch, storedSeq, { tickCountMax: 1, samplesMax: replaySamplesMax })[0];
    // A gap may have taken the place of a tick that was sent before: then the rows before it can tell.
    if (item === undefined || item.kind === 'gap') return 'unsure';
    return itemCrc(item) === storedCrc ? 'same' : 'foreign';
  }

  #verify(lane: Lane, fromSeq: number): void {
    const stream = this.#ports.spool.stream(lane.epoch)!;
    const lastSeq = Math.min(stream.next - 1, lane.stored.seq);
    if (fromSeq > lastSeq) {
      this.#verified(lane, stream);
      return;
    }
    const count = Math.min(verifyCountMax, lastSeq - fromSeq + 1);
    this.#ports.send({ kind: 'verify', ordinal: lane.ordinal!, firstSeq: fromSeq, count });
  }

  /** Compares stored checksums with the rows held: what differs belongs to another history. */
  #compare(message: Checksums, nowMs: number): void {
    const lane = this.#lanes.find((one) => one.ordinal === message.ordinal);
    if (lane === undefined || !lane.isVerifying) return;
    this.#askedMs = nowMs;
    const stream = this.#ports.spool.stream(lane.epoch)!;
    const { checksums, firstSeq } = message;
    const view = new DataView(checksums.buffer, checksums.byteOffset, checksums.byteLength);
    const count = checksums.byteLength >> 2;
    if (count === 0)
      throw new ProtocolError('ERR_MESSAGE_SHAPE', 'Cannot accept checksums: at least one is wanted: got 0');
    const lastSeq = firstSeq + count - 1;
    for (let seq = firstSeq; seq <= lastSeq && seq < stream.next; ) {
      const items = this.#ports.spool.read(lane.epoch, seq, { tickCountMax: 256, samplesMax: replaySamplesMax });
      if (items.length === 0) break;
      for (const item of items) {
        if (item.kind !== 'tick' || item.seq > lastSeq) continue;
        if (itemCrc(item) !== view.getUint32((item.seq - firstSeq) * 4, true)) lane.differingSeqs.push(item.seq);
      }
      seq = lastSeqOf(items.at(-1)!) + 1;
    }
    this.#verify(lane, lastSeq + 1);
  }

  /** All rows below the stored seq are compared: goes on, or leaves the stream to the other history. */
  #verified(lane: Lane, stream: SpoolStream): void {
    const { seq, gapTicks, isForeign } = lane.stored;
    // The seqs that the present run would give next are taken. (Of an earlier run it only means that a copy of
    // the spool was put back, and that all is stored.)
    const isOvertaken = seq >= stream.next && this.#ports.spool.streams().at(-1)?.epoch === lane.epoch;
    if (isForeign || isOvertaken || lane.differingSeqs.length > 0) {
      this.#rehome(lane);
      return;
    }
    lane.endVerifying();
    this.#acknowledge(lane, Math.min(seq, stream.next - 1), gapTicks);
    lane.rewind(seq);
  }

  /** Moves the rows that are not stored to an epoch of their own, and is done with the forked one. */
  #rehome(lane: Lane): void {
    const { spool } = this.#ports;
    const stream = spool.stream(lane.epoch)!;
    for (let seq = lane.stored.seq + 1; seq < stream.next; ) {
      const items = spool.read(lane.epoch, seq, { tickCountMax: 256, samplesMax: replaySamplesMax });
      if (items.length === 0) break;
      for (const item of items) if (item.kind === 'tick') lane.differingSeqs.push(item.seq);
      seq = lastSeqOf(items.at(-1)!) + 1;
    }
    this.#ports.openEpoch();
    if (spool.stream(lane.epoch) !== null) spool.rehome(lane.epoch, lane.differingSeqs);
    // Ticks to come have a stream of their own: their clock need not agree with that of the rows moved.
    if (lane.differingSeqs.length > 0) this.#ports.openEpoch();
    this.#dropLane(lane);
  }

  #ack(ack: Ack, nowMs: number): void {
    const lane = this.#lanes.find((one) => one.ordinal === ack.ordinal);
    // Of a stream that was drained or forked away meanwhile.
    if (lane === undefined || lane.isVerifying) return;
    const stream = this.#ports.spool.stream(lane.epoch);
    if (stream === null) return;
    if (ack.storedSeq >= stream.next) {
      throw new ProtocolError(
        'ERR_ACK_BEYOND_SENT',
        `Cannot accept ack: at most seq ${stream.next - 1} exists: got ${ack.storedSeq}`,
      );
    }
    if (ack.storedSeq <= stream.acked) return;
    this.#progressMs = nowMs;
    this.#trialTicks = this.#trialTicks * 2 > replayTickCountMax ? Number.POSITIVE_INFINITY : this.#trialTicks * 2;
    if (this.#suspect !== null && this.#suspect.epoch === lane.epoch && ack.storedSeq >= this.#suspect.seq)
      this.#suspect = null;
    this.#acknowledge(lane, ack.storedSeq, ack.gapTicks);
  }

  #nack(nack: Nack, nowMs: number): void {
    const lane = this.#lanes.find((one) => one.ordinal === nack.ordinal);
    if (lane === undefined || lane.isVerifying) return;
    const stream = this.#ports.spool.stream(lane.epoch);
    if (stream === null || nack.code === 'gone') return;
    if (nack.seq > stream.next) {
      throw new ProtocolError(
        'ERR_SEQ_RANGE',
        `Cannot accept nack: at most seq ${stream.next} exists: got ${nack.seq}`,
      );
    }
    if (nack.seq <= stream.acked) this.#ports.spool.rewind(lane.epoch, nack.seq - 1, 'hub_rewound');
    if (nack.code === 'unknown_layout') this.#sentLayouts.clear();
    if (nack.code === 'rejected' && nack.seq < stream.next) {
      this.#ports.spool.putGap(lane.epoch, { firstSeq: nack.seq, lastSeq: nack.seq, reason: 'rejected' });
    }
    lane.rewind(nack.seq - 1);
    this.#progressMs = nowMs;
  }

  /** Announces the streams that have no lane yet, as many as the hub may be told at once. */
  #announce(): void {
    const known = new Set(this.#lanes.map((lane) => lane.epoch));
    const streams = this.#ports.spool.streams();
    const fresh = streams.filter((stream) => !known.has(stream.epoch)).slice(0, streamsPerHelloMax - known.size);
    if (fresh.length === 0) return;
    for (const stream of fresh) this.#lanes.push(new Lane(stream.epoch));
    this.#ports.send({ kind: 'stream', streams: fresh.map(offerOf) });
  }

  #dropLane(lane: Lane): void {
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    this.#announce();
  }

  /** Sends less at once from now on; an item that was alone on its way is given up after some closes. */
  #blame(): void {
    const lane = this.#lanes.find((one) => one.outstandingBytes > 0);
    const stream = lane === undefined ? null : this.#ports.spool.stream(lane.epoch);
    if (stream === null) return;
    const seq = stream.acked + 1;
    const isSame = this.#suspect !== null && this.#suspect.epoch === stream.epoch && this.#suspect.seq === seq;
    const closes = isSame ? this.#suspect!.closes + 1 : 1;
    this.#suspect = { epoch: stream.epoch, seq, closes };
    const wasAlone = this.#trialTicks === 1;
    this.#trialTicks = Math.max(1, Math.min(this.#trialTicks, lane!.sentSeq - stream.acked) >> 2);
    if (!wasAlone || closes < closesMax || seq >= stream.next) return;
    this.#ports.spool.putGap(stream.epoch, { firstSeq: seq, lastSeq: seq, reason: 'rejected' });
    this.#suspect = null;
  }
}

function offerOf(stream: SpoolStream): StreamOffer {
  const { epoch, bootId, startWallMs, startMonotonicMs, oldest, next, acked } = stream;
  return { epoch, bootId, startWallMs, startMonotonicMs, oldest, next, acked };
}

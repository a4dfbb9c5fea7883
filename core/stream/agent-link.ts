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
 * calls loses nothing; nothing is deleted but by `Spool.acknowledge`, and by `Spool.rehome` once `fork-check.ts` has
 * found another history at the hub.
 */
import { assert, ProtocolError } from '../errors.ts';
import { replaySamplesMax, streamsPerHelloMax } from '../limits.ts';
import type {
  Ack,
  Checksums,
  Hello,
  Id128,
  Nack,
  ScriptsMessage,
  SettingsMessage,
  StreamAnswer,
  StreamOffer,
  ToAgent,
  Welcome,
} from '../message.ts';
import type { LayoutId } from '../series.ts';
import { compareRows, isForked, likenessOf, rangeToVerify, unstoredSeqs } from './fork-check.ts';
import { itemBytes, type SpoolStream, type TickItem } from './item.ts';
import { ItemSender, type SenderPorts } from './item-sender.ts';
import { Lane } from './lane.ts';
import { isSuspiciousClose, Suspicion } from './suspicion.ts';

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

export interface LinkPorts extends SenderPorts {
  /** Whether the socket holds so much that nothing but the newest tick should be added; that one is not asked about. */
  isCongested(): boolean;
  /** Everything of a hello but the streams. */
  greet(): Omit<Hello, 'kind' | 'streams'>;
  /** Remembers hub and token durably. */
  welcomed(welcome: Welcome): void;
  /** Ends the current epoch and starts a new one in the spool. */
  openEpoch(): void;
  /** The tick interval that the hub asks for; null for the agent's own. */
  configured(intervalMs: number | null): void;
  /** A signed script that the hub has for this agent. */
  scripted(message: ScriptsMessage): void;
  /** What the hub wants set. Absent at an agent that does not say it speaks `settings`: then they are not listened to. */
  settingsGiven?(message: SettingsMessage): void;
}

/** Ticks in one replay: 65,536 samples at most, and no more than a hub holds of one agent anyway. */
const replayTickCountMax = 1_024;
/** No welcome for this long, or no answer about a stream: the hub is not well, try another connection. */
const answerMsMax = 20_000;
/** Nothing acknowledged for this long although the hub gives credit: start over. */
const ackMsMax = 120_000;
export class AgentLink {
  readonly #ports: LinkPorts;
  readonly #sender: ItemSender;
  readonly #suspicion = new Suspicion(replayTickCountMax);
  /** One lane for each stream announced on this link, oldest first. */
  readonly #lanes: Lane[] = [];
  #state: LinkState = 'closed';
  #creditBytes = 0;
  #isWelcome = false;
  /** The hub has said that it cannot ask its database, and will say more when it can. */
  #isStorageAway = false;
  /** Since when an answer about some stream is awaited. */
  #askedMs = 0;
  #progressMs = 0;

  constructor(ports: LinkPorts) {
    this.#ports = ports;
    this.#sender = new ItemSender(ports);
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
    if (this.#isWelcome && isSuspiciousClose(code)) this.#blame();
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
      case 'scripts':
        this.#ports.scripted(message);
        break;
      case 'settings':
        this.#ports.settingsGiven?.(message);
        break;
      case 'checksums':
        this.#compare(message, nowMs);
        break;
      case 'identity':
        // Who the agent is by is the business of whoever owns the socket.
        break;
    }
  }

  /** A new tick: sent as a frame when its turn has come, else ahead of the others as `live`. */
  ticked(tick: NewTick, nowMs: number): void {
    if (!this.#isWelcome) return;
    this.pump(nowMs, tick);
    const lane = this.#lanes.find((one) => one.epoch === tick.epoch);
    if (tick.seq !== null && lane !== undefined && lane.sentSeq >= tick.seq) return;
    // Even on a socket that is behind: it is one tick an interval, and the owner of the socket ends one that is stuck.
    this.#sender.sendLayout(tick.layoutId, tick.layoutBytes);
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
        this.#sender.sendLayout(newest.layoutId, newest.layoutBytes);
        this.#sender.sendFrame(lane, item, newest);
        continue;
      }
      if (this.#ports.isCongested()) return 'resuming';
      if (!this.#hasRoom(0)) return 'starved';
      const items = this.#ports.spool.read(lane.epoch, lane.sentSeq + 1, {
        tickCountMax: Math.min(this.#suspicion.trialTicks, replayTickCountMax),
        samplesMax: replaySamplesMax,
      });
      const first = items[0];
      if (first === undefined) return 'sent';
      if (first.kind === 'gap') this.#sender.sendGap(lane, first);
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
    this.#sender.sendTicks(lane, ticks.length > room ? ticks.slice(0, room) : ticks);
    return true;
  }

  /** One item may always go while nothing is outstanding, however large, if there is credit at all. */
  #hasRoom(bytes: number): boolean {
    const outstanding = this.outstandingBytes;
    if (this.#creditBytes === 0) return false;
    if (outstanding === 0) return true;
    if (this.#suspicion.isTrying) return false;
    return outstanding + bytes <= this.#creditBytes;
  }

  #welcome(welcome: Welcome, nowMs: number): void {
    this.#sender.welcomed(welcome.hubId);
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

    const likeness = likenessOf(answer, { spool: this.#ports.spool, stream });
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

  /** Asks for the checksums of the rows from `fromSeq` on, or draws the conclusion. */
  #verify(lane: Lane, fromSeq: number): void {
    const stream = this.#ports.spool.stream(lane.epoch)!;
    const range = rangeToVerify(lane, { stream, fromSeq });
    if (range === null) this.#verified(lane, stream);
    else this.#ports.send({ kind: 'verify', ordinal: lane.ordinal!, ...range });
  }

  #compare(message: Checksums, nowMs: number): void {
    const lane = this.#lanes.find((one) => one.ordinal === message.ordinal);
    if (lane === undefined || !lane.isVerifying) return;
    this.#askedMs = nowMs;
    const lastSeq = compareRows(lane, { message, spool: this.#ports.spool });
    this.#verify(lane, lastSeq + 1);
  }

  /** All rows below the stored seq are compared: goes on, or leaves the stream to the other history. */
  #verified(lane: Lane, stream: SpoolStream): void {
    const isCurrent = this.#ports.spool.streams().at(-1)?.epoch === lane.epoch;
    if (isForked(lane, { stream, isCurrent })) {
      this.#rehome(lane);
      return;
    }
    const { seq, gapTicks } = lane.stored;
    lane.endVerifying();
    this.#acknowledge(lane, Math.min(seq, stream.next - 1), gapTicks);
    lane.rewind(seq);
  }

  /** Moves the rows that are not stored to an epoch of their own, and is done with the forked one. */
  #rehome(lane: Lane): void {
    const { spool } = this.#ports;
    const seqs = unstoredSeqs(lane, spool);
    this.#ports.openEpoch();
    if (spool.stream(lane.epoch) !== null) spool.rehome(lane.epoch, seqs);
    // Ticks to come have a stream of their own: their clock need not agree with that of the rows moved.
    if (seqs.length > 0) this.#ports.openEpoch();
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
    this.#suspicion.ackedAt(lane.epoch, ack.storedSeq);
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
    if (nack.code === 'unknown_layout') this.#sender.forgetLayouts();
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
    const seq = this.#suspicion.closedAt(stream, lane!.sentSeq);
    if (seq !== null) this.#ports.spool.putGap(stream.epoch, { firstSeq: seq, lastSeq: seq, reason: 'rejected' });
  }
}

function offerOf(stream: SpoolStream): StreamOffer {
  const { epoch, bootId, startWallMs, startMonotonicMs, oldest, next, acked } = stream;
  return { epoch, bootId, startWallMs, startMonotonicMs, oldest, next, acked };
}

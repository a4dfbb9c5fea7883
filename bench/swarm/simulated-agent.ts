/**
 * One simulated agent: the agent's side of the wire over made-up ticks, with nothing on a disk.
 *
 *   closed --connect--> greeting --welcome--> open ⇄ (nack, credit, ack)
 *      ^------------------ closed -------------'
 *
 * Its ticks are the data set's by seq, so all that it has to remember are three numbers: acked ≤ sent ≤ produced.
 * It keeps to the credit as a real agent does (column bytes + 32 for each unacknowledged tick). Four or more
 * ticks behind go out as `replay` where that is wished, else everything is live frames.
 *
 * An engine: sockets, clock and schedule are its owner's.
 */
import { decodeToAgent, encodeMessage } from '#core/codec.ts';
import { assert } from '#core/errors.ts';
import type { Id128, Nack, Welcome } from '#core/message.ts';
import { encodeLayout, type Layout } from '#core/series.ts';
import { columnOf, type Dataset, tickOffsetMs } from '../dataset.ts';
import { encodeFrameRun } from './frame-run.ts';
import { type ReplayEncoder, replayTickCountMax } from './replay-encoder.ts';
import { encodeClientFrame } from './websocket-frames.ts';

export interface AgentIdentity {
  /** Place in the swarm and host of the data set. */
  readonly index: number;
  readonly agentId: Id128;
  readonly bootId: Id128;
  readonly epoch: Id128;
  readonly hostName: string;
  /** Time of seq 1. */
  readonly firstMs: number;
}

/** What a simulated agent sends through; `Connection` is one. */
export interface AgentSocket {
  readonly bufferedBytes: number;
  sendFrames(frames: Uint8Array): void;
  destroy(): void;
}

/** What all agents of a swarm share and add to. */
export interface SwarmCounters {
  /** Live frames with their WebSocket headers. */
  frameBytes: number;
  frameSamples: number;
  replayBytes: number;
  replaySamples: number;
  replayTicks: number;
  liveTicks: number;
  nacks: number;
  /** Nacks that blame a tick of ours, and stored seqs beyond what was produced: the run is worth nothing. */
  faults: number;
}

export interface AgentOptions {
  readonly dataset: Dataset;
  readonly layout: Layout;
  readonly counters: SwarmCounters;
  /** null: everything goes as live frames. */
  readonly replays: ReplayEncoder | null;
  /**
   * Ticks of each replay, the last one of a backlog less: the hub stores a replay as one batch, so this gives a backlog the
   * shape of what was stored live. null: as many as a replay holds, and what is too little for one goes as frames.
   */
  readonly replayTicks: number | null;
  /** A welcome with streams has come: the agent may send. */
  readonly onOpen: (agent: SimulatedAgent) => void;
  readonly onAcked: (agent: SimulatedAgent) => void;
  readonly onFault: (agent: SimulatedAgent, what: string) => void;
}

/** Ticks behind that make a replay, as in `core/stream/agent-link.ts`. */
const replayTickCountMin = 4;
const itemOverheadBytes = 32;
/** Frames of one write: about 100 KiB of 50 metrics. */
const framesPerWrite = 256;
/** More than this in the socket's buffer: wait for the next ack. */
const bufferedBytesMax = 8 * 1024 * 1024;

export function createCounters(): SwarmCounters {
  return {
    frameBytes: 0,
    frameSamples: 0,
    replayBytes: 0,
    replaySamples: 0,
    replayTicks: 0,
    liveTicks: 0,
    nacks: 0,
    faults: 0,
  };
}

export class SimulatedAgent {
  readonly identity: AgentIdentity;
  readonly #options: AgentOptions;
  readonly #itemBytes: number;
  #socket: AgentSocket | null = null;
  #state: 'closed' | 'greeting' | 'open' = 'closed';
  #token: string | null = null;
  #hubId: Id128 | null = null;
  #ordinal = 0;
  #creditBytes = 0;
  #ackedSeq = 0;
  #sentSeq = 0;
  /** Highest seq that was ever sent: what was in flight at the hub is acknowledged even after a nack. */
  #highestSeq = 0;
  #producedSeq = 0;
  #replayedSeq = 0;
  /** Whether the next frame follows directly on the frame before it on this link. */
  #leans = false;
  #layoutIsSent = false;

  constructor(identity: AgentIdentity, options: AgentOptions) {
    this.identity = identity;
    this.#options = options;
    this.#itemBytes = options.dataset.metricCount * 8 + itemOverheadBytes;
  }

  get state(): 'closed' | 'greeting' | 'open' {
    return this.#state;
  }

  /** Given by the hub at the first contact; null until then. */
  get token(): string | null {
    return this.#token;
  }

  get ackedSeq(): number {
    return this.#ackedSeq;
  }

  get sentSeq(): number {
    return this.#sentSeq;
  }

  /** Highest seq that went out in a replay. */
  get replayedSeq(): number {
    return this.#replayedSeq;
  }

  /** Highest seq that exists. Infinity while the agent sends as much as it may. */
  get producedSeq(): number {
    return this.#producedSeq;
  }

  get isSettled(): boolean {
    return this.#ackedSeq === this.#producedSeq;
  }

  /** Time of a tick, epoch ms. */
  timeOf(seq: number): number {
    const { dataset, layout } = this.#options;
    return this.identity.firstMs + tickOffsetMs(dataset, seq - 1, layout.intervalMs);
  }

  /** The socket is open: says hello. */
  opened(socket: AgentSocket, nowMs: number): void {
    assert(this.#state === 'closed', `opened() while ${this.#state}`);
    const { identity } = this;
    this.#socket = socket;
    this.#state = 'greeting';
    this.#leans = false;
    this.#layoutIsSent = false;
    // The machine was booted 30 days before the first tick; both clocks go alike, so no shift is found.
    const bootMs = identity.firstMs - 30 * 86_400_000;
    this.#send(
      encodeMessage({
        kind: 'hello',
        version: 1,
        agentId: identity.agentId,
        hostName: identity.hostName,
        agentVersion: '0.0.0-bench',
        machineId: identity.agentId,
        bootId: identity.bootId,
        wallMs: nowMs,
        monotonicMs: nowMs - bootMs,
        tags: {},
        facts: {},
        hubId: this.#hubId,
        streams: [
          {
            epoch: identity.epoch,
            bootId: identity.bootId,
            startWallMs: identity.firstMs,
            startMonotonicMs: identity.firstMs - bootMs,
            oldest: this.#ackedSeq + 1,
            next: (Number.isFinite(this.#producedSeq) ? this.#producedSeq : this.#highestSeq) + 1,
            acked: this.#ackedSeq,
          },
        ],
      }),
    );
  }

  closed(): void {
    this.#socket = null;
    this.#state = 'closed';
  }

  /** Takes one message of the hub. Throws ProtocolError. */
  received(payload: Uint8Array): void {
    const message = decodeToAgent(payload);
    switch (message.kind) {
      case 'welcome':
        this.#welcomed(message);
        break;
      case 'ack':
        if (message.ordinal !== this.#ordinal || message.storedSeq <= this.#ackedSeq) break;
        if (message.storedSeq > this.#highestSeq) this.#fault(`ack of ${message.storedSeq} beyond ${this.#highestSeq}`);
        this.#ackedSeq = message.storedSeq;
        if (this.#sentSeq < this.#ackedSeq) {
          this.#sentSeq = this.#ackedSeq;
          this.#leans = false;
        }
        this.#options.onAcked(this);
        this.pump();
        break;
      case 'nack':
        this.#refused(message);
        break;
      case 'credit':
        this.#creditBytes = message.bytes;
        this.pump();
        break;
      case 'config':
      case 'scripts':
      case 'checksums':
      case 'settings':
        break;
    }
  }

  /** One more tick exists. It goes out at once if the link allows, else as `live`. */
  produce(): void {
    this.#producedSeq += 1;
    this.pump();
    if (this.#state === 'open' && this.#sentSeq < this.#producedSeq) this.#sendLive();
  }

  /** So many more ticks exist, of a past that the hub has not seen. */
  addBacklog(count: number): void {
    this.#producedSeq += count;
    this.pump();
  }

  /** From now on there is always a further tick. */
  flood(): void {
    this.#producedSeq = Number.POSITIVE_INFINITY;
    this.pump();
  }

  /** What has been produced, or sent in a flood, is all there is. Says `bye`, so that the hub seals it at once. */
  stop(): void {
    if (!Number.isFinite(this.#producedSeq)) this.#producedSeq = this.#highestSeq;
    if (this.#state === 'open') this.#send(encodeMessage({ kind: 'bye' }));
  }

  /** Sends what exists and the credit allows. */
  pump(): void {
    const socket = this.#socket;
    if (socket === null || this.#state !== 'open') return;
    while (this.#sentSeq < this.#producedSeq && socket.bufferedBytes < bufferedBytesMax) {
      const { replays, replayTicks } = this.#options;
      const behind = this.#producedSeq - this.#sentSeq;
      const wanted = Math.min(behind, replayTicks ?? Number.POSITIVE_INFINITY);
      const count = Math.min(wanted, this.#room());
      if (count < 1 || (replayTicks !== null && count < wanted)) return;
      const isEnough = replayTicks !== null || count >= replayTickCountMin;
      if (replays !== null && isEnough && Number.isFinite(behind)) this.#sendReplay(replays, count);
      else this.#sendFrames(Math.min(count, framesPerWrite));
    }
  }

  /** Ticks that the credit leaves room for. */
  #room(): number {
    if (this.#creditBytes === 0) return 0;
    const outstanding = (this.#sentSeq - this.#ackedSeq) * this.#itemBytes;
    const room = Math.floor((this.#creditBytes - outstanding) / this.#itemBytes);
    return outstanding === 0 ? Math.max(1, room) : room;
  }

  #sendFrames(count: number): void {
    let first = this.#sentSeq + 1;
    let left = count;
    if (!this.#leans) {
      this.#sendLayout();
      this.#countFrames(this.#send(this.#encodeTick('frame', first)), 1);
      first += 1;
      left -= 1;
      this.#leans = true;
    }
    if (left > 0) {
      const { dataset } = this.#options;
      const frames = encodeFrameRun({
        dataset,
        host: this.identity.index,
        ordinal: this.#ordinal,
        firstSeq: first,
        count: left,
      });
      this.#socket!.sendFrames(frames);
      this.#countFrames(frames.byteLength, left);
    }
    this.#advance(count);
  }

  #advance(count: number): void {
    this.#sentSeq += count;
    this.#highestSeq = Math.max(this.#highestSeq, this.#sentSeq);
  }

  #countFrames(bytes: number, count: number): void {
    const { counters, dataset } = this.#options;
    counters.frameBytes += bytes;
    counters.frameSamples += count * dataset.metricCount;
  }

  #sendReplay(encoder: ReplayEncoder, countMax: number): void {
    const { dataset, layout, counters } = this.#options;
    const count = Math.min(countMax, replayTickCountMax(dataset.metricCount));
    const firstSeq = this.#sentSeq + 1;
    this.#sendLayout();
    const replay = encoder.encode({
      dataset,
      host: this.identity.index,
      layout,
      ordinal: this.#ordinal,
      firstSeq,
      count,
      startMs: this.identity.firstMs,
    });
    counters.replayBytes += this.#send(encodeMessage(replay));
    counters.replayTicks += count;
    counters.replaySamples += count * dataset.metricCount;
    this.#advance(count);
    this.#replayedSeq = this.#sentSeq;
    this.#leans = false;
  }

  #sendLive(): void {
    this.#sendLayout();
    this.#send(this.#encodeTick('live', this.#producedSeq));
    this.#options.counters.liveTicks += 1;
  }

  #encodeTick(kind: 'frame' | 'live', seq: number): Uint8Array {
    const { dataset, layout } = this.#options;
    return encodeMessage({
      kind,
      ordinal: this.#ordinal,
      seq,
      layoutId: layout.id,
      timeMs: this.timeOf(seq),
      column: columnOf(dataset, this.identity.index, seq - 1),
    });
  }

  #sendLayout(): void {
    if (this.#layoutIsSent) return;
    const { layout } = this.#options;
    this.#layoutIsSent = true;
    this.#send(
      encodeMessage({ kind: 'layout', layoutId: layout.id, page: 0, pageCount: 1, bytes: encodeLayout(layout) }),
    );
  }

  #welcomed(welcome: Welcome): void {
    this.#hubId = welcome.hubId;
    this.#token = welcome.token ?? this.#token;
    this.#creditBytes = welcome.creditBytes;
    const answer = welcome.streams?.find((stream) => stream.epoch === this.identity.epoch);
    if (answer === undefined || this.#state === 'open') return;
    if (answer.storedSeq < this.#ackedSeq || answer.storedSeq > this.#producedSeq)
      this.#fault(`welcome with ${answer.storedSeq} stored: ${this.#ackedSeq} were acked, ${this.#producedSeq} exist`);
    this.#ordinal = answer.ordinal;
    this.#ackedSeq = answer.storedSeq;
    this.#sentSeq = answer.storedSeq;
    this.#leans = false;
    this.#state = 'open';
    this.#sendLayout();
    this.#options.onOpen(this);
    this.#options.onAcked(this);
    this.pump();
  }

  #refused(nack: Nack): void {
    if (nack.ordinal !== this.#ordinal) return;
    this.#options.counters.nacks += 1;
    switch (nack.code) {
      case 'rejected':
      case 'gone':
        this.#fault(nack.why);
        return;
      case 'unknown_layout':
        this.#layoutIsSent = false;
        break;
      case 'unexpected_seq':
      case 'busy':
        break;
    }
    // Back to what the hub waits for; what was flooded and not stored is produced again by the same numbers.
    if (nack.seq <= this.#sentSeq) {
      this.#sentSeq = Math.max(this.#ackedSeq, nack.seq - 1);
      this.#leans = false;
    }
    this.pump();
  }

  #fault(what: string): void {
    this.#options.counters.faults += 1;
    this.#options.onFault(this, what);
  }

  /** Returns the bytes on the wire. */
  #send(payload: Uint8Array): number {
    const frame = encodeClientFrame(payload);
    this.#socket!.sendFrames(frame);
    return frame.byteLength;
  }
}

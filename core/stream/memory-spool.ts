/**
 * The spool as a plain list in memory: what simulated agents and the simulation of the tests run on, and what the SQLite
 * spool is compared with. What has been acknowledged is forgotten, and nothing survives the process.
 *
 * Each stream is an ordered array of items that cover oldest..next − 1 without hole or overlap. A crash brings back
 * the state of the last commit: that is the present one, unless ticks are committed by hand (`commit: 'manual'`,
 * like an agent with `spoolCommitMs`).
 */
import { assert } from '../errors.ts';
import type { GapReason, Id128 } from '../message.ts';
import type { LayoutId } from '../series.ts';
import { cutGap, layGap, timeBetween, timeInGap } from './gap-range.ts';
import {
  firstSeqOf,
  type GapItem,
  type Item,
  itemCrc,
  lastSeqOf,
  type ReadLimits,
  type Spool,
  type SpoolStream,
  type TickItem,
} from './item.ts';

/** What names a new stream and places it in time. */
export interface MemoryStreamStart {
  readonly epoch: Id128;
  readonly bootId: Id128;
  readonly startWallMs: number;
  readonly startMonotonicMs: number;
}

interface MemoryStream {
  readonly start: MemoryStreamStart;
  readonly items: readonly Item[];
  readonly next: number;
  readonly acked: number;
  readonly ackedCrc: number | null;
  readonly gapTicks: number;
  /** Time of the newest tick; the start before the first. */
  readonly lastMs: number;
}

/** Everything a spool holds. Never changed: a spool moves from one state to the next. */
export interface MemorySpoolState {
  /** Oldest first; the last one is current. */
  readonly streams: readonly MemoryStream[];
  readonly layouts: ReadonlyMap<LayoutId, Uint8Array>;
}

export interface MemorySpoolOptions {
  /** Ticks held in all; beyond it the oldest become a gap. Default: no bound. */
  readonly spoolTicksMax?: number;
  /** Ticks given up at once when full, as a part of the bound. Default 1/20. */
  readonly dropRatio?: number;
  readonly keepAcked?: boolean;
  /** `each`: every call is durable when it returns. `manual`: appended ticks and acks are, after `commit()`. */
  readonly commit?: 'each' | 'manual';
  readonly state?: MemorySpoolState;
}

export class MemorySpool implements Spool {
  readonly #options: MemorySpoolOptions;
  #state: MemorySpoolState;
  #committed: MemorySpoolState;
  /** 'none': the disk takes nothing; ticks get no seq. */
  durability: 'disk' | 'none' = 'disk';
  uncommittedTicks = 0;

  constructor(options: MemorySpoolOptions = {}) {
    this.#options = options;
    this.#state = options.state ?? { streams: [], layouts: new Map() };
    this.#committed = this.#state;
  }

  // The agent's side

  openEpoch(start: MemoryStreamStart): void {
    assert(this.#find(start.epoch) === undefined, 'an epoch is opened once');
    const current = { start, items: [], next: 1, acked: 0, ackedCrc: null, gapTicks: 0, lastMs: start.startWallMs };
    this.#settle({ ...this.#state, streams: [...this.#state.streams.filter(holdsItems), current] });
  }

  addLayout(id: LayoutId, bytes: Uint8Array): void {
    this.#settle({ ...this.#state, layouts: new Map(this.#state.layouts).set(id, bytes) });
  }

  /** Seq of the tick, or null when nothing can be written: then it has none. */
  append(tick: { readonly timeMs: number; readonly layoutId: LayoutId; readonly column: Uint8Array }): number | null {
    assert(this.#state.layouts.has(tick.layoutId), 'a layout is added before the first tick that uses it');
    if (this.durability === 'none') {
      this.uncommittedTicks += 1;
      return null;
    }
    this.#makeRoom();
    const { next } = this.#current();
    this.#replace(append(this.#current(), tick));
    this.#advance(this.#state);
    return next;
  }

  /** Makes everything durable; needed only with `commit: 'manual'`. */
  commit(): void {
    this.#committed = this.#state;
  }

  /** Loses what was not committed, and returns what is left. */
  crash(): MemorySpoolState {
    this.#state = this.#committed;
    return this.#state;
  }

  /** The present state, committed or not: for a snapshot of the machine, with `restore`. */
  snapshot(): MemorySpoolState {
    return this.#state;
  }

  /** The disk is as it was then. */
  restore(state: MemorySpoolState): void {
    this.#state = state;
    this.#committed = state;
  }

  /** A second spool in the same state: the disk of a cloned machine. */
  clone(): MemorySpool {
    return new MemorySpool({ ...this.#options, state: this.#state });
  }

  heldTicks(): number {
    let count = 0;
    for (const stream of this.#state.streams) for (const item of stream.items) if (item.kind === 'tick') count += 1;
    return count;
  }

  // The port

  streams(): readonly SpoolStream[] {
    return this.#state.streams.map(toSpoolStream);
  }

  stream(epoch: Id128): SpoolStream | null {
    const stream = this.#find(epoch);
    return stream === undefined ? null : toSpoolStream(stream);
  }

  read(epoch: Id128, fromSeq: number, limits: ReadLimits): readonly Item[] {
    const { items } = this.#known(epoch);
    let at = indexCovering(items, fromSeq);
    const first = items[at];
    if (first === undefined) return [];
    if (first.kind === 'gap') return [first];
    const result: TickItem[] = [];
    let samples = 0;
    for (; at < items.length && result.length < limits.tickCountMax; at += 1) {
      const item = items[at]!;
      if (item.kind === 'gap' || item.layoutId !== first.layoutId) break;
      samples += item.column.byteLength / 8;
      if (samples > limits.samplesMax && result.length > 0) break;
      result.push(item);
    }
    return result.length > 0 ? result : [first];
  }

  layout(id: LayoutId): Uint8Array | null {
    return this.#state.layouts.get(id) ?? null;
  }

  acknowledge(epoch: Id128, seq: number, gapTicks: number): void {
    const stream = this.#known(epoch);
    assert(seq < stream.next, 'only numbered ticks are acknowledged');
    if (seq < stream.acked) return;
    const covering = stream.items[indexCovering(stream.items, seq)];
    const ackedCrc =
      seq === stream.acked
        ? stream.ackedCrc
        : covering?.kind === 'tick' && covering.seq === seq
          ? itemCrc(covering)
          : null;
    const items = this.#options.keepAcked === true ? stream.items : itemsAbove(stream.items, seq);
    this.#replace({ ...stream, items, acked: seq, ackedCrc, gapTicks });
    this.#dropDrained();
    this.#advance(this.#state);
  }

  rewind(epoch: Id128, seq: number, reason: GapReason): void {
    const stream = this.#known(epoch);
    if (seq >= stream.acked) return;
    const { oldest } = toSpoolStream(stream);
    const held = stream.items[indexCovering(stream.items, seq)];
    const ackedCrc = held?.kind === 'tick' && held.seq === seq ? itemCrc(held) : null;
    const rewound = { ...stream, acked: seq, ackedCrc };
    if (oldest <= seq + 1) {
      this.#replace(rewound);
    } else {
      const before = { seq: 1, timeMs: stream.start.startWallMs };
      const first = stream.items[0];
      const after =
        first === undefined
          ? { seq: stream.next - 1, timeMs: stream.lastMs }
          : { seq: oldest, timeMs: first.kind === 'tick' ? first.timeMs : first.fromMs };
      const gap: GapItem = {
        kind: 'gap',
        firstSeq: seq + 1,
        lastSeq: oldest - 1,
        reason,
        fromMs: timeBetween(seq + 1, before, after),
        toMs: timeBetween(oldest - 1, before, after),
      };
      this.#replace({ ...rewound, items: lay(stream.items, gap) });
    }
    this.#settle(this.#state);
  }

  putGap(
    epoch: Id128,
    range: { readonly firstSeq: number; readonly lastSeq: number; readonly reason: GapReason },
  ): void {
    const stream = this.#known(epoch);
    assert(range.lastSeq < stream.next, 'a gap covers only numbered ticks');
    this.#replace(withGap(stream, range));
    this.#settle(this.#state);
  }

  rehome(epoch: Id128, seqs: readonly number[]): void {
    const forked = this.#known(epoch);
    assert(forked !== this.#current(), 'the current stream is not re-homed into itself');
    const wanted = new Set(seqs);
    for (const item of forked.items) {
      if (item.kind === 'tick' && wanted.has(item.seq)) this.#replace(append(this.#current(), item));
    }
    this.#settle({ ...this.#state, streams: this.#state.streams.filter((stream) => stream.start.epoch !== epoch) });
  }

  /** Makes `state` the present one and durable. */
  #settle(state: MemorySpoolState): void {
    this.#state = state;
    this.#committed = this.#state;
  }

  /** Makes `state` the present one; durable only if every call is. */
  #advance(state: MemorySpoolState): void {
    this.#state = state;
    if (this.#options.commit !== 'manual') this.#committed = state;
  }

  #find(epoch: Id128): MemoryStream | undefined {
    return this.#state.streams.find((stream) => stream.start.epoch === epoch);
  }

  #known(epoch: Id128): MemoryStream {
    const stream = this.#find(epoch);
    assert(stream !== undefined, 'the spool knows the epoch');
    return stream;
  }

  #current(): MemoryStream {
    const stream = this.#state.streams.at(-1);
    assert(stream !== undefined, 'an epoch is open');
    return stream;
  }

  #replace(stream: MemoryStream): void {
    const streams = this.#state.streams.map((other) => (other.start.epoch === stream.start.epoch ? stream : other));
    this.#state = { ...this.#state, streams };
  }

  #dropDrained(): void {
    const current = this.#current();
    const streams = this.#state.streams.filter((stream) => stream === current || holdsItems(stream));
    if (streams.length < this.#state.streams.length) this.#state = { ...this.#state, streams };
  }

  /** Gives up the oldest ticks, those that are only kept first, until one more fits. */
  #makeRoom(): void {
    const { spoolTicksMax = Number.POSITIVE_INFINITY, dropRatio = 1 / 20, keepAcked = false } = this.#options;
    let held = spoolTicksMax === Number.POSITIVE_INFINITY ? 0 : this.heldTicks();
    if (held < spoolTicksMax) return;
    const target = spoolTicksMax - Math.max(1, Math.floor(spoolTicksMax * dropRatio));
    if (keepAcked) {
      for (const stream of this.#state.streams) {
        const keptTicks = stream.items.filter((item) => item.kind === 'tick' && item.seq <= stream.acked);
        const dropped = keptTicks.slice(0, Math.max(0, held - target));
        const last = dropped.at(-1);
        if (last === undefined) continue;
        this.#replace({ ...stream, items: itemsAbove(stream.items, lastSeqOf(last)) });
        held -= dropped.length;
      }
      this.#dropDrained();
    }
    for (const stream of this.#state.streams) {
      const ticks = stream.items.filter((item) => item.kind === 'tick' && item.seq > stream.acked);
      let changed = stream;
      for (const tick of ticks.slice(0, Math.max(0, held - target))) {
        const seq = lastSeqOf(tick);
        changed = withGap(changed, { firstSeq: seq, lastSeq: seq, reason: 'spool_full' });
        held -= 1;
      }
      if (changed !== stream) this.#replace(changed);
    }
  }
}

function holdsItems(stream: MemoryStream): boolean {
  return stream.items.length > 0;
}

function toSpoolStream(stream: MemoryStream): SpoolStream {
  const { start, next, acked, ackedCrc, gapTicks } = stream;
  const first = stream.items[0];
  return { ...start, oldest: first === undefined ? next : firstSeqOf(first), next, acked, ackedCrc, gapTicks };
}

/** Index of the item that covers `seq`, else of the first one above it; the length when there is none. */
function indexCovering(items: readonly Item[], seq: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lastSeqOf(items[middle]!) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Items above `seq`; of a gap that reaches over it, the part above. */
function itemsAbove(items: readonly Item[], seq: number): readonly Item[] {
  const above = items.slice(indexCovering(items, seq + 1));
  const first = above[0];
  if (first?.kind === 'gap' && first.firstSeq <= seq) above[0] = cutGap(first, seq + 1, first.lastSeq);
  return above;
}

function append(stream: MemoryStream, tick: Omit<TickItem, 'kind' | 'seq'>): MemoryStream {
  const { timeMs, layoutId, column } = tick;
  const item: TickItem = { kind: 'tick', seq: stream.next, timeMs, layoutId, column };
  return { ...stream, items: [...stream.items, item], next: stream.next + 1, lastMs: timeMs };
}

/** Lays a gap over the items; only what is not acknowledged can be given up. */
function withGap(
  stream: MemoryStream,
  range: { readonly firstSeq: number; readonly lastSeq: number; readonly reason: GapReason },
): MemoryStream {
  const firstSeq = Math.max(range.firstSeq, stream.acked + 1);
  const { lastSeq, reason } = range;
  if (firstSeq > lastSeq) return stream;
  const fromMs = timeOf(stream.items[indexCovering(stream.items, firstSeq)]!, firstSeq);
  const toMs = timeOf(stream.items[indexCovering(stream.items, lastSeq)]!, lastSeq);
  return { ...stream, items: lay(stream.items, { kind: 'gap', firstSeq, lastSeq, reason, fromMs, toMs }) };
}

function timeOf(item: Item, seq: number): number {
  return item.kind === 'tick' ? item.timeMs : timeInGap(item, seq);
}

function lay(items: readonly Item[], gap: GapItem): readonly Item[] {
  const ticks = items.filter((item) => item.kind === 'tick' && (item.seq < gap.firstSeq || item.seq > gap.lastSeq));
  const gaps = layGap(
    items.filter((item) => item.kind === 'gap'),
    gap,
  );
  return [...ticks, ...gaps].sort((a, b) => firstSeqOf(a) - firstSeqOf(b));
}

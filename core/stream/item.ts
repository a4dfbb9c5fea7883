/**
 * Items: what a stream consists of at both ends, and the spool as the agent's machines see it.
 *
 * A stream is one agent run. Its seqs 1, 2, 3… are covered without hole or overlap by items: a tick is one
 * seq, a gap stands for a range of them (ticks given up).
 */
import { crc32c } from '../crc32c.ts';
import type { GapReason, Id128 } from '../message.ts';
import type { LayoutId } from '../series.ts';

export interface TickItem {
  readonly kind: 'tick';
  readonly seq: number;
  /** Scheduled instant on the agent's clock, epoch ms. */
  readonly timeMs: number;
  readonly layoutId: LayoutId;
  /** Little-endian float64, one a series. */
  readonly column: Uint8Array;
}

export interface GapItem {
  readonly kind: 'gap';
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: GapReason;
  /** Times of the first and last tick given up; of the neighbours when those are not known. */
  readonly fromMs: number;
  readonly toMs: number;
}

export type Item = TickItem | GapItem;

export function firstSeqOf(item: Item): number {
  return item.kind === 'tick' ? item.seq : item.firstSeq;
}

export function lastSeqOf(item: Item): number {
  return item.kind === 'tick' ? item.seq : item.lastSeq;
}

/**
 * Bytes of memory that an item costs its receiver, the unit of credit: the column and 32 for its place in a
 * queue. Both ends compute it from the item alone.
 */
export function itemBytes(item: Item): number {
  return item.kind === 'tick' ? item.column.byteLength + 32 : 64;
}

/**
 * CRC-32C by which both ends see whether they mean the same item: seq and time as little-endian float64, the
 * 8 bytes of the layout id, the column. Of a gap only its last seq counts (with eight 0xff), because the hub may
 * have taken only the end of it. Never 0, which means "none".
 */
export function itemCrc(item: Item): number {
  if (item.kind === 'gap') {
    const bytes = new Uint8Array(16).fill(0xff);
    new DataView(bytes.buffer).setFloat64(0, item.lastSeq, true);
    return crc32c(bytes) || 1;
  }
  return crc32c(item.column, crc32c(tickCrcHead(item))) || 1;
}

/** What the CRC of a tick covers before its column. */
export function tickCrcHead({ seq, timeMs, layoutId }: Pick<TickItem, 'seq' | 'timeMs' | 'layoutId'>): Uint8Array {
  const head = new Uint8Array(24);
  const view = new DataView(head.buffer);
  view.setFloat64(0, seq, true);
  view.setFloat64(8, timeMs, true);
  for (let index = 0; index < 8; index += 1) {
    head[16 + index] = Number.parseInt(layoutId.slice(index * 2, index * 2 + 2), 16);
  }
  return head;
}

/** A stream as the spool keeps it. */
export interface SpoolStream {
  readonly epoch: Id128;
  readonly bootId: Id128;
  readonly startWallMs: number;
  readonly startMonotonicMs: number;
  /** Lowest seq that the spool holds an item for (acknowledged ones too, if they are kept); `next` when none. */
  readonly oldest: number;
  /** The seq that the next tick of this stream would get. */
  readonly next: number;
  readonly acked: number;
  /** CRC of the item at `acked`; null when that is not known. */
  readonly ackedCrc: number | null;
  /** Ticks of this stream that the hub has stored as gaps, by its last ack. */
  readonly gapTicks: number;
}

export interface ReadLimits {
  readonly tickCountMax: number;
  readonly samplesMax: number;
}

/**
 * The agent's durable items, as its link uses them. All calls are synchronous and durable when they return,
 * each one transaction. An epoch that the spool does not know is the caller's bug.
 */
export interface Spool {
  /** Streams that hold items or are current, oldest first; the current one is last. */
  streams(): readonly SpoolStream[];
  stream(epoch: Id128): SpoolStream | null;
  /**
   * Items in order from the one that covers `fromSeq`: either one gap, or consecutive ticks of one layout up to
   * the limits (at least one). Empty when nothing is held from there on. A gap is returned whole even when
   * it starts before `fromSeq`.
   */
  read(epoch: Id128, fromSeq: number, limits: ReadLimits): readonly Item[];
  /** Canonical bytes of a layout that some held tick uses; null when unknown. */
  layout(id: LayoutId): Uint8Array | null;
  /** The hub has committed everything up to `seq`: forgets it (or keeps it, if so set) and its layouts. Never goes back. A drained stream that is not current is removed. */
  acknowledge(epoch: Id128, seq: number, gapTicks: number): void;
  /** The hub has less than was acknowledged (it was restored): items above `seq` count as unacknowledged again, and seqs above it that are not held become one gap. */
  rewind(epoch: Id128, seq: number, reason: GapReason): void;
  /** Puts a gap in place of whatever stands at first..last; merges with a neighbouring gap of the same reason. */
  putGap(
    epoch: Id128,
    range: { readonly firstSeq: number; readonly lastSeq: number; readonly reason: GapReason },
  ): void;
  /** Closes a forked stream: the listed ticks go to the end of the current stream under new seqs, in order; the rest of the stream is dropped. One transaction. */
  rehome(epoch: Id128, seqs: readonly number[]): void;
}

/**
 * Flights to statement rows: ticks become blocks, replayed blocks are inflated and checked, checksums are made.
 *
 * What is encoded is also counted: `tickCount` of a row is the number of ticks in the block, so the accounting
 * of the database checks this code and not a number that it was handed. Ticks from before the floor of raw have
 * expired: they become a gap in their place. Hot path of the storage thread, guarded by `bench ingest`.
 */
import { type Block, BlockEncoder } from '#core/block.ts';
import { statementBatchesMax, statementBytesMax } from '#core/limits.ts';
import { itemCrc } from '#core/stream/item.ts';
import type { Batch, GapBatch, RefusedBatch, ReplayBatch, TickBatch } from '../intake/flight.ts';
import { type BatchTicks, countExpired, RefusedTicks, readReplay, readTicks } from '../intake/flight-ticks.ts';
import type { IngestRow } from './ingest.ts';

/** A batch of a flight, or what is left of it: the items before `fromSeq` are stored already. */
export interface Work {
  readonly batch: Batch;
  readonly fromSeq: number;
}

/** A row without the places of its bytes. */
type EncodedRow = Omit<IngestRow, 'dataAt' | 'dataBytes' | 'offsetsAt' | 'offsetsBytes'>;

interface Encoded {
  readonly row: EncodedRow;
  /** null for a gap. */
  readonly block: Block | null;
}

export interface Statement {
  readonly rows: IngestRow[];
  /** The work behind each row; one that is partly expired stands behind two. */
  readonly works: Work[];
  readonly data: Uint8Array;
  readonly offsets: Uint8Array;
}

export class FlightEncoder {
  readonly #encoder = new BlockEncoder();
  #data: Uint8Array = new Uint8Array(1 << 20);
  #offsets: Uint8Array = new Uint8Array(1 << 16);
  /** First instant of the oldest day of raw, epoch ms: ticks before it have expired. */
  floorMs = 0;

  /**
   * Encodes as much of `works`, from `start` on, as one statement may hold; answers where the next begins.
   * Works of streams in `refusedStreams` are left out, and a work that is refused is added there. The
   * statement's bytes are valid until the next call.
   */
  encode(
    works: readonly Work[],
    start: number,
    options: { readonly buffer: ArrayBuffer; readonly refused: RefusedBatch[] },
  ): { readonly statement: Statement; readonly next: number } {
    const rows: IngestRow[] = [];
    const taken: Work[] = [];
    let dataAt = 0;
    let offsetsAt = 0;
    let index = start;
    for (; index < works.length; index += 1) {
      if (rows.length >= statementBatchesMax || dataAt >= statementBytesMax) break;
      const work = works[index]!;
      const { batch } = work;
      if (options.refused.some((one) => one.streamId === batch.streamId)) continue;
      try {
        for (const { row, block } of this.#rows(work, options.buffer)) {
          const dataBytes = block?.data.byteLength ?? 0;
          const offsetsBytes = block?.offsets.byteLength ?? 0;
          rows.push({ ...row, dataAt, dataBytes, offsetsAt, offsetsBytes });
          taken.push(work);
          if (block === null) continue;
          this.#data = appended(this.#data, dataAt, block.data);
          this.#offsets = appended(this.#offsets, offsetsAt, block.offsets);
          dataAt += dataBytes;
          offsetsAt += offsetsBytes;
        }
      } catch (error) {
        if (!(error instanceof RefusedTicks)) throw error;
        options.refused.push({ streamId: batch.streamId, lease: batch.lease, seq: error.seq, why: error.message });
      }
    }
    return {
      statement: {
        rows,
        works: taken,
        data: this.#data.subarray(0, dataAt),
        offsets: this.#offsets.subarray(0, offsetsAt),
      },
      next: index,
    };
  }

  /** The work as rows that follow on one another: a gap for what has expired, and the rest. */
  #rows(work: Work, buffer: ArrayBuffer): Encoded[] {
    const { batch, fromSeq } = work;
    if (batch.kind === 'gap') return [{ row: gapRow(batch, fromSeq), block: null }];

    const { ticks, block } =
      batch.kind === 'ticks' ? readTicks(batch, fromSeq, buffer) : readReplay(batch, fromSeq, buffer);
    const expiredCount = countExpired(ticks.times, this.floorMs);
    if (expiredCount === 0) return [this.#tickRow(batch, fromSeq, { ticks, block })];
    const gap = { row: expiredRow(batch, fromSeq, { ticks, expiredCount }), block: null };
    if (expiredCount === ticks.times.length) return [gap];
    const rest = {
      times: ticks.times.subarray(expiredCount),
      values: ticks.values.subarray(expiredCount * batch.columnCount),
    };
    return [gap, this.#tickRow(batch, fromSeq + expiredCount, { ticks: rest, block: null })];
  }

  #tickRow(
    batch: TickBatch | ReplayBatch,
    firstSeq: number,
    { ticks, block }: { readonly ticks: BatchTicks; readonly block: Block | null },
  ): Encoded {
    const { columnCount, layoutId, lastSeq, streamId, hostId, lease } = batch;
    const tickCount = ticks.times.length;
    const encoded =
      block ??
      this.#encoder.encode({
        tickCount,
        columnCount,
        values: ticks.values,
        times: ticks.times,
        intervalMs: batch.intervalMs,
      });
    const row = {
      streamId,
      hostId,
      lease,
      firstSeq,
      lastSeq,
      tickCount,
      reason: null,
      layoutId,
      fromMs: ticks.times[0]!,
      toMs: ticks.times[tickCount - 1]!,
      crc: tickCrc(batch, lastSeq, { ticks, index: tickCount - 1 }),
    };
    return { row, block: encoded };
  }
}

/** What the agent has as its item at `seq`, the tick of that index. */
function tickCrc(
  { columnCount, layoutId, shiftMs }: TickBatch | ReplayBatch,
  seq: number,
  { ticks, index }: { readonly ticks: BatchTicks; readonly index: number },
): number {
  const row = ticks.values.subarray(index * columnCount, (index + 1) * columnCount);
  return itemCrc({
    kind: 'tick',
    seq,
    timeMs: ticks.times[index]! - shiftMs,
    layoutId,
    column: new Uint8Array(row.buffer, row.byteOffset, row.byteLength),
  });
}

/** The gap in place of the first ticks. Its checksum is that of the last of them, as the agent has it: no fork is to be seen in it. */
function expiredRow(
  batch: TickBatch | ReplayBatch,
  firstSeq: number,
  { ticks, expiredCount }: { readonly ticks: BatchTicks; readonly expiredCount: number },
): EncodedRow {
  const { streamId, hostId, lease } = batch;
  const lastSeq = firstSeq + expiredCount - 1;
  return {
    streamId,
    hostId,
    lease,
    firstSeq,
    lastSeq,
    tickCount: 0,
    reason: 'expired',
    layoutId: null,
    fromMs: ticks.times[0]!,
    toMs: ticks.times[expiredCount - 1]!,
    crc: tickCrc(batch, lastSeq, { ticks, index: expiredCount - 1 }),
  };
}

function gapRow(gap: GapBatch, fromSeq: number): EncodedRow {
  const { streamId, hostId, lease, lastSeq, reason, fromMs, toMs } = gap;
  const crc = itemCrc({ kind: 'gap', firstSeq: fromSeq, lastSeq, reason, fromMs, toMs });
  return {
    streamId,
    hostId,
    lease,
    firstSeq: fromSeq,
    lastSeq,
    tickCount: 0,
    reason,
    layoutId: null,
    fromMs,
    toMs,
    crc,
  };
}

/** `target` with `bytes` written at `at`, grown when they do not fit. */
function appended(target: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  let result = target;
  if (at + bytes.byteLength > target.length) {
    result = new Uint8Array(Math.max(target.length * 2, at + bytes.byteLength));
    result.set(target.subarray(0, at));
  }
  result.set(bytes, at);
  return result;
}

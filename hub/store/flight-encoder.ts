/**
 * Flights to statement rows: ticks become blocks, replayed blocks are inflated and checked, checksums are made.
 *
 * What is encoded is also counted: `tickCount` of a row is the number of ticks in the block, so the accounting
 * of the database checks this code and not a number that it was handed. Hot path of the storage thread,
 * guarded by `bench ingest`.
 */
import { type Block, BlockEncoder } from '#core/block.ts';
import { statementBatchesMax, statementBytesMax } from '#core/limits.ts';
import { itemCrc } from '#core/stream/item.ts';
import type { Batch, GapBatch, RefusedBatch } from '../intake/flight.ts';
import { RefusedTicks, readReplay, readTicks } from '../intake/flight-ticks.ts';
import type { IngestRow } from './ingest.ts';

/** A batch of a flight, or what is left of it: the items before `fromSeq` are stored already. */
export interface Work {
  readonly batch: Batch;
  readonly fromSeq: number;
}

export interface Statement {
  readonly rows: IngestRow[];
  /** The work behind each row. */
  readonly works: Work[];
  readonly data: Uint8Array;
  readonly offsets: Uint8Array;
}

export class FlightEncoder {
  readonly #encoder = new BlockEncoder();
  #data: Uint8Array = new Uint8Array(1 << 20);
  #offsets: Uint8Array = new Uint8Array(1 << 16);

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
        const encoded = this.#row(work, options.buffer);
        const { block } = encoded;
        rows.push({
          ...encoded.row,
          dataAt,
          dataBytes: block?.data.byteLength ?? 0,
          offsetsAt,
          offsetsBytes: block?.offsets.byteLength ?? 0,
        });
        taken.push(work);
        if (block === null) continue;
        this.#data = appended(this.#data, dataAt, block.data);
        this.#offsets = appended(this.#offsets, offsetsAt, block.offsets);
        dataAt += block.data.byteLength;
        offsetsAt += block.offsets.byteLength;
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

  #row(
    work: Work,
    buffer: ArrayBuffer,
  ): {
    readonly row: Omit<IngestRow, 'dataAt' | 'dataBytes' | 'offsetsAt' | 'offsetsBytes'>;
    readonly block: Block | null;
  } {
    const { batch } = work;
    if (batch.kind === 'gap') return { row: gapRow(batch, work.fromSeq), block: null };

    const { ticks, block } =
      batch.kind === 'ticks' ? readTicks(batch, work.fromSeq, buffer) : readReplay(batch, work.fromSeq, buffer);
    const tickCount = ticks.times.length;
    const { columnCount, layoutId, lastSeq } = batch;
    const encoded =
      block ??
      this.#encoder.encode({
        tickCount,
        columnCount,
        values: ticks.values,
        times: ticks.times,
        intervalMs: batch.intervalMs,
      });
    const lastRow = ticks.values.subarray((tickCount - 1) * columnCount);
    const crc = itemCrc({
      kind: 'tick',
      seq: lastSeq,
      timeMs: ticks.times[tickCount - 1]! - batch.shiftMs,
      layoutId,
      column: new Uint8Array(lastRow.buffer, lastRow.byteOffset, lastRow.byteLength),
    });
    const { streamId, hostId, lease } = batch;
    return {
      row: {
        streamId,
        hostId,
        lease,
        firstSeq: work.fromSeq,
        lastSeq,
        tickCount,
        reason: null,
        layoutId,
        fromMs: ticks.times[0]!,
        toMs: ticks.times[tickCount - 1]!,
        crc,
      },
      block: encoded,
    };
  }
}

function gapRow(
  gap: GapBatch,
  fromSeq: number,
): Omit<IngestRow, 'dataAt' | 'dataBytes' | 'offsetsAt' | 'offsetsBytes'> {
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

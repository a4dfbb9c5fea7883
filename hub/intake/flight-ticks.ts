/**
 * The ticks inside the batches of a flight: views into its buffer, or a replayed block inflated and checked.
 */
import { inflateRawSync } from 'node:zlib';
import { type Block, decodeBlock, splitBlock } from '#core/block.ts';
import { DecodeError } from '#core/errors.ts';
import type { SamplePart } from '#core/sample-parts.ts';
import type { Batch, ReplayBatch, TickBatch } from './flight.ts';
import { isTime } from './message-checks.ts';

/** Ticks of one batch, decoded: rows of values, times with the shift added. */
export interface BatchTicks {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Thrown for a tick whose content cannot be stored; `seq` null when the block as a whole is at fault. */
export class RefusedTicks extends Error {
  override readonly name = 'RefusedTicks';
  readonly seq: number | null;

  constructor(seq: number | null, message: string) {
    super(message);
    this.seq = seq;
  }
}

/** The ticks of a batch from `fromSeq` on, as views into the flight's buffer. */
export function readTicks(
  batch: TickBatch,
  fromSeq: number,
  buffer: ArrayBuffer,
): { readonly ticks: BatchTicks; readonly block: null } {
  const skip = fromSeq - batch.firstSeq;
  const { columnCount, byteOffset } = batch;
  const tickCount = batch.tickCount - skip;
  const times = new Float64Array(buffer, byteOffset + skip * 8, tickCount);
  const values = new Float64Array(
    buffer,
    byteOffset + (batch.tickCount + skip * columnCount) * 8,
    tickCount * columnCount,
  );
  return { ticks: { times, values }, block: null };
}

/** The ticks of a replayed block from `fromSeq` on; `block` too when it can be stored as it came. Throws RefusedTicks. */
export function readReplay(
  batch: ReplayBatch,
  fromSeq: number,
  buffer: ArrayBuffer,
): { readonly ticks: BatchTicks; readonly block: Block | null } {
  const { tickCount, columnCount, shiftMs, inflatedBytes } = batch;
  const firstSeq = batch.lastSeq - tickCount + 1;
  const { block, times, values } = inflateBlock(new Uint8Array(buffer, batch.byteOffset, batch.byteLength), {
    tickCount,
    columnCount,
    inflatedBytes,
  });
  for (let tick = 0; tick < tickCount; tick += 1) {
    const timeMs = times[tick]!;
    const isRising = tick === 0 || timeMs > times[tick - 1]!;
    if (isTime(timeMs) && isRising) continue;
    throw new RefusedTicks(
      Math.max(fromSeq, firstSeq + tick),
      `Cannot store tick: times of a stream rise and are dates: got ${timeMs}`,
    );
  }
  const skip = fromSeq - firstSeq;
  if (shiftMs === 0 && skip === 0) return { ticks: { times, values }, block };
  const shifted = times.map((timeMs) => timeMs + shiftMs);
  return { ticks: { times: shifted.subarray(skip), values: values.subarray(skip * columnCount) }, block: null };
}

/** How many ticks at the beginning lie before the floor. Times of a stream rise. */
export function countExpired(times: Float64Array, floorMs: number): number {
  let count = 0;
  while (count < times.length && times[count]! < floorMs) count += 1;
  return count;
}

function inflateBlock(
  bytes: Uint8Array,
  expected: { readonly tickCount: number; readonly columnCount: number; readonly inflatedBytes: number },
): BatchTicks & { readonly block: Block } {
  const { tickCount, columnCount, inflatedBytes } = expected;
  try {
    const inflated = inflateRawSync(bytes, { maxOutputLength: Math.max(1, inflatedBytes) });
    if (inflated.byteLength !== inflatedBytes)
      throw new DecodeError(`Cannot inflate block: ${inflatedBytes} bytes were announced: got ${inflated.byteLength}`);
    const block = splitBlock(inflated);
    return { block, ...decodeBlock(block, { tickCount, columnCount }, tickCount * columnCount) };
  } catch (error) {
    if (error instanceof DecodeError || isZlibError(error)) throw new RefusedTicks(null, error.message);
    throw error;
  }
}

function isZlibError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE');
}

/** One column of a batch; null for a gap, and for a block that will be refused when its turn comes. */
export function samplePartOf(batch: Batch, buffer: ArrayBuffer, place: number): SamplePart | null {
  if (batch.kind === 'gap') return null;
  try {
    const { firstSeq } = batch;
    const { ticks } = batch.kind === 'ticks' ? readTicks(batch, firstSeq, buffer) : readReplay(batch, firstSeq, buffer);
    const values = new Float64Array(ticks.times.length);
    for (let tick = 0; tick < values.length; tick += 1) values[tick] = ticks.values[tick * batch.columnCount + place]!;
    return { streamId: batch.streamId, firstSeq: batch.firstSeq, times: ticks.times.slice(), values };
  } catch (error) {
    if (error instanceof RefusedTicks) return null;
    throw error;
  }
}

/**
 * The decoder of blocks: what is inside a replay, inflated, and in every stored batch and chunk.
 *
 * It takes the bytes or throws DecodeError, and the check that keeps nothing agrees with the decoder that keeps all. Columns
 * lie one behind the other from the head to the end. What
 * was taken is the same times and values, bit by bit, after it was encoded and decoded again.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import {
  BlockEncoder,
  type BlockShape,
  checkBlock,
  decodeBlock,
  decodeBlockShape,
  decodeOffsets,
  splitBlock,
} from '#core/block.ts';
import { DecodeError } from '#core/errors.ts';

const encoder = new BlockEncoder();

export function fuzz(bytes: Buffer): void {
  const block = taken(() => splitBlock(bytes));
  if (block === null) return;
  const shape = taken(() => decodeBlockShape(block.data));
  if (shape === null) return;
  const decoded = taken(() => decodeBlock(block, shape));
  const sampleCount = taken(() => checkBlock(block, shape));
  // The check also refuses times that are no numbers, which a block from a peer must not have.
  if (decoded === null) strictEqual(sampleCount, null);
  else if (decoded.times.every(Number.isFinite)) strictEqual(sampleCount, countOf(decoded.values));
  if (decoded === null) return;
  const places = [0, ...decodeOffsets(block.offsets, shape.columnCount)];
  ok(
    places.every((place, index) => index === 0 || place > places[index - 1]!),
    'no byte is in two columns',
  );
  strictEqual(places.at(-1), block.data.byteLength);
  sameAgain(decoded, shape);
}

function sameAgain({ times, values }: ReturnType<typeof decodeBlock>, shape: BlockShape): void {
  const encoded = encoder.encode({ ...shape, times, intervalMs: 1_000, values });
  const again = decodeBlock(encoded, shape);
  deepStrictEqual(bitsOf(again.times), bitsOf(times));
  deepStrictEqual(bitsOf(again.values), bitsOf(values));
  strictEqual(encoded.sampleCount, countOf(values));
}

function countOf(values: Float64Array): number {
  return values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
}

/** NaNs differ by their bits. */
function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}

function taken<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

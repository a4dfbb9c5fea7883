/**
 * Writes one series over the buckets of a rollup block (`rollup-column.ts` reads it, `docs/storage.md` describes it).
 *
 * Least and greatest value come back bit for bit and counts exactly. A sum is rounded to the decimals of the values
 * where that moves it by no more than 2^-43 of itself (1.2e-13), which undoes what binary fractions add: six times 0.1.
 *
 * Hot path (`bench/micro/rollup.bench.ts`): scratch memory is owned here and reused.
 */
import { bitsOf, exceptionsFlag, powersOfTen, scaleDivide } from './column.ts';
import { ColumnEncoder, writeExceptions } from './column-encoder.ts';
import { ColumnScale } from './column-scale.ts';
import { assert } from './errors.ts';
import { blockTicksMax } from './limits.ts';
import {
  expectedSum,
  type RollupColumns,
  rollupBucketsMax,
  rollupColumnKinds,
  rollupColumnVersion,
} from './rollup-column.ts';
import { ByteSink, varintBytesMax, writeVarint } from './varint.ts';

/** How far a sum may be moved, of itself. */
const sumRoundingMax = 2 ** -43;

export class RollupColumnEncoder {
  readonly #columns = new ColumnEncoder();
  readonly #part = new ByteSink(1_024);
  /** Least, greatest and sum of the buckets that hold something, one after the other. */
  readonly #values = new Float64Array(blockTicksMax);
  readonly #words = bitsOf(this.#values);
  readonly #scale = new ColumnScale(this.#values);
  readonly #counts = new Float64Array(rollupBucketsMax);
  readonly #wholes = new Float64Array(rollupBucketsMax);

  /** Appends one series to `target`. Buckets of count 0 hold nothing, whatever their values say. */
  encode(target: ByteSink, columns: RollupColumns): void {
    const { count } = columns;
    assert(count.length >= 1 && count.length <= rollupBucketsMax, 'a rollup column has 1..2,048 buckets');
    const filled = this.#gather(columns);
    target.reserve(1);
    const first = target.length;
    target.bytes[first] = (rollupColumnVersion << 4) | rollupColumnKinds.empty;
    target.length += 1;
    if (filled === 0) return;

    this.#writePart(target, count);
    if (this.#quantize(filled) && this.#writeScaled(target, filled)) {
      target.bytes[first] = (rollupColumnVersion << 4) | rollupColumnKinds.scaled;
      return;
    }
    target.bytes[first] = (rollupColumnVersion << 4) | rollupColumnKinds.plain;
    this.#writePart(target, this.#values.subarray(0, filled));
    this.#writePart(target, this.#values.subarray(filled, filled * 2));
    const sums = this.#values.subarray(filled * 2, filled * 3);
    this.#columns.encode(target, { words: bitsOf(sums), first: 0, stride: 1, count: filled });
  }

  #gather({ min, max, sum, count }: RollupColumns): number {
    let filled = 0;
    for (const each of count) if (each > 0) filled += 1;
    let at = 0;
    for (let bucket = 0; bucket < count.length; bucket += 1) {
      if (!(count[bucket]! > 0)) continue;
      this.#values[at] = min[bucket]!;
      this.#values[filled + at] = max[bucket]!;
      this.#values[filled * 2 + at] = sum[bucket]!;
      this.#counts[at] = count[bucket]!;
      at += 1;
    }
    return filled;
  }

  /** Finds the scale of all three. False: there is none. */
  #quantize(filled: number): boolean {
    const scale = this.#scale;
    if (!scale.quantize(filled * 2)) return false;
    if (scale.scale > scaleDivide) {
      const divisor = powersOfTen[scale.scale & 15]!;
      for (let at = filled * 2; at < filled * 3; at += 1) {
        const sum = this.#values[at]!;
        const rounded = Math.round(sum * divisor) / divisor;
        if (Math.abs(rounded - sum) <= Math.abs(sum) * sumRoundingMax) this.#values[at] = rounded;
      }
    }
    return scale.quantize(filled * 3);
  }

  /** False, with nothing written, where doubles cannot hold the sums that the distances would give. */
  #writeScaled(target: ByteSink, filled: number): boolean {
    const { wholes, scale, exceptionCount } = this.#scale;
    const start = target.length;
    target.reserve(1);
    target.bytes[start] = scale | (exceptionCount > 0 ? exceptionsFlag : 0);
    target.length += 1;
    this.#writePart(target, wholes.subarray(0, filled));
    const part = this.#wholes.subarray(0, filled);
    for (let at = 0; at < filled; at += 1) part[at] = wholes[filled + at]! - wholes[at]!;
    this.#writePart(target, part);
    for (let at = 0; at < filled; at += 1) {
      const expected = expectedSum(this.#counts[at]!, wholes[at]!, wholes[filled + at]!);
      part[at] = wholes[filled * 2 + at]! - expected;
      if (part[at]! + expected !== wholes[filled * 2 + at]!) {
        target.length = start;
        return false;
      }
    }
    this.#writePart(target, part);
    if (exceptionCount === 0) return true;
    target.reserve(this.#scale.exceptionBytesMax + varintBytesMax);
    writeExceptions(target, this.#scale, this.#words);
    return true;
  }

  /** A column behind its length. */
  #writePart(target: ByteSink, values: Float64Array): void {
    const part = this.#part;
    part.length = 0;
    this.#columns.encode(part, { words: bitsOf(values), first: 0, stride: 1, count: values.length });
    target.reserve(part.length + varintBytesMax);
    target.length = writeVarint(target.bytes, target.length, part.length);
    target.bytes.set(part.view(), target.length);
    target.length += part.length;
  }
}

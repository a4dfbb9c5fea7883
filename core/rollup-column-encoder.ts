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
import { type RollupColumns, rollupBucketsMax, rollupColumnKinds, rollupColumnVersion } from './rollup-column.ts';
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
  /** Least from the greatest before it, greatest from least, sum from count × least. */
  readonly #distances = {
    chained: new Float64Array(rollupBucketsMax),
    greatest: new Float64Array(rollupBucketsMax),
    sum: new Float64Array(rollupBucketsMax),
  };

  /** Appends one series to `target`. Buckets of count 0 hold nothing, whatever their values say. */
  encode(target: ByteSink, columns: RollupColumns): void {
    const { count } = columns;
    assert(count.length >= 1 && count.length <= rollupBucketsMax, 'a rollup column has 1..2,048 buckets');
    const filled = this.#gather(columns);
    target.reserve(1);
    const first = target.length;
    target.length += 1;
    if (filled > 0) this.#writePart(target, count);
    const kind = this.#writeValues(target, filled);
    target.bytes[first] = (rollupColumnVersion << 4) | kind;
  }

  /** Returns the kind that was written. */
  #writeValues(target: ByteSink, filled: number): number {
    if (filled === 0) return rollupColumnKinds.empty;
    if (this.#isConstant(filled)) {
      this.#writePart(target, this.#values.subarray(0, 1));
      return rollupColumnKinds.constant;
    }
    if (this.#quantize(filled) && this.#setDistances(filled)) return this.#writeScaled(target, filled);
    for (let part = 0; part < 3; part += 1)
      this.#writePart(target, this.#values.subarray(filled * part, filled * (part + 1)));
    return rollupColumnKinds.plain;
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

  #isConstant(filled: number): boolean {
    const values = this.#values;
    const value = values[0]!;
    for (let at = 0; at < filled; at += 1) {
      if (!Object.is(values[at], value) || !Object.is(values[filled + at], value)) return false;
      if (!isNear(this.#counts[at]! * value, values[filled * 2 + at]!)) return false;
    }
    return true;
  }

  /** Finds the scale of all three. False: there is none. */
  #quantize(filled: number): boolean {
    const scale = this.#scale;
    if (!scale.quantize(filled * 2)) return false;
    if (scale.scale > scaleDivide) {
      const divisor = powersOfTen[scale.scale & 15]!;
      for (let at = filled * 2; at < filled * 3; at += 1) {
        const rounded = Math.round(this.#values[at]! * divisor) / divisor;
        if (isNear(rounded, this.#values[at]!)) this.#values[at] = rounded;
      }
    }
    return scale.quantize(filled * 3);
  }

  /** Takes the whole numbers of the scale from one another. False where doubles cannot hold the distances. */
  #setDistances(filled: number): boolean {
    const { wholes } = this.#scale;
    const distances = this.#distances;
    let before = 0;
    for (let at = 0; at < filled; at += 1) {
      const low = wholes[at]!;
      const high = wholes[filled + at]!;
      const sum = wholes[filled * 2 + at]!;
      const expected = this.#counts[at]! * low;
      distances.chained[at] = low - before;
      distances.greatest[at] = high - low;
      distances.sum[at] = sum - expected;
      if (distances.sum[at]! + expected !== sum) return false;
      before = high;
    }
    return true;
  }

  #writeScaled(target: ByteSink, filled: number): number {
    const { wholes, scale, exceptionCount, exceptionBytesMax } = this.#scale;
    const { chained, greatest, sum } = this.#distances;
    target.reserve(1);
    target.bytes[target.length] = scale | (exceptionCount > 0 ? exceptionsFlag : 0);
    target.length += 1;
    const leastAt = target.length;
    this.#writePart(target, wholes.subarray(0, filled));
    const isChained = this.#encodePart(chained.subarray(0, filled)) < target.length - leastAt - 1;
    if (isChained) {
      target.length = leastAt;
      this.#appendPart(target);
    }
    this.#writePart(target, greatest.subarray(0, filled));
    this.#writePart(target, sum.subarray(0, filled));
    if (exceptionCount > 0) {
      target.reserve(exceptionBytesMax + varintBytesMax);
      writeExceptions(target, this.#scale, this.#words);
    }
    return isChained ? rollupColumnKinds.chained : rollupColumnKinds.scaled;
  }

  /** A column behind its length. */
  #writePart(target: ByteSink, values: Float64Array): void {
    this.#encodePart(values);
    this.#appendPart(target);
  }

  /** Returns how many bytes the column takes. */
  #encodePart(values: Float64Array): number {
    const part = this.#part;
    part.length = 0;
    this.#columns.encode(part, { words: bitsOf(values), first: 0, stride: 1, count: values.length });
    return part.length;
  }

  #appendPart(target: ByteSink): void {
    const part = this.#part;
    target.reserve(part.length + varintBytesMax);
    target.length = writeVarint(target.bytes, target.length, part.length);
    target.bytes.set(part.view(), target.length);
    target.length += part.length;
  }
}

/** Whether a sum may be stored as this number. */
function isNear(stored: number, sum: number): boolean {
  return Math.abs(stored - sum) <= Math.abs(sum) * sumRoundingMax;
}

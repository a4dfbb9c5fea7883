/**
 * One series over the buckets of a rollup block as bytes: the format's constants and the decoder. The encoder is
 * `rollup-column-encoder.ts`; the layout byte by byte is in `docs/storage.md`.
 *
 * The count of each bucket is a column by itself. Of the buckets that hold something the least value, the greatest as
 * its distance from the least, and the sum as its distance from count × least are columns of whole numbers under one
 * scale, since values with two decimals have sums with two decimals. The least value of a counter is best foretold by
 * the greatest of the bucket before (kind chained). What no scale gives is an exception, or (kind plain) the three
 * are columns of doubles. A series that never changes is one value (kind constant).
 *
 * The bytes may be damaged or hostile: nothing is sized by a number in them, the work is bounded by the number of
 * buckets that the caller asks for, and what does not fit is a DecodeError.
 */
import { applyScale, bitsOf, checkScale, decodeColumn, exceptionsFlag, readExceptions } from './column.ts';
import { columnOverheadBytes } from './column-encoder.ts';
import { DecodeError } from './errors.ts';
import { ByteReader, varintBytesMax } from './varint.ts';

/** High half of the first byte: no column begins with it, nor the mark of a deflated one. */
export const rollupColumnVersion = 3;

/** Low half of the first byte. */
export const rollupColumnKinds = { empty: 0, constant: 1, plain: 2, scaled: 3, chained: 4 } as const;

/** Buckets of one block: a day has 1,440 minutes, a month 744 hours. Three values of each fit a column. */
export const rollupBucketsMax = 2_048;

/** Most bytes of the column of one series: what a reader lets inflate make of it. */
export function rollupColumnBytesMax(bucketCount: number): number {
  return bucketCount * 32 + 4 * (columnOverheadBytes + varintBytesMax);
}

/** The values of one series, a slot for each bucket of the block. */
export interface RollupColumns {
  /** NaN where the count is 0. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly count: Float64Array;
}

/**
 * The columns of one series on a block of `bucketCount` buckets. The caller owns the result. Throws DecodeError for
 * anything that is not exactly such a column.
 */
export function decodeRollupColumn(bytes: Uint8Array, bucketCount: number): RollupColumns {
  if (!Number.isInteger(bucketCount) || bucketCount < 1 || bucketCount > rollupBucketsMax)
    throw new DecodeError(`Cannot decode rollup column: buckets are 1..${rollupBucketsMax}: got ${bucketCount}`);
  const reader = new ByteReader(bytes);
  const head = reader.readByte();
  if (head >> 4 !== rollupColumnVersion)
    throw new DecodeError(`Cannot decode rollup column: its version must be ${rollupColumnVersion}: got ${head >> 4}`);
  const kind = head & 15;
  if (kind === rollupColumnKinds.empty) {
    reader.end();
    return emptyColumns(bucketCount);
  }
  if (kind > rollupColumnKinds.chained)
    throw new DecodeError(`Cannot decode rollup column: its kind must be known: got ${kind}`);

  const count = readPart(reader, new Float64Array(bucketCount));
  const filled = checkCounts(count);
  const values = new Float64Array(filled * 3);
  if (kind === rollupColumnKinds.constant) decodeConstant(reader, { values, count, filled });
  else if (kind === rollupColumnKinds.plain) {
    readPart(reader, values.subarray(0, filled));
    readPart(reader, values.subarray(filled, filled * 2));
    readPart(reader, values.subarray(filled * 2));
  } else decodeScaled(reader, { values, count, filled }, { chained: kind === rollupColumnKinds.chained });
  reader.end();
  return spread(values, count);
}

/** A column behind its length. */
function readPart(reader: ByteReader, target: Float64Array): Float64Array {
  const length = reader.readVarint();
  if (length > reader.left)
    throw new DecodeError(`Cannot decode rollup column: a part has at most ${reader.left} bytes: got ${length}`);
  decodeColumn(reader.bytes.subarray(reader.at, reader.at + length), target);
  reader.at += length;
  return target;
}

/** How many buckets hold something. */
function checkCounts(count: Float64Array): number {
  let filled = 0;
  for (const each of count) {
    if (!Number.isSafeInteger(each) || each < 0)
      throw new DecodeError(`Cannot decode rollup column: counts are whole numbers from 0: got ${each}`);
    if (each > 0) filled += 1;
  }
  if (filled === 0) throw new DecodeError('Cannot decode rollup column: some bucket must hold something: got none');
  return filled;
}

interface Place {
  /** Least, greatest and sum of the buckets that hold something, one after the other. */
  readonly values: Float64Array;
  readonly count: Float64Array;
  readonly filled: number;
}

function decodeConstant(reader: ByteReader, { values, count, filled }: Place): void {
  const value = readPart(reader, new Float64Array(1))[0]!;
  values.fill(value, 0, filled * 2);
  let at = filled * 2;
  for (const each of count) if (each > 0) values[at++] = each * value + 0;
}

function decodeScaled(reader: ByteReader, place: Place, kind: { readonly chained: boolean }): void {
  const { values, count, filled } = place;
  const scaleByte = reader.readByte();
  const scale = scaleByte & ~exceptionsFlag;
  checkScale(scale);
  const least = readPart(reader, values.subarray(0, filled));
  const greatest = readPart(reader, values.subarray(filled, filled * 2));
  const sums = readPart(reader, values.subarray(filled * 2));
  let before = 0;
  let at = 0;
  for (const each of count) {
    if (each === 0) continue;
    const low = least[at]! + before;
    const high = greatest[at]! + low;
    const sum = sums[at]! + each * low;
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || !Number.isSafeInteger(sum))
      throw new DecodeError(`Cannot decode rollup column: scaled values are whole: got ${low}, ${high} and ${sum}`);
    least[at] = low;
    greatest[at] = high;
    sums[at] = sum;
    if (kind.chained) before = high;
    at += 1;
  }
  applyScale(values, 0, scale);
  if (scaleByte >= exceptionsFlag) readExceptions(reader, { target: values, words: bitsOf(values), from: 0 });
}

/** Sets the values of the buckets that hold something to their places. */
function spread(values: Float64Array, count: Float64Array): RollupColumns {
  const filled = values.length / 3;
  const columns = { ...emptyColumns(count.length), count };
  let at = 0;
  for (let bucket = 0; bucket < count.length; bucket += 1) {
    if (count[bucket] === 0) continue;
    columns.min[bucket] = values[at]!;
    columns.max[bucket] = values[filled + at]!;
    columns.sum[bucket] = values[filled * 2 + at]!;
    at += 1;
  }
  return columns;
}

function emptyColumns(bucketCount: number): RollupColumns {
  return {
    min: new Float64Array(bucketCount).fill(Number.NaN),
    max: new Float64Array(bucketCount).fill(Number.NaN),
    sum: new Float64Array(bucketCount).fill(Number.NaN),
    count: new Float64Array(bucketCount),
  };
}

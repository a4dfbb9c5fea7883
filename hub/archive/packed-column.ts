/**
 * The entropy coder around a column of a chunk, outside `core/`: raw deflate (RFC 1951) where that is shorter, else
 * the column as it is. The layout byte by byte is in `docs/storage.md`.
 *
 * A packed column begins with a byte whose high half is 2, which no column begins with (`core/column.ts` has 1,
 * `core/rollup-column.ts` 3), so each column says itself how it is kept. The head of a chunk is never packed.
 *
 * Hot path of compaction (`packed-column.bench.ts`). Columns of doubles that no encoding gives and that
 * do not repeat are nearly all noise: they are turned into byte planes, of which deflate stores the noisy ones as
 * they are, at a third of the cost of looking for matches that are not there.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { columnKinds, columnVersion } from '#core/column.ts';
import { DecodeError } from '#core/errors.ts';

/** First byte of a column that is deflated as it is, and of the values of a raw column deflated as byte planes. */
export const deflatedMark = 0x20;
export const planesMark = 0x21;

const rawColumn = (columnVersion << 4) | columnKinds.raw;
/** Shorter columns are constants and the like: deflate has some bytes and 7 µs of its own. */
const packBytesMin = 24;
/** As small as 6 within 0.5 % on the recorded hour, and at most 180 ns a sample where 6 takes 360 (docs/storage.md). */
const deflateLevel = 5;
/** Values of a raw column that are looked at for repeats, and how many of them may repeat in noise. */
const lookedMax = 512;
const noiseRepeatsMax = 16;

/** The shorter of the column and its deflated form. The result may be `column` itself. */
export function packColumn(column: Uint8Array): Uint8Array {
  const length = column.byteLength;
  if (length < packBytesMin) return column;
  if (column[0] === rawColumn && isNoise(column)) {
    const planes = toPlanes(column.subarray(1));
    const deflated = deflateRawSync(planes, { strategy: constants.Z_RLE, chunkSize: Math.max(64, length) });
    return shorter(column, planesMark, deflated);
  }
  // A chunk of output as large as the input holds all that is worth keeping.
  const deflated = deflateRawSync(column, { level: deflateLevel, chunkSize: Math.max(64, length) });
  return shorter(column, deflatedMark, deflated);
}

/**
 * The column of at most `bytesMax` bytes. Throws DecodeError when it is damaged; memory taken is bounded by
 * `bytesMax`. The result may be `packed` itself.
 */
export function unpackColumn(packed: Uint8Array, bytesMax: number): Uint8Array {
  const mark = packed[0];
  if (mark === deflatedMark) return inflate(packed, bytesMax);
  if (mark === planesMark) return fromPlanes(inflate(packed, bytesMax - 1));
  if (packed.byteLength > bytesMax)
    throw new DecodeError(`Cannot unpack column: it has at most ${bytesMax} bytes: got ${packed.byteLength}`);
  return packed;
}

function shorter(column: Uint8Array, mark: number, deflated: Uint8Array): Uint8Array {
  if (deflated.byteLength + 1 >= column.byteLength) return column;
  const packed = new Uint8Array(deflated.byteLength + 1);
  packed[0] = mark;
  packed.set(deflated, 1);
  return packed;
}

function inflate(packed: Uint8Array, bytesMax: number): Uint8Array {
  const deflated = packed.subarray(1);
  let result: Inflated;
  try {
    // With `info` it also says how much was read, which the types of Node do not know.
    result = inflateRawSync(deflated, { maxOutputLength: bytesMax, info: true }) as unknown as Inflated;
  } catch (error) {
    throw new DecodeError(
      `Cannot unpack column: it must be deflate of at most ${bytesMax} bytes: got ${String(error)}`,
    );
  }
  if (result.engine.bytesWritten !== deflated.byteLength)
    throw new DecodeError(
      `Cannot unpack column: deflate must end with it, at ${deflated.byteLength}: got ${result.engine.bytesWritten}`,
    );
  return result.buffer;
}

interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** Whether hardly any value of a raw column has its lowest 24 bits from another one before. */
function isNoise(raw: Uint8Array): boolean {
  const seen = new Uint32Array(1_024);
  const end = Math.min(raw.byteLength, 1 + lookedMax * 8);
  let repeats = 0;
  for (let at = 1; at < end; at += 8) {
    const low = (raw[at]! | (raw[at + 1]! << 8) | (raw[at + 2]! << 16)) + 1;
    const slot = (low ^ (low >> 10)) & 1_023;
    if (seen[slot] === low) repeats += 1;
    seen[slot] = low;
  }
  return repeats <= noiseRepeatsMax;
}

/** The lowest byte of all values, then the next of all values, up to the highest. */
function toPlanes(values: Uint8Array): Uint8Array {
  const count = values.byteLength / 8;
  const planes = new Uint8Array(values.byteLength);
  for (let byte = 0; byte < 8; byte += 1) {
    const plane = byte * count;
    for (let index = 0; index < count; index += 1) planes[plane + index] = values[index * 8 + byte]!;
  }
  return planes;
}

/** The raw column of which `planes` are the values. */
function fromPlanes(planes: Uint8Array): Uint8Array {
  if (planes.byteLength % 8 !== 0)
    throw new DecodeError(`Cannot unpack column: byte planes are eight alike: got ${planes.byteLength} bytes`);
  const count = planes.byteLength / 8;
  const column = new Uint8Array(1 + planes.byteLength);
  column[0] = rawColumn;
  for (let byte = 0; byte < 8; byte += 1) {
    const plane = byte * count;
    for (let index = 0; index < count; index += 1) column[1 + index * 8 + byte] = planes[plane + index]!;
  }
  return column;
}

/**
 * Whole numbers as LEB128 varints (seven bits a byte, least significant first, the top bit says that more
 * follows) and the two ends that every format of ours writes to and reads from.
 *
 * Numbers are doubles that hold whole values up to 2^53, so no BigInt is made on the way. The reader
 * trusts nothing: it stops at the end of its bytes and refuses what no writer of ours makes.
 */
import { DecodeError } from './errors.ts';

/** Bytes of the longest varint: 8 × 7 = 56 bits hold 2^53. */
export const varintBytesMax = 8;

/** Bytes of a varint below 2^32, by the number of leading zero bits: `varintLengths[Math.clz32(value)]`. */
export const varintLengths: Uint8Array = Uint8Array.from({ length: 33 }, (_, zeros) =>
  Math.max(1, Math.ceil((32 - zeros) / 7)),
);

/** Bytes that `writeVarint` takes for a whole number in 0..2^53. */
export function varintLength(value: number): number {
  if (value < 4_294_967_296) return varintLengths[Math.clz32(value)]!;
  return 4 + varintLengths[Math.clz32(value / 268_435_456)]!;
}

/** Writes a whole number in 0..2^53 and returns the place after it. The bytes must have room. */
export function writeVarint(bytes: Uint8Array, place: number, value: number): number {
  let at = place;
  let rest = value;
  while (rest >= 4_294_967_296) {
    bytes[at] = (rest % 128) | 128;
    at += 1;
    rest = Math.floor(rest / 128);
  }
  let low = rest >>> 0;
  while (low >= 128) {
    bytes[at] = (low & 127) | 128;
    at += 1;
    low >>>= 7;
  }
  bytes[at] = low;
  return at + 1;
}

/** Folds the sign in, so that small numbers of both signs are short: 0, −1, 1, −2 become 0, 1, 2, 3. */
export function toZigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function fromZigzag(folded: number): number {
  return folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
}

/** Bytes that grow. `bytes` is replaced by a larger array when `reserve` needs one: do not hold on to it. */
export class ByteSink {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 4_096) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `extra` bytes behind `length`. */
  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.byteLength) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.byteLength * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** What was written so far; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** A place in bytes that came from elsewhere. Each read checks the end first. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.byteLength - this.at;
  }

  readByte(): number {
    if (this.at >= this.bytes.byteLength) throw endedEarly();
    const byte = this.bytes[this.at]!;
    this.at += 1;
    return byte;
  }

  /** A whole number in 0..2^53. */
  readVarint(): number {
    let value = 0;
    let weight = 1;
    for (let index = 0; index < varintBytesMax; index += 1) {
      const byte = this.readByte();
      value += (byte & 127) * weight;
      if (byte < 128) {
        if (byte === 0 && index > 0)
          throw new DecodeError('Cannot decode varint: the last byte must not be empty: got 0');
        if (value > 2 ** 53) break;
        return value;
      }
      weight *= 128;
    }
    throw new DecodeError(`Cannot decode varint: it must be at most 2^53: got more at byte ${this.at}`);
  }

  /** An unsigned 32-bit number, little-endian. */
  readUint32(): number {
    if (this.left < 4) throw endedEarly();
    const { bytes, at } = this;
    this.at += 4;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  /** A float64, little-endian. A NaN may lose its payload. */
  readFloat64(): number {
    if (this.left < 8) throw endedEarly();
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).getFloat64(0, true);
    this.at += 8;
    return value;
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.left !== 0) throw new DecodeError(`Cannot decode bytes: none may be left over: got ${this.left}`);
  }
}

function endedEarly(): DecodeError {
  return new DecodeError('Cannot decode bytes: more must follow: got the end');
}

/** Writes an unsigned 32-bit number, little-endian, and returns the place after it. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
  return at + 4;
}

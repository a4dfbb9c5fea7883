/**
 * One series over consecutive ticks as bytes: the format's constants and the decoder. The encoder is
 * `column-encoder.ts`; the layout byte by byte is in `docs/storage.md`.
 *
 * Hot path (`bench/micro/column.bench.ts`): no closure and no allocation per sample. Every double comes
 * back bit for bit. An engine may change the payload of a NaN that passes through a number, so raw bits
 * are only moved through the integer view of a column.
 *
 * The bytes may be damaged or hostile: nothing is sized by a number in them, the work is bounded by the
 * number of ticks that the caller asks for, and what does not fit exactly is a DecodeError.
 */
import { DecodeError } from './errors.ts';
import { ByteReader, fromZigzag } from './varint.ts';

/** High half of the first byte of each column. */
export const columnVersion = 1;

/** Low half of the first byte. From `scaled` on the low three bits are: order (two bits), then whether zeros are folded. */
export const columnKinds = { constant: 0, raw: 1, sparse: 2, scaled: 8 } as const;
/** Orders of prediction: the base, the value before, the line through the two before; or (`steps`) a double that steps are added to. */
export const columnOrders = { base: 0, difference: 1, line: 2, steps: 3 } as const;

/** Sparse columns inside one another: one for each of the three absences and one for any other NaN. */
export const sparseDepthMax = 4;

/** Largest decimal exponent of a scale: 10^-9 is a nanosecond in seconds. */
export const decimalsMax = 9;
/** Scale bytes: 0..31 is 2^n; 32 + n divides by 10^n; 48 + n multiplies by the double nearest to 10^-n. */
export const scaleDivide = 32;
export const scaleMultiply = 48;
/** Set in the scale byte when exceptions follow the residues. */
export const exceptionsFlag = 128;

/** An exception that is this many units in the last place away, or fewer, is stored as that difference. */
export const nearMax = 62;
/** Second byte of an exception, beside 0..124 for the zigzag difference: −0, or eight bytes that follow. */
export const exceptionNegativeZero = 126;
export const exceptionRaw = 127;

/** 1.5 × 2^52: adding and subtracting it rounds a double below 2^51 to a whole number, ties to even. */
export const roundingMagic = 6_755_399_441_055_744;
/** Whole numbers stay within 2^51, so that zigzag differences stay within 2^53. */
export const wholeMax: number = 2 ** 51;

/** 10^n, exact as doubles. */
export const powersOfTen: Float64Array = Float64Array.of(1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9);
/** The doubles nearest to 10^-n: what a collector multiplies by when it turns milliseconds into seconds. */
export const inversePowersOfTen: Float64Array = Float64Array.of(
  1,
  1e-1,
  1e-2,
  1e-3,
  1e-4,
  1e-5,
  1e-6,
  1e-7,
  1e-8,
  1e-9,
);

/** The two halves of each double as signed 32-bit numbers, which the engine keeps in registers. Shares the memory. */
export function bitsOf(column: Float64Array): Int32Array {
  return new Int32Array(column.buffer, column.byteOffset, column.length * 2);
}

/** Place of the low 32-bit word of a double in memory on this machine: 0, or 1 when it is big-endian. */
export const lowWord: 0 | 1 = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
export const highWord: 0 | 1 = lowWord === 0 ? 1 : 0;
/** High word of the three NaNs that mean "no value"; the low word is 1, 2 or 3 (`absence.ts`). */
export const absenceHighWord = 0x7ff80000;

/**
 * Fills `target` from the bytes of one column; its length says how many ticks there must be. `words` is
 * `bitsOf(target)`, which a caller with many columns makes once. Throws DecodeError for anything that is
 * not exactly such a column; `target` then holds rubbish.
 */
export function decodeColumn(bytes: Uint8Array, target: Float64Array, words: Int32Array = bitsOf(target)): void {
  const reader = new ByteReader(bytes);
  decodeFrom(reader, { target, words, from: 0, depth: 0 });
  reader.end();
}

interface Place {
  readonly target: Float64Array;
  readonly words: Int32Array;
  /** The values fill `target` from here to its end. */
  readonly from: number;
  readonly depth: number;
}

function decodeFrom(reader: ByteReader, place: Place): void {
  const head = reader.readByte();
  if (head >> 4 !== columnVersion)
    throw new DecodeError(`Cannot decode column: its version must be ${columnVersion}: got ${head >> 4}`);
  const kind = head & 15;
  if (kind === columnKinds.constant) decodeConstant(reader, place);
  else if (kind === columnKinds.raw) decodeRaw(reader, place);
  else if (kind === columnKinds.sparse) decodeSparse(reader, place);
  else if (kind >= columnKinds.scaled) decodeScaled(reader, place, kind & 7);
  else throw new DecodeError(`Cannot decode column: its kind must be known: got ${kind}`);
}

/** One value: its bytes most significant first, trailing zero bytes left out. */
function decodeConstant(reader: ByteReader, { words, target, from }: Place): void {
  const count = reader.left;
  if (count > 8) throw new DecodeError(`Cannot decode column: a constant has at most 8 bytes: got ${count}`);
  let high = 0;
  let low = 0;
  let last = 1;
  for (let index = 0; index < count; index += 1) {
    last = reader.readByte();
    if (index < 4) high |= last << (24 - 8 * index);
    else low |= last << (56 - 8 * index);
  }
  if (last === 0) throw new DecodeError('Cannot decode column: a constant must not end in a zero byte: got 0');
  fillWords(words, { from, to: target.length, low, high });
}

function decodeRaw(reader: ByteReader, { words, target, from }: Place): void {
  const expected = (target.length - from) * 8;
  if (reader.left !== expected)
    throw new DecodeError(`Cannot decode column: raw values take ${expected} bytes: got ${reader.left}`);
  const { bytes } = reader;
  let at = reader.at;
  for (let place = from * 2; place < words.length; place += 2) {
    words[place + lowWord] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    words[place + highWord] = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
    at += 8;
  }
  reader.at = at;
}

/**
 * One NaN, where it stands, and the other values as a column of their own. That column is decoded into
 * the end of the target and then moved forward: reading never falls behind writing.
 */
function decodeSparse(reader: ByteReader, { target, words, from, depth }: Place): void {
  if (depth >= sparseDepthMax)
    throw new DecodeError(
      `Cannot decode column: at most ${sparseDepthMax} sparse columns lie in one another: got more`,
    );
  const code = reader.readByte();
  if (code > 3) throw new DecodeError(`Cannot decode column: the code of a NaN is 0..3: got ${code}`);
  const low = code === 0 ? reader.readUint32() : code;
  const high = code === 0 ? reader.readUint32() : absenceHighWord;

  const runsAt = reader.at;
  const count = target.length - from;
  let seen = 0;
  let present = 0;
  while (seen < count) {
    const shown = reader.readVarint();
    const hidden = reader.readVarint();
    const times = reader.readVarint();
    // Each number is at most 2^53, so the product is off by little and far too large where it is off at all.
    const covered = (shown + hidden) * times;
    if (covered === 0 || covered > count - seen)
      throw new DecodeError(`Cannot decode column: runs must cover 1..${count - seen} ticks: got ${covered}`);
    seen += covered;
    present += shown * times;
  }
  if (present === 0 || present === count)
    throw new DecodeError(`Cannot decode column: a sparse column has 1..${count - 1} values: got ${present}`);

  let read = target.length - present;
  const after = new ByteReader(reader.bytes);
  after.at = reader.at;
  decodeFrom(after, { target, words, from: read, depth: depth + 1 });
  const end = after.at;

  reader.at = runsAt;
  for (let write = from; write < target.length; ) {
    const shown = reader.readVarint();
    const hidden = reader.readVarint();
    for (let times = reader.readVarint(); times > 0; times -= 1) {
      words.copyWithin(write * 2, read * 2, (read + shown) * 2);
      read += shown;
      write += shown;
      fillWords(words, { from: write, to: write + hidden, low, high });
      write += hidden;
    }
  }
  reader.at = end;
}

function fillWords(
  words: Int32Array,
  fill: { readonly from: number; readonly to: number; readonly low: number; readonly high: number },
): void {
  const { low, high } = fill;
  for (let at = fill.from * 2; at < fill.to * 2; at += 2) {
    words[at + lowWord] = low;
    words[at + highWord] = high;
  }
}

/** Whole numbers that a scale turns into the values, and the values that no whole number gives. */
function decodeScaled(reader: ByteReader, place: Place, flags: number): void {
  const { target, from } = place;
  const order = flags >> 1;
  const folded = (flags & 1) === 1;
  const scaleByte = reader.readByte();
  const scale = scaleByte & ~exceptionsFlag;
  checkScale(scale);
  if (order === columnOrders.steps) {
    decodeSteps(reader, place, { scaleByte, folded });
    return;
  }
  const base = fromZigzag(reader.readVarint());
  readResidues(reader, { target, from, order, folded, base });
  applyScale(target, from, scale);
  if (scaleByte >= exceptionsFlag) readExceptions(reader, place);
}

/** A double, and steps of which each leads to the next value: added one by one, as a counter adds. */
function decodeSteps(
  reader: ByteReader,
  { target, words, from }: Place,
  head: { readonly scaleByte: number; readonly folded: boolean },
): void {
  const decimals = (head.scaleByte & ~exceptionsFlag) - scaleDivide;
  if (decimals > decimalsMax || (decimals < 0 && decimals !== -scaleDivide))
    throw new DecodeError(
      `Cannot decode column: steps are whole or have decimals: got scale ${decimals + scaleDivide}`,
    );
  const base = reader.readFloat64();
  if (!Number.isFinite(base)) throw new DecodeError(`Cannot decode column: steps begin at a number: got ${base}`);
  readResidues(reader, { target, from: from + 1, order: columnOrders.steps, folded: head.folded, base: 0 });

  const divisor = decimals < 0 ? 1 : powersOfTen[decimals]!;
  let left = head.scaleByte >= exceptionsFlag ? readExceptionCount(reader, target.length - from) : 0;
  let value = base;
  target[from] = base;
  let index = from + 1;
  for (let exceptionFrom = from; ; exceptionFrom = index) {
    const stop = left > 0 ? exceptionFrom + reader.readVarint() : target.length;
    if (stop < index || stop > target.length - Math.sign(left))
      throw new DecodeError(
        `Cannot decode column: an exception stands at a later tick of the column: got ${stop - from}`,
      );
    for (; index < stop; index += 1) target[index] = value += target[index]! / divisor;
    if (left === 0) return;
    readException(reader, words, index);
    value = target[index]!;
    index += 1;
    left -= 1;
  }
}

/** Throws DecodeError unless the scale byte, without the flag, is one of those there are. */
export function checkScale(scale: number): void {
  const decimals = scale & 15;
  if (scale >= scaleDivide && (scale > scaleMultiply + decimalsMax || decimals > decimalsMax || decimals === 0))
    throw new DecodeError(`Cannot decode column: its scale must be known: got ${scale}`);
}

/** Turns whole numbers from `from` to the end of `target` into the values that a checked scale makes of them. */
export function applyScale(target: Float64Array, from: number, scale: number): void {
  if (scale >= scaleMultiply) {
    const factor = inversePowersOfTen[scale & 15]!;
    for (let index = from; index < target.length; index += 1) target[index] = target[index]! * factor;
  } else if (scale >= scaleDivide) {
    const divisor = powersOfTen[scale & 15]!;
    for (let index = from; index < target.length; index += 1) target[index] = target[index]! / divisor;
  } else if (scale > 0) {
    const factor = 2 ** scale;
    for (let index = from; index < target.length; index += 1) target[index] = target[index]! * factor;
  }
}

/**
 * Order 0: each number is the base plus its residue. Order 1: the base, then zigzag differences. Order 2:
 * the base, then zigzag differences of differences. Steps: the zigzag numbers as they are. Where zeros are folded, a 0 is followed by how many
 * further zeros it stands for.
 */
function readResidues(
  reader: ByteReader,
  shape: {
    readonly target: Float64Array;
    readonly from: number;
    readonly order: number;
    readonly folded: boolean;
    readonly base: number;
  },
): void {
  const { target, from, order, folded } = shape;
  const { bytes } = reader;
  const end = target.length;
  let value = shape.base;
  let step = 0;
  let index = from;
  if (order === columnOrders.difference || order === columnOrders.line) {
    target[index] = value;
    index += 1;
  }
  let at = reader.at;
  while (index < end) {
    // One to three bytes are read here; what is longer, or runs over the end, is left to the reader, which
    // checks. Past the end a byte is undefined: it compares as false and shifts as 0.
    let residue = bytes[at]!;
    if (residue < 128) at += 1;
    else {
      const second = bytes[at + 1]!;
      const third = bytes[at + 2]!;
      if (second < 128 && second > 0) {
        residue = (residue & 127) | (second << 7);
        at += 2;
      } else if (second >= 128 && third < 128 && third > 0) {
        residue = (residue & 127) | ((second & 127) << 7) | (third << 14);
        at += 3;
      } else {
        reader.at = at;
        residue = reader.readVarint();
        at = reader.at;
      }
    }
    let times = 1;
    if (folded && residue === 0) {
      reader.at = at;
      times += reader.readVarint();
      at = reader.at;
      if (times > end - index)
        throw new DecodeError(`Cannot decode column: at most ${end - index} zeros may follow: got ${times}`);
    }
    if (order === columnOrders.base) {
      const sum = value + residue;
      for (; times > 0; times -= 1) target[index++] = sum;
    } else {
      const change = residue < 0x4000_0000 ? (residue >>> 1) ^ -(residue & 1) : fromZigzag(residue);
      if (order === columnOrders.steps) for (; times > 0; times -= 1) target[index++] = change;
      for (; times > 0; times -= 1) {
        step = order === columnOrders.difference ? change : step + change;
        value += step;
        target[index++] = value;
      }
    }
  }
  reader.at = at;
}

/** Sets the values from `from` to the end of `target` that its scale does not give. `words` is `bitsOf(target)`. */
export function readExceptions(
  reader: ByteReader,
  { target, words, from }: Pick<Place, 'target' | 'words' | 'from'>,
): void {
  let index = from - 1;
  for (let left = readExceptionCount(reader, target.length - from); left > 0; left -= 1) {
    index += 1 + reader.readVarint();
    if (index >= target.length)
      throw new DecodeError(`Cannot decode column: an exception stands at a tick of the column: got ${index - from}`);
    readException(reader, words, index);
  }
}

function readExceptionCount(reader: ByteReader, countMax: number): number {
  const count = reader.readVarint();
  if (count === 0 || count > countMax)
    throw new DecodeError(`Cannot decode column: exceptions are 1..${countMax}: got ${count}`);
  return count;
}

/** Sets the value at `index`, which holds what the scale gives. */
function readException(reader: ByteReader, words: Int32Array, index: number): void {
  const code = reader.readByte();
  const at = index * 2;
  if (code === exceptionRaw) {
    words[at + lowWord] = reader.readUint32();
    words[at + highWord] = reader.readUint32();
  } else if (code === exceptionNegativeZero) {
    words[at + lowWord] = 0;
    words[at + highWord] = 0x80000000;
  } else if (code <= nearMax * 2) {
    const low = (words[at + lowWord]! >>> 0) + fromZigzag(code);
    words[at + lowWord] = low;
    words[at + highWord] = words[at + highWord]! + Math.floor(low / 4_294_967_296);
  } else throw new DecodeError(`Cannot decode column: the code of an exception is known: got ${code}`);
}

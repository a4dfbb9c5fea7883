/**
 * Writes one series over consecutive ticks as a column (`column.ts` reads it, `docs/storage.md` describes it).
 *
 * Hot path (`bench/micro/column.bench.ts`): the storage thread encodes millions of samples a second, so
 * scratch memory is owned here and reused, and nothing is allocated per sample.
 *
 * A column is taken as: constant; else, if it holds a NaN, sparse around the first one; else whole numbers
 * times the coarsest scale that gives the values back, predicted by a constant, by the value before or by
 * the line through the two before, whatever is shortest; else as steps from value to value; else raw. No column is longer than raw by more
 * than `columnOverheadBytes`.
 */
import {
  absenceHighWord,
  bitsOf,
  columnKinds,
  columnOrders,
  columnVersion,
  exceptionRaw,
  exceptionsFlag,
  highWord,
  lowWord,
  sparseDepthMax,
} from './column.ts';
import { ColumnScale } from './column-scale.ts';
import { ColumnSteps } from './column-steps.ts';
import { assert } from './errors.ts';
import { blockTicksMax } from './limits.ts';
import { type ByteSink, toZigzag, varintLength, varintLengths, writeUint32, writeVarint } from './varint.ts';

/** Kind bytes, and for each of four nested sparse columns its NaN: a run never takes more than the values that it leaves out. */
export const columnOverheadBytes = 64;

/** Where the values of one column stand: `values[first + tick × stride]`. */
export interface ColumnSource {
  /** `bitsOf` the memory that holds the values. */
  readonly words: Int32Array;
  readonly first: number;
  readonly stride: number;
  /** 1..8,192. */
  readonly count: number;
}

/** Differences of differences need one bit more than differences, so the whole numbers may span half. */
const secondOrderSpanMax = 2 ** 50;

/** Of a column twice as long the orders that are a tenth behind in its first ticks are not tried on all of them. */
const sampleTicks = 256;

export class ColumnEncoder {
  readonly #values = new Float64Array(blockTicksMax);
  readonly #words = bitsOf(this.#values);
  readonly #scale = new ColumnScale(this.#values);
  /** Residues by order: what is left of the whole numbers after the prediction, as numbers from 0 up. */
  readonly #residues = [0, 1, 2].map(() => new Float64Array(blockTicksMax));
  readonly #steps = new ColumnSteps(this.#values);
  readonly #sampledLengths = new Float64Array(3);
  /** The order that `#chooseOrder` chose, and whether folding zeros is shorter in it. */
  #order = 0;
  #folds = false;
  /** Set by `#predict`: whether folding zeros is shorter. */
  #triedFolds = false;

  /** Appends one column to `target` and returns how many of its values are numbers: all but the NaNs. */
  encode(target: ByteSink, source: ColumnSource): number {
    const { words, count } = source;
    assert(count >= 1 && count <= blockTicksMax, 'a column has 1..8,192 values');
    target.reserve(count * 8 + columnOverheadBytes);

    const own = this.#words;
    const skip = source.stride * 2;
    let lowAt = source.first * 2 + lowWord;
    let highAt = source.first * 2 + highWord;
    const firstLow = words[lowAt]!;
    const firstHigh = words[highAt]!;
    const ownEnd = count * 2;
    let ownLowAt: number = lowWord;
    let different = 0;
    let special = 0;
    for (let ownHighAt: number = highWord; ownHighAt < ownEnd; ownHighAt += 2) {
      const low = words[lowAt]!;
      const high = words[highAt]!;
      own[ownLowAt] = low;
      own[ownHighAt] = high;
      different |= (low ^ firstLow) | (high ^ firstHigh);
      // An exponent of all ones carries into the sign bit: NaN or infinite.
      special |= ((high & 0x7fffffff) + 0x00100000) | 0;
      lowAt += skip;
      highAt += skip;
      ownLowAt += 2;
    }
    if (different === 0) {
      this.#writeConstant(target);
      return isNan(firstLow, firstHigh) ? 0 : count;
    }
    if (special >= 0) {
      this.#encodeNumbers(target, count);
      return count;
    }
    return this.#encodeSpecial(target, count);
  }

  #encodeSpecial(target: ByteSink, count: number): number {
    let left = count;
    for (let depth = 0; depth < sparseDepthMax; depth += 1) {
      const nanAt = this.#firstNan(left);
      if (nanAt < 0) break;
      left = this.#writeSparse(target, left, nanAt);
      if (this.#isConstant(left)) {
        this.#writeConstant(target);
        return this.#numberCount(left);
      }
    }
    this.#encodeNumbers(target, left);
    return this.#numberCount(left);
  }

  #firstNan(count: number): number {
    for (let index = 0; index < count; index += 1) {
      if (isNan(this.#words[index * 2 + lowWord]!, this.#words[index * 2 + highWord]!)) return index;
    }
    return -1;
  }

  #numberCount(count: number): number {
    let nans = 0;
    for (let index = 0; index < count; index += 1) {
      if (isNan(this.#words[index * 2 + lowWord]!, this.#words[index * 2 + highWord]!)) nans += 1;
    }
    return count - nans;
  }

  #isConstant(count: number): boolean {
    const words = this.#words;
    let different = 0;
    for (let at = 2; at < count * 2; at += 2) different |= (words[at]! ^ words[0]!) | (words[at + 1]! ^ words[1]!);
    return different === 0;
  }

  #writeConstant(target: ByteSink): void {
    const { bytes } = target;
    const low = this.#words[lowWord]!;
    const high = this.#words[highWord]!;
    bytes[target.length] = (columnVersion << 4) | columnKinds.constant;
    let at = target.length + 1;
    let last = at;
    for (let index = 0; index < 8; index += 1) {
      const byte = index < 4 ? (high >>> (24 - 8 * index)) & 255 : (low >>> (56 - 8 * index)) & 255;
      bytes[at] = byte;
      at += 1;
      if (byte !== 0) last = at;
    }
    target.length = last;
  }

  #writeRaw(target: ByteSink, count: number): void {
    const { bytes } = target;
    const words = this.#words;
    bytes[target.length] = (columnVersion << 4) | columnKinds.raw;
    let at = target.length + 1;
    for (let place = 0; place < count * 2; place += 2) {
      at = writeUint32(bytes, at, words[place + lowWord]!);
      at = writeUint32(bytes, at, words[place + highWord]!);
    }
    target.length = at;
  }

  /** Writes where the NaN at `nanAt` stands, closes the ranks of the others and returns how many they are. */
  #writeSparse(target: ByteSink, count: number, nanAt: number): number {
    const { bytes } = target;
    const words = this.#words;
    const low = words[nanAt * 2 + lowWord]!;
    const high = words[nanAt * 2 + highWord]!;
    let at = target.length;
    bytes[at] = (columnVersion << 4) | columnKinds.sparse;
    if (high === absenceHighWord && low >= 1 && low <= 3) {
      bytes[at + 1] = low;
      at += 2;
    } else {
      bytes[at + 1] = 0;
      at = writeUint32(bytes, at + 2, low);
      at = writeUint32(bytes, at, high);
    }

    let left = 0;
    let index = 0;
    let pendingShown = 0;
    let pendingHidden = 0;
    let times = 0;
    while (index < count) {
      const shownFrom = left;
      while (index < count && (words[index * 2 + lowWord] !== low || words[index * 2 + highWord] !== high)) {
        words[left * 2] = words[index * 2]!;
        words[left * 2 + 1] = words[index * 2 + 1]!;
        left += 1;
        index += 1;
      }
      const hiddenFrom = index;
      while (index < count && words[index * 2 + lowWord] === low && words[index * 2 + highWord] === high) index += 1;
      const shown = left - shownFrom;
      const hidden = index - hiddenFrom;
      if (times > 0 && shown === pendingShown && hidden === pendingHidden) {
        times += 1;
        continue;
      }
      if (times > 0) at = writeRun(bytes, at, pendingShown, pendingHidden, times);
      pendingShown = shown;
      pendingHidden = hidden;
      times = 1;
    }
    target.length = writeRun(bytes, at, pendingShown, pendingHidden, times);
    return left;
  }

  #encodeNumbers(target: ByteSink, count: number): void {
    const scale = this.#scale;
    const steps = this.#steps;
    const rawBytes = count * 8;
    const scaledBytes = scale.quantize(count) ? this.#chooseOrder(count) : Number.POSITIVE_INFINITY;
    // Where a scale is right it has few exceptions, and values take few bytes: large numbers are near a fine one by chance.
    const isOdd = scaledBytes > rawBytes / 2 || scale.exceptionCount > (count >> 4) + 1;
    if (isOdd && steps.find(count) && steps.bytesMax < Math.min(scaledBytes, rawBytes)) this.#writeSteps(target, count);
    else if (scaledBytes < rawBytes) this.#writeScaled(target, count);
    else this.#writeRaw(target, count);
  }

  /** Finds the shortest prediction of the whole numbers and returns how many bytes they take at most. */
  #chooseOrder(count: number): number {
    const { wholes, wholesMin, wholesMax, exceptionBytesMax } = this.#scale;
    const orders = wholesMax - wholesMin > secondOrderSpanMax ? 2 : 3;
    let length = Number.POSITIVE_INFINITY;
    const promising = count > sampleTicks * 2 ? this.#promisingOrders(orders) : -1;
    for (let tried = 0; tried < orders; tried += 1) {
      if ((promising & (1 << tried)) === 0) continue;
      const triedLength = this.#predict(tried, count);
      // Among equals the first difference: its residues repeat more often, which deflate likes.
      if (triedLength < length || (tried === columnOrders.difference && triedLength === length)) {
        length = triedLength;
        this.#order = tried;
        this.#folds = this.#triedFolds;
      }
    }
    const base = this.#order === columnOrders.base ? wholesMin : wholes[0]!;
    // Two bytes of kind and scale, the base, at most two for the count of exceptions.
    return 2 + varintLength(toZigzag(base)) + length + (exceptionBytesMax > 0 ? 2 + exceptionBytesMax : 0);
  }

  /** One bit for each order that is not a tenth behind in the first ticks. */
  #promisingOrders(orders: number): number {
    const lengths = this.#sampledLengths;
    let least = Number.POSITIVE_INFINITY;
    for (let order = 0; order < orders; order += 1) {
      lengths[order] = this.#predict(order, sampleTicks);
      least = Math.min(least, lengths[order]!);
    }
    let promising = 0;
    for (let order = 0; order < orders; order += 1) if (lengths[order]! <= least * 1.1) promising |= 1 << order;
    return promising;
  }

  #writeScaled(target: ByteSink, count: number): void {
    const { wholes, wholesMin, scale, exceptionCount } = this.#scale;
    const { bytes } = target;
    const order = this.#order;
    const folds = this.#folds;
    bytes[target.length] = (columnVersion << 4) | columnKinds.scaled | (order << 1) | (folds ? 1 : 0);
    bytes[target.length + 1] = scale | (exceptionCount > 0 ? exceptionsFlag : 0);
    const isBase = order === columnOrders.base;
    const at = writeVarint(bytes, target.length + 2, toZigzag(isBase ? wholesMin : wholes[0]!));
    const residues = this.#residues[order]!.subarray(isBase ? 0 : 1, count);
    target.length = folds ? writeFolded(bytes, at, residues) : writeVarints(bytes, at, residues);
    if (exceptionCount > 0) writeExceptions(target, this.#scale, this.#words);
  }

  #writeSteps(target: ByteSink, count: number): void {
    const { residues, scale, folds, exceptionCount } = this.#steps;
    const { bytes } = target;
    bytes[target.length] = (columnVersion << 4) | columnKinds.scaled | (columnOrders.steps << 1) | (folds ? 1 : 0);
    bytes[target.length + 1] = scale | (exceptionCount > 0 ? exceptionsFlag : 0);
    let at = writeUint32(bytes, target.length + 2, this.#words[lowWord]!);
    at = writeUint32(bytes, at, this.#words[highWord]!);
    const written = residues.subarray(1, count);
    target.length = folds ? writeFolded(bytes, at, written) : writeVarints(bytes, at, written);
    if (exceptionCount > 0) writeExceptions(target, this.#steps, this.#words);
  }

  /** Fills the residues of one order and returns how many bytes they take, folded if that is shorter. */
  #predict(order: number, count: number): number {
    const { wholes, wholesMin } = this.#scale;
    const residues = this.#residues[order]!;
    let before = order === 0 ? wholesMin : wholes[0]!;
    let step = 0;
    let length = 0;
    let zeros = 0;
    let runs = 0;
    let residueBefore = 1;
    for (let index = order === 0 ? 0 : 1; index < count; index += 1) {
      const whole = wholes[index]!;
      let residue = whole - before;
      if (order > 0) {
        before = whole;
        if (order === 2) {
          const difference = residue;
          residue -= step;
          step = difference;
        }
        residue = residue < 0 ? -2 * residue - 1 : 2 * residue;
      }
      residues[index] = residue;
      length += residue < 4_294_967_296 ? varintLengths[Math.clz32(residue)]! : varintLength(residue);
      if (residue === 0) {
        zeros += 1;
        if (residueBefore !== 0) runs += 1;
      }
      residueBefore = residue;
    }
    // A folded run takes two bytes; the third beyond 128 zeros is left out, it never decides between orders.
    const saved = zeros - 2 * runs;
    this.#triedFolds = saved > 0;
    return this.#triedFolds ? length - saved : length;
  }
}

/** Appends the exceptions of a scale; `words` is `bitsOf` its values. The sink must have room for them. */
export function writeExceptions(
  target: ByteSink,
  scale: Pick<ColumnScale, 'exceptionCount' | 'exceptionTicks' | 'exceptionCodes'>,
  words: Int32Array,
): void {
  const { bytes } = target;
  const { exceptionCount, exceptionTicks, exceptionCodes } = scale;
  let at = writeVarint(bytes, target.length, exceptionCount);
  let next = 0;
  for (let index = 0; index < exceptionCount; index += 1) {
    const tick = exceptionTicks[index]!;
    const code = exceptionCodes[index]!;
    at = writeVarint(bytes, at, tick - next);
    next = tick + 1;
    bytes[at] = code;
    at += 1;
    if (code === exceptionRaw) {
      at = writeUint32(bytes, at, words[tick * 2 + lowWord]!);
      at = writeUint32(bytes, at, words[tick * 2 + highWord]!);
    }
  }
  target.length = at;
}

function writeVarints(bytes: Uint8Array, place: number, residues: Float64Array): number {
  let at = place;
  for (let index = 0; index < residues.length; index += 1) {
    const residue = residues[index]!;
    if (residue < 128) {
      bytes[at] = residue;
      at += 1;
    } else if (residue < 16_384) {
      bytes[at] = residue | 128;
      bytes[at + 1] = residue >> 7;
      at += 2;
    } else at = writeVarint(bytes, at, residue);
  }
  return at;
}

/** A run of zeros is a 0 and how many further zeros it stands for. */
function writeFolded(bytes: Uint8Array, place: number, residues: Float64Array): number {
  let at = place;
  for (let index = 0; index < residues.length; index += 1) {
    const residue = residues[index]!;
    at = writeVarint(bytes, at, residue);
    if (residue !== 0) continue;
    const first = index;
    while (index + 1 < residues.length && residues[index + 1] === 0) index += 1;
    at = writeVarint(bytes, at, index - first);
  }
  return at;
}

function writeRun(bytes: Uint8Array, place: number, shown: number, hidden: number, times: number): number {
  return writeVarint(bytes, writeVarint(bytes, writeVarint(bytes, place, shown), hidden), times);
}

function isNan(low: number, high: number): boolean {
  const magnitude = high & 0x7fffffff;
  return magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && low !== 0);
}

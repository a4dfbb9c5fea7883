/**
 * Finds whole numbers and one scale that give a column's values back bit for bit, for `column-encoder.ts`.
 * Hot path (`bench/micro/column.bench.ts`): nothing is allocated per sample.
 *
 * The scale is the coarsest of 10^0..10^-9 that gives each value exactly, or within a few units in the last
 * place: 0.1 + 0.2 is 0.3 and one unit. Those, −0, and a few values that no scale gives are exceptions.
 * Whole numbers are divided by the power of ten, since that is correctly rounded and gives what a parser of
 * decimal text gives; where multiplying by its inverse has fewer exceptions, that is used. Whole numbers
 * that share a power of two (memory in pages) are divided by it.
 */
import {
  bitsOf,
  decimalsMax,
  exceptionNegativeZero,
  exceptionRaw,
  highWord,
  inversePowersOfTen,
  lowWord,
  nearMax,
  powersOfTen,
  roundingMagic,
  scaleDivide,
  scaleMultiply,
  wholeMax,
} from './column.ts';
import { blockTicksMax } from './limits.ts';
import { toZigzag } from './varint.ts';

/** Nearness proves nothing among large whole numbers: at 2^44 noise is within 62 units of one by a chance of 1 in 4. */
const nearWholeMax = 2 ** 44;
/** 2^-47 of a value is 32 to 64 units in its last place; the exact number is then taken from the bits. */
const nearRatio = 2 ** -47;
/** Raw exceptions may be this many more than an eighth of the values seen: noise is known by its start. */
const rawBeyondEighth = 8;
/** High word of −0, as a signed number. */
const negativeZeroHighWord = -0x80000000;

export class ColumnScale {
  /** The column to work on; the first `count` of it are read. */
  readonly values: Float64Array;
  /** One whole number per value, after `quantize`. */
  readonly wholes = new Float64Array(blockTicksMax);
  /** Smallest and largest of the whole numbers. */
  wholesMin = 0;
  wholesMax = 0;
  /** The scale byte, without the flag. */
  scale = 0;
  /** Rising ticks of the values that the scale does not give, and the code of each. */
  readonly exceptionTicks = new Int32Array(blockTicksMax);
  readonly exceptionCodes = new Uint8Array(blockTicksMax);
  exceptionCount = 0;
  #rawCount = 0;

  readonly #words: Int32Array;
  readonly #pair = new Float64Array(1);
  readonly #pairWords = bitsOf(this.#pair);
  #decimals = 0;
  #multiplies = false;
  #retryDecimals = 0;

  constructor(values: Float64Array) {
    this.values = values;
    this.#words = bitsOf(values);
  }

  /** Most bytes that the exceptions take: a place of at most two, the code, and eight where it is raw. */
  get exceptionBytesMax(): number {
    return this.exceptionCount * 3 + this.#rawCount * 8;
  }

  /** Fills the whole numbers, the scale and the exceptions for the first `count` values. False: raw is better. */
  quantize(count: number): boolean {
    this.#decimals = 0;
    this.#multiplies = false;
    while (!this.#tryScale(count)) {
      if (this.#retryDecimals < 0) return false;
      this.#decimals = this.#retryDecimals;
    }
    if (this.exceptionCount > this.#rawCount && this.#decimals > 0) {
      const divided = this.exceptionCount;
      this.#multiplies = true;
      // Milliseconds × 0.001 is not always milliseconds / 1000: 1128 gives 1.1280000000000001.
      if (!this.#tryScale(count) || this.exceptionCount >= divided) {
        this.#multiplies = false;
        this.#tryScale(count);
      }
    }
    this.#shift(count);
    return true;
  }

  /** One pass at the chosen scale. False when `#retryDecimals` is better, or (−1) when nothing is. */
  #tryScale(count: number): boolean {
    const values = this.values;
    const wholes = this.wholes;
    const divisor = powersOfTen[this.#decimals]!;
    const factor = inversePowersOfTen[this.#decimals]!;
    const multiplies = this.#multiplies;
    const rawMax = (count >> 3) + 1;
    this.exceptionCount = 0;
    this.#rawCount = 0;
    let before = 0;
    for (let index = 0; index < count; index += 1) {
      const value = values[index]!;
      const whole = value * divisor + roundingMagic - roundingMagic;
      const back = multiplies ? whole * factor : whole / divisor;
      if (back === value && whole <= wholeMax && whole >= -wholeMax && (whole !== 0 || 1 / value > 0)) {
        wholes[index] = before = whole;
        continue;
      }
      const code = this.#exceptionCode(index, whole, back);
      if (code === exceptionRaw) {
        if (!multiplies) {
          this.#retryDecimals = this.#decimalsOf(value, index);
          if (this.#retryDecimals >= 0) return false;
        }
        if (this.#rawCount === rawMax || this.#rawCount === rawBeyondEighth + (index >> 3)) {
          this.#retryDecimals = -1;
          return false;
        }
        this.#rawCount += 1;
        wholes[index] = before;
      } else wholes[index] = before = code === exceptionNegativeZero ? 0 : whole;
      this.exceptionTicks[this.exceptionCount] = index;
      this.exceptionCodes[this.exceptionCount] = code;
      this.exceptionCount += 1;
    }
    // Raw exceptions at the start repeat what comes after them, so that they cost no jump.
    let leading = 0;
    while (
      leading < this.#rawCount &&
      this.exceptionTicks[leading] === leading &&
      this.exceptionCodes[leading] === exceptionRaw
    )
      leading += 1;
    wholes.fill(wholes[leading]!, 0, leading);
    return true;
  }

  /** Code of the value at `index`, which the scale gives back as `back` and not as itself. */
  #exceptionCode(index: number, whole: number, back: number): number {
    const words = this.#words;
    const low = words[index * 2 + lowWord]!;
    const high = words[index * 2 + highWord]!;
    if (low === 0 && high === negativeZeroHighWord) return exceptionNegativeZero;
    if (!(whole <= nearWholeMax && whole >= -nearWholeMax)) return exceptionRaw;
    const value = this.values[index]!;
    if (!(Math.abs(back - value) <= Math.abs(value) * nearRatio)) return exceptionRaw;
    this.#pair[0] = back;
    const difference =
      (high - this.#pairWords[highWord]!) * 4_294_967_296 + ((low >>> 0) - (this.#pairWords[lowWord]! >>> 0));
    if (difference < -nearMax || difference > nearMax) return exceptionRaw;
    return toZigzag(difference);
  }

  /** The next finer scale that gives `value` back, exactly or nearly; −1 when there is none. */
  #decimalsOf(value: number, index: number): number {
    for (let decimals = this.#decimals + 1; decimals <= decimalsMax; decimals += 1) {
      const divisor = powersOfTen[decimals]!;
      const whole = value * divisor + roundingMagic - roundingMagic;
      if (!(whole <= wholeMax && whole >= -wholeMax)) return -1;
      const back = whole / divisor;
      if (back === value || this.#exceptionCode(index, whole, back) !== exceptionRaw) return decimals;
    }
    return -1;
  }

  /** Takes out a power of two that the whole numbers share, and notes their span and the scale byte. */
  #shift(count: number): void {
    const { wholes } = this;
    let min = wholes[0]!;
    let max = min;
    let bits = 0;
    for (let index = 0; index < count; index += 1) {
      const whole = wholes[index]!;
      if (whole < min) min = whole;
      else if (whole > max) max = whole;
      bits |= whole;
    }
    this.wholesMin = min;
    this.wholesMax = max;
    this.scale = this.#decimals === 0 ? 0 : this.#decimals + (this.#multiplies ? scaleMultiply : scaleDivide);
    if (this.#decimals > 0 || (bits & 1) === 1) return;
    // All low 32 bits empty: 2^31 is the largest there is a scale for.
    this.scale = bits === 0 ? 31 : 31 - Math.clz32(bits & -bits);
    const factor = 2 ** -this.scale;
    for (let index = 0; index < count; index += 1) wholes[index] = wholes[index]! * factor;
    this.wholesMin *= factor;
    this.wholesMax *= factor;
  }
}

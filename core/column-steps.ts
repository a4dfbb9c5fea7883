/**
 * Finds whole steps that lead from each value of a column to the next, for `column-encoder.ts`: what a counter is that
 * began at a fraction, or that adds up decimals and drifts from them. No scale gives such values back, yet adding the
 * step to the value before does, bit for bit, since that is how they were made.
 *
 * Hot path (`bench/micro/column.bench.ts`): nothing is allocated per sample. Noise is given up after a few values.
 */
import { decimalsMax, exceptionRaw, powersOfTen, roundingMagic, scaleDivide, wholeMax } from './column.ts';
import { blockTicksMax } from './limits.ts';
import { toZigzag, varintLength } from './varint.ts';

/** Exceptions may be this many more than an eighth of the values seen: noise is known by its start. */
const exceptionsBeyondEighth = 8;

export class ColumnSteps {
  /** The column to work on; the first `count` of it are read. */
  readonly values: Float64Array;
  /** Zigzag steps, from place 1 on: value = value before + step ÷ 10^decimals. */
  readonly residues = new Float64Array(blockTicksMax);
  /** The scale byte, without the flag. */
  scale = 0;
  /** Rising ticks of the values that no step leads to; all are of the raw code. */
  readonly exceptionTicks = new Int32Array(blockTicksMax);
  readonly exceptionCodes = new Uint8Array(blockTicksMax).fill(exceptionRaw);
  exceptionCount = 0;
  /** Whether folding zeros is shorter. */
  folds = false;
  /** Most bytes that the column takes; folded runs of more than 128 zeros are taken for a byte too short. */
  bytesMax = 0;
  #decimals = 0;

  constructor(values: Float64Array) {
    this.values = values;
  }

  /** Fills the steps, the scale and the exceptions for the first `count` values. False: raw is better. */
  find(count: number): boolean {
    if (!Number.isFinite(this.values[0])) return false;
    this.#decimals = 0;
    for (;;) {
      const finer = this.#tryDecimals(count);
      if (finer === this.#decimals) break;
      if (finer < 0) return false;
      this.#decimals = finer;
    }
    this.scale = this.#decimals === 0 ? 0 : scaleDivide + this.#decimals;
    return true;
  }

  /** One pass; returns the decimals that are needed: those tried, more, or −1 where there are none. */
  #tryDecimals(count: number): number {
    const { values, residues } = this;
    const divisor = powersOfTen[this.#decimals]!;
    this.exceptionCount = 0;
    let length = 0;
    let zeros = 0;
    let runs = 0;
    let residueBefore = 1;
    let before = values[0]!;
    for (let index = 1; index < count; index += 1) {
      const value = values[index]!;
      const step = (value - before) * divisor + roundingMagic - roundingMagic;
      let residue = 0;
      if (before + step / divisor === value && step <= wholeMax && step >= -wholeMax && (value !== 0 || 1 / value > 0))
        residue = toZigzag(step);
      else {
        const finer = this.#decimalsBetween(before, value);
        if (finer >= 0) return finer;
        if (this.exceptionCount >= exceptionsBeyondEighth + (index >> 3)) return -1;
        this.exceptionTicks[this.exceptionCount] = index;
        this.exceptionCount += 1;
      }
      before = value;
      residues[index] = residue;
      length += varintLength(residue);
      if (residue === 0) {
        zeros += 1;
        if (residueBefore !== 0) runs += 1;
      }
      residueBefore = residue;
    }
    this.folds = zeros > 2 * runs;
    // Two bytes of kind and scale, a base of eight, two for the count of exceptions; of each a place, the code and eight.
    const exceptionBytesMax = this.exceptionCount > 0 ? 2 + this.exceptionCount * 11 : 0;
    this.bytesMax = 10 + length - Math.max(0, zeros - 2 * runs) + exceptionBytesMax;
    return this.#decimals;
  }

  /** The fewest decimals, more than those tried, of a step from one value to the other; −1 when there is none. */
  #decimalsBetween(before: number, value: number): number {
    if (value === 0) return -1;
    for (let decimals = this.#decimals + 1; decimals <= decimalsMax; decimals += 1) {
      const divisor = powersOfTen[decimals]!;
      const step = (value - before) * divisor + roundingMagic - roundingMagic;
      if (!(step <= wholeMax && step >= -wholeMax)) return -1;
      if (before + step / divisor === value) return decimals;
    }
    return -1;
  }
}

/**
 * The column of one tick as numbers. It comes as bytes that may lie at any place; here they are copied once, so that
 * the three absences stay what they are (`core/absence.ts`).
 */
import { wordsOf } from '#core/absence.ts';

/** As long as the longest column so far: what lies behind the present one is rubbish. */
export interface TickValues {
  readonly values: Float64Array;
  /** The same memory, for `absenceAt`. */
  readonly words: Uint32Array;
}

/** Memory for one column, used for each tick in turn. */
export class TickScratch {
  #values = new Float64Array(0);
  #bytes = new Uint8Array(0);
  #column: TickValues = { values: this.#values, words: wordsOf(this.#values) };

  /** Valid until the next call. */
  fill(column: Uint8Array): TickValues {
    if (column.byteLength > this.#bytes.byteLength) {
      this.#values = new Float64Array(Math.max(64, column.byteLength / 4));
      this.#bytes = new Uint8Array(this.#values.buffer);
      this.#column = { values: this.#values, words: wordsOf(this.#values) };
    }
    this.#bytes.set(column);
    return this.#column;
  }
}

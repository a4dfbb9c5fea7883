/**
 * "No value" as one of three quiet NaNs, told apart by their payload and kept bit for bit from the
 * collector to the browser: not due, gone, failed.
 *
 * JavaScript has one NaN, and an engine may change a payload when a NaN passes through a number. So a
 * payload is only ever written and read through an integer view of the column, and columns are copied
 * with `set`, `slice` or `copyWithin`, never element by element.
 *
 * IEEE 754-2008, 6.2.1: a quiet NaN has all exponent bits and the highest fraction bit set.
 */

/** `notDue`: its own interval has not come round. `gone`: the series has ended. `failed`: it was due and could not be read. */
export type Absence = 'notDue' | 'gone' | 'failed';

const highWord = 0x7ff80000;
const lowWordOf: Record<Absence, number> = { notDue: 1, gone: 2, failed: 3 };
const absenceOf: readonly (Absence | null)[] = [null, 'notDue', 'gone', 'failed'];

/** Index of the low and high 32-bit word of a float64 in memory order of this machine. */
const lowFirst = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The integer view of a column that the two functions below work on. Shares its memory. */
export function wordsOf(column: Float64Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, column.length * 2);
}

/** Writes "no value" at `index` of the column behind `words`. */
export function writeAbsence(words: Uint32Array, index: number, absence: Absence): void {
  words[index * 2 + (lowFirst ? 0 : 1)] = lowWordOf[absence];
  words[index * 2 + (lowFirst ? 1 : 0)] = highWord;
}

/** What kind of "no value" stands at `index`; null for a number and for a NaN that is none of ours. */
export function absenceAt(words: Uint32Array, index: number): Absence | null {
  if (words[index * 2 + (lowFirst ? 1 : 0)] !== highWord) return null;
  return absenceOf[words[index * 2 + (lowFirst ? 0 : 1)]!] ?? null;
}

/** Fills a whole column with one kind of "no value". */
export function fillAbsence(column: Float64Array, absence: Absence): void {
  const words = wordsOf(column);
  for (let index = 0; index < column.length; index += 1) writeAbsence(words, index, absence);
}

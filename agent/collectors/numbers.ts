/**
 * Numbers out of the text of /proc: read in place, since splitting a line into strings costs more than the rest of a
 * collector's work. Part of the agent's hot path.
 */

/**
 * Reads the whole numbers that stand between blanks from `start` to the end of the line into `into`; returns how many.
 * Stops when `into` is full and at the first thing that is not a whole number. What is left of `into` is untouched.
 */
export function scanNumbers(text: string, start: number, into: Float64Array): number {
  let count = 0;
  let at = start;
  while (count < into.length) {
    while (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9) at += 1;
    const isNegative = text.charCodeAt(at) === 45;
    if (isNegative) at += 1;
    const digitsAt = at;
    let value = 0;
    // NaN at the end of the text compares false.
    for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) {
      value = value * 10 + (code - 48);
      at += 1;
    }
    if (at === digitsAt) return count;
    into[count] = isNegative ? -value : value;
    count += 1;
  }
  return count;
}

/** The first number after `label`, which must start a line of `text`; NaN when there is none. */
export function numberAfter(text: string, label: string): number {
  const at = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (at === 0 && !text.startsWith(label)) return Number.NaN;
  return scanNumbers(text, at + label.length, one) === 1 ? one[0]! : Number.NaN;
}

const one = new Float64Array(1);

export function roundTo(value: number, decimals: 0 | 1 | 2): number {
  const scale = decimals === 0 ? 1 : decimals === 1 ? 10 : 100;
  return Math.round(value * scale) / scale;
}

/** Share of `part` in `whole` in percent, rounded to 0.01; NaN when the whole is nothing. */
export function percentOf(part: number, whole: number): number {
  return whole > 0 ? roundTo((part / whole) * 100, 2) : Number.NaN;
}

/**
 * A counter made into a rate. It holds its own time of the last reading, so that a reading that failed in between
 * makes the measured interval longer and not the rate wrong.
 *
 * A counter that goes back starts anew: the device was replaced, the machine resumed, or the counter wrapped at 32
 * or 64 bits. Guessing the wrap would now and then invent 4 GiB, so the interval has no value instead.
 */

/** More than any device does (1 TB/s, or as many operations): a jump above it is another counter under the same name. */
const perSecondMax = 1e12;

export class Rate {
  #value = Number.NaN;
  #atMs = Number.NaN;

  /** Rise per second since the last reading; NaN for the first, for one that starts anew and when no time has passed. */
  next(value: number, nowMonotonicMs: number): number {
    const rate = ((value - this.#value) / (nowMonotonicMs - this.#atMs)) * 1_000;
    if (nowMonotonicMs <= this.#atMs) return Number.NaN;
    this.#value = value;
    this.#atMs = nowMonotonicMs;
    return rate >= 0 && rate <= perSecondMax ? rate : Number.NaN;
  }
}

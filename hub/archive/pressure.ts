/**
 * Whether the machine has processor time to spare: upkeep has all day, and what it takes from a busy machine it takes
 * from storing and viewing.
 *
 * Judged by the times that all processors together were idle since the last look, so it sees PostgreSQL and everybody
 * else. Upkeep that makes a small machine busy by itself slows down, sees that, and goes on: it settles at about half.
 */

/** Sums over all processors since the start of the machine, ms. */
export interface ProcessorTimes {
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Less than this share of idle time is busy. */
const idleRatioMin = 0.15;
/** Times are counted in steps of 10 ms: over less than this they say little. */
const lookMs = 250;

export class Pressure {
  readonly #readTimes: () => ProcessorTimes;
  #before: ProcessorTimes;
  #lookedMs: number;
  #isBusy = false;

  constructor(readTimes: () => ProcessorTimes, nowMs: number) {
    this.#readTimes = readTimes;
    this.#before = readTimes();
    this.#lookedMs = nowMs;
  }

  /** `nowMs` is monotonic. */
  isBusy(nowMs: number): boolean {
    if (nowMs - this.#lookedMs < lookMs) return this.#isBusy;
    const times = this.#readTimes();
    const totalMs = times.totalMs - this.#before.totalMs;
    this.#isBusy = totalMs > 0 && times.idleMs - this.#before.idleMs < totalMs * idleRatioMin;
    this.#before = times;
    this.#lookedMs = nowMs;
    return this.#isBusy;
  }
}

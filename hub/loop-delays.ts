/**
 * How much later than asked for the timers of the last minute fired: what keeps the loop of this thread busy keeps agents and
 * viewers waiting. Pure.
 */

/** A minute of one each 100 ms. */
const delaysMax = 600;

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class LoopDelays {
  readonly #delays = new Float64Array(delaysMax);
  #count = 0;

  add(delayMs: number): void {
    this.#delays[this.#count % delaysMax] = delayMs;
    this.#count += 1;
  }

  /** null before the first. */
  read(): LoopDelay | null {
    const sorted = this.#delays.slice(0, Math.min(this.#count, delaysMax)).sort();
    if (sorted.length === 0) return null;
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted[sorted.length - 1]! };
  }
}

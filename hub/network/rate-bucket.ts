/**
 * How much of something may come: so much a second, and ten seconds' worth at once, so that what comes in bursts and is little
 * over a minute is never held up. Pure.
 */

export const burstSec = 10;

export class RateBucket {
  readonly #perSec: number;
  #left: number;
  #atMs: number;

  constructor(perSec: number, nowMs: number) {
    this.#perSec = perSec;
    this.#left = perSec * burstSec;
    this.#atMs = nowMs;
  }

  /** Takes `amount`, and answers whether there was that much; if not, nothing is taken. */
  take(amount: number, nowMs: number): boolean {
    // A clock that goes back gives nothing, and takes nothing away.
    const gained = (Math.max(0, nowMs - this.#atMs) / 1_000) * this.#perSec;
    this.#left = Math.min(this.#perSec * burstSec, this.#left + gained);
    this.#atMs = nowMs;
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }
}

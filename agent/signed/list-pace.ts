/**
 * How often a list of scripts is taken: each is checked and written to the disk, and a hostile hub could send them without
 * end. Only the newest waits. A few may come at once, as when somebody uploads one script after the other. Pure.
 */

const atOnceMax = 6;
const everyMs = 10_000;

export class ListPace {
  #waiting: readonly string[] | null = null;
  /** When the lists that were taken last may be forgotten, monotonic ms. */
  #freeMs = Number.NEGATIVE_INFINITY;

  /** The one that waits, if any, is of no more use. */
  put(texts: readonly string[]): void {
    this.#waiting = texts;
  }

  /** The list that is to be taken now; null when there is none, or it must wait. */
  take(nowMs: number): readonly string[] | null {
    const texts = this.#waiting;
    const freeMs = Math.max(this.#freeMs, nowMs) + everyMs;
    if (texts === null || freeMs > nowMs + atOnceMax * everyMs) return null;
    this.#freeMs = freeMs;
    this.#waiting = null;
    return texts;
  }
}

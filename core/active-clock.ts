/**
 * A monotonic clock less the pauses of its own process: a stopped process, a stalled loop, a suspended machine. What
 * others have not done for so long is measured on it, so that nobody is blamed for what happened while we did not look.
 */

/** Between two looks at the clock lies at most a second while all is well: a longer gap is a pause, and counts as nothing. */
export const pauseMsMin = 2_000;

export class ActiveClock {
  #activeMs = 0;
  #nowMonotonicMs = Number.NaN;

  /** Ms that have passed since the first look, pauses left out. */
  get activeMs(): number {
    return this.#activeMs;
  }

  /** Takes the time; call it at least once a second. Answers how long the pause has been that ends here: 0 for none. */
  advance(nowMonotonicMs: number): number {
    const passedMs = nowMonotonicMs - this.#nowMonotonicMs;
    if (passedMs < 0) return 0;
    this.#nowMonotonicMs = nowMonotonicMs;
    if (passedMs > pauseMsMin) return passedMs;
    // NaN at the first look.
    if (passedMs > 0) this.#activeMs += passedMs;
    return 0;
  }
}

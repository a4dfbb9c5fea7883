/**
 * Whether a tick of a host is news: judged by how much later than the promptest of its ticks it arrives, so that no
 * two wall clocks have to agree.
 *
 * The *offset* of a tick is the instant of its arrival on the hub's monotonic clock less its own time; the *baseline*
 * is the offset of a prompt tick. It is seeded by what the agent says its clock is when a link or a stream begins,
 * follows a prompter tick down at once, and upwards only as fast as two clocks drift apart. When ticks come but none
 * has been fresh for five minutes, somebody's clock has been set: the promptest of these minutes is the baseline then.
 * A tick that was replayed, or has waited in a buffer, has an offset far above it.
 */

/** A tick is fresh up to so many intervals, and so many ms for the way, behind a prompt one. */
const lateIntervals = 3;
const lateMarginMs = 2_000;
/** Without a fresh tick for so long the baseline is given up. */
const staleMsMax = 300_000;
/** The baseline rises by at most 1 ms a second, looked at every so often: clocks are slewed by 500 ppm at most (adjtime(3), ntpd). */
const driftWindowMs = 300_000;
const driftRatioMax = 0.001;

export class Freshness {
  #baselineMs = Number.NaN;
  /** Counts as well until a tick has shown which of the two is right. */
  #otherMs = Number.NaN;
  /** Since the last fresh tick: arrival of the first that was not, and the least offset. */
  #staleSinceMs = Number.NaN;
  #stalePromptestMs = Number.POSITIVE_INFINITY;
  #driftSinceMs = Number.NaN;
  #driftPromptestMs = Number.POSITIVE_INFINITY;

  /**
   * A link or a stream begins at this moment: its next ticks have about the offset `baselineMs`, or else `otherMs`
   * (NaN for none).
   */
  seed(baselineMs: number, otherMs: number): void {
    this.#baselineMs = baselineMs;
    this.#otherMs = otherMs;
    this.#settle();
    this.#driftSinceMs = Number.NaN;
  }

  /** Takes the next tick into account and answers whether it is fresh. */
  accept(tick: { readonly timeMs: number; readonly intervalMs: number }, nowMonotonicMs: number): boolean {
    const offsetMs = nowMonotonicMs - tick.timeMs;
    const lateMsMax = lateIntervals * tick.intervalMs + lateMarginMs;
    if (Number.isNaN(this.#baselineMs)) this.#baselineMs = offsetMs;
    if (Math.abs(offsetMs - this.#otherMs) <= lateMsMax && offsetMs - this.#baselineMs > lateMsMax)
      this.#baselineMs = this.#otherMs;
    this.#followDrift(offsetMs, nowMonotonicMs);
    if (offsetMs < this.#baselineMs) this.#baselineMs = offsetMs;
    if (offsetMs - this.#baselineMs > lateMsMax && !this.#isGivenUp(offsetMs, nowMonotonicMs)) return false;
    const isFresh = offsetMs - this.#baselineMs <= lateMsMax;
    if (isFresh) {
      this.#otherMs = Number.NaN;
      this.#settle();
    }
    return isFresh;
  }

  #settle(): void {
    this.#staleSinceMs = Number.NaN;
    this.#stalePromptestMs = Number.POSITIVE_INFINITY;
  }

  /** Whether nothing has been fresh for so long that another baseline has been taken. */
  #isGivenUp(offsetMs: number, nowMonotonicMs: number): boolean {
    if (Number.isNaN(this.#staleSinceMs)) this.#staleSinceMs = nowMonotonicMs;
    this.#stalePromptestMs = Math.min(this.#stalePromptestMs, offsetMs);
    if (nowMonotonicMs - this.#staleSinceMs < staleMsMax) return false;
    this.#baselineMs = this.#stalePromptestMs;
    this.#settle();
    return true;
  }

  #followDrift(offsetMs: number, nowMonotonicMs: number): void {
    this.#driftPromptestMs = Math.min(this.#driftPromptestMs, offsetMs);
    const passedMs = nowMonotonicMs - this.#driftSinceMs;
    if (passedMs < driftWindowMs) return;
    // NaN at the first tick.
    if (passedMs >= driftWindowMs)
      this.#baselineMs = Math.min(this.#driftPromptestMs, this.#baselineMs + driftRatioMax * driftWindowMs);
    this.#driftSinceMs = nowMonotonicMs;
    this.#driftPromptestMs = offsetMs;
  }
}

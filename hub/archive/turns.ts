/**
 * Gives way: whoever works long in a thread lets what else waits there have its turn every few ms.
 */

/** Longest turn of work, ms. */
const turnMsMax = 10;

export class Turns {
  #sinceMs = performance.now();

  /** Returns at once while the turn is young, else after everybody else had theirs. Rejects once `signal` is aborted. */
  async giveWay(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#sinceMs < turnMsMax) return;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    signal.throwIfAborted();
    this.#sinceMs = performance.now();
  }
}

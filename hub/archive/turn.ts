/**
 * Gives way: work of the archive thread that may take seconds is cut into turns of 10 ms, between which messages,
 * answers of the database and other work of the thread get their chance.
 */

const turnMsMax = 10;

export class Turn {
  #sinceMs = performance.now();

  /** Resolves at once while the turn lasts, else when everything else that waits has been let through. */
  async yield(): Promise<void> {
    if (performance.now() - this.#sinceMs < turnMsMax) return;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#sinceMs = performance.now();
  }

  get isOver(): boolean {
    return performance.now() - this.#sinceMs >= turnMsMax;
  }
}

/** Tells whoever asked that something changed; what changed is read from its owner. */
export class Signal {
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` at each `announce` until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  announce(): void {
    for (const listener of this.#listeners) listener();
  }
}

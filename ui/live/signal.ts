/** Tells whoever asked that something changed; what changed is read from its owner. */
export class Signal {
  /** Made with the first listener: each of thousands of hosts has a signal, and few are listened to. */
  #listeners: Set<() => void> | null = null;

  /** Calls `listener` at each `announce` until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners ??= new Set();
    const listeners = this.#listeners;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  announce(): void {
    if (this.#listeners !== null) for (const listener of this.#listeners) listener();
  }
}

/** Keeps the screen on while its element is in the document. A browser that has no such thing, or refuses, lets it sleep. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class WakeLock implements ReactiveController {
  #lock: WakeLockSentinel | null = null;
  #isWanted = false;

  constructor(host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#isWanted = true;
    document.addEventListener('visibilitychange', this.#take);
    this.#take();
  }

  hostDisconnected(): void {
    this.#isWanted = false;
    document.removeEventListener('visibilitychange', this.#take);
    this.#lock?.release().catch(ignoreRefusal);
    this.#lock = null;
  }

  /** The browser takes it back whenever the page is hidden. */
  readonly #take = (): void => {
    // Not in every browser, and not without a secure context.
    if (document.hidden || !('wakeLock' in navigator)) return;
    navigator.wakeLock.request('screen').then((lock) => {
      if (this.#isWanted) this.#lock = lock;
      else lock.release().catch(ignoreRefusal);
    }, ignoreRefusal);
  };
}

/** Low battery, a policy: the wall goes dark when its owner wants that. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof DOMException)) throw error;
}

/** Keeps an element subscribed to signals while it is in the document. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Signal } from '../live/signal.ts';

export class Following implements ReactiveController {
  readonly #signals: () => readonly Signal[];
  readonly #changed: () => void;
  #unsubscribes: (() => void)[] = [];

  /** `signals` is asked at each connect, when the element has its properties. Default of `changed`: an update. */
  constructor(host: ReactiveControllerHost, signals: () => readonly Signal[], changed?: () => void) {
    this.#signals = signals;
    this.#changed = changed ?? (() => host.requestUpdate());
    host.addController(this);
  }

  hostConnected(): void {
    this.#unsubscribes = this.#signals().map((signal) => signal.subscribe(this.#changed));
  }

  hostDisconnected(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
  }
}

/**
 * Something that is asked of the hub again and again while an element is in the document, and at once after a change.
 * Answers keep their order: one that was asked for before a newer one says nothing any more. While the hub does not
 * answer, what was known stays, and `why` says what is wrong.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Asked, AskOptions } from '../api/client.ts';
import type { Dashboard } from '../dashboard.ts';

export interface PolledOptions<T> {
  /** Asked at each connect and each time: by then the element has its properties. */
  readonly dashboard: () => Dashboard;
  readonly ask: (dashboard: Dashboard, options: AskOptions) => Promise<Asked<T>>;
  readonly everyMs: number;
}

export class Polled<T> implements ReactiveController {
  /** null before the first answer. */
  value: T | null = null;
  /** Why the newest question had no answer; null when it had one. */
  why: string | null = null;
  readonly #host: ReactiveControllerHost;
  readonly #options: PolledOptions<T>;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: AbortController | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(host: ReactiveControllerHost, options: PolledOptions<T>) {
    this.#host = host;
    this.#options = options;
    host.addController(this);
  }

  hostConnected(): void {
    this.#unsubscribe = this.#options.dashboard().ticked.subscribe(() => this.#second());
    this.refresh();
  }

  hostDisconnected(): void {
    this.#unsubscribe?.();
    this.#asking?.abort();
    this.#asking = null;
  }

  /** Asks now: something was changed, or somebody wants to try again. */
  readonly refresh = (): void => {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const dashboard = this.#options.dashboard();
    this.#askedAtMs = dashboard.hubMs;
    this.#options.ask(dashboard, { signal: asking.signal }).then(
      (asked) => this.#answered(asking, asked),
      (error: unknown) => reportError(error),
    );
  };

  #answered(asking: AbortController, asked: Asked<T>): void {
    if (this.#asking !== asking) return;
    this.#asking = null;
    if (asked.kind === 'ok') this.value = asked.value;
    this.why = asked.kind === 'ok' ? null : asked.why;
    this.#host.requestUpdate();
  }

  /** A clock that was set back is no reason to wait. */
  #second(): void {
    const sinceMs = this.#options.dashboard().hubMs - this.#askedAtMs;
    if (this.#asking === null && (sinceMs >= this.#options.everyMs || sinceMs < 0)) this.refresh();
  }
}

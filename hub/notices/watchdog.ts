/**
 * Tells a service outside, each minute, that all is well: when that stops, it is the service that notices. Nobody else could tell
 * that this hub is gone.
 */
import type { Logger } from 'pino';
import type { HttpRequest } from './http-sender.ts';
import type { TryOutcome } from './notice.ts';

export interface WatchdogPorts {
  request(request: HttpRequest): Promise<TryOutcome>;
  readonly log: Logger;
}

export class Watchdog {
  readonly #ports: WatchdogPorts;
  readonly #url: string | null;
  #isPinging = false;
  /** What was logged last. */
  #isReached = true;
  pingCount = 0;

  /** `url` may be a secret, as such services know who pings by it; null: there is none. */
  constructor(ports: WatchdogPorts, url: string | null) {
    this.#ports = ports;
    this.#url = url;
  }

  /** Call it each minute, with whether all is well: else the silence is the message. */
  async ping(isWell: boolean): Promise<void> {
    if (this.#url === null || !isWell || this.#isPinging) return;
    this.#isPinging = true;
    try {
      const outcome = await this.#ports.request({ method: 'GET', url: this.#url, headers: {}, body: null });
      if (outcome.kind === 'sent') this.pingCount += 1;
      this.#note(outcome);
    } finally {
      this.#isPinging = false;
    }
  }

  #note({ kind, answer }: TryOutcome): void {
    const isReached = kind === 'sent';
    if (isReached === this.#isReached) return;
    this.#isReached = isReached;
    if (isReached) this.#ports.log.info('watchdog.reached');
    else this.#ports.log.warn({ answer }, 'watchdog.unreached');
  }
}

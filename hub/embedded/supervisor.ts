/**
 * Keeps one postmaster alive.
 *
 *   running ──death──▶ restarting ──obtained──▶ running          stop() ends it in either state
 *                       │    ▲
 *                       └────┘ failed: a growing wait, with jitter, for ever
 */
import { backoffMs, storeBackoff } from '#core/time.ts';
import { pruneLogs } from './cluster.ts';
import { obtainPostmaster, type Postmaster, type PostmasterOptions, stopPostmaster } from './postmaster.ts';

export type EmbeddedState = 'running' | 'restarting';

const pruneMs = 600_000;
/** A server that ran for so long has recovered: the next death starts the backoff anew. */
const stableMs = 60_000;

/** Watches `postmaster`, which is ready, and obtains the next one whenever it ends. */
export class Supervisor {
  readonly #options: PostmasterOptions;
  readonly #listeners: ((state: EmbeddedState) => void)[] = [];
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  readonly #pruning: NodeJS.Timeout;
  #postmaster: Postmaster;

  constructor(postmaster: Postmaster, options: PostmasterOptions) {
    this.#postmaster = postmaster;
    this.#options = options;
    this.#pruning = setInterval(() => this.#prune(), pruneMs);
    this.#pruning.unref();
    this.#watching = this.#watch();
  }

  get pid(): number {
    return this.#postmaster.pid;
  }

  onState(listener: (state: EmbeddedState) => void): void {
    this.#listeners.push(listener);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#pruning);
    // A restart that is under way comes back at once with what it has started, which is then the one to stop.
    await this.#watching;
    await stopPostmaster(this.#postmaster, this.#options.cluster);
  }

  async #watch(): Promise<void> {
    const { log } = this.#options;
    const stopped = new Promise<void>((resolve) => this.#stopping.signal.addEventListener('abort', () => resolve()));
    let attempt = 0;
    while (!this.#stopping.signal.aborted) {
      const startedMs = performance.now();
      await Promise.race([this.#postmaster.ended, stopped]);
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - startedMs > stableMs) attempt = 0;
      log.error({ pid: this.#postmaster.pid }, 'postgresql.died');
      this.#announce('restarting');
      const downMs = performance.now();
      while (!this.#stopping.signal.aborted) {
        if (attempt > 0) await Promise.race([stopped, pause(backoffMs(attempt, storeBackoff, Math.random))]);
        attempt += 1;
        if (this.#stopping.signal.aborted) return;
        try {
          this.#postmaster = await obtainPostmaster({ ...this.#options, signal: this.#stopping.signal });
          break;
        } catch (error) {
          if (this.#stopping.signal.aborted) return;
          log.error({ err: error, attempt }, 'postgresql.restart-failed');
        }
      }
      log.info({ pid: this.#postmaster.pid, downMs: Math.round(performance.now() - downMs) }, 'postgresql.restarted');
      this.#announce('running');
    }
  }

  #announce(state: EmbeddedState): void {
    for (const listener of this.#listeners) listener(state);
  }

  #prune(): void {
    const { cluster, log } = this.#options;
    pruneLogs(cluster).catch((error: unknown) => log.warn({ err: error }, 'postgresql.log-prune-failed'));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/**
 * Which series a host has, from storage: for one that is away, of which no tick comes that would tell. Asked for until
 * it is known, and not again.
 */
import type { Layout } from '#core/series.ts';
import { readHostSeries } from '../api/series.ts';
import type { Dashboard } from '../dashboard.ts';
import { Signal } from './signal.ts';

const retryMs = 10_000;

export class StoredLayout {
  /** `layout` has come. */
  readonly changed = new Signal();
  /** null while it is not known. */
  layout: Layout | null = null;
  readonly #dashboard: Dashboard;
  readonly #host: string;
  readonly #abort = new AbortController();
  #dueMs = 0;

  constructor(dashboard: Dashboard, host: string) {
    this.#dashboard = dashboard;
    this.#host = host;
  }

  /** Whoever needs it says so as often as it likes. */
  need(): void {
    const { hubMs } = this.#dashboard;
    if (this.layout !== null || hubMs < this.#dueMs || this.#dashboard.fleet.byName(this.#host) === null) return;
    this.#dueMs = hubMs + retryMs;
    this.#dashboard.background(this.#read());
  }

  release(): void {
    this.#abort.abort();
  }

  async #read(): Promise<void> {
    const asked = await readHostSeries(this.#dashboard.client, this.#host, { signal: this.#abort.signal });
    if (asked.kind === 'failed' || this.#abort.signal.aborted || asked.value.series.length === 0) return;
    const { intervalMs, series } = asked.value;
    this.layout = {
      id: 'stored',
      intervalMs,
      series: series.map(({ key, unit, kind, intervalMs: ownMs }) => ({
        ...{ key, unit, kind },
        every: Math.max(1, Math.round(ownMs / intervalMs)),
      })),
    };
    this.changed.announce();
  }
}

/**
 * Requests for history that are on their way: few at a time, none twice, and those that nobody waits for any more are
 * ended. What failed waits longer each time before it is asked for again, unless a person says so.
 */
import type { QueriedAnswer } from '#core/query-columns.ts';
import type { HubClient } from '../api/client.ts';
import { readHistory } from '../api/history.ts';
import { type Batch, batchesOf, type Missing } from './batches.ts';
import type { HistoryLayer } from './layer.ts';

/** A browser opens six connections to one hub; alerts and notes want theirs. */
const runningMax = 3;
const retryMsMin = 2_000;
const retryMsMax = 60_000;

interface Failure {
  readonly why: string;
  readonly count: number;
  readonly retryAtMs: number;
}

export interface HistoryLoaderOptions {
  readonly client: HubClient;
  readonly nowMs: () => number;
  /** Runs `work` and reports its failure. */
  readonly background: (work: Promise<void>) => void;
  /** Called with what `load` was called with. */
  readonly answered: (layer: HistoryLayer, batch: Batch, answer: QueriedAnswer) => void;
  /** Something began or failed, so states have changed. */
  readonly changed: () => void;
}

export class HistoryLoader {
  readonly #options: HistoryLoaderOptions;
  readonly #queue: { readonly layer: HistoryLayer; readonly batch: Batch }[] = [];
  /** Lines that are asked for, as "host\nkey", with the number of their requests. */
  readonly #asked = new Map<string, number>();
  readonly #failures = new Map<string, Failure>();
  #abort = new AbortController();
  #runningCount = 0;

  constructor(options: HistoryLoaderOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#asked.size > 0;
  }

  /** Whether this line is being asked for, or waits after a failure. */
  isHeld(host: string, key: string): boolean {
    const id = idOf(host, key);
    const failure = this.#failures.get(id);
    return this.#asked.has(id) || (failure !== undefined && failure.retryAtMs > this.#options.nowMs());
  }

  /** What happened when this line was last asked for; null when that went well, or has not ended. */
  failureOf(host: string, key: string): string | null {
    return this.#failures.get(idOf(host, key))?.why ?? null;
  }

  /** Asks for all of it at the step of `layer`; a line that is asked for already is left out by the caller. */
  load(missing: readonly Missing[], layer: HistoryLayer): void {
    for (const batch of batchesOf(missing)) {
      for (const id of idsOf(batch)) this.#asked.set(id, (this.#asked.get(id) ?? 0) + 1);
      this.#queue.push({ layer, batch });
    }
    this.#run();
  }

  /** Ends what is on its way and forgets what failed: another span or another step is wanted now. */
  reset(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#queue.length = 0;
    this.#asked.clear();
    this.#failures.clear();
    this.#runningCount = 0;
  }

  /** What failed may be asked for at once. */
  forgive(): void {
    this.#failures.clear();
  }

  #run(): void {
    while (this.#runningCount < runningMax) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#runningCount += 1;
      this.#options.background(this.#ask(next.layer, next.batch, this.#abort.signal));
    }
  }

  async #ask(layer: HistoryLayer, batch: Batch, signal: AbortSignal): Promise<void> {
    const { hosts, keys, fromMs, toMs } = batch;
    const wish = layer.stepMs === 0 ? { points: null } : { points: null, stepMs: layer.stepMs };
    const asked = await readHistory(
      this.#options.client,
      { hosts, series: keys, startMs: fromMs, endMs: toMs, ...wish },
      { signal },
    );
    if (signal.aborted) return;
    this.#runningCount -= 1;
    for (const id of idsOf(batch)) {
      const left = (this.#asked.get(id) ?? 1) - 1;
      if (left === 0) this.#asked.delete(id);
      else this.#asked.set(id, left);
      if (asked.kind === 'ok') this.#failures.delete(id);
      else this.#fail(id, asked.why);
    }
    if (asked.kind === 'ok') this.#options.answered(layer, batch, asked.value);
    else this.#options.changed();
    this.#run();
  }

  #fail(id: string, why: string): void {
    const count = (this.#failures.get(id)?.count ?? 0) + 1;
    const waitMs = Math.min(retryMsMax, retryMsMin * 2 ** count);
    this.#failures.set(id, { why, count, retryAtMs: this.#options.nowMs() + waitMs });
  }
}

function idOf(host: string, key: string): string {
  return `${host}\n${key}`;
}

function idsOf({ hosts, keys }: Batch): string[] {
  return hosts.flatMap((host) => keys.map((key) => idOf(host, key)));
}

/**
 * What keeps the stored past in shape: batches become chunks, days and months that have changed are rolled up. One run
 * at a time; main asks for one every few minutes, and `POST /aggregate` for one now.
 *
 * It gives way to reads of history in turns of 10 ms, and to everything else by resting after each turn while the
 * machine is busy.
 */
import { cpus } from 'node:os';
import { dayOf } from '#core/calendar.ts';
import type { Sha256 } from '#core/series.ts';
import type { Sql } from '../store/connect.ts';
import { LayoutCache } from '../store/layout-cache.ts';
import { type CompactionCounts, Compactor } from './compactor.ts';
import { Pressure, type ProcessorTimes } from './pressure.ts';
import { RollupBuilder, type RollupCounts } from './rollup-builder.ts';
import { Turn } from './turn.ts';

/** A day is rolled up this long after its end: until then ticks of its last seconds are on their way. */
const dayEndMs = 900_000;

export interface UpkeepRequest {
  readonly nowMs: number;
  /** Everything that is in batches, and days that have only just ended; else what is due. */
  readonly all: boolean;
}

/** Counted since the start of the thread. */
export interface UpkeepReport {
  readonly isRunning: boolean;
  /** When the last run ended, epoch ms; null before the first. */
  readonly lastMs: number | null;
  readonly lastDurationMs: number | null;
  readonly runs: number;
  readonly compaction: Readonly<CompactionCounts>;
  readonly rollups: Readonly<RollupCounts>;
}

export class Upkeep {
  readonly #compactor: Compactor;
  readonly #rollups: RollupBuilder;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #runs = 0;
  #lastMs: number | null = null;
  #lastDurationMs: number | null = null;

  constructor(sql: Sql, options: { readonly sha256: Sha256 }) {
    const layouts = new LayoutCache(sql);
    const shared = {
      sha256: options.sha256,
      readLayouts: layouts.read.bind(layouts),
      turn: new Turn(new Pressure(readProcessorTimes, performance.now())),
    };
    this.#compactor = new Compactor(sql, shared);
    this.#rollups = new RollupBuilder(sql, shared);
  }

  get report(): UpkeepReport {
    return {
      isRunning: this.#running !== null,
      lastMs: this.#lastMs,
      lastDurationMs: this.#lastDurationMs,
      runs: this.#runs,
      compaction: this.#compactor.counts,
      rollups: this.#rollups.counts,
    };
  }

  /** Settles when the run has ended; null when one is under way already. Rejects when the database is away. */
  run(request: UpkeepRequest): Promise<void> | null {
    if (this.#running !== null) return null;
    this.#running = this.#run(request).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Ends a run between two statements, and waits for that. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.catch(() => {});
  }

  async #run({ nowMs, all }: UpkeepRequest): Promise<void> {
    const { signal } = this.#stopping;
    const startMs = performance.now();
    await this.#compactor.run({ nowMs, all, signal });
    const beforeDay = dayOf(all ? nowMs : nowMs - dayEndMs);
    await this.#rollups.run({ beforeDay, signal });
    this.#runs += 1;
    this.#lastDurationMs = performance.now() - startMs;
    this.#lastMs = nowMs + this.#lastDurationMs;
  }
}

function readProcessorTimes(): ProcessorTimes {
  let idleMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    idleMs += times.idle;
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idleMs, totalMs };
}

/**
 * Compaction: the batches of a host become chunks, host by host (docs/storage.md, "From batches to chunks").
 *
 *   read batches, newest small chunk of each day ─► plan ─► encode ─► one compare-and-swap statement
 *
 * The statement deletes exactly what was read and fails as a whole if a rival took some of it; then the host is read
 * again. So any number of hubs may compact at once, and a crash leaves either the old rows or the new ones. Memory is
 * bounded by `stepBytesMax`, not by the host or the fleet.
 */
import { dayOf, dayStartMs } from '#core/calendar.ts';
import { assert } from '#core/errors.ts';
import { blockTicksMax } from '#core/limits.ts';
import type { Layout, Sha256 } from '#core/series.ts';
import {
  type BatchSize,
  isRival,
  type OldChunk,
  type ReadLayouts,
  readBatchSizes,
  readBatchSources,
  readDueHosts,
  readNewestBatchId,
  readRawFloor,
  readSmallChunks,
  storeChunkLayouts,
  writeCompaction,
} from '../store/chunks/compaction.ts';
import { ensurePartitions } from '../store/chunks/partitions.ts';
import type { Sql } from '../store/connect.ts';
import { ChunkEncoder, type ChunkPart } from './chunk-encoder.ts';
import { type ChunkPlan, planChunks, type Source } from './chunk-plan.ts';
import type { Turn } from './turn.ts';

/** Encoded bytes of batches that one step takes. With the columns that are made of them and the statement's text this is some 60 MiB at most. */
const stepBytesMax = 8 * 1024 * 1024;
/** Batches of one step: at ten ticks each, 40,960 ticks. */
const stepBatchesMax = 4_096;
/** A host whose oldest batch ends longer ago than this is due, however few ticks it has. */
const oldBatchMs = 7_200_000;
/** A host that rivals take that often is theirs; the next run looks again. */
const rivalsMax = 3;
/** Chunks lie at most so many days ahead, whatever an agent says of the time: each day takes a partition. */
const daysAhead = 2;

export interface CompactionCounts {
  hosts: number;
  batches: number;
  ticks: number;
  samples: number;
  /** Rows of chunks written. */
  chunks: number;
  bytes: number;
  rivals: number;
}

export interface CompactorOptions {
  readonly sha256: Sha256;
  readonly readLayouts: ReadLayouts;
  readonly turn: Turn;
}

export class Compactor {
  readonly #sql: Sql;
  readonly #options: CompactorOptions;
  readonly #encoder: ChunkEncoder;
  /** Layouts that are known to be stored. */
  readonly #storedLayouts = new WeakSet<Layout>();
  /** Days whose partitions have been seen in this run. */
  readonly #partitionDays = new Set<number>();
  /** Since the start. */
  readonly counts: CompactionCounts = { hosts: 0, batches: 0, ticks: 0, samples: 0, chunks: 0, bytes: 0, rivals: 0 };

  constructor(sql: Sql, options: CompactorOptions) {
    this.#sql = sql;
    this.#options = options;
    this.#encoder = new ChunkEncoder(options.sha256);
  }

  /** Compacts every host that is due, or (`all`) that has batches. Stops between two steps when `signal` is aborted. */
  async run(options: { readonly nowMs: number; readonly all: boolean; readonly signal: AbortSignal }): Promise<void> {
    const { nowMs, all, signal } = options;
    const horizonMs = horizonOf(nowMs);
    this.#partitionDays.clear();
    for (const hostId of await readDueHosts(this.#sql, { horizonMs, oldMs: nowMs - oldBatchMs, all })) {
      if (signal.aborted) return;
      await this.compactHost(hostId, { nowMs, signal });
    }
  }

  /** Compacts the batches that a host has now. */
  async compactHost(hostId: number, options: { readonly nowMs: number; readonly signal: AbortSignal }): Promise<void> {
    // What comes in meanwhile is for the next run: a host that never ends must not keep the others waiting.
    const idMax = await readNewestBatchId(this.#sql);
    const of = { hostId, idMax, horizonMs: horizonOf(options.nowMs), countMax: stepBatchesMax };
    let rivals = 0;
    for (let steps = 0; !options.signal.aborted; steps += 1) {
      const step = firstStep(await readBatchSizes(this.#sql, of));
      if (step.length === 0) return;
      if (steps === 0) this.counts.hosts += 1;
      if (await this.#compactStep(hostId, step)) continue;
      this.counts.rivals += 1;
      rivals += 1;
      if (rivals > rivalsMax) return;
    }
  }

  /** False when a rival was faster. */
  async #compactStep(hostId: number, ids: readonly number[]): Promise<boolean> {
    const { readLayouts, turn } = this.#options;
    const floorDay = await readRawFloor(this.#sql);
    const batches = await readBatchSources(this.#sql, ids, readLayouts);
    if (batches.length !== ids.length) return false;
    const sources = batches.map(({ source }) => source);
    const plans = planChunks(sources, floorDay);
    const days = [...new Set(plans.map(({ day }) => day))];
    const oldChunks = (await readSmallChunks(this.#sql, { hostId, days }, readLayouts)).filter((old) =>
      isTakenBack(old, plans),
    );
    const all =
      oldChunks.length === 0 ? plans : planChunks([...sources, ...oldChunks.map(({ source }) => source)], floorDay);
    const parts: ChunkPart[] = [];
    for (const plan of all) {
      parts.push(...(await this.#encoder.encode(plan, turn)));
      await turn.yield();
    }
    checkCounts({ sources: [...sources, ...oldChunks.map(({ source }) => source)], parts, floorDay, plans: all });
    await this.#storeLayouts(parts);
    await this.#ensurePartitions(days);
    try {
      await writeCompaction(this.#sql, { hostId, batchIds: ids, oldChunks, parts });
    } catch (error) {
      if (isRival(error)) return false;
      throw error;
    }
    this.#count(sources, parts);
    return true;
  }

  async #ensurePartitions(days: readonly number[]): Promise<void> {
    const unknown = days.filter((day) => !this.#partitionDays.has(day));
    await ensurePartitions(
      this.#sql,
      unknown.map((day) => ({ tier: 'raw', fromDay: day, toDay: day })),
    );
    for (const day of unknown) this.#partitionDays.add(day);
  }

  async #storeLayouts(parts: readonly ChunkPart[]): Promise<void> {
    const unknown = new Set(parts.map(({ layout }) => layout).filter((layout) => !this.#storedLayouts.has(layout)));
    await storeChunkLayouts(this.#sql, unknown);
    for (const layout of unknown) this.#storedLayouts.add(layout);
  }

  #count(sources: readonly Source[], parts: readonly ChunkPart[]): void {
    const { counts } = this;
    counts.batches += sources.length;
    for (const { times } of sources) counts.ticks += times.length;
    for (const { sampleCount, data, offsets, runs } of parts) {
      counts.samples += sampleCount;
      counts.chunks += 1;
      counts.bytes += data.byteLength + offsets.byteLength + runs.byteLength;
    }
  }
}

/** First instant that is too far ahead to be compacted now. */
function horizonOf(nowMs: number): number {
  return dayStartMs(dayOf(nowMs) + daysAhead + 1);
}

/** Ids of as many batches as may be in memory at once, at least one. */
function firstStep(batches: readonly BatchSize[]): number[] {
  let bytes = 0;
  const step: number[] = [];
  for (const batch of batches) {
    bytes += batch.bytes;
    if (step.length > 0 && bytes > stepBytesMax) break;
    step.push(batch.id);
  }
  return step;
}

/** Whether new ticks of its day and interval come to a small chunk and find room in it. */
function isTakenBack(old: OldChunk, plans: readonly ChunkPlan[]): boolean {
  return plans.some(
    ({ day, intervalMs, tickCount }) =>
      day === old.day && intervalMs === old.source.layout.intervalMs && tickCount < blockTicksMax,
  );
}

/** Every tick of the sources is in exactly one chunk, but for those of days that are not kept any more. */
function checkCounts(of: {
  readonly sources: readonly Source[];
  readonly plans: readonly ChunkPlan[];
  readonly parts: readonly ChunkPart[];
  readonly floorDay: number;
}): void {
  const { sources, plans, parts, floorDay } = of;
  const floorMs = dayStartMs(floorDay);
  let ticksIn = 0;
  for (const { times } of sources) for (const time of times) if (time >= floorMs) ticksIn += 1;
  const planned = plans.reduce((sum, { tickCount }) => sum + tickCount, 0);
  const written = parts.reduce((sum, { part, tickCount }) => sum + (part === 0 ? tickCount : 0), 0);
  assert(ticksIn === planned && planned === written, 'ticks in are ticks out');
}

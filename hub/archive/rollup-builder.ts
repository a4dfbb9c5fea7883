/**
 * Rollups: the minutes of a host's day out of its raw chunks, the hours of a month out of the minutes of its days.
 *
 * A rollup is a pure function of what it is made of, and is written together with the version that it was made of, by
 * a statement that fails when the version has moved. Columns are read and written a few at a time: memory is bounded
 * by `groupBytesMax` and one block of the result, whatever the host has.
 */
import type { Block } from '#core/block.ts';
import { dayOf, nextMonthOf } from '#core/calendar.ts';
import { decodeColumn } from '#core/column.ts';
import { seriesPerLayoutMax } from '#core/limits.ts';
import { type Buckets, mergeBuckets, rollUp } from '#core/rollup.ts';
import { decodeRollupColumn } from '#core/rollup-column.ts';
import { createLayout, type Layout, type Sha256 } from '#core/series.ts';
import { bucketMs, type Tier } from '#core/tier.ts';
import { unionSeries } from '#core/union-layout.ts';
import { isRival, type ReadLayouts, storeChunkLayouts } from '../store/chunks/compaction.ts';
import { ensurePartitions } from '../store/chunks/partitions.ts';
import {
  type ChunkHead,
  type DueDay,
  type DueMonth,
  readChunkHeads,
  readColumnRanges,
  readDueDays,
  readDueMonths,
  readRolledDays,
  writeHours,
  writeMinutes,
} from '../store/chunks/rollups.ts';
import type { Sql } from '../store/connect.ts';
import { type ChunkPart, columnBytesMax } from './chunk-encoder.ts';
import { unpackColumn } from './packed-column.ts';
import { RollupWriter } from './rollup-writer.ts';
import type { Turn } from './turn.ts';

/** Bytes of packed columns that are in memory at once. */
const groupBytesMax = 4 * 1024 * 1024;
/** Days and months that are looked up at once; the loop goes on until there are none. */
const duePageMax = 256;

export interface RollupCounts {
  days: number;
  months: number;
  /** Rows of chunks written. */
  chunks: number;
  bytes: number;
  rivals: number;
}

export interface RollupBuilderOptions {
  readonly sha256: Sha256;
  readonly readLayouts: ReadLayouts;
  readonly turn: Turn;
}

/** A rollup block that is made, its times being the starts of the buckets that hold anything. */
interface Rollup {
  readonly tier: Exclude<Tier, 'raw'>;
  readonly day: number;
  readonly starts: Float64Array;
  readonly heads: readonly ChunkHead[];
  /** Whether the buckets of a chunk that begin at this time go into the result. */
  readonly isWanted: (head: ChunkHead, startMs: number) => boolean;
}

export class RollupBuilder {
  readonly #sql: Sql;
  readonly #options: RollupBuilderOptions;
  readonly #writer = new RollupWriter();
  /** Since the start. */
  readonly counts: RollupCounts = { days: 0, months: 0, chunks: 0, bytes: 0, rivals: 0 };

  constructor(sql: Sql, options: RollupBuilderOptions) {
    this.#sql = sql;
    this.#options = options;
  }

  /** Rolls up every day before `beforeDay` that is due, then the months. Stops between two of them when `signal` is aborted. */
  async run(options: { readonly beforeDay: number; readonly signal: AbortSignal }): Promise<void> {
    const { beforeDay, signal } = options;
    await this.#pages(
      signal,
      () => readDueDays(this.#sql, { beforeDay, countMax: duePageMax }),
      (due) => this.rollDay(due),
    );
    await this.#pages(
      signal,
      () => readDueMonths(this.#sql, duePageMax),
      (due) => this.rollMonth(due),
    );
  }

  /** Page after page, until one is empty or only rivals got through. */
  async #pages<T>(
    signal: AbortSignal,
    read: () => Promise<readonly T[]>,
    roll: (due: T) => Promise<boolean>,
  ): Promise<void> {
    for (;;) {
      let done = 0;
      for (const due of await read()) {
        if (signal.aborted) return;
        if (await roll(due)) done += 1;
        else this.counts.rivals += 1;
        await this.#options.turn.yield();
      }
      if (done === 0) return;
    }
  }

  /** Writes the minutes of one day. False when raw has changed meanwhile. */
  async rollDay(due: DueDay): Promise<boolean> {
    const { hostId, day } = due;
    const heads = await readChunkHeads(
      this.#sql,
      { hostId, tier: 'raw', fromDay: day, toDay: day + 1 },
      this.#options.readLayouts,
    );
    const starts = startsOf(heads, bucketMs.minute, () => true);
    const parts = await this.#build({ tier: 'minute', day, starts, heads, isWanted: () => true });
    if (parts === null) return false;
    return await this.#write(parts, () => writeMinutes(this.#sql, due, parts), 'days');
  }

  /** Writes the hours of one month. False when its minutes have changed meanwhile. */
  async rollMonth(due: DueMonth): Promise<boolean> {
    const { hostId, month } = due;
    const toDay = nextMonthOf(month);
    const { readLayouts } = this.#options;
    const rolled = await readRolledDays(this.#sql, { hostId, fromDay: month, toDay });
    const fresh = rolled.filter(({ isInHours }) => !isInHours);
    if (fresh.length === 0) return false;
    const old = await readChunkHeads(
      this.#sql,
      { hostId, tier: 'hour', fromDay: month, toDay: month + 1 },
      readLayouts,
    );
    const minutes = await readChunkHeads(this.#sql, { hostId, tier: 'minute', fromDay: month, toDay }, readLayouts);
    const freshDays = new Set(fresh.map(({ day }) => day));
    const isWanted = (head: ChunkHead, startMs: number) =>
      head.tier === 'minute' ? freshDays.has(head.day) : !freshDays.has(dayOf(startMs));
    const heads = [...old, ...minutes.filter(({ day }) => freshDays.has(day))];
    const starts = startsOf(heads, bucketMs.hour, isWanted);
    const parts = await this.#build({ tier: 'hour', day: month, starts, heads, isWanted });
    if (parts === null) return false;
    const oldIds = [...new Set(old.map(({ id }) => id))];
    return await this.#write(parts, () => writeHours(this.#sql, { ...due, oldIds, days: fresh }, parts), 'months');
  }

  async #write(parts: readonly ChunkPart[], write: () => Promise<void>, kind: 'days' | 'months'): Promise<boolean> {
    await storeChunkLayouts(this.#sql, new Set(parts.map(({ layout }) => layout)));
    const [first] = parts;
    if (first !== undefined) {
      const tier = kind === 'days' ? 'minute' : 'hour';
      await ensurePartitions(this.#sql, [{ tier, fromDay: first.day, toDay: first.day }]);
    }
    try {
      await write();
    } catch (error) {
      if (isRival(error)) return false;
      throw error;
    }
    this.counts[kind] += 1;
    for (const { data, offsets } of parts) {
      this.counts.chunks += 1;
      this.counts.bytes += data.byteLength + offsets.byteLength;
    }
    return true;
  }

  /** The rows of a rollup; none when it has no bucket, null when a chunk went while it was read. */
  async #build(rollup: Rollup): Promise<ChunkPart[] | null> {
    const { tier, day, starts, heads } = rollup;
    if (starts.length === 0) return [];
    const { series, places } = unionSeries(heads.map(({ layout }) => layout));
    const parts: ChunkPart[] = [];
    for (let first = 0; first === 0 || first < series.length; first += seriesPerLayoutMax) {
      const own = series.slice(first, first + seriesPerLayoutMax).map((one) => ({ ...one, every: 1 }));
      const layout = createLayout({ intervalMs: bucketMs[tier], series: own }, this.#options.sha256);
      const encoded = await this.#encodeColumns(rollup, { layout, places, first });
      if (encoded === null) return null;
      parts.push({
        day,
        part: parts.length,
        tickCount: starts.length,
        fromMs: starts[0]!,
        toMs: starts[starts.length - 1]!,
        layout,
        runs: new Uint8Array(0),
        ...encoded,
      });
    }
    return parts;
  }

  async #encodeColumns(
    rollup: Rollup,
    of: { readonly layout: Layout; readonly places: readonly Int32Array[]; readonly first: number },
  ): Promise<(Block & { readonly sampleCount: number }) | null> {
    const { tier, starts, heads } = rollup;
    const columnCount = of.layout.series.length;
    this.#writer.begin({ tier, starts, columnCount });
    const groupSize = groupSizeOf(heads);
    let sampleCount = 0;
    for (let from = 0; from < columnCount; from += groupSize) {
      const to = Math.min(columnCount, from + groupSize);
      const ranges = heads.flatMap(
        (head, index) => rangeOf(head, of.places[index]!.subarray(of.first + from, of.first + to)) ?? [],
      );
      const bytes = await readColumnRanges(this.#sql, ranges);
      if (bytes.size !== ranges.length) return null;
      const fromOf = new Map(ranges.map((range) => [range.head, range.from]));
      for (let column = from; column < to; column += 1) {
        const found = heads.flatMap((head, index) => {
          const place = of.places[index]![of.first + column]!;
          if (place < 0) return [];
          const start = head.offsets[place]! - head.offsets[fromOf.get(head)!]!;
          const length = head.offsets[place + 1]! - head.offsets[place]!;
          return [this.#bucketsOf(rollup, head, bytes.get(head)!.subarray(start, start + length))];
        });
        sampleCount += this.#writer.append(found.length === 1 ? found[0]! : mergeBuckets(found, bucketMs[tier]));
        if (this.#options.turn.isOver) await this.#options.turn.yield();
      }
    }
    return { ...this.#writer.end(), sampleCount };
  }

  /** What one column of one chunk gives to the result. */
  #bucketsOf({ tier, isWanted }: Rollup, head: ChunkHead, packed: Uint8Array): Buckets {
    const { times } = head;
    const column = unpackColumn(packed, 4 * columnBytesMax(times.length));
    if (head.tier === 'raw') {
      const values = new Float64Array(times.length);
      decodeColumn(column, values);
      return rollUp(times, values, bucketMs[tier]);
    }
    const finer: Buckets = { starts: times, ...decodeRollupColumn(column, times.length) };
    const own = head.tier === 'hour' ? withoutBuckets(finer, (startMs) => !isWanted(head, startMs)) : finer;
    return mergeBuckets([own], bucketMs[tier]);
  }
}

/** Starts of the buckets that the ticks of the chunks lie in, rising. */
function startsOf(
  heads: readonly ChunkHead[],
  stepMs: number,
  isWanted: (head: ChunkHead, startMs: number) => boolean,
): Float64Array {
  const starts = new Set<number>();
  for (const head of heads) {
    for (const time of head.times) {
      const startMs = Math.floor(time / stepMs) * stepMs;
      if (isWanted(head, startMs)) starts.add(startMs);
    }
  }
  return Float64Array.from(starts).sort();
}

/** Columns whose bytes, over all chunks, are within the bound; at least one. */
function groupSizeOf(heads: readonly ChunkHead[]): number {
  let bytes = 0;
  let columnCount = 1;
  for (const { offsets } of heads) {
    bytes += offsets[offsets.length - 1]!;
    columnCount = Math.max(columnCount, offsets.length - 1);
  }
  return Math.max(1, Math.floor(columnCount / Math.max(1, bytes / groupBytesMax)));
}

/** The range of a chunk's columns that holds the places given; null when it has none of them. */
function rangeOf(head: ChunkHead, places: Int32Array): { head: ChunkHead; from: number; to: number } | null {
  let from = Number.POSITIVE_INFINITY;
  let to = -1;
  for (const place of places) {
    if (place < 0) continue;
    from = Math.min(from, place);
    to = Math.max(to, place + 1);
  }
  return to < 0 ? null : { head, from, to };
}

function withoutBuckets(buckets: Buckets, isLeftOut: (startMs: number) => boolean): Buckets {
  const count = buckets.count.slice();
  for (let index = 0; index < count.length; index += 1) if (isLeftOut(buckets.starts[index]!)) count[index] = 0;
  return { ...buckets, count };
}

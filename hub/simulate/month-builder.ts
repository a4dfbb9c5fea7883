/**
 * The rows of one month of a simulated host: raw chunks by the encoder of compaction, rollups by the writer of the
 * rollup builder, so that nothing tells them from rows that were stored, compacted and rolled up.
 *
 * Days that raw still keeps get chunks; every day that is over gets its minutes, as far as those are kept, and a place
 * in the month's hours. Memory is bounded by a day of ticks and a month of packed bytes.
 */
import { BlockWriter, decodeOffsets } from '#core/block.ts';
import { dayStartMs } from '#core/calendar.ts';
import { bitsOf } from '#core/column.ts';
import { ColumnEncoder } from '#core/column-encoder.ts';
import { blockTicksMax } from '#core/limits.ts';
import { type Buckets, mergeBuckets, rollUp } from '#core/rollup.ts';
import { createLayout, type Layout, type Sha256 } from '#core/series.ts';
import { simulatedSeries } from '#core/simulated/curves.ts';
import { SimulatedHost, type SimulatedRun, type SimulatedTicks } from '#core/simulated/simulated-host.ts';
import { bucketMs } from '#core/tier.ts';
import { ChunkEncoder, type ChunkPart } from '../archive/chunk-encoder.ts';
import { planChunks, type Source } from '../archive/chunk-plan.ts';
import { RollupWriter } from '../archive/rollup-writer.ts';
import type { TurnTaking } from '../archive/turn.ts';
import type { SimulatedMonth, SimulatedSpan, SimulatedStream } from '../store/simulated.ts';
import type { KeptFrom, MonthPart } from './plan.ts';

/** Plain data: months are made in threads of their own. */
export interface MonthRequest {
  readonly hostId: number;
  /** Number of the host in its fleet. */
  readonly index: number;
  readonly span: SimulatedSpan;
  readonly part: MonthPart;
  readonly kept: KeptFrom;
  /** Days before it are over. */
  readonly today: number;
  /** Streams of the runs that have raw ticks, by the instant of their boot. */
  readonly streams: ReadonlyMap<number, SimulatedStream>;
}

export interface BuiltMonth {
  readonly rows: SimulatedMonth;
  /** Ticks that were made, those in rollups only too. */
  readonly tickCount: number;
}

interface OpenStream extends SimulatedStream {
  tickCount: number;
  lastMs: number;
}

const seriesCount = simulatedSeries.length;
/** Nobody else wants the thread that makes months. */
const ownThread: TurnTaking = { isOver: false, yield: () => Promise.resolve() };

export class MonthBuilder {
  readonly #sha256: Sha256;
  readonly #chunks: ChunkEncoder;
  readonly #rollups = new RollupWriter();
  readonly #columns = new ColumnEncoder();
  readonly #writer = new BlockWriter();
  readonly #layouts = new Map<number, Layout>();
  #host: { readonly key: string; readonly host: SimulatedHost } | null = null;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
    this.#chunks = new ChunkEncoder(sha256);
  }

  /** The caller owns the result. */
  async build(request: MonthRequest): Promise<BuiltMonth> {
    const { index, span, part, kept, today } = request;
    const host = this.#hostOf(span.fleetSeed, index);
    const streams = new Map<number, OpenStream>();
    const raw: ChunkPart[] = [];
    const minutes: ChunkPart[] = [];
    const rolledDays: number[] = [];
    const rolledOnlyDays: number[] = [];
    /** Hours of each series, day by day. */
    const hours: Buckets[][] = simulatedSeries.map(() => []);
    let tickCount = 0;
    for (let day = part.fromDay; day < part.toDay; day += 1) {
      const ticks = host.ticks({
        fromMs: Math.max(span.fromMs, dayStartMs(day)),
        toMs: Math.min(span.toMs, dayStartMs(day + 1)),
        intervalMs: span.intervalMs,
      });
      if (ticks.count === 0) continue;
      tickCount += ticks.count;
      if (day >= kept.raw) raw.push(...(await this.#encodeRaw(ticks, { request, streams })));
      if (day < today && day >= kept.hour) {
        rolledDays.push(day);
        if (day < kept.raw) rolledOnlyDays.push(day);
        const buckets = bucketsOf(ticks);
        if (day >= kept.minute) minutes.push(this.#encodeRollup('minute', day, buckets));
        buckets.forEach((own, series) => void hours[series]!.push(mergeBuckets([own], bucketMs.hour)));
      }
    }
    const hourBuckets = hours.map((days) => mergeBuckets(days, bucketMs.hour));
    const rows = {
      ...{ hostId: request.hostId, ...part },
      ...{ raw, minutes, rolledDays, rolledOnlyDays },
      hours: rolledDays.length === 0 ? [] : [this.#encodeRollup('hour', part.month, hourBuckets)],
      streams: [...streams.values()],
    };
    return { rows, tickCount };
  }

  #layoutOf(intervalMs: number): Layout {
    const layout = this.#layouts.get(intervalMs) ?? simulatedLayout(intervalMs, this.#sha256);
    this.#layouts.set(intervalMs, layout);
    return layout;
  }

  #hostOf(fleetSeed: number, index: number): SimulatedHost {
    const key = `${fleetSeed}/${index}`;
    if (this.#host?.key !== key) this.#host = { key, host: new SimulatedHost(fleetSeed, index) };
    return this.#host.host;
  }

  /** The chunks of a day. */
  async #encodeRaw(
    ticks: SimulatedTicks,
    to: { readonly request: MonthRequest; readonly streams: Map<number, OpenStream> },
  ): Promise<ChunkPart[]> {
    const sources = ticks.runs.flatMap((run) => {
      const known = to.streams.get(run.bootMs);
      const stream = known ?? { ...to.request.streams.get(run.bootMs)!, tickCount: 0, lastMs: 0 };
      to.streams.set(run.bootMs, stream);
      const firstSeq = stream.storedSeq + stream.tickCount + 1;
      stream.tickCount += run.count;
      stream.lastMs = ticks.times[run.first + run.count - 1]!;
      return this.#sourcesOf(ticks, { run, streamId: stream.streamId, firstSeq }, to.request.span.intervalMs);
    });
    const parts: ChunkPart[] = [];
    for (const plan of planChunks(sources, to.request.kept.raw))
      parts.push(...(await this.#chunks.encode(plan, ownThread)));
    return parts;
  }

  /** Blocks of a run's ticks, as batches hold them. */
  #sourcesOf(
    ticks: SimulatedTicks,
    { run, streamId, firstSeq }: { readonly run: SimulatedRun; readonly streamId: number; readonly firstSeq: number },
    intervalMs: number,
  ): Source[] {
    const layout = this.#layoutOf(intervalMs);
    const words = bitsOf(ticks.values);
    const sources: Source[] = [];
    for (let taken = 0; taken < run.count; taken += blockTicksMax) {
      const count = Math.min(blockTicksMax, run.count - taken);
      const first = run.first + taken;
      const times = ticks.times.slice(first, first + count);
      this.#writer.begin({ tickCount: count, columnCount: seriesCount, times, intervalMs });
      for (let series = 0; series < seriesCount; series += 1) {
        this.#columns.encode(this.#writer.sink, { words, first: series * ticks.stride + first, stride: 1, count });
        this.#writer.columnEnded();
      }
      const { data, offsets } = this.#writer.end();
      sources.push({
        layout,
        runs: [{ streamId, firstSeq: firstSeq + taken, count }],
        times,
        data: data.slice(),
        offsets: decodeOffsets(offsets, seriesCount, data.byteLength),
        isPacked: false,
      });
    }
    return sources;
  }

  /** Every series has the same buckets: a simulated host gives all its values at each tick. */
  #encodeRollup(tier: 'minute' | 'hour', day: number, buckets: readonly Buckets[]): ChunkPart {
    const { starts } = buckets[0]!;
    this.#rollups.begin({ tier, starts, columnCount: buckets.length });
    let sampleCount = 0;
    for (const own of buckets) sampleCount += this.#rollups.append(own);
    return {
      ...this.#rollups.end(),
      ...{ day, part: 0, tickCount: starts.length, sampleCount },
      fromMs: starts[0]!,
      toMs: starts[starts.length - 1]!,
      layout: this.#layoutOf(bucketMs[tier]),
      runs: new Uint8Array(0),
    };
  }
}

/** The layout of ticks, or of rollups, of this interval. */
export function simulatedLayout(intervalMs: number, sha256: Sha256): Layout {
  return createLayout({ intervalMs, series: simulatedSeries }, sha256);
}

/** The minutes of each series. */
function bucketsOf({ times, values, stride, count }: SimulatedTicks): Buckets[] {
  const own = times.subarray(0, count);
  return simulatedSeries.map((_, series) =>
    rollUp(own, values.subarray(series * stride, series * stride + count), bucketMs.minute),
  );
}

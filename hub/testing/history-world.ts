/**
 * A host whose ticks are known, stored as the hub stores them: what readers of history are compared with.
 */
import type { Samples } from '#core/sample-parts.ts';
import type { Layout } from '#core/series.ts';
import type { SeriesAnswer } from '../archive/series-reading.ts';
import type { Sql } from '../store/connect.ts';
import { storeBatch } from './batch-fixture.ts';
import { openTestStream } from './ingest-fixture.ts';

/** Uniform in 0..1, the same at each run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

export class HistoryWorld {
  readonly hostId: number;
  readonly #sql: Sql;
  readonly #streamId: number;
  readonly #random: () => number;
  readonly #truth = new Map<string, { timeMs: number; value: number }[]>();
  #seq = 1;

  constructor(sql: Sql, shape: { readonly hostId: number; readonly streamId: number; readonly seed: number }) {
    this.#sql = sql;
    this.hostId = shape.hostId;
    this.#streamId = shape.streamId;
    this.#random = seeded(shape.seed);
  }

  static async create(sql: Sql, seed: number): Promise<HistoryWorld> {
    return new HistoryWorld(sql, { ...(await openTestStream(sql)), seed });
  }

  /** Stores a batch of ticks from `fromMs` on, a few of them without a value, and answers when the next would be. */
  async addBatch(layout: Layout, options: { readonly fromMs: number; readonly tickCount: number }): Promise<number> {
    const { tickCount } = options;
    const times = Float64Array.from({ length: tickCount }, (_, tick) => options.fromMs + tick * layout.intervalMs);
    const values = new Float64Array(tickCount * layout.series.length);
    for (let at = 0; at < values.length; at += 1) {
      const value = this.#random() < 0.05 ? Number.NaN : Math.round((this.#random() - 0.3) * 100_000) / 100;
      values[at] = value;
      if (Number.isNaN(value)) continue;
      const { key } = layout.series[at % layout.series.length]!;
      const samples = this.#truth.get(key) ?? [];
      this.#truth.set(key, samples);
      samples.push({ timeMs: times[Math.floor(at / layout.series.length)]!, value });
    }
    const { hostId } = this;
    await storeBatch(this.#sql, { hostId, streamId: this.#streamId, firstSeq: this.#seq, layout, times, values });
    this.#seq += tickCount;
    return options.fromMs + tickCount * layout.intervalMs;
  }

  /** Batches of 1 to 64 ticks that fill a span. */
  async addSpan(layout: Layout, span: { readonly startMs: number; readonly endMs: number }): Promise<void> {
    for (let atMs = span.startMs; atMs < span.endMs; ) {
      const left = Math.ceil((span.endMs - atMs) / layout.intervalMs);
      atMs = await this.addBatch(layout, {
        fromMs: atMs,
        tickCount: Math.min(left, 1 + Math.floor(this.#random() * 64)),
      });
    }
  }

  /** Values of a series in a half-open span, in order of time. */
  samples(key: string, span: { readonly startMs: number; readonly endMs: number }): Samples {
    const found = (this.#truth.get(key) ?? [])
      .filter(({ timeMs }) => timeMs >= span.startMs && timeMs < span.endMs)
      .sort((a, b) => a.timeMs - b.timeMs);
    return {
      times: Float64Array.from(found, ({ timeMs }) => timeMs),
      values: Float64Array.from(found, ({ value }) => value),
    };
  }

  /** Why an answer is not what the ticks say; null when it is. */
  problemOf(answer: SeriesAnswer, span: { readonly startMs: number; readonly endMs: number }): string | null {
    const { times, values } = this.samples(answer.series.key, span);
    if (answer.content.kind === 'samples') {
      const { samples } = answer.content;
      if (samples.times.length !== times.length) return `${times.length} samples wanted: got ${samples.times.length}`;
      const at = times.findIndex(
        (timeMs, index) => timeMs !== samples.times[index] || values[index] !== samples.values[index],
      );
      return at < 0 ? null : `sample ${at} is another`;
    }
    const { stepMs, buckets } = answer.content;
    const wanted = new Map<number, { min: number; max: number; sum: number; magnitude: number; count: number }>();
    times.forEach((timeMs, index) => {
      const start = Math.floor(timeMs / stepMs) * stepMs;
      const value = values[index]!;
      const slot = wanted.get(start) ?? { min: value, max: value, sum: 0, magnitude: 0, count: 0 };
      wanted.set(start, slot);
      slot.min = Math.min(slot.min, value);
      slot.max = Math.max(slot.max, value);
      slot.sum += value;
      slot.magnitude += Math.abs(value);
      slot.count += 1;
    });
    if (wanted.size !== buckets.starts.length) return `${wanted.size} buckets wanted: got ${buckets.starts.length}`;
    for (const [index, start] of buckets.starts.entries()) {
      const slot = wanted.get(start);
      if (slot === undefined) return `no bucket begins at ${start}`;
      const isSame =
        slot.min === buckets.min[index] &&
        slot.max === buckets.max[index] &&
        slot.count === buckets.count[index] &&
        Math.abs(slot.sum - buckets.sum[index]!) <= 1e-12 * slot.magnitude;
      if (!isSame) return `bucket ${start} wants ${JSON.stringify(slot)}: got count ${buckets.count[index]}`;
    }
    return null;
  }
}

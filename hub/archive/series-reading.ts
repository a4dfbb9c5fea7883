/**
 * One series of one host while it is being read: samples and buckets as they are found, in any order, and at the end
 * one run of either.
 */

import { type Buckets, mergeBuckets, rollUp } from '#core/rollup.ts';
import type { Samples } from '#core/sample-parts.ts';
import type { Series } from '#core/series.ts';
import { ownStep, type QueryPlan } from './query-plan.ts';

/** Samples kept before they are rolled up: more than the points of any answer that may want them as they are. */
const samplesKeptMax = 16_384;
const firstCapacity = 512;

/** What was read of one series. */
export interface SeriesAnswer {
  readonly hostId: number;
  readonly series: Series;
  /** Expected time between its values, ms: what lies further apart is a gap. */
  readonly intervalMs: number;
  readonly content:
    | { readonly kind: 'samples'; readonly samples: Samples }
    | { readonly kind: 'buckets'; readonly stepMs: number; readonly buckets: Buckets };
}

export class SeriesReading {
  readonly hostId: number;
  readonly series: Series;
  readonly #plan: QueryPlan;
  readonly #buckets: Buckets[] = [];
  /** Samples that are not rolled up yet: the first `#count` of both. */
  #times = new Float64Array(firstCapacity);
  #values = new Float64Array(firstCapacity);
  #count = 0;
  #intervalMs: number;
  #hasMet = false;

  /** `intervalMs` counts until a raw layout is met. */
  constructor(
    shape: { readonly hostId: number; readonly series: Series; readonly intervalMs: number },
    plan: QueryPlan,
  ) {
    this.hostId = shape.hostId;
    this.series = shape.series;
    this.#intervalMs = shape.intervalMs;
    this.#plan = plan;
  }

  /** Notes the interval that a raw layout of the span gives the series: the longest counts. All are noted before samples are added. */
  meet(intervalMs: number): void {
    this.#intervalMs = this.#hasMet ? Math.max(this.#intervalMs, intervalMs) : intervalMs;
    this.#hasMet = true;
  }

  /** Copies the samples from `from` to before `to`, NaNs among them. */
  addSamples({ times, values }: Samples, from = 0, to: number = times.length): void {
    const count = this.#count + to - from;
    if (count > this.#times.length) this.#grow(count);
    // Two hours of batches are 720 parts of ten: a loop is faster than two views of each.
    for (let index = from, at = this.#count; index < to; index += 1, at += 1) {
      this.#times[at] = times[index]!;
      this.#values[at] = values[index]!;
    }
    this.#count = count;
    if (this.#plan.stepMs > 0 && count > samplesKeptMax) this.#roll();
  }

  addBuckets(part: Buckets): void {
    if (part.starts.length > 0) this.#buckets.push(part);
  }

  /** What was found. At most `samplesMax` samples are given as they are. */
  end({ samplesMax }: { readonly samplesMax: number }): SeriesAnswer {
    const answer = { hostId: this.hostId, series: this.series, intervalMs: this.#intervalMs };
    if (this.#plan.stepMs === 0 || (this.#buckets.length === 0 && samplesMax > 0)) {
      const samples = inOrder(numbersOf(this.#kept()));
      if (this.#plan.stepMs === 0 || samples.times.length <= samplesMax)
        return { ...answer, content: { kind: 'samples', samples } };
    }
    this.#roll();
    const stepMs = this.#stepMs;
    return { ...answer, content: { kind: 'buckets', stepMs, buckets: mergeBuckets(this.#buckets, stepMs) } };
  }

  get #stepMs(): number {
    return ownStep(this.#plan, this.#intervalMs);
  }

  #kept(): Samples {
    return { times: this.#times.subarray(0, this.#count), values: this.#values.subarray(0, this.#count) };
  }

  #roll(): void {
    const { times, values } = this.#kept();
    this.#buckets.push(rollUp(times, values, this.#stepMs));
    this.#count = 0;
  }

  #grow(count: number): void {
    const capacity = Math.max(count, this.#times.length * 2);
    const kept = this.#kept();
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
    this.#times.set(kept.times);
    this.#values.set(kept.values);
  }
}

/** In order of time: streams of one host overlap, and late ticks come in chunks of their own. May be `samples` itself. */
function inOrder(samples: Samples): Samples {
  const { times, values } = samples;
  let isSorted = true;
  for (let index = 1; index < times.length && isSorted; index += 1) isSorted = times[index]! >= times[index - 1]!;
  if (isSorted) return samples;
  const order = Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
  return {
    times: Float64Array.from(order, (index) => times[index]!),
    values: Float64Array.from(order, (index) => values[index]!),
  };
}

/** Those that are numbers, copied. */
function numbersOf(samples: Samples): Samples {
  let count = 0;
  for (const value of samples.values) if (!Number.isNaN(value)) count += 1;
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let at = 0;
  for (let index = 0; index < samples.values.length; index += 1) {
    const value = samples.values[index]!;
    if (Number.isNaN(value)) continue;
    times[at] = samples.times[index]!;
    values[at] = value;
    at += 1;
  }
  return { times, values };
}

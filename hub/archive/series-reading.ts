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
  #parts: Samples[] = [];
  #keptCount = 0;
  readonly #buckets: Buckets[] = [];
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

  /** Samples of the span in order of time, NaNs among them. */
  addSamples(part: Samples): void {
    if (part.times.length === 0) return;
    this.#parts.push(part);
    this.#keptCount += part.times.length;
    if (this.#plan.stepMs > 0 && this.#keptCount > samplesKeptMax) this.#roll();
  }

  addBuckets(part: Buckets): void {
    if (part.starts.length > 0) this.#buckets.push(part);
  }

  /** What was found. At most `samplesMax` samples are given as they are. */
  end({ samplesMax }: { readonly samplesMax: number }): SeriesAnswer {
    const answer = { hostId: this.hostId, series: this.series, intervalMs: this.#intervalMs };
    const isUnrolled = this.#buckets.length === 0;
    if (this.#plan.stepMs === 0 || (isUnrolled && samplesMax > 0)) {
      const samples = numbersOf(joined(this.#parts));
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

  #roll(): void {
    const { times, values } = joined(this.#parts);
    this.#buckets.push(rollUp(times, values, this.#stepMs));
    this.#parts = [];
    this.#keptCount = 0;
  }
}

/** In order of time: streams of one host overlap by a restart at most, so sorting parts is nearly always enough. */
function joined(parts: readonly Samples[]): Samples {
  const ordered = [...parts].sort((a, b) => a.times[0]! - b.times[0]!);
  if (ordered.length === 1) return sorted(ordered[0]!);
  let count = 0;
  for (const { times } of ordered) count += times.length;
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let at = 0;
  for (const part of ordered) {
    times.set(part.times, at);
    values.set(part.values, at);
    at += part.times.length;
  }
  return sorted({ times, values });
}

function sorted(samples: Samples): Samples {
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

/** Without what is no value. May be `samples` itself. */
function numbersOf(samples: Samples): Samples {
  let count = 0;
  for (const value of samples.values) if (!Number.isNaN(value)) count += 1;
  if (count === samples.values.length) return samples;
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

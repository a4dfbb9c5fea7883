/**
 * What is known of one series from storage: everything in `[fromMs, toMs)`, as samples or as buckets. Tracks grow at
 * both ends and are mended in the middle, so that a pan or a minute more asks for what is missing alone. Pure.
 *
 * Buckets begin at multiples of their step. The two at the ends may hold only a part of their samples; where two parts
 * of one bucket meet they become one, exactly as if all of it had been read at once.
 */

import type { SeriesContent } from '#core/query-columns.ts';
import { type Buckets, createBuckets, mergeBuckets, sliceBuckets } from '#core/rollup.ts';
import type { Samples } from '#core/sample-parts.ts';

export interface Span {
  readonly fromMs: number;
  /** The end does not belong to it. */
  readonly toMs: number;
}

export interface Track extends Span {
  /** Expected time between values, ms; 0 while it is not known. */
  readonly intervalMs: number;
  readonly content: SeriesContent;
}

/** Nothing was found: the series did not exist then. */
export function emptyTrack(span: Span, stepMs: number): Track {
  const content: SeriesContent =
    stepMs === 0
      ? { kind: 'samples', samples: { times: new Float64Array(0), values: new Float64Array(0) } }
      : { kind: 'buckets', stepMs, buckets: createBuckets(0) };
  return { fromMs: span.fromMs, toMs: span.toMs, intervalMs: 0, content };
}

/** `fresh` in its place in `known`: what both have is taken from `fresh`. Tracks that do not touch: `fresh` alone. */
export function joinTracks(known: Track | null, fresh: Track): Track {
  if (known === null || fresh.fromMs > known.toMs || fresh.toMs < known.fromMs) return fresh;
  const fromMs = Math.min(known.fromMs, fresh.fromMs);
  const toMs = Math.max(known.toMs, fresh.toMs);
  const intervalMs = fresh.intervalMs || known.intervalMs;
  const content = joinContents(known, fresh);
  return content === null ? fresh : { fromMs, toMs, intervalMs, content };
}

/** null when the two cannot be joined: samples and buckets. */
function joinContents(
  { fromMs: knownFromMs, content: known }: Track,
  { fromMs, toMs, content: fresh }: Track,
): SeriesContent | null {
  if (known.kind === 'samples' && fresh.kind === 'samples')
    return { kind: 'samples', samples: joinSamples(known.samples, fresh.samples, { fromMs, toMs }) };
  if (known.kind === 'samples' || fresh.kind === 'samples') return null;
  const stepMs = Math.max(known.stepMs, fresh.stepMs);
  const { starts } = known.buckets;
  const before = sliceBuckets(known.buckets, 0, indexAt(starts, fromMs));
  // Side by side, both have a part of the bucket in between; else the fresh part has it whole.
  const isLeft = toMs <= knownFromMs;
  const after = sliceBuckets(known.buckets, isLeft ? 0 : indexAt(starts, toMs), starts.length);
  return { kind: 'buckets', stepMs, buckets: mergeBuckets([before, fresh.buckets, after], stepMs) };
}

function joinSamples(known: Samples, fresh: Samples, { fromMs, toMs }: Span): Samples {
  const before = indexAt(known.times, fromMs);
  const after = indexAt(known.times, toMs);
  const count = before + fresh.times.length + known.times.length - after;
  const join = (old: Float64Array, middle: Float64Array) => {
    const joined = new Float64Array(count);
    joined.set(old.subarray(0, before));
    joined.set(middle, before);
    joined.set(old.subarray(after), before + middle.length);
    return joined;
  };
  return { times: join(known.times, fresh.times), values: join(known.values, fresh.values) };
}

/** Lets go of what lies before `fromMs`. */
export function trimTrack(track: Track, fromMs: number): Track {
  const { content } = track;
  if (fromMs <= track.fromMs) return track;
  if (content.kind === 'samples') {
    const first = indexAt(content.samples.times, fromMs);
    const { times, values } = content.samples;
    return {
      ...track,
      fromMs,
      content: { kind: 'samples', samples: { times: times.slice(first), values: values.slice(first) } },
    };
  }
  const startMs = Math.floor(fromMs / content.stepMs) * content.stepMs;
  const { starts, min, max, sum, count } = content.buckets;
  const first = indexAt(starts, startMs);
  const buckets: Buckets = {
    starts: starts.slice(first),
    min: min.slice(first),
    max: max.slice(first),
    sum: sum.slice(first),
    count: count.slice(first),
  };
  return { ...track, fromMs: Math.max(track.fromMs, startMs), content: { ...content, buckets } };
}

/** Newest value: the last sample, or the average of the last bucket; NaN when there is none. */
export function newestOf({ content }: Track): number {
  if (content.kind === 'samples') return content.samples.values.at(-1) ?? Number.NaN;
  const { sum, count } = content.buckets;
  return (sum.at(-1) ?? Number.NaN) / (count.at(-1) ?? Number.NaN);
}

/** Index of the first of rising `times` that is not before `atMs`. */
export function indexAt(times: Float64Array, atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

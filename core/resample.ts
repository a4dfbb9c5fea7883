/**
 * Samples to the points of a chart: at most so many, never inventing one, gaps kept.
 *
 * With more samples than points wanted, equal time buckets give their average, minimum and maximum; a spike
 * is in the maximum of its bucket at every zoom. "No value" is not counted; a bucket without a value is no
 * point, and a stretch without values longer than a gap's width is one null.
 */

export interface Point {
  readonly timeMs: number;
  /** Average of the bucket, or the sample itself; null for a gap. */
  readonly value: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface ResampleOptions {
  readonly startMs: number;
  readonly endMs: number;
  /** Points wanted, at least 1. Nulls come on top. */
  readonly pointsMax: number;
  /** Expected time between samples; more than three times this without a value is a gap. */
  readonly intervalMs: number;
}

interface Bucket {
  readonly startMs: number;
  sum: number;
  count: number;
  min: number;
  max: number;
}

/** `times` ascend and lie in the span. */
export function resample(
  samples: { readonly times: Float64Array; readonly values: Float64Array },
  options: ResampleOptions,
): Point[] {
  const { times, values } = samples;
  const stepMs = countValues(values) <= options.pointsMax ? 0 : stepOf(options);
  const gapMs = Math.max(options.intervalMs * 3, stepMs === Number.POSITIVE_INFINITY ? 0 : stepMs * 2);

  const points: Point[] = [];
  let lastMs = Number.NaN;
  let bucket: Bucket | null = null;
  for (let index = 0; index < times.length; index += 1) {
    const value = values[index]!;
    if (Number.isNaN(value)) continue;
    const timeMs = times[index]!;
    const startMs = bucketStartOf(timeMs, stepMs, options.startMs);
    if (bucket === null || stepMs === 0 || startMs !== bucket.startMs) {
      if (bucket !== null) points.push(pointOf(bucket));
      if (timeMs - lastMs > gapMs) {
        points.push({ timeMs: lastMs + options.intervalMs, value: null, min: null, max: null });
      }
      bucket = { startMs, sum: 0, count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    }
    bucket.sum += value;
    bucket.count += 1;
    if (value < bucket.min) bucket.min = value;
    if (value > bucket.max) bucket.max = value;
    lastMs = timeMs;
  }
  if (bucket !== null) points.push(pointOf(bucket));
  return points;
}

function countValues(values: Float64Array): number {
  let count = 0;
  for (let index = 0; index < values.length; index += 1) if (!Number.isNaN(values[index])) count += 1;
  return count;
}

/**
 * Width of a bucket, from the span's length alone. A span of n − 1 steps touches at most n buckets wherever it
 * begins. Whole intervals where they are shorter, so that all buckets hold as many samples. Infinite: one bucket.
 */
function stepOf({ startMs, endMs, pointsMax, intervalMs }: ResampleOptions): number {
  if (pointsMax === 1) return Number.POSITIVE_INFINITY;
  const stepMs = Math.max(1, Math.ceil((endMs - startMs) / (pointsMax - 1)));
  return stepMs <= intervalMs ? stepMs : Math.ceil(stepMs / intervalMs) * intervalMs;
}

/** Buckets start at multiples of the step, so that the same data gives the same points while the window moves. */
function bucketStartOf(timeMs: number, stepMs: number, spanStartMs: number): number {
  if (stepMs === 0) return timeMs;
  return stepMs === Number.POSITIVE_INFINITY ? spanStartMs : Math.floor(timeMs / stepMs) * stepMs;
}

/** The average is held between minimum and maximum: rounding takes it out, and the sum of huge values is infinite. */
function pointOf({ startMs, sum, count, min, max }: Bucket): Point {
  return { timeMs: startMs, value: Math.min(max, Math.max(min, sum / count)), min, max };
}

/**
 * Samples to the points of a chart: at most so many, never inventing one, gaps kept.
 *
 * With more samples than points wanted, equal time buckets give their average, minimum and maximum; a spike
 * is in the maximum of its bucket at every zoom. "No value" is not counted; a bucket without a value is no
 * point, and a stretch without values longer than a gap's width is one null (FEATURES A1: nulls only at real gaps).
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
  /** Points wanted, at least 1. */
  readonly pointsMax: number;
  /** Expected time between samples; more than three times this without a value is a gap. */
  readonly intervalMs: number;
}

/** `times` ascend. */
export function resample(
  samples: { readonly times: Float64Array; readonly values: Float64Array },
  options: ResampleOptions,
): Point[] {
  const { times, values } = samples;
  const { startMs, endMs, pointsMax } = options;
  let valueCount = 0;
  for (let index = 0; index < values.length; index += 1) if (!Number.isNaN(values[index])) valueCount += 1;
  const isRaw = valueCount <= pointsMax;
  // Buckets start at multiples of the step, so that the same data gives the same points while the window moves.
  const stepMs = isRaw ? 0 : Math.max(1, Math.ceil((endMs - startMs) / pointsMax));
  const gapMs = Math.max(options.intervalMs * 3, stepMs * 2);

  const points: Point[] = [];
  let lastMs = Number.NaN;
  let bucket = { startMs: Number.NaN, sum: 0, count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
  const close = () => {
    if (bucket.count === 0) return;
    points.push({ timeMs: bucket.startMs, value: bucket.sum / bucket.count, min: bucket.min, max: bucket.max });
  };
  for (let index = 0; index < times.length; index += 1) {
    const value = values[index]!;
    if (Number.isNaN(value)) continue;
    const timeMs = times[index]!;
    const bucketMs = isRaw ? timeMs : Math.floor(timeMs / stepMs) * stepMs;
    const isGap = timeMs - lastMs > gapMs;
    if (bucketMs !== bucket.startMs || isRaw) {
      close();
      if (isGap) points.push({ timeMs: lastMs + options.intervalMs, value: null, min: null, max: null });
      bucket = { startMs: bucketMs, sum: 0, count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    }
    bucket.sum += value;
    bucket.count += 1;
    if (value < bucket.min) bucket.min = value;
    if (value > bucket.max) bucket.max = value;
    lastMs = timeMs;
  }
  close();
  return points;
}

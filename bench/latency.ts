/**
 * Latencies as histograms with a fixed error of 0.1 %, in µs inside and ms outside: always percentiles and the
 * maximum, never a lone mean.
 */
import { build, type Histogram } from 'hdr-histogram-js';

export interface LatencyFigures {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Ten minutes; later ones count as that. */
const usMax = 600_000_000;

export class Latencies {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: usMax,
    numberOfSignificantValueDigits: 3,
  });

  /** A negative latency can only be an error of the clock, and counts as 0. */
  add(latencyMs: number): void {
    this.#histogram.recordValue(Math.min(usMax, Math.max(0, Math.round(latencyMs * 1_000))));
  }

  clear(): void {
    this.#histogram.reset();
  }

  figures(): LatencyFigures {
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile) / 1_000;
    return {
      count: this.#histogram.totalCount,
      p50Ms: at(50),
      p90Ms: at(90),
      p95Ms: at(95),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: this.#histogram.maxValue / 1_000,
    };
  }
}

/** Figures named for a result: `<name>P50Ms` and so on. */
export function namedLatencies(name: string, figures: LatencyFigures): Record<string, number> {
  const { count, p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs } = figures;
  return {
    [`${name}P50Ms`]: p50Ms,
    [`${name}P90Ms`]: p90Ms,
    [`${name}P95Ms`]: p95Ms,
    [`${name}P99Ms`]: p99Ms,
    [`${name}P999Ms`]: p999Ms,
    [`${name}MaxMs`]: maxMs,
    [`${name}Count`]: count,
  };
}

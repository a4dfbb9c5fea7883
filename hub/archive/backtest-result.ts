/**
 * What a back-test finds, counted while it is found and listed up to a bound.
 */
import type { BacktestAnswer, BacktestedSeries, BacktestHole, BacktestMark } from './backtest-request.ts';
import type { Span } from './query-request.ts';

/** Entries of each list of an answer. */
export const listedMax = 1_000;
/** Marks kept until all are known and the first of them are listed: 5 MB. */
const keptMax = 50_000;

export class BacktestResult {
  readonly #marks: BacktestMark[] = [];
  readonly #holes: BacktestHole[] = [];
  readonly #series: BacktestedSeries[] = [];
  #fired = 0;
  #firingMs = 0;
  #holeCount = 0;

  /** The firings of one series, in order. */
  add({ host, series }: Pick<BacktestedSeries, 'host' | 'series'>, firings: readonly Span[]): void {
    if (firings.length === 0) return;
    let firingMs = 0;
    for (const { startMs, endMs } of firings) {
      firingMs += endMs - startMs;
      if (this.#marks.length < keptMax) this.#marks.push({ host, series, startMs, endMs });
    }
    this.#fired += firings.length;
    this.#firingMs += firingMs;
    const firstMs = firings[0]!.startMs;
    const lastMs = firings[firings.length - 1]!.startMs;
    this.#series.push({ host, series, fired: firings.length, firingMs, firstMs, lastMs });
  }

  addHoles(host: string, spans: readonly Span[]): void {
    this.#holeCount += spans.length;
    for (const span of spans) if (this.#holes.length < listedMax) this.#holes.push({ host, ...span });
  }

  lists(): Pick<
    BacktestAnswer,
    'fired' | 'firingMs' | 'series' | 'firedSeriesCount' | 'marks' | 'markCount' | 'holes' | 'holeCount'
  > {
    const marks = this.#marks.sort((a, b) => a.startMs - b.startMs).slice(0, listedMax);
    const series = this.#series.sort((a, b) => b.fired - a.fired || b.firingMs - a.firingMs).slice(0, listedMax);
    return {
      fired: this.#fired,
      firingMs: this.#firingMs,
      series,
      firedSeriesCount: this.#series.length,
      marks,
      markCount: this.#fired,
      holes: this.#holes,
      holeCount: this.#holeCount,
    };
  }
}

/** The times that lie in a span of each list. Lists are in order, their spans apart. */
export function commonSpans(lists: readonly (readonly Span[])[]): readonly Span[] {
  return lists.reduce((one, other) => {
    const common: Span[] = [];
    for (let left = 0, right = 0; left < one.length && right < other.length; ) {
      const startMs = Math.max(one[left]!.startMs, other[right]!.startMs);
      const endMs = Math.min(one[left]!.endMs, other[right]!.endMs);
      if (startMs < endMs) common.push({ startMs, endMs });
      if (one[left]!.endMs < other[right]!.endMs) left += 1;
      else right += 1;
    }
    return common;
  });
}

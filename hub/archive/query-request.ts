/**
 * What a reader of history asks of the archive thread, and what the thread's engine hands back. Plain data, so that it
 * crosses threads as it is. Times are epoch ms; a span is half-open: its end does not belong to it.
 */
import type { SamplePart } from '#core/sample-parts.ts';
import type { Series } from '#core/series.ts';

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface QueriedHost {
  readonly hostId: number;
  readonly name: string;
  /** Clients that push get their series back under the names that they gave them. */
  readonly isPushed: boolean;
  /** Expected time between ticks, where the data does not say. */
  readonly intervalMs: number;
  /** Series that come only each so many ticks, by key, as far as that is known: rollups do not say. */
  readonly everyOf?: ReadonlyMap<string, number>;
}

/** Ticks of one series that main or the storage thread still hold, taken before the database is asked. */
export interface MemoryPart extends SamplePart {
  readonly hostId: number;
  readonly series: Series;
  /** Time between ticks of its layout. */
  readonly intervalMs: number;
}

/** How fine the answer shall be. `points`: at most so many buckets a series. `step`: buckets so wide, or wider. */
export type Resolution =
  | {
      readonly kind: 'points';
      readonly pointsMax: number;
      /** Whether to give the samples themselves where they are no more than the points. */
      readonly prefersSamples: boolean;
    }
  | { readonly kind: 'step'; readonly stepMs: number }
  | { readonly kind: 'raw' };

export interface QueryRequest extends Span {
  readonly hosts: readonly QueriedHost[];
  /** Keys and globs (core/series-pattern.ts). */
  readonly patterns: readonly string[];
  readonly resolution: Resolution;
  readonly wantsGaps: boolean;
  /** From memory. */
  readonly parts: readonly MemoryPart[];
}

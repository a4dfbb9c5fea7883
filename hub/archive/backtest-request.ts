/**
 * What a back-test asks of the archive thread, and what it answers: plain data. Times are epoch ms.
 */
import type { RuleSpec } from '#core/rule-spec.ts';
import type { MemoryPart, QueriedHost, Span } from './query-request.ts';

export interface BacktestedHost extends QueriedHost {
  readonly tags: Readonly<Record<string, string>>;
}

export interface BacktestRequest extends Span {
  /** One that `ruleProblems` finds nothing wrong with, about values or silence of series. */
  readonly spec: RuleSpec;
  /** Those that it may mean: the rule's own selector and its overrides are looked at here. */
  readonly hosts: readonly BacktestedHost[];
  /** Samples up to which the ticks themselves are judged. */
  readonly rawSamplesMax: number;
  /** From memory, of any series of these hosts. */
  readonly parts: readonly MemoryPart[];
}

/** One series for which it has fired. */
export interface BacktestedSeries {
  readonly host: string;
  readonly series: string;
  readonly fired: number;
  readonly firingMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A time in which it fires; one that has not ended ends with the span. */
export interface BacktestMark extends Span {
  readonly host: string;
  readonly series: string;
}

/** A time in which a host has no value of what the rule looks at. */
export interface BacktestHole extends Span {
  readonly host: string;
}

export interface BacktestAnswer extends Span {
  readonly fired: number;
  readonly firingMs: number;
  /** Hosts that the rule means, and series that were judged. */
  readonly hostCount: number;
  readonly seriesCount: number;
  /** Those that fired most first; at most so many. */
  readonly series: readonly BacktestedSeries[];
  readonly firedSeriesCount: number;
  /** By start; at most so many. */
  readonly marks: readonly BacktestMark[];
  readonly markCount: number;
  readonly holes: readonly BacktestHole[];
  readonly holeCount: number;
  readonly tier: 'raw' | 'minute';
  /** Why it is the minute tier: there are more samples than may be judged, or the ticks have gone. */
  readonly coarserBy: 'limit' | 'retention' | null;
  /** Whether what is said of times and counts is not exact. */
  readonly isApproximate: boolean;
  /** Values that were read: of a bucket its minimum and its maximum. */
  readonly samplesRead: number;
  readonly durationMs: number;
}

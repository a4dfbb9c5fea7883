/**
 * What the judges of all hosts share.
 */
import type { RuleSet } from './rule-set.ts';
import type { TableCompiler } from './rule-tables.ts';
import type { TargetBook } from './target-book.ts';
import type { TickScratch } from './tick-values.ts';

/** Counts for metrics. */
export interface JudgeCounters {
  judgedTicks: number;
  /** Rules on series that ticks were compared with. */
  judgedRows: number;
  /** Ticks that were not judged as they came late. */
  lateTicks: number;
  /** Ticks that were not judged as a newer one of their host had been. */
  oldTicks: number;
}

/** What all hosts share. */
export interface JudgeShared {
  readonly book: TargetBook;
  readonly ruleSet: RuleSet;
  readonly compiler: TableCompiler;
  readonly counters: JudgeCounters;
  readonly scratch: TickScratch;
}

/** The hub's clocks at a tick. */
export interface TickClocks {
  readonly nowMs: number;
  readonly nowMonotonicMs: number;
  readonly activeMs: number;
}

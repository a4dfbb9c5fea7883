/**
 * What the engine of the archive thread wants of the store to answer a query: blocks of several hosts, all as they
 * were at one moment, with the columns of the series asked for and no others.
 */
import type { GapReason } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';
import type { Tier } from '#core/tier.ts';
import type { DayState, Floors, QueryPlan } from './query-plan.ts';

/** Where the series asked for stand in the blocks of one layout. */
export interface LayoutPlaces {
  readonly id: LayoutId;
  readonly columnCount: number;
  /** Place in the layout, and the caller's number of the series, side by side. Empty: none of them is in it. */
  readonly places: readonly number[];
  readonly numbers: readonly number[];
}

export interface BlocksRequest {
  readonly plan: QueryPlan;
  readonly hostIds: readonly number[];
  readonly layouts: readonly LayoutPlaces[];
  /** Streams of which the caller holds ticks in memory. */
  readonly streamIds: readonly number[];
  readonly wantsGaps: boolean;
  /** Nothing is given when the columns would hold more values than this. */
  readonly samplesMax: number;
}

export interface StoredColumn {
  /** The caller's number of the series. */
  readonly number: number;
  /** As it is stored: in chunks it may be packed. */
  readonly bytes: Uint8Array;
}

export interface StoredBlock {
  /** Batches are not in any rollup; chunks of raw are, once their day is rolled up. */
  readonly kind: 'batch' | Tier;
  readonly hostId: number;
  /** Of a chunk: its UTC day, in the tier of hours the first of its month. */
  readonly day: number;
  readonly tickCount: number;
  readonly layoutId: LayoutId;
  readonly head: Uint8Array;
  readonly columns: readonly StoredColumn[];
}

export interface StoredGap {
  readonly hostId: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: GapReason;
  readonly tickCount: number;
}

export interface StoredBlocks {
  readonly floors: Floors;
  /** Days of the span that have chunks, by host. */
  readonly days: ReadonlyMap<number, readonly DayState[]>;
  /** Of the streams named; one that is not there has no row any more. */
  readonly storedSeqs: ReadonlyMap<number, number>;
  readonly gaps: readonly StoredGap[];
  /** Layouts that blocks of the span have and that the caller did not name: then no blocks are given. */
  readonly unknown: readonly { readonly hostId: number; readonly layoutId: LayoutId }[];
  /** Values in the columns asked for. */
  readonly sampleCount: number;
  readonly blocks: readonly StoredBlock[];
}

/** Reads in one statement. `signal` ends it in the database too. */
export type ReadBlocks = (request: BlocksRequest, signal: AbortSignal) => Promise<StoredBlocks>;

/**
 * What main hands to the storage thread, and what it hears back: plain data, cloned or transferred as it is.
 *
 * A flight is everything that was sealed since the last one: a list of batches, and one buffer that holds
 * their ticks. Exactly one answer comes for each flight, however often its statement had to be repeated.
 */
import type { GapReason } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';

interface BatchShape {
  /** Key of the `stream` row. */
  readonly streamId: number;
  readonly hostId: number;
  /** Of the link that it came over. A batch whose lease is not the stream's is left out by the database. */
  readonly lease: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Ticks as they came in frames: `tickCount` times (float64, already shifted), then the values row by row, at `byteOffset` of the flight's buffer. */
export interface TickBatch extends BatchShape {
  readonly kind: 'ticks';
  readonly layoutId: LayoutId;
  readonly intervalMs: number;
  readonly tickCount: number;
  readonly columnCount: number;
  readonly byteOffset: number;
  /** Subtract from the times to get the agent's own, which checksums are made of. */
  readonly shiftMs: number;
}

/** A replay block as it came, deflated, at `byteOffset`. Its ticks are firstSeq − skipTicks … lastSeq; the skipped ones are stored already. */
export interface ReplayBatch extends BatchShape {
  readonly kind: 'replay';
  readonly layoutId: LayoutId;
  readonly intervalMs: number;
  readonly tickCount: number;
  readonly skipTicks: number;
  readonly columnCount: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly inflatedBytes: number;
  readonly shiftMs: number;
}

export interface GapBatch extends BatchShape {
  readonly kind: 'gap';
  readonly reason: GapReason;
  readonly fromMs: number;
  readonly toMs: number;
}

export type Batch = TickBatch | ReplayBatch | GapBatch;

export interface FlightLayout {
  readonly id: LayoutId;
  /** Canonical bytes. */
  readonly bytes: Uint8Array;
}

export interface Flight {
  readonly flightId: number;
  readonly batches: readonly Batch[];
  /** Layouts that batches of this flight name and that the thread has not been given yet. */
  readonly layouts: readonly FlightLayout[];
  readonly buffer: ArrayBuffer;
}

/** Where a stream stands after the flight's commit; `gone` when its row no longer exists (the host was removed). */
export type StreamOutcome =
  | {
      readonly kind: 'stored';
      readonly streamId: number;
      /** The stream's lease as the statement found it. */
      readonly lease: number;
      readonly storedSeq: number;
      readonly storedCrc: number | null;
      readonly gapTicks: number;
    }
  | { readonly kind: 'gone'; readonly streamId: number };

/** A batch whose content cannot be stored: the tick at fault, or (`seq` null) the block as a whole cannot be trusted. */
export interface RefusedBatch {
  readonly streamId: number;
  readonly lease: number;
  readonly seq: number | null;
  readonly why: string;
}

export interface FlightAnswer {
  readonly flightId: number;
  /** One for each stream that the flight names. */
  readonly outcomes: readonly StreamOutcome[];
  readonly refused: readonly RefusedBatch[];
}

/**
 * A stream of an open spool as it is kept in memory, and how that is found out from the file.
 *
 * Invariant: the tick `seq` lies at rowid `base + seq`, and bases rise by at least the seqs of the stream before, so
 * that the ticks of all streams lie in the order in which they came.
 */
import type { Id128 } from '#core/message.ts';
import type { SpoolStream } from '#core/stream/item.ts';
import { idBytes, type StreamRow, type TickRow } from './schema.ts';
import type { SpoolStatements } from './statements.ts';

/** What names a new stream and places it in time. */
export interface StreamStart {
  readonly epoch: Id128;
  readonly bootId: Id128;
  readonly startWallMs: number;
  readonly startMonotonicMs: number;
}

export interface StreamState {
  readonly id: number;
  readonly start: StreamStart;
  readonly epochBytes: Buffer;
  readonly base: number;
  oldest: number;
  next: number;
  acked: number;
  ackedCrc: number | null;
  gapTicks: number;
  lastMs: number;
  /** `next` as it was at the last ack. */
  readonly seenNext: number;
}

/** The stream of a row with what the file holds of it. Its rowids end below those of the next stream. */
export function loadStream(
  sql: SpoolStatements,
  { row, lastTickId }: { readonly row: StreamRow; readonly lastTickId: number },
): { readonly stream: StreamState; readonly heldTicks: number } {
  const start: StreamStart = {
    epoch: row.epoch.toString('hex'),
    bootId: row.boot_id.toString('hex'),
    startWallMs: row.start_wall_ms,
    startMonotonicMs: row.start_monotonic_ms,
  };
  const first = sql.firstTick.get(row.base + 1, lastTickId) as TickRow | undefined;
  const last = sql.lastTick.get(row.base + 1, lastTickId) as TickRow | undefined;
  const gaps = sql.gapSpan.get(row.id) as { first: number | null; last: number | null; to: number; n: number };
  const known = Math.max(row.acked, last === undefined ? 0 : last.id - row.base, gaps.last ?? 0) + 1;
  const oldest = Math.min(first === undefined ? known : first.id - row.base, gaps.first ?? known);
  const stream: StreamState = {
    ...{ id: row.id, start, epochBytes: row.epoch, base: row.base, oldest, next: known },
    ...{ acked: row.acked, ackedCrc: row.acked_crc, gapTicks: row.gap_ticks, seenNext: row.seen_next },
    lastMs: Math.max(last?.time_ms ?? row.start_wall_ms, gaps.to ?? row.start_wall_ms),
  };
  return { stream, heldTicks: known - oldest - gaps.n };
}

/** An empty stream behind `previous`, that holds what follows `acked`. */
export function newStream(
  start: StreamStart,
  { previous, acked }: { readonly previous: StreamState | undefined; readonly acked: number },
): StreamState {
  const base = previous === undefined ? 0 : previous.base + previous.next;
  const next = acked + 1;
  return {
    ...{ id: (previous?.id ?? 0) + 1, start, epochBytes: idBytes(start.epoch), base, oldest: next, next, acked },
    ...{ ackedCrc: null, gapTicks: 0, lastMs: start.startWallMs, seenNext: next },
  };
}

/** The stream as the port shows it: a copy. */
export function toSpoolStream(stream: StreamState): SpoolStream {
  const { start, oldest, next, acked, ackedCrc, gapTicks } = stream;
  return { ...start, oldest, next, acked, ackedCrc, gapTicks };
}

/**
 * The ticks and gaps of a stream as rows: finding them, and laying gaps over them.
 *
 * Knows nothing of acks and bounds; what may be given up is `SpoolFile`'s affair, and so are the stream's seqs.
 * Invariant: gaps of a stream never overlap, and neighbours of one reason are one.
 */
import { DecodeError } from '#core/errors.ts';
import { cutGap, layGap, timeBetween, timeInGap } from '#core/stream/gap-range.ts';
import { type GapItem, itemCrc, type TickItem } from '#core/stream/item.ts';
import { type GapRow, parseGap, parseTick, type TickRow } from './schema.ts';
import type { SpoolStatements } from './statements.ts';
import type { StreamState } from './stream-state.ts';

export interface SeqRange {
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export class StreamItems {
  readonly #sql: SpoolStatements;

  constructor(sql: SpoolStatements) {
    this.#sql = sql;
  }

  /** The gap that covers `seq`; null when none does. Throws DecodeError when its row is damaged. */
  gapAt(stream: StreamState, seq: number): GapItem | null {
    const row = this.#sql.gapBefore.get(stream.id, seq) as GapRow | undefined;
    return row === undefined || row.last_seq < seq ? null : toGap(row);
  }

  /** Last seq before the first gap that starts above `seq`. */
  lastBeforeGap(stream: StreamState, seq: number): number {
    const row = this.#sql.gapAfter.get(stream.id, seq) as GapRow | undefined;
    return row === undefined ? stream.next - 1 : row.first_seq - 1;
  }

  /** The ticks of a range in order; null in place of each row that is damaged. Rows that are missing are left out. */
  *ticks(stream: StreamState, { firstSeq, lastSeq }: SeqRange, countMax: number): Generator<TickItem | null> {
    const { base } = stream;
    for (const row of this.#sql.ticks.iterate(base + firstSeq, base + lastSeq, countMax))
      yield toOwnTick(stream, row as TickRow);
  }

  /** The tick at `seq`, if it is there and whole. */
  tickAt(stream: StreamState, seq: number): TickItem | null {
    const row = this.#sql.tick.get(stream.base + seq) as TickRow | undefined;
    return row === undefined ? null : toOwnTick(stream, row);
  }

  /** CRC of the tick at `seq`; null for a gap, because the hub may have taken the ticks before they were given up. */
  crcAt(stream: StreamState, seq: number): number | null {
    const tick = seq < stream.oldest ? null : this.tickAt(stream, seq);
    return tick === null ? null : itemCrc(tick);
  }

  /** Time of a held seq, as near as it is known. */
  timeAt(stream: StreamState, seq: number): number {
    const gap = this.gapAt(stream, seq);
    if (gap !== null) return timeInGap(gap, seq);
    const row = this.#sql.tick.get(stream.base + seq) as TickRow | undefined;
    if (typeof row?.time_ms === 'number') return row.time_ms;
    const before = { seq: 1, timeMs: stream.start.startWallMs };
    return timeBetween(seq, before, { seq: stream.next - 1, timeMs: stream.lastMs });
  }

  /** Lays a gap over those there are; ticks under it stay. Returns how many of its seqs were covered by gaps before. */
  lay(stream: StreamState, gap: GapItem): number {
    const left = this.gapAt(stream, gap.firstSeq - 1);
    const others = this.#sql.gapsBetween.all(stream.id, gap.firstSeq, gap.lastSeq + 1) as GapRow[];
    const near = [...(left === null ? [] : [left]), ...others.map(toGap)];
    let covered = 0;
    for (const other of near) {
      covered += Math.max(0, Math.min(other.lastSeq, gap.lastSeq) - Math.max(other.firstSeq, gap.firstSeq) + 1);
      this.#sql.dropGaps.run(stream.id, other.firstSeq, other.firstSeq);
    }
    for (const laid of layGap(near, gap)) this.#addGap(stream, laid);
    return covered;
  }

  /** Deletes the ticks of a range. */
  dropTicks(stream: StreamState, { firstSeq, lastSeq }: SeqRange): void {
    this.#sql.dropTicks.run(stream.base + firstSeq, stream.base + lastSeq);
  }

  /** Ticks that gaps stand for above `afterSeq` and up to `lastSeq`. */
  countGapTicks(stream: StreamState, afterSeq: number, lastSeq: number): number {
    const through = (seq: number) => this.#sql.gapTicksThrough.get(seq, stream.id, seq) as number;
    return through(lastSeq) - through(afterSeq);
  }

  /** Deletes all from the stream's oldest item to `seq`, of a gap that reaches over it the part below. Returns the ticks. */
  dropThrough(stream: StreamState, seq: number): number {
    const gap = this.gapAt(stream, seq);
    const gapTicks = this.#sql.gapTicksThrough.get(seq, stream.id, seq) as number;
    this.dropTicks(stream, { firstSeq: stream.oldest, lastSeq: seq });
    this.#sql.dropGaps.run(stream.id, 0, seq);
    if (gap !== null && gap.lastSeq > seq) this.#addGap(stream, cutGap(gap, seq + 1, gap.lastSeq));
    return seq - stream.oldest + 1 - gapTicks;
  }

  #addGap(stream: StreamState, gap: GapItem): void {
    this.#sql.addGap.run(stream.id, gap.firstSeq, gap.lastSeq, gap.reason, gap.fromMs, gap.toMs);
  }
}

function toGap(row: GapRow): GapItem {
  const gap = parseGap(row);
  if (gap === null) throw new DecodeError(`Cannot read spool: a gap must be well formed: got ${JSON.stringify(row)}`);
  return gap;
}

/** The tick of a row, if it is whole and stands where its stream has it. */
function toOwnTick(stream: StreamState, row: TickRow): TickItem | null {
  const tick = parseTick(row);
  return tick !== null && row.id === stream.base + tick.seq && stream.epochBytes.equals(row.epoch) ? tick : null;
}

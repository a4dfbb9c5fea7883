/**
 * Arithmetic on gaps: cutting, joining, laying one over others, and the times of ticks that are no longer known.
 *
 * Pure and shared by every spool, so that a gap looks the same wherever it was made.
 */
import type { GapItem } from './item.ts';

/** A seq whose time is known. */
export interface KnownTime {
  readonly seq: number;
  readonly timeMs: number;
}

/** Time of a tick between two known ones, as if ticks were evenly spaced; never outside of the two. Whole ms. */
export function timeBetween(seq: number, before: KnownTime, after: KnownTime): number {
  if (after.seq <= before.seq || seq >= after.seq) return after.timeMs;
  if (seq <= before.seq) return before.timeMs;
  const share = (seq - before.seq) / (after.seq - before.seq);
  return Math.round(before.timeMs + (after.timeMs - before.timeMs) * share);
}

/** Time of a seq inside the gap. */
export function timeInGap(gap: GapItem, seq: number): number {
  return timeBetween(seq, { seq: gap.firstSeq, timeMs: gap.fromMs }, { seq: gap.lastSeq, timeMs: gap.toMs });
}

/** The part of a gap from `firstSeq` to `lastSeq`; both lie inside it. */
export function cutGap(gap: GapItem, firstSeq: number, lastSeq: number): GapItem {
  return { ...gap, firstSeq, lastSeq, fromMs: timeInGap(gap, firstSeq), toMs: timeInGap(gap, lastSeq) };
}

/**
 * What the gaps become when `gap` is laid over them: parts under it go, parts beside it stay, and neighbours of the
 * same reason become one with it. `others` are in order and do not overlap; so is the result.
 */
export function layGap(others: readonly GapItem[], gap: GapItem): GapItem[] {
  const before: GapItem[] = [];
  const after: GapItem[] = [];
  for (const other of others) {
    if (other.firstSeq < gap.firstSeq) {
      before.push(other.lastSeq < gap.firstSeq ? other : cutGap(other, other.firstSeq, gap.firstSeq - 1));
    }
    if (other.lastSeq > gap.lastSeq) {
      after.push(other.firstSeq > gap.lastSeq ? other : cutGap(other, gap.lastSeq + 1, other.lastSeq));
    }
  }
  let middle = gap;
  const left = before.at(-1);
  if (left !== undefined && left.lastSeq === gap.firstSeq - 1 && left.reason === gap.reason) {
    middle = { ...middle, firstSeq: left.firstSeq, fromMs: left.fromMs };
    before.pop();
  }
  const right = after[0];
  if (right !== undefined && right.firstSeq === gap.lastSeq + 1 && right.reason === gap.reason) {
    middle = { ...middle, lastSeq: right.lastSeq, toMs: right.toMs };
    after.shift();
  }
  return [...before, middle, ...after];
}

/** Which part of a track must still be asked for. Pure. */

import type { HostRing } from '../live/ring.ts';
import { gapIntervals } from '../model/charts/chart-data.ts';
import type { Span, Track } from './track.ts';

export interface Need extends Span {
  /** Whether it ends in the past: then all of it can be had now. Else its end moves with the clock. */
  readonly isPast: boolean;
}

export interface Tail {
  /** Since when the ring has every tick, epoch ms; null: there is no ring. */
  readonly ringFromMs: number | null;
  /** A track that ends this much before the need is continued, though the ring would still reach it. */
  readonly advanceMs: number;
  /** Ticks that are missing in the ring and may be in storage by now. */
  readonly hole: Span | null;
}

/** The ring need not begin at the very first millisecond. */
const slackMs = 2_500;

/** None, one or more spans; those of buckets begin at a bucket, so that the answer replaces whole ones. */
export function missingSpans(track: Track | null, need: Need, tail: Tail): Span[] {
  if (need.toMs <= need.fromMs) return [];
  const { ringFromMs, hole } = tail;
  if (track === null || need.fromMs > track.toMs || need.toMs < track.fromMs) {
    const isInRing = ringFromMs !== null && ringFromMs <= need.fromMs + slackMs;
    return isInRing && hole === null ? [] : [{ fromMs: need.fromMs, toMs: need.toMs }];
  }
  const stepMs = track.content.kind === 'buckets' ? track.content.stepMs : 1;
  const spans: Span[] = [];
  if (need.fromMs < track.fromMs) spans.push({ fromMs: need.fromMs, toMs: track.fromMs });
  const missesTail = isTailMissing(track, need, tail);
  if (missesTail) spans.push({ fromMs: Math.floor(track.toMs / stepMs) * stepMs, toMs: need.toMs });
  if (hole !== null) {
    // From the end of the track on, so that what comes joins it.
    const startMs = Math.max(Math.min(hole.fromMs, track.toMs), track.fromMs);
    const fromMs = Math.floor(startMs / stepMs) * stepMs;
    const toMs = Math.min(need.toMs, missesTail ? track.toMs : Math.ceil(hole.toMs / stepMs + 1) * stepMs);
    // Beside the tail, or as a longer tail.
    if (toMs > fromMs) spans.push({ fromMs, toMs });
  }
  return spans;
}

function isTailMissing(track: Track, need: Need, { ringFromMs, advanceMs }: Tail): boolean {
  const lackMs = need.toMs - track.toMs;
  if (lackMs <= 0) return false;
  if (lackMs >= advanceMs) return true;
  return ringFromMs === null ? need.isPast : ringFromMs > track.toMs;
}

/** Where ticks are missing between two that the ring has, from `fromMs` on. */
export function holesIn(ring: HostRing, fromMs: number): Span[] {
  const apartMs = (ring.layout?.intervalMs ?? 1_000) * gapIntervals;
  const holes: Span[] = [];
  for (let index = ring.start + 1; index < ring.end; index += 1) {
    const beforeMs = ring.times[index - 1]!;
    const timeMs = ring.times[index]!;
    if (timeMs - beforeMs > apartMs && timeMs > fromMs) holes.push({ fromMs: beforeMs, toMs: timeMs });
  }
  return holes;
}

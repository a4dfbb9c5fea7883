/**
 * Ticks that the live stream left out: it was away, or this viewer was too slow and they were merged. Each hole is asked
 * for soon after it is seen, and again later, since ticks of an agent that was cut off come late; then it is a gap.
 */
import type { HostRing } from '../live/ring.ts';
import { holesIn } from './missing.ts';
import type { Span } from './track.ts';

/** Waits before each time, ms. The first lets a snapshot that is on its way fill the hole. */
const waitsMs = [2_000, 10_000, 60_000];

interface Watched {
  readonly hole: Span;
  /** How often it has been asked for. */
  count: number;
  dueMs: number;
}

export class HoleWatch {
  readonly #watched = new Map<number, Watched>();

  /** The span of all holes that are due now, for one request; null when none is. */
  due(ring: HostRing, fromMs: number, nowMs: number): Span | null {
    const holes = holesIn(ring, fromMs);
    const present = new Set(holes.map((hole) => hole.fromMs));
    for (const startMs of this.#watched.keys()) if (!present.has(startMs)) this.#watched.delete(startMs);
    let fromHoleMs = Number.POSITIVE_INFINITY;
    let toHoleMs = Number.NEGATIVE_INFINITY;
    for (const hole of holes) {
      let watched = this.#watched.get(hole.fromMs);
      if (watched === undefined || watched.hole.toMs > hole.toMs) {
        watched = { hole, count: watched?.count ?? 0, dueMs: watched?.dueMs ?? nowMs + waitsMs[0]! };
        this.#watched.set(hole.fromMs, watched);
      }
      if (watched.count >= waitsMs.length || watched.dueMs > nowMs) continue;
      fromHoleMs = Math.min(fromHoleMs, hole.fromMs);
      toHoleMs = Math.max(toHoleMs, hole.toMs);
    }
    return toHoleMs > fromHoleMs ? { fromMs: fromHoleMs, toMs: toHoleMs } : null;
  }

  /** What was due has been asked for. */
  asked(nowMs: number): void {
    for (const watched of this.#watched.values()) {
      if (watched.count >= waitsMs.length || watched.dueMs > nowMs) continue;
      watched.count += 1;
      watched.dueMs = nowMs + (waitsMs[watched.count] ?? Number.POSITIVE_INFINITY);
    }
  }
}

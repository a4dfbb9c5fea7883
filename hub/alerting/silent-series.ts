/**
 * Which series of a host are in trouble: their values failed, or were due and absent. Kept for these alone.
 *
 * How long is measured in active ms since the last value, which lies an own interval before the first that is missing.
 * The start of a link counts as a value, and so does a stretch without judged ticks: what was not seen is not held
 * against a series. A value that is *not due* says nothing; a series that is *gone* has ended and is in no trouble.
 */
import { absenceAt } from '#core/absence.ts';
import type { Layout } from '#core/series.ts';
import type { TickValues } from './tick-values.ts';

export interface Trouble {
  readonly key: string;
  place: number;
  /** Own interval of the series, ms. */
  intervalMs: number;
  /** Active ms of the last value. */
  sinceMs: number;
}

/** So long without a judged tick, and what was before is not known. In intervals and ms, as a tick may be late. */
const stretchIntervals = 3;
const stretchMarginMs = 2_000;

/** Shared by all hosts whose series are well: an empty map costs more than the rest of this. */
const noTroubles: Map<number, Trouble> = new Map();

export class SilentSeries {
  #troubles = noTroubles;
  #layout: Layout | null = null;
  #startMs: number;
  #scannedMs: number;

  constructor(activeMs: number) {
    this.#startMs = activeMs;
    this.#scannedMs = activeMs;
  }

  get troubles(): IterableIterator<Trouble> {
    return this.#troubles.values();
  }

  get count(): number {
    return this.#troubles.size;
  }

  /** The trouble of the series at a place of the layout scanned last. */
  at(place: number): Trouble | undefined {
    return this.#troubles.get(place);
  }

  /** At this moment each series counts as having had a value. */
  restart(activeMs: number): void {
    this.#startMs = activeMs;
    for (const trouble of this.#troubles.values()) trouble.sinceMs = Math.max(trouble.sinceMs, activeMs);
  }

  /** Takes a judged tick into account. */
  scan({ values, words }: TickValues, layout: Layout, activeMs: number): void {
    if (layout !== this.#layout) this.#take(layout);
    const { intervalMs } = layout;
    if (activeMs - this.#scannedMs > stretchIntervals * intervalMs + stretchMarginMs)
      this.restart(activeMs - intervalMs);
    this.#scannedMs = activeMs;
    for (const place of this.#troubles.keys()) if (!Number.isNaN(values[place]!)) this.#troubles.delete(place);
    if (this.#troubles.size === 0) this.#troubles = noTroubles;
    const count = layout.series.length;
    for (let place = 0; place < count; place += 1) {
      if (Number.isNaN(values[place]!)) this.#note(place, words, activeMs);
    }
  }

  #note(place: number, words: Uint32Array, activeMs: number): void {
    const absence = absenceAt(words, place);
    if (absence === 'notDue') return;
    if (absence === 'gone') {
      this.#troubles.delete(place);
      return;
    }
    if (this.#troubles.has(place)) return;
    if (this.#troubles === noTroubles) this.#troubles = new Map();
    const { intervalMs, series } = this.#layout!;
    const { key, every } = series[place]!;
    const ownMs = intervalMs * every;
    this.#troubles.set(place, { key, place, intervalMs: ownMs, sinceMs: Math.max(this.#startMs, activeMs - ownMs) });
  }

  /** Series have other places now; those that have none any more are gone. */
  #take(layout: Layout): void {
    this.#layout = layout;
    if (this.#troubles.size === 0) return;
    const byKey = new Map([...this.#troubles.values()].map((trouble) => [trouble.key, trouble]));
    this.#troubles.clear();
    for (const [place, { key, every }] of layout.series.entries()) {
      const trouble = byKey.get(key);
      if (trouble === undefined) continue;
      trouble.place = place;
      trouble.intervalMs = layout.intervalMs * every;
      this.#troubles.set(place, trouble);
    }
  }
}

/**
 * Newest values of chosen series for many hosts at once: what cards and tables show. Viewers that ask for the
 * same series and hosts share one encoding. Hot path, guarded by `bench steady`.
 */
import { absenceAt, wordsOf } from '#core/absence.ts';
import { encodeMessage } from '#core/codec.ts';
import type { Ring } from '#core/ring.ts';
import type { Layout } from '#core/series.ts';

/** One choice of series and hosts. */
export class OverviewGroup {
  readonly keys: readonly string[];
  /** null: every host. */
  readonly hostIds: ReadonlySet<number> | null;
  /** Columns of the keys in each layout that was met. */
  readonly #places: WeakMap<Layout, Int32Array>;

  /** Groups of the same keys may share `places`. */
  constructor(keys: readonly string[], hostIds: readonly number[] | null, places = new WeakMap<Layout, Int32Array>()) {
    this.keys = keys;
    this.hostIds = hostIds === null ? null : new Set(hostIds);
    this.#places = places;
  }

  /** Whether the host belongs to the group. */
  has(hostId: number): boolean {
    return this.hostIds === null || this.hostIds.has(hostId);
  }

  /** How many hosts it is about; infinite for all. */
  get size(): number {
    return this.hostIds?.size ?? Number.POSITIVE_INFINITY;
  }

  /** Its own of `hostIds`. */
  within(hostIds: ReadonlySet<number>): number[] {
    return this.hostIds === null ? [...hostIds] : [...this.hostIds].filter((hostId) => hostIds.has(hostId));
  }

  /**
   * The message for those of `hosts` that belong to the group; null when none does. `back` is how many ticks
   * before the newest: what a new viewer's sparklines start with.
   */
  encode(
    hosts: Iterable<{ readonly hostId: number; readonly ring: Ring }>,
    nowMs: number,
    back = 0,
  ): Uint8Array | null {
    const ids: number[] = [];
    const times: number[] = [];
    const values: number[] = [];
    for (const { hostId, ring } of hosts) {
      const index = ring.count - 1 - back;
      if (index < 0 || !this.has(hostId)) continue;
      const { timeMs, layout } = ring.at(index);
      ids.push(hostId);
      times.push(timeMs);
      for (const place of this.#placesOf(layout)) {
        values.push(place < 0 ? Number.NaN : valueAt(ring, index, { layout, place }));
      }
    }
    if (ids.length === 0) return null;
    return encodeMessage({
      kind: 'overview',
      nowMs,
      hostIds: bytesOf(Uint32Array.from(ids)),
      timesMs: bytesOf(Float64Array.from(times)),
      values: bytesOf(Float32Array.from(values)),
    });
  }

  #placesOf(layout: Layout): Int32Array {
    let places = this.#places.get(layout);
    if (places === undefined) {
      const byKey = new Map(layout.series.map((series, index) => [series.key, index]));
      places = Int32Array.from(this.keys, (key) => byKey.get(key) ?? -1);
      this.#places.set(layout, places);
    }
    return places;
  }
}

/** One value on its way out of a column, whose bytes need not be aligned. */
const cell = new Float64Array(1);
const cellBytes = new Uint8Array(cell.buffer);
const cellWords = wordsOf(cell);

/** Value of a series at `index` or before it: the last one that is not "not due", as far back as its own interval reaches. */
function valueAt(ring: Ring, index: number, series: { readonly layout: Layout; readonly place: number }): number {
  const { layout, place } = series;
  const stop = Math.max(0, index - layout.series[place]!.every);
  for (let at = index; at >= stop; at -= 1) {
    const tick = ring.at(at);
    if (tick.layout !== layout) break;
    cellBytes.set(tick.column.subarray(place * 8, place * 8 + 8));
    if (absenceAt(cellWords, 0) !== 'notDue') return cell[0]!;
  }
  return Number.NaN;
}

function bytesOf(array: Uint32Array | Float64Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * The newest value of each series of a host, from its ring. Pure.
 */
import { absenceAt, wordsOf } from '#core/absence.ts';
import type { Ring } from '#core/ring.ts';
import type { Layout } from '#core/series.ts';

/**
 * By key, in the order of the newest layout; a series whose newest reading failed or that has ended is missing. A
 * slow series is "not due" in most ticks, so the walk goes back until each has said something. `wanted`: only these keys.
 */
export function latestValues(ring: Ring, wanted: ReadonlySet<string> | null = null): Map<string, number> {
  const layout = ring.newest()?.layout;
  if (layout === undefined) return new Map();
  const found = new Float64Array(layout.series.length).fill(Number.NaN);
  let unsettled = Array.from(layout.series.keys());
  if (wanted !== null) unsettled = unsettled.filter((series) => wanted.has(layout.series[series]!.key));
  for (let index = ring.count - 1; index >= 0 && unsettled.length > 0; index -= 1) {
    const tick = ring.at(index);
    const row = new Float64Array(tick.column.slice().buffer);
    const words = wordsOf(row);
    const places = tick.layout === layout ? null : placesIn(tick.layout, layout);
    unsettled = unsettled.filter((series) => {
      const place = places === null ? series : places[series]!;
      if (place < 0 || absenceAt(words, place) === 'notDue') return true;
      found[series] = row[place]!;
      return false;
    });
  }
  const values = new Map<string, number>();
  layout.series.forEach(({ key }, series) => {
    if (!Number.isNaN(found[series])) values.set(key, found[series]!);
  });
  return values;
}

/** By the layout that is read, then by the one that is wanted. */
const knownPlaces = new WeakMap<Layout, WeakMap<Layout, Int32Array>>();

/** Where each series of `wanted` stands in `layout`; -1 where it does not. */
function placesIn(layout: Layout, wanted: Layout): Int32Array {
  const known = knownPlaces.get(layout) ?? new WeakMap<Layout, Int32Array>();
  knownPlaces.set(layout, known);
  let places = known.get(wanted);
  if (places === undefined) {
    const byKey = new Map(layout.series.map(({ key }, place) => [key, place]));
    places = Int32Array.from(wanted.series, ({ key }) => byKey.get(key) ?? -1);
    known.set(wanted, places);
  }
  return places;
}

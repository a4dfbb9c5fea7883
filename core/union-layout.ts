/**
 * The series that a chunk of ticks in several layouts has: all of theirs, each once, in the order in which they
 * first stand; what a tick's own layout lacks is *gone* in that tick. Unit, kind and interval are those of the last
 * layout that has the series.
 */
import type { Layout, Series } from './series.ts';

export interface UnionSeries {
  readonly series: readonly Series[];
  /** For each layout given, where each series of the union stands in it; −1 where it does not. */
  readonly places: readonly Int32Array[];
}

/** `layouts` oldest first. */
export function unionSeries(layouts: readonly Pick<Layout, 'series'>[]): UnionSeries {
  const placeOf = new Map<string, number>();
  const series: Series[] = [];
  for (const layout of layouts) {
    for (const one of layout.series) {
      const known = placeOf.get(one.key);
      if (known === undefined) {
        placeOf.set(one.key, series.length);
        series.push(one);
      } else series[known] = one;
    }
  }
  const places = layouts.map((layout) => {
    const own = new Int32Array(series.length).fill(-1);
    layout.series.forEach(({ key }, place) => {
      own[placeOf.get(key)!] = place;
    });
    return own;
  });
  return { series, places };
}

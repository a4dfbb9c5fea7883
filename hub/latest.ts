/**
 * The newest value of each series of a host, from its ring. Pure.
 */
import { absenceAt, wordsOf } from '#core/absence.ts';
import type { Ring } from '#core/ring.ts';

/** By series key; a series whose newest reading failed or that has ended is missing. */
export function latestValues(ring: Ring): Map<string, number> {
  const values = new Map<string, number>();
  const settled = new Set<string>();
  // Slow series are "not due" in most ticks, so the walk goes back until all have said something.
  for (let index = ring.count - 1; index >= 0; index -= 1) {
    const { layout, column } = ring.at(index);
    const row = new Float64Array(column.slice().buffer);
    const words = wordsOf(row);
    layout.series.forEach(({ key }, place) => {
      if (settled.has(key) || absenceAt(words, place) === 'notDue') return;
      settled.add(key);
      if (!Number.isNaN(row[place])) values.set(key, row[place]!);
    });
    if (settled.size >= layout.series.length && index < ring.count - 1) break;
  }
  return values;
}

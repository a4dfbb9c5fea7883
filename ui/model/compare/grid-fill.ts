/** From what storage answered and what a ring has to cells of a comparison. Pure. Hot path: see `grid.ts`. */
import type { QueriedSeries } from '#core/query-columns.ts';
import type { HostRing } from '../../live/ring.ts';
import type { CompareGrid } from './grid.ts';

/** Puts every bucket or sample of an answer; `queried` is of the line. */
export function putSeries(grid: CompareGrid, line: number, { content, intervalMs }: QueriedSeries): void {
  if (content.kind === 'samples') {
    const { times, values } = content.samples;
    for (let index = 0; index < times.length; index += 1) {
      const value = values[index]!;
      grid.put(line, { atMs: times[index]!, widthMs: intervalMs, sum: value, count: 1, min: value, max: value });
    }
    return;
  }
  const { starts, min, max, sum, count } = content.buckets;
  for (let index = 0; index < starts.length; index += 1)
    grid.put(line, {
      atMs: starts[index]!,
      widthMs: content.stepMs,
      sum: sum[index]!,
      count: count[index]!,
      min: min[index]!,
      max: max[index]!,
    });
}

/**
 * Writes each cell from `fromMs` on that the ring has a tick of anew. Cells of which it has none keep what storage said:
 * what came by other ways than live never was in the ring.
 */
export function putRing(grid: CompareGrid, line: number, ring: HostRing, fromMs: number): void {
  const column = ring.column(grid.lines[line]!.key);
  if (column === null) return;
  const widthMs = ring.layout?.intervalMs ?? 1_000;
  let begun = -1;
  for (let index = ring.start; index < ring.end; index += 1) {
    const atMs = ring.times[index]!;
    const value = column[index]!;
    if (atMs < fromMs || Number.isNaN(value)) continue;
    const cell = grid.cellAt(atMs);
    if (cell > begun && cell >= 0 && cell < grid.cellCount) grid.clearCell(line, cell);
    begun = Math.max(begun, cell);
    grid.put(line, { atMs, widthMs, sum: value, count: 1, min: value, max: value });
  }
}

/** Start of the first cell of which the ring has every tick; null while it has none. */
export function ringStartMs(ring: HostRing, stepMs: number, windowMs: number): number | null {
  if (ring.newestMs === null) return null;
  // After an outage older ticks may stand before those of the snapshot, with a hole in between.
  const completeMs = Math.max(ring.times[ring.start]!, ring.newestMs - windowMs);
  return Math.ceil(completeMs / stepMs) * stepMs;
}

/**
 * Samples of one series in flights whose commit has not been answered: the middle part of a read (DESIGN 5.5).
 */
import { decodeLayout, type LayoutId } from '#core/series.ts';
import type { Flight } from '../intake/flight.ts';
import { RefusedTicks, readReplay, readTicks } from './flight-encoder.ts';
import type { SamplePart } from './history.ts';

/** Layouts that flights have brought, for finding a series in their columns. */
const seriesKeys = new Map<LayoutId, readonly string[]>();

export function readPending(
  flights: readonly Flight[],
  request: { readonly hostId: number; readonly key: string },
): SamplePart[] {
  const parts: SamplePart[] = [];
  for (const flight of flights) {
    for (const layout of flight.layouts)
      seriesKeys.set(
        layout.id,
        decodeLayout(layout.bytes, layout.id).series.map((series) => series.key),
      );
    for (const batch of flight.batches) {
      if (batch.hostId !== request.hostId || batch.kind === 'gap') continue;
      const place = seriesKeys.get(batch.layoutId)?.indexOf(request.key) ?? -1;
      if (place < 0) continue;
      try {
        const { ticks } =
          batch.kind === 'ticks'
            ? readTicks(batch, batch.firstSeq, flight.buffer)
            : readReplay(batch, batch.firstSeq, flight.buffer);
        const values = new Float64Array(ticks.times.length);
        for (let tick = 0; tick < values.length; tick += 1)
          values[tick] = ticks.values[tick * batch.columnCount + place]!;
        parts.push({ streamId: batch.streamId, firstSeq: batch.firstSeq, times: ticks.times.slice(), values });
      } catch (error) {
        if (!(error instanceof RefusedTicks)) throw error;
      }
    }
  }
  return parts;
}

/**
 * Samples in flights whose commit has not been answered: the middle part of a read (hub/history.ts).
 */
import { decodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import type { MemoryPart } from '../archive/query-request.ts';
import { type PendingRequest, PlacesOf } from '../history.ts';
import type { Flight } from '../intake/flight.ts';
import { samplePartOf } from '../intake/flight-ticks.ts';

/** Layouts that flights have brought; each comes once in the life of this thread. */
export class PendingSamples {
  readonly #layouts = new Map<LayoutId, Layout>();

  /** Notes the layouts of a flight: later ones name them by id alone. */
  learn(flight: Flight): void {
    for (const { id, bytes } of flight.layouts) this.#layouts.set(id, decodeLayout(bytes, id));
  }

  /** Oldest first. */
  read(flights: readonly Flight[], request: PendingRequest): MemoryPart[] {
    const hosts = new Set(request.hostIds);
    const places = new PlacesOf(request.patterns);
    const parts: MemoryPart[] = [];
    for (const flight of flights) {
      for (const batch of flight.batches) {
        const layout = batch.kind === 'gap' ? undefined : this.#layouts.get(batch.layoutId);
        if (layout === undefined || !hosts.has(batch.hostId)) continue;
        for (const place of places.in(layout)) {
          const part = samplePartOf(batch, flight.buffer, place);
          const { series, intervalMs } = layout;
          if (part !== null) parts.push({ ...part, hostId: batch.hostId, series: series[place]!, intervalMs });
        }
      }
    }
    return parts;
  }
}

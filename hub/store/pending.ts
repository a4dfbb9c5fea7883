/**
 * Samples of one series in flights whose commit has not been answered: the middle part of a read (hub/history.ts).
 */
import type { SamplePart } from '#core/sample-parts.ts';
import { decodeLayout, type LayoutId } from '#core/series.ts';
import type { Flight } from '../intake/flight.ts';
import { samplePartOf } from '../intake/flight-ticks.ts';

/** Keys of the layouts that flights have brought; each comes once in the life of this thread. */
export class PendingSamples {
  readonly #keys = new Map<LayoutId, readonly string[]>();

  /** Notes the layouts of a flight: later ones name them by id alone. */
  learn(flight: Flight): void {
    for (const { id, bytes } of flight.layouts)
      this.#keys.set(
        id,
        decodeLayout(bytes, id).series.map((series) => series.key),
      );
  }

  /** Oldest first. */
  read(flights: readonly Flight[], request: { readonly hostId: number; readonly key: string }): SamplePart[] {
    const parts: SamplePart[] = [];
    for (const flight of flights) {
      for (const batch of flight.batches) {
        if (batch.hostId !== request.hostId || batch.kind === 'gap') continue;
        const place = this.#keys.get(batch.layoutId)?.indexOf(request.key) ?? -1;
        const part = place < 0 ? null : samplePartOf(batch, flight.buffer, place);
        if (part !== null) parts.push(part);
      }
    }
    return parts;
  }
}

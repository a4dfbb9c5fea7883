/**
 * Reads one series across memory and database without seam, doubling or hole: open and sealed batches here
 * first, the storage thread's flights second, the database third. Data only moves that way.
 */
import type { Point } from '#core/resample.ts';
import type { SamplePart } from '#core/sample-parts.ts';
import { samplePartOf } from './intake/flight-ticks.ts';
import type { Intake } from './intake/intake.ts';
import type { HistoryRequest, SeriesSpan } from './store/history.ts';

export interface HistoryPorts {
  readonly intake: Intake;
  pending(request: { readonly hostId: number; readonly key: string }): Promise<readonly SamplePart[]>;
  stored(request: HistoryRequest): Promise<Point[]>;
}

export class History {
  readonly #ports: HistoryPorts;

  constructor(ports: HistoryPorts) {
    this.#ports = ports;
  }

  /** Points of the span in order of time. Rejects when the database is away. */
  async read(span: SeriesSpan): Promise<Point[]> {
    const own = this.#ownParts(span);
    const pending = await this.#ports.pending({ hostId: span.hostId, key: span.key });
    return await this.#ports.stored({ ...span, parts: [...own, ...pending] });
  }

  #ownParts({ hostId, key }: SeriesSpan): SamplePart[] {
    const { intake } = this.#ports;
    const parts: SamplePart[] = [];
    intake.forEachSealed(hostId, (batch, buffer) => {
      if (batch.kind === 'gap') return;
      const place =
        intake
          .host(hostId)
          .layout(batch.layoutId)
          ?.series.findIndex((series) => series.key === key) ?? -1;
      const part = place < 0 ? null : samplePartOf(batch, buffer, place);
      if (part !== null) parts.push(part);
    });
    intake.forEachOpen(hostId, (entry, seq, timeMs, column, layout) => {
      const place = layout.series.findIndex((series) => series.key === key);
      if (place < 0) return;
      const value = new Float64Array(column.slice(place * 8, place * 8 + 8).buffer);
      parts.push({ streamId: entry.stream.id, firstSeq: seq, times: Float64Array.of(timeMs), values: value });
    });
    return parts;
  }
}

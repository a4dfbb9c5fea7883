/**
 * Batches of chosen ticks, put into the table as ingest leaves them.
 */
import { BlockEncoder } from '#core/block.ts';
import { encodeLayout, type Layout } from '#core/series.ts';
import type { Sql } from '../store/connect.ts';
import { storeLayouts } from '../store/layouts.ts';

const encoder = new BlockEncoder();

export interface BatchTicks {
  readonly hostId: number;
  readonly streamId: number;
  readonly firstSeq: number;
  readonly layout: Layout;
  readonly times: Float64Array;
  /** Row by row. */
  readonly values: Float64Array;
}

export async function storeBatch(sql: Sql, batch: BatchTicks): Promise<void> {
  const { hostId, streamId, firstSeq, layout, times, values } = batch;
  const tickCount = times.length;
  const columnCount = layout.series.length;
  const block = encoder.encode({ tickCount, columnCount, times, values, intervalMs: layout.intervalMs });
  const data = Buffer.from(block.data);
  const offsets = Buffer.from(block.offsets);
  await storeLayouts(sql, [{ id: layout.id, bytes: encodeLayout(layout) }]);
  await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
    values (${hostId}, ${streamId}, ${firstSeq}, ${firstSeq + tickCount - 1}, ${Buffer.from(layout.id, 'hex')}, ${tickCount},
      ${Math.min(...times)}, ${Math.max(...times)}, ${offsets}, ${data})`;
}

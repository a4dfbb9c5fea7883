/**
 * CRCs of stored items, read back from their blocks: what an agent that was reverted compares its rows with.
 */
import { decodeBlock } from '#core/block.ts';
import { itemCrc } from '#core/stream/item.ts';
import { readChunkChecksums } from './chunks/chunk-checksums.ts';
import type { Sql } from './connect.ts';
import { readLayouts } from './layouts.ts';

export interface ChecksumRequest {
  readonly streamId: number;
  readonly shiftMs: number;
  readonly firstSeq: number;
  readonly count: number;
}

/** Little-endian uint32, one a seq from `firstSeq`; 0 where the seq lies in a gap or is not stored. */
export async function readChecksums(sql: Sql, request: ChecksumRequest): Promise<Uint8Array> {
  const { streamId, shiftMs, firstSeq, count } = request;
  const lastSeq = firstSeq + count - 1;
  const result = new Uint8Array(count * 4);
  const view = new DataView(result.buffer);
  const rows = await sql<{ first_seq: string; ticks: number; layout: string; offsets: Uint8Array; data: Uint8Array }[]>`
    select first_seq, ticks, encode(layout, 'hex') as layout, offsets, data from batch
    where stream = ${streamId} and last_seq >= ${firstSeq} and first_seq <= ${lastSeq}`;
  const layouts = await readLayouts(sql, [...new Set(rows.map((row) => row.layout))]);
  for (const row of rows) {
    const columnCount = layouts.get(row.layout)!.series.length;
    const { times, values } = decodeBlock(
      { data: row.data, offsets: row.offsets },
      { tickCount: row.ticks, columnCount },
      row.ticks * columnCount,
    );
    for (let tick = 0; tick < row.ticks; tick += 1) {
      const seq = Number(row.first_seq) + tick;
      if (seq < firstSeq || seq > lastSeq) continue;
      const column = new Uint8Array(values.buffer, tick * columnCount * 8, columnCount * 8);
      view.setUint32(
        (seq - firstSeq) * 4,
        itemCrc({ kind: 'tick', seq, timeMs: times[tick]! - shiftMs, layoutId: row.layout, column }),
        true,
      );
    }
  }
  // Read after the batches: what was compacted in between is met here.
  await readChunkChecksums(sql, request, (seq, crc) => view.setUint32((seq - firstSeq) * 4, crc, true));
  return result;
}

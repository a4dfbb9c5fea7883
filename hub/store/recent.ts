/**
 * The last minutes of a host as rows, for a ring that a restart has emptied.
 */
import { decodeBlock } from '#core/block.ts';
import { encodeLayout, type LayoutId } from '#core/series.ts';
import type { Sql } from './connect.ts';
import { readLayouts } from './layouts.ts';

export interface RecentRequest {
  readonly hostId: number;
  readonly sinceMs: number;
}

export interface RecentBlock {
  readonly ordinal: number;
  readonly firstSeq: number;
  readonly layoutId: LayoutId;
  readonly times: Float64Array;
  /** Row by row. */
  readonly values: Float64Array;
}

export interface Recent {
  readonly layouts: readonly { readonly id: LayoutId; readonly bytes: Uint8Array }[];
  /** In order of (ordinal, seq). */
  readonly blocks: readonly RecentBlock[];
}

/** Batches read at most: five minutes at one batch each ten seconds, several times over. */
const batchesMax = 400;

export async function readRecent(sql: Sql, request: RecentRequest): Promise<Recent> {
  const rows = await sql<
    { ordinal: number; first_seq: string; ticks: number; layout: LayoutId; offsets: Uint8Array; data: Uint8Array }[]
  >`
    select s.ordinal, b.first_seq, b.ticks, encode(b.layout, 'hex') as layout, b.offsets, b.data
    from batch b join stream s on s.id = b.stream
    where b.host = ${request.hostId} and b.to_ms >= ${request.sinceMs}
    order by s.ordinal desc, b.first_seq desc limit ${batchesMax}`;
  rows.reverse();
  const layouts = await readLayouts(sql, [...new Set(rows.map((row) => row.layout))]);
  const blocks = rows.map((row) => {
    const columnCount = layouts.get(row.layout)!.series.length;
    const block = decodeBlock(
      { data: row.data, offsets: row.offsets },
      { tickCount: row.ticks, columnCount },
      row.ticks * columnCount,
    );
    return { ordinal: row.ordinal, firstSeq: Number(row.first_seq), layoutId: row.layout, ...block };
  });
  return { blocks, layouts: [...layouts.values()].map((layout) => ({ id: layout.id, bytes: encodeLayout(layout) })) };
}

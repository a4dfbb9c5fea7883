/**
 * What a restart of the hub has to look up again: the last minutes of a host as rows for its ring, and the newest
 * value of each series of a host that pushes.
 */
import { decodeBlock } from '#core/block.ts';
import { encodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import type { Sql } from './connect.ts';
import { readLayouts } from './layouts.ts';

export interface RecentRequest {
  readonly hostId: number;
  readonly sinceMs: number;
}

export interface RecentBlock {
  /** 0 when the row of its stream is gone, as those of pushed bodies go: then its place is its time. */
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
  const rows = await sql<(BatchRow & { ordinal: number; first_seq: string })[]>`
    select coalesce(s.ordinal, 0) as ordinal, b.first_seq, b.ticks, encode(b.layout, 'hex') as layout, b.offsets, b.data
    from batch b left join stream s on s.id = b.stream
    where b.host = ${request.hostId} and b.to_ms >= ${request.sinceMs}
    order by s.ordinal desc nulls last, b.to_ms desc limit ${batchesMax}`;
  rows.reverse();
  const layouts = await readLayouts(sql, [...new Set(rows.map((row) => row.layout))]);
  const blocks = rows.map((row) => ({
    ordinal: row.ordinal,
    firstSeq: Number(row.first_seq),
    layoutId: row.layout,
    ...decode(row, layouts),
  }));
  return { blocks, layouts: [...layouts.values()].map((layout) => ({ id: layout.id, bytes: encodeLayout(layout) })) };
}

interface BatchRow {
  readonly ticks: number;
  readonly layout: LayoutId;
  readonly offsets: Uint8Array;
  readonly data: Uint8Array;
}

function decode(row: BatchRow, layouts: ReadonlyMap<LayoutId, Layout>) {
  const columnCount = layouts.get(row.layout)!.series.length;
  const { ticks: tickCount, data, offsets } = row;
  return decodeBlock({ data, offsets }, { tickCount, columnCount }, tickCount * columnCount);
}

export interface LatestValue {
  readonly key: string;
  readonly timeMs: number;
  readonly value: number;
}

/** Bodies looked through for names that are not in the newest ones. */
const pushedBatchesMax = 1_000;

/** The newest value of each series of a host that pushes, by time. */
export async function readLatest(sql: Sql, hostId: number): Promise<LatestValue[]> {
  const rows = await sql<BatchRow[]>`
    select ticks, encode(layout, 'hex') as layout, offsets, data from batch
    where host = ${hostId} order by to_ms desc limit ${pushedBatchesMax}`;
  const layouts = await readLayouts(sql, [...new Set(rows.map((row) => row.layout))]);
  const latest = new Map<string, LatestValue>();
  for (const row of rows) {
    const { series } = layouts.get(row.layout)!;
    const { times, values } = decode(row, layouts);
    for (let tick = 0; tick < row.ticks; tick += 1) {
      const timeMs = times[tick]!;
      series.forEach(({ key }, place) => {
        const value = values[tick * series.length + place]!;
        const known = latest.get(key);
        if (!Number.isNaN(value) && (known === undefined || timeMs > known.timeMs))
          latest.set(key, { key, timeMs, value });
      });
    }
  }
  return [...latest.values()];
}

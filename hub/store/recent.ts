/**
 * What a restart of the hub has to look up again: the last minutes of a host as rows for its ring, and the newest
 * value of each series of a host that pushes. Batches are read before chunks: ticks only move that way.
 */
import { createHash } from 'node:crypto';
import { absenceAt } from '#core/absence.ts';
import { decodeBlock } from '#core/block.ts';
import { dayOf } from '#core/calendar.ts';
import { bitsOf } from '#core/column.ts';
import { createLayout, encodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import { ChunkReader, type ChunkRow } from './chunks/chunk-ticks.ts';
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
  /** In order of (ordinal, seq). What was compacted meanwhile may be there twice. */
  readonly blocks: readonly RecentBlock[];
}

/** Batches read at most: five minutes at one batch each ten seconds, several times over. */
const batchesMax = 400;
/** Chunks that reach into the last minutes: one, unless late ticks came in between. */
const recentChunksMax = 8;

export async function readRecent(sql: Sql, request: RecentRequest): Promise<Recent> {
  const rows = await sql<(BatchRow & { ordinal: number; first_seq: string })[]>`
    select coalesce(s.ordinal, 0) as ordinal, b.first_seq, b.ticks, encode(b.layout, 'hex') as layout, b.offsets, b.data
    from batch b left join stream s on s.id = b.stream
    where b.host = ${request.hostId} and b.to_ms >= ${request.sinceMs}
    order by s.ordinal desc nulls last, b.to_ms desc limit ${batchesMax}`;
  const chunks = await sql<ChunkRow[]>`
    select ticks, encode(layout, 'hex') as layout, runs, offsets, data from chunk
    where host = ${request.hostId} and tier = 0 and part = 0 and day >= ${dayOf(request.sinceMs)} and to_ms >= ${request.sinceMs}
    order by day desc, to_ms desc limit ${recentChunksMax}`;
  const layouts = await readLayouts(sql, [...new Set([...rows, ...chunks].map((row) => row.layout))]);
  const blocks: RecentBlock[] = rows.map((row) => ({
    ordinal: row.ordinal,
    firstSeq: Number(row.first_seq),
    layoutId: row.layout,
    ...decode(row, layouts),
  }));
  const found = chunks.map((row) => decodeRecent(row, { layout: layouts.get(row.layout)!, sinceMs: request.sinceMs }));
  const ordinals = await readOrdinals(sql, [...new Set(found.flatMap(({ runs }) => runs.map((run) => run.streamId)))]);
  for (const { layout, runs } of found) {
    layouts.set(layout.id, layout);
    for (const { streamId, ...block } of runs)
      blocks.push({ ...block, ordinal: ordinals.get(streamId) ?? 0, layoutId: layout.id });
  }
  blocks.sort((a, b) => a.ordinal - b.ordinal || a.firstSeq - b.firstSeq || a.times[0]! - b.times[0]!);
  const used = new Set(blocks.map(({ layoutId }) => layoutId));
  const named = [...layouts.values()].filter(({ id }) => used.has(id));
  return { blocks, layouts: named.map((layout) => ({ id: layout.id, bytes: encodeLayout(layout) })) };
}

async function readOrdinals(sql: Sql, streamIds: readonly number[]): Promise<Map<number, number>> {
  const rows = await sql<{ id: string; ordinal: number }[]>`
    select id, ordinal from stream where id = any(${`{${streamIds.join(',')}}`}::int8[])`;
  return new Map(rows.map(({ id, ordinal }) => [Number(id), ordinal]));
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

interface RecentRun extends Pick<RecentBlock, 'firstSeq' | 'times' | 'values'> {
  readonly streamId: number;
}

/** The newest ticks of a chunk, in a layout of the series that any of them has: others were gone by then. */
function decodeRecent(
  row: ChunkRow,
  of: { readonly layout: Layout; readonly sinceMs: number },
): { readonly layout: Layout; readonly runs: readonly RecentRun[] } {
  const { series, intervalMs } = of.layout;
  const reader = new ChunkReader(row, series.length);
  const chosen = reader.choose(({ timeMs }) => timeMs >= of.sinceMs);
  const columns: { readonly place: number; readonly words: Int32Array }[] = [];
  for (let place = 0; place < series.length; place += 1) {
    const { bits } = reader.column(place);
    const words = Int32Array.from(
      chosen.flatMap(({ from, count }) => [...bits.subarray(from * 2, (from + count) * 2)]),
    );
    const unsigned = new Uint32Array(words.buffer);
    if (unsigned.some((_, index) => index % 2 === 0 && absenceAt(unsigned, index / 2) !== 'gone'))
      columns.push({ place, words });
  }
  const own = columns.map(({ place }) => series[place]!);
  const layout = own.length === series.length ? of.layout : createLayout({ intervalMs, series: own }, sha256);
  let first = 0;
  const runs = chosen.map(({ streamId, firstSeq, from, count }) => {
    const values = new Float64Array(count * columns.length);
    const bits = bitsOf(values);
    columns.forEach(({ words }, index) => {
      for (let tick = 0; tick < count; tick += 1) {
        const to = (tick * columns.length + index) * 2;
        bits[to] = words[(first + tick) * 2]!;
        bits[to + 1] = words[(first + tick) * 2 + 1]!;
      }
    });
    first += count;
    return { streamId, firstSeq, times: reader.times.slice(from, from + count), values };
  });
  return { layout, runs };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

export interface LatestValue {
  readonly key: string;
  readonly timeMs: number;
  readonly value: number;
}

/** Bodies looked through for names that are not in the newest ones. */
const pushedBatchesMax = 1_000;
/** Of its two newest days with chunks: names are remembered for 24 h. */
const pushedChunksMax = 32;

/** The newest value of each series of a host that pushes, by time. */
export async function readLatest(sql: Sql, hostId: number): Promise<LatestValue[]> {
  const rows = await sql<BatchRow[]>`
    select ticks, encode(layout, 'hex') as layout, offsets, data from batch
    where host = ${hostId} order by to_ms desc limit ${pushedBatchesMax}`;
  const chunks = await sql<ChunkRow[]>`
    with newest as materialized (select coalesce(max(day), 0) as day from day where host = ${hostId})
    select c.ticks, encode(c.layout, 'hex') as layout, c.runs, c.offsets, c.data
    from newest n join chunk c on c.host = ${hostId} and c.tier = 0 and c.day between n.day - 1 and n.day
    order by c.to_ms desc limit ${pushedChunksMax}`;
  const layouts = await readLayouts(sql, [...new Set([...rows, ...chunks].map((row) => row.layout))]);
  const latest = new Map<string, LatestValue>();
  const note = (key: string, timeMs: number, value: number) => {
    const known = latest.get(key);
    if (!Number.isNaN(value) && (known === undefined || timeMs > known.timeMs)) latest.set(key, { key, timeMs, value });
  };
  for (const row of rows) {
    const { series } = layouts.get(row.layout)!;
    const { times, values } = decode(row, layouts);
    for (let tick = 0; tick < row.ticks; tick += 1)
      series.forEach(({ key }, place) => {
        note(key, times[tick]!, values[tick * series.length + place]!);
      });
  }
  for (const row of chunks) {
    const { series } = layouts.get(row.layout)!;
    const reader = new ChunkReader(row, series.length);
    series.forEach(({ key }, place) => {
      const { values } = reader.column(place);
      for (let tick = 0; tick < row.ticks; tick += 1) note(key, reader.times[tick]!, values[tick]!);
    });
  }
  return [...latest.values()];
}

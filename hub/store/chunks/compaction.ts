/**
 * The statements of compaction: which hosts are due, their batches, the chunks that may be taken back in, and the
 * one statement that swaps the old rows for the new.
 */
import { decodeBlockTimes, decodeOffsets } from '#core/block.ts';
import { compactTicksMin, smallChunkTicksMax } from '#core/limits.ts';
import { decodeRuns } from '#core/runs.ts';
import type { Layout, LayoutId } from '#core/series.ts';
import { encodeLayout } from '#core/series.ts';
import type { ChunkPart } from '../../archive/chunk-encoder.ts';
import type { Source } from '../../archive/chunk-plan.ts';
import { codeOf, type Sql } from '../connect.ts';
import { storeLayouts } from '../layouts.ts';
import { chunkParameters } from './chunk-rows.ts';

/** SQLSTATE of ours: a rival has changed what was read. */
export const rivalCode = 'PW001';
/** Deadlock and serialisation: a rival too, who has won. */
const rivalCodes: readonly string[] = [rivalCode, '40P01', '40001'];

/** Whether a statement was undone because a rival changed what it rests on. */
export function isRival(error: unknown): boolean {
  return rivalCodes.includes(codeOf(error));
}

/** Which batches are looked at: ticks further ahead than `horizonMs` wait until their time comes. */
export interface BatchSpan {
  readonly horizonMs: number;
}

/** Hosts with enough ticks in batches, or with a batch that ends before `oldMs`; with any batch when `all`. */
export async function readDueHosts(
  sql: Sql,
  due: BatchSpan & { readonly oldMs: number; readonly all: boolean },
): Promise<number[]> {
  const rows = await sql<{ host: number }[]>`
    select host from batch where to_ms < ${due.horizonMs} group by host
    having ${due.all} or sum(ticks) >= ${compactTicksMin} or min(to_ms) < ${due.oldMs} order by host`;
  return rows.map(({ host }) => host);
}

/** The newest batch there is, of any host; 0 when there is none. */
export async function readNewestBatchId(sql: Sql): Promise<number> {
  const [row] = await sql<{ id: string }[]>`select coalesce(max(id), 0) as id from batch`;
  return Number(row!.id);
}

export interface BatchSize {
  readonly id: number;
  readonly bytes: number;
}

/** The first batches of a host in order of (stream, seq), as many as `countMax`, none newer than `idMax`. */
export async function readBatchSizes(
  sql: Sql,
  of: BatchSpan & { readonly hostId: number; readonly idMax: number; readonly countMax: number },
): Promise<BatchSize[]> {
  const rows = await sql<{ id: string; bytes: number }[]>`
    select id, octet_length(data) + octet_length(offsets) as bytes from batch
    where host = ${of.hostId} and to_ms < ${of.horizonMs} and id <= ${of.idMax}
    order by stream, first_seq limit ${of.countMax}`;
  return rows.map(({ id, bytes }) => ({ id: Number(id), bytes }));
}

/** How to get layouts; a cache, mostly. */
export type ReadLayouts = (ids: Iterable<LayoutId>) => Promise<ReadonlyMap<LayoutId, Layout>>;

/** Batches by id. Those that are not there any more are missing. */
export async function readBatchSources(
  sql: Sql,
  ids: readonly number[],
  readLayouts: ReadLayouts,
): Promise<{ readonly id: number; readonly source: Source }[]> {
  const rows = await sql<(SourceRow & { id: string; stream: string; first_seq: string })[]>`
    select id, stream, first_seq, ticks, encode(layout, 'hex') as layout, offsets, data
    from batch where id = any(${`{${ids.join(',')}}`}::int8[]) order by stream, first_seq`;
  const layouts = await readLayouts(rows.map(({ layout }) => layout));
  return rows.map((row) => ({
    id: Number(row.id),
    source: {
      ...blockOf(row, layouts),
      runs: [{ streamId: Number(row.stream), firstSeq: Number(row.first_seq), count: row.ticks }],
      isPacked: false,
    },
  }));
}

export interface OldChunk {
  readonly id: number;
  readonly day: number;
  readonly source: Source;
}

/** The newest raw chunk of each of `days`, where it is small and has one part. */
export async function readSmallChunks(
  sql: Sql,
  of: { readonly hostId: number; readonly days: readonly number[] },
  readLayouts: ReadLayouts,
): Promise<OldChunk[]> {
  const rows = await sql<(SourceRow & { id: string; day: number; runs: Uint8Array; parts: number })[]>`
    select c.id, c.day, c.ticks, encode(c.layout, 'hex') as layout, c.runs, c.offsets, c.data,
      (select count(*) from chunk p where (p.host, p.tier, p.day, p.id) = (c.host, c.tier, c.day, c.id))::int as parts
    from unnest(${`{${of.days.join(',')}}`}::int4[]) d (day)
    cross join lateral (
      select * from chunk where host = ${of.hostId} and tier = 0 and chunk.day = d.day order by id desc limit 1) c
    where c.ticks < ${smallChunkTicksMax}`;
  const layouts = await readLayouts(rows.map(({ layout }) => layout));
  return rows
    .filter(({ parts }) => parts === 1)
    .map((row) => ({
      id: Number(row.id),
      day: row.day,
      source: { ...blockOf(row, layouts), runs: decodeRuns(row.runs, row.ticks), isPacked: true },
    }));
}

interface SourceRow {
  readonly ticks: number;
  readonly layout: LayoutId;
  readonly offsets: Uint8Array;
  readonly data: Uint8Array;
}

function blockOf(row: SourceRow, layouts: ReadonlyMap<LayoutId, Layout>) {
  const layout = layouts.get(row.layout)!;
  const offsets = decodeOffsets(row.offsets, layout.series.length, row.data.byteLength);
  return { layout, offsets, data: row.data, times: decodeBlockTimes(row.data.subarray(0, offsets[0]!)) };
}

export interface Compaction {
  readonly hostId: number;
  readonly batchIds: readonly number[];
  readonly oldChunks: readonly Pick<OldChunk, 'id' | 'day'>[];
  readonly parts: readonly ChunkPart[];
}

/** Swaps batches and old chunks for new chunks. Rejects with a rival's code when not all of them are there any more. */
export async function writeCompaction(sql: Sql, compaction: Compaction): Promise<void> {
  const { hostId, batchIds, oldChunks, parts } = compaction;
  const { rows, runs, offsets, data } = chunkParameters(parts);
  await sql`select compact_batches(${hostId}, ${`{${batchIds.join(',')}}`}::int8[],
    ${`{${oldChunks.map(({ day }) => day).join(',')}}`}::int4[], ${`{${oldChunks.map(({ id }) => id).join(',')}}`}::int8[],
    ${rows}::chunk_row[], ${runs}, ${offsets}, ${data})`;
}

/** Commits the layouts that new chunks are in. */
export async function storeChunkLayouts(sql: Sql, layouts: Iterable<Layout>): Promise<void> {
  await storeLayouts(
    sql,
    Array.from(layouts, (layout) => ({ id: layout.id, bytes: encodeLayout(layout) })),
  );
}

/** The oldest day that the raw tier keeps. */
export async function readRawFloor(sql: Sql): Promise<number> {
  const [row] = await sql<
    { day: number }[]
  >`select coalesce((select day from floor where tier = 0), ${-(2 ** 31)}) as day`;
  return row!.day;
}

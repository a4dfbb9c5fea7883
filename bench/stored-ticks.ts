/**
 * Stored batches and raw chunks decoded back into ticks, for scenarios that compare what is stored with what was made.
 */
import { inflateRawSync } from 'node:zlib';
import { type Block, decodeBlock, mapBlockColumns } from '#core/block.ts';
import { blockColumnsMax, blockTicksMax } from '#core/limits.ts';
import { decodeRuns, type Run } from '#core/runs.ts';
import { decodeLayout, type Layout } from '#core/series.ts';
import type { Sql } from './database.ts';
import { columnOf, type Dataset, tickOffsetMs } from './dataset.ts';
import type { StoredTick } from './kill-check.ts';

/** How a stored tick of a simulated agent differs from the data set; empty when none does. */
export async function contentProblems(
  stored: AsyncIterable<StoredTick> | Iterable<StoredTick>,
  made: { readonly dataset: Dataset; readonly host: number; readonly firstMs: number; readonly intervalMs: number },
): Promise<string[]> {
  const problems: string[] = [];
  for await (const { seq, timeMs, column } of stored) {
    const wanted = columnOf(made.dataset, made.host, seq - 1);
    const wantedMs = made.firstMs + tickOffsetMs(made.dataset, seq - 1, made.intervalMs);
    if (timeMs !== wantedMs) problems.push(`host ${made.host}, seq ${seq}: time must be ${wantedMs}: got ${timeMs}`);
    if (Buffer.compare(column, wanted) !== 0) problems.push(`host ${made.host}, seq ${seq}: other values are stored`);
    if (problems.length >= 5) break;
  }
  return problems;
}

interface WantedTicks {
  readonly hostName: string;
  /** The series whose number is wanted. */
  readonly counterKey?: string;
}

interface BlockRow extends Block {
  readonly ticks: number;
  readonly layout: string;
}

interface BatchRow extends BlockRow {
  readonly stream: string;
  readonly first_seq: string;
}

interface ChunkRow extends BlockRow {
  readonly runs: Buffer;
}

interface StreamShape {
  readonly epoch: string;
  readonly ordinal: number;
  readonly shiftMs: number;
}

/** Every stored tick of a host, in the order of its streams and seqs. */
export async function readStoredTicks(sql: Sql, wanted: WantedTicks): Promise<StoredTick[]> {
  const ticks: StoredTick[] = [];
  for await (const tick of storedTicks(sql, wanted)) ticks.push(tick);
  const ordinals = new Map(Array.from((await readStreams(sql, wanted)).values(), (one) => [one.epoch, one.ordinal]));
  return ticks.sort((a, b) => ordinals.get(a.epoch)! - ordinals.get(b.epoch)! || a.seq - b.seq);
}

/** Every stored tick of a host in the order of its rows, with only a few rows of it in memory. */
export async function* storedTicks(sql: Sql, wanted: WantedTicks): AsyncGenerator<StoredTick> {
  const { hostName, counterKey = '' } = wanted;
  const layouts = await readLayouts(sql);
  const streams = await readStreams(sql, wanted);
  const batches = sql<BatchRow[]>`
    select b.stream, b.first_seq, b.ticks, encode(b.layout, 'hex') as layout, b.offsets, b.data
    from batch b join host h on h.id = b.host where h.name = ${hostName} order by b.stream, b.first_seq, b.id`;
  for await (const page of batches.cursor(200)) {
    for (const row of page) {
      const runs = [{ streamId: Number(row.stream), firstSeq: Number(row.first_seq), count: row.ticks }];
      yield* decodeRow(row, { runs, streams, layout: layoutOf(row, layouts), counterKey });
    }
  }
  const chunks = sql<ChunkRow[]>`
    select c.ticks, encode(c.layout, 'hex') as layout, c.runs, c.offsets, c.data
    from chunk c join host h on h.id = c.host where h.name = ${hostName} and c.tier = 0 and c.part = 0
    order by c.day, c.id`;
  for await (const [row] of chunks.cursor(1)) {
    const layout = layoutOf(row!, layouts);
    const unpacked = { ...row!, ...unpackBlock(row!, layout.series.length) };
    yield* decodeRow(unpacked, { runs: decodeRuns(row!.runs, row!.ticks), streams, layout, counterKey });
  }
}

function* decodeRow(
  row: BlockRow,
  as: {
    readonly runs: readonly Run[];
    readonly streams: ReadonlyMap<number, StreamShape>;
    readonly layout: Layout;
    readonly counterKey: string;
  },
): Generator<StoredTick> {
  const { runs, streams, layout, counterKey } = as;
  const columnCount = layout.series.length;
  const block = decodeBlock(row, { tickCount: row.ticks, columnCount }, blockTicksMax * blockColumnsMax);
  const counterAt = layout.series.findIndex((series) => series.key === counterKey);
  let tick = 0;
  for (const { streamId, firstSeq, count } of runs) {
    const { epoch, shiftMs } = streams.get(streamId)!;
    for (let index = 0; index < count; index += 1) {
      const values = block.values.subarray(tick * columnCount, (tick + 1) * columnCount);
      const counter = values[counterAt] ?? Number.NaN;
      yield {
        epoch,
        seq: firstSeq + index,
        timeMs: block.times[tick]! - shiftMs,
        layoutId: row.layout,
        column: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
        counter: Number.isNaN(counter) ? null : counter,
      };
      tick += 1;
    }
  }
}

/** First bytes of columns of a chunk that are deflated (docs/storage.md): as they are, and as the byte planes of raw values. */
const deflatedMark = 0x20;
const planesMark = 0x21;
/** First byte of a column of raw values. */
const rawMark = 0x11;

/** The block of a chunk with its columns unpacked. */
export function unpackBlock(block: Block, columnCount: number): Block {
  return mapBlockColumns(block, columnCount, unpackColumn);
}

/** A column of a chunk as it was before it was packed. */
export function unpackColumn(column: Uint8Array): Uint8Array {
  if (column[0] === deflatedMark) return inflateRawSync(column.subarray(1));
  return column[0] === planesMark ? joinPlanes(inflateRawSync(column.subarray(1))) : column;
}

/** The column of raw values whose lowest bytes come first, then the next ones of all, up to the highest. */
function joinPlanes(planes: Uint8Array): Uint8Array {
  const count = planes.byteLength / 8;
  const column = new Uint8Array(1 + planes.byteLength);
  column[0] = rawMark;
  for (let index = 0; index < planes.byteLength; index += 1)
    column[1 + (index % count) * 8 + Math.floor(index / count)] = planes[index]!;
  return column;
}

function layoutOf(row: BlockRow, layouts: ReadonlyMap<string, Layout>): Layout {
  const layout = layouts.get(row.layout);
  if (layout === undefined) throw new Error(`Cannot decode row: its layout must be stored: got none of ${row.layout}`);
  return layout;
}

/** All layouts that are stored, by id. */
export async function readLayouts(sql: Sql): Promise<Map<string, Layout>> {
  const rows = await sql<{ id: string; body: Buffer }[]>`select encode(id, 'hex') as id, body from layout`;
  return new Map(rows.map((row) => [row.id, decodeLayout(row.body, row.id)]));
}

async function readStreams(sql: Sql, { hostName }: WantedTicks): Promise<Map<number, StreamShape>> {
  const rows = await sql<{ id: string; epoch: string; ordinal: number; shift_ms: number }[]>`
    select s.id, encode(s.epoch, 'hex') as epoch, s.ordinal, s.shift_ms
    from stream s join host h on h.id = s.host where h.name = ${hostName}`;
  return new Map(
    rows.map((row) => [Number(row.id), { epoch: row.epoch, ordinal: row.ordinal, shiftMs: Number(row.shift_ms) }]),
  );
}

/**
 * Reads one series of one host from batches, and merges it with what is not committed yet.
 *
 * Whoever asks has taken the open batches first and the flights second; one statement here is third. So a
 * tick that moves on meanwhile is met at least once, and what is met twice is cut by (stream, seq).
 */
import { decodeBlockColumn, decodeBlockTimes } from '#core/block.ts';
import { type Point, type ResampleOptions, resample } from '#core/resample.ts';
import { mergeParts, type SamplePart, type Samples } from '#core/sample-parts.ts';
import type { LayoutId } from '#core/series.ts';
import type { Sql } from './connect.ts';
import { readLayouts } from './layouts.ts';

/** Which samples, and into how many points. */
export interface SeriesSpan extends ResampleOptions {
  readonly hostId: number;
  readonly key: string;
}

export interface HistoryRequest extends SeriesSpan {
  /** Parts from memory, oldest first. */
  readonly parts: readonly SamplePart[];
}

interface BatchRow {
  readonly stream: string;
  readonly first_seq: string;
  readonly ticks: number;
  readonly layout: LayoutId;
  readonly is_known: boolean;
  readonly head: Uint8Array | null;
  readonly col: Uint8Array | null;
}

/** Points of a chart: made in this thread, as a year of samples would stop main for a second. */
export async function readHistory(sql: Sql, request: HistoryRequest): Promise<Point[]> {
  return resample(await readSamples(sql, request), request);
}

/** Samples of the span in order of time, absences included as NaN. */
export async function readSamples(
  sql: Sql,
  request: Pick<HistoryRequest, 'hostId' | 'key' | 'startMs' | 'endMs' | 'parts'>,
): Promise<Samples> {
  const stored = await readBatches(sql, request);
  return mergeParts([...stored, ...request.parts], request);
}

async function readBatches(
  sql: Sql,
  request: Pick<HistoryRequest, 'hostId' | 'key' | 'startMs' | 'endMs'>,
): Promise<SamplePart[]> {
  const { hostId, startMs, endMs } = request;
  const places = new Map<LayoutId, { readonly place: number; readonly columnCount: number }>();
  for (;;) {
    const known = [...places].map(([id, { place, columnCount }]) => ({ id, place, columnCount }));
    // A layout that turns up between two statements makes the rows below incomplete: then the read is repeated.
    const rows = await sql<BatchRow[]>`
      select b.stream, b.first_seq, b.ticks, encode(b.layout, 'hex') as layout, p.id is not null as is_known,
        case when p.place >= 0 then substring(b.data from 1 for block_offset(b.offsets, p.columns, 0)) end as head,
        case when p.place >= 0 then substring(b.data from 1 + block_offset(b.offsets, p.columns, p.place)
          for block_offset(b.offsets, p.columns, p.place + 1) - block_offset(b.offsets, p.columns, p.place)) end as col
      from batch b left join unnest(
        ${`{${known.map(({ id }) => id).join(',')}}`}::text[], ${`{${known.map(({ place }) => place).join(',')}}`}::int4[],
        ${`{${known.map(({ columnCount }) => columnCount).join(',')}}`}::int4[]) p (id, place, columns)
        on p.id = encode(b.layout, 'hex')
      where b.host = ${hostId} and b.to_ms >= ${startMs} and b.from_ms <= ${endMs}
      order by b.from_ms, b.id`;
    const unknown = [...new Set(rows.filter((row) => !row.is_known).map((row) => row.layout))];
    if (unknown.length === 0) return rows.flatMap((row) => partOf(row) ?? []);
    const layouts = await readLayouts(sql, unknown);
    for (const id of unknown) {
      const series = layouts.get(id)?.series ?? [];
      places.set(id, { place: series.findIndex((one) => one.key === request.key), columnCount: series.length });
    }
  }
}

function partOf(row: BatchRow): SamplePart | null {
  if (row.head === null || row.col === null) return null;
  const times = decodeBlockTimes(row.head);
  const values = decodeBlockColumn(row.col, row.ticks);
  return { streamId: Number(row.stream), firstSeq: Number(row.first_seq), times, values };
}

/**
 * The statements of rolling up: which days and months are due, what they are made of, and the statements that write a
 * rollup only if nothing has changed since.
 *
 * Columns are read as ranges of a chunk's bytes, so that memory is bounded whatever a day holds. Several statements
 * make one read: the write is refused if the version has moved, so they have seen the same rows.
 */
import { decodeBlockTimes, decodeOffsets } from '#core/block.ts';
import { dayMs } from '#core/calendar.ts';
import type { Layout, LayoutId } from '#core/series.ts';
import { type Tier, tierCodes } from '#core/tier.ts';
import type { ChunkPart } from '../../archive/chunk-encoder.ts';
import type { Sql } from '../connect.ts';
import { chunkParameters } from './chunk-rows.ts';
import type { ReadLayouts } from './compaction.ts';

export interface DueDay {
  readonly hostId: number;
  readonly day: number;
  /** Of raw, when this was read. */
  readonly version: number;
}

/** Days before `beforeDay` whose raw data has changed since it was rolled up, and that no batch touches. At most `countMax`, host by host. */
export async function readDueDays(
  sql: Sql,
  due: { readonly beforeDay: number; readonly countMax: number },
): Promise<DueDay[]> {
  const rows = await sql<{ host: number; day: number; version: string }[]>`
    select d.host, d.day, d.version from day d
    where d.rolled_minute <> d.version and d.day < ${due.beforeDay}
      and d.day >= coalesce((select f.day from floor f where f.tier = 0), d.day)
      and not exists (select from batch b where b.host = d.host
        and b.to_ms >= d.day * ${dayMs}::float8 and b.from_ms < (d.day + 1) * ${dayMs}::float8)
    order by d.host, d.day limit ${due.countMax}`;
  return rows.map(({ host, day, version }) => ({ hostId: host, day, version: Number(version) }));
}

export interface DueMonth {
  readonly hostId: number;
  /** Its first day. */
  readonly month: number;
}

/** Months in which a day has minutes that are valid and are not in the hours yet. At most `countMax`. */
export async function readDueMonths(sql: Sql, countMax: number): Promise<DueMonth[]> {
  const rows = await sql<{ host: number; month: number }[]>`
    select distinct host, (date_trunc('month', date '1970-01-01' + day)::date - date '1970-01-01') as month from day
    where rolled_hour <> version and rolled_minute = version
    order by host, month limit ${countMax}`;
  return rows.map(({ host, month }) => ({ hostId: host, month }));
}

export interface RolledDay {
  readonly day: number;
  readonly version: number;
  /** Whether the month's block has its hours. */
  readonly isInHours: boolean;
}

/** The days of a month whose minutes are valid. */
export async function readRolledDays(
  sql: Sql,
  of: { readonly hostId: number; readonly fromDay: number; readonly toDay: number },
): Promise<RolledDay[]> {
  const rows = await sql<{ day: number; version: string; is_in_hours: boolean }[]>`
    select day, version, rolled_hour = version as is_in_hours from day
    where host = ${of.hostId} and day >= ${of.fromDay} and day < ${of.toDay} and rolled_minute = version order by day`;
  return rows.map(({ day, version, is_in_hours }) => ({ day, version: Number(version), isInHours: is_in_hours }));
}

/** A row of `chunk` without its columns. */
export interface ChunkHead {
  readonly tier: Tier;
  readonly hostId: number;
  readonly day: number;
  readonly id: number;
  readonly part: number;
  readonly layout: Layout;
  readonly times: Float64Array;
  /** The directory, decoded. */
  readonly offsets: Uint32Array;
}

/** Heads of a tier's chunks from `fromDay` to before `toDay`, in order of day, chunk and part. */
export async function readChunkHeads(
  sql: Sql,
  of: { readonly hostId: number; readonly tier: Tier; readonly fromDay: number; readonly toDay: number },
  readLayouts: ReadLayouts,
): Promise<ChunkHead[]> {
  const rows = await sql<
    { day: number; id: string; part: number; layout: LayoutId; offsets: Uint8Array; head: Uint8Array }[]
  >`
    select day, id, part, encode(layout, 'hex') as layout, offsets,
      -- Entries of the directory have four bytes where the data is longer than two can say.
      substring(data from 1 for get_byte(offsets, 0) + (get_byte(offsets, 1) << 8)
        + case when octet_length(data) > 65535 then get_byte(offsets, 2) << 16 else 0 end) as head
    from chunk
    where host = ${of.hostId} and tier = ${tierCodes[of.tier]} and day >= ${of.fromDay} and day < ${of.toDay}
    order by day, id, part`;
  const layouts = await readLayouts(rows.map(({ layout }) => layout));
  return rows.map((row) => {
    const layout = layouts.get(row.layout)!;
    const offsets = decodeOffsets(row.offsets, layout.series.length);
    return {
      tier: of.tier,
      hostId: of.hostId,
      day: row.day,
      id: Number(row.id),
      part: row.part,
      layout,
      times: decodeBlockTimes(row.head.subarray(0, offsets[0]!)),
      offsets,
    };
  });
}

/** Columns from `from` to before `to` of a chunk. */
export interface ColumnRange {
  readonly head: ChunkHead;
  readonly from: number;
  readonly to: number;
}

/** The bytes of each range, from the start of its first column; all of one host. A chunk that is gone meanwhile is missing. */
export async function readColumnRanges(sql: Sql, ranges: readonly ColumnRange[]): Promise<Map<ChunkHead, Uint8Array>> {
  const [first] = ranges;
  if (first === undefined) return new Map();
  const { hostId } = first.head;
  const list = (of: (range: ColumnRange) => number) => `{${ranges.map(of).join(',')}}`;
  const rows = await sql<{ place: number; bytes: Uint8Array }[]>`
    select u.place, substring(c.data from u.at for u.bytes) as bytes
    from unnest(${`{${ranges.map((_, place) => place).join(',')}}`}::int4[], ${list(({ head }) => head.day)}::int4[],
      ${list(({ head }) => tierCodes[head.tier])}::int2[], ${list(({ head }) => head.id)}::int8[],
      ${list(({ head }) => head.part)}::int2[],
      ${list(({ head, from }) => head.offsets[from]! + 1)}::int4[],
      ${list(({ head, from, to }) => head.offsets[to]! - head.offsets[from]!)}::int4[])
      u (place, day, tier, id, part, at, bytes)
    join chunk c on c.host = ${hostId} and c.tier = u.tier and c.day = u.day and c.id = u.id and c.part = u.part`;
  return new Map(rows.map(({ place, bytes }) => [ranges[place]!.head, bytes]));
}

/** Writes the minutes of a day. Rejects with a rival's code when raw has changed. */
export async function writeMinutes(sql: Sql, due: DueDay, parts: readonly ChunkPart[]): Promise<void> {
  const { rows, offsets, data } = chunkParameters(parts);
  await sql`select replace_minutes(${due.hostId}, ${due.day}, ${due.version}, ${rows}::chunk_row[], ${offsets}, ${data})`;
}

/** Writes the hours of a month. Rejects with a rival's code when one of the days, or the month's rows, have changed. */
export async function writeHours(
  sql: Sql,
  month: DueMonth & { readonly oldIds: readonly number[]; readonly days: readonly RolledDay[] },
  parts: readonly ChunkPart[],
): Promise<void> {
  const { rows, offsets, data } = chunkParameters(parts);
  const { days } = month;
  await sql`select replace_hours(${month.hostId}, ${month.month}, ${`{${month.oldIds.join(',')}}`}::int8[],
    ${`{${days.map(({ day }) => day).join(',')}}`}::int4[], ${`{${days.map(({ version }) => version).join(',')}}`}::int8[],
    ${rows}::chunk_row[], ${offsets}, ${data})`;
}

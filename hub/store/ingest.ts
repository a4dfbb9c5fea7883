/**
 * The one statement that stores: compare-and-swap over any number of streams.
 *
 * It locks the named streams in key order, inserts for each the unbroken chain of batches and gaps that
 * starts behind its stored seq, moves the stored seq and the accounting by what was inserted and nothing
 * else, and answers where every named stream stands. So it may be repeated after any failure, and rivals
 * may run it at once: what it counts on is read from the locked rows, as the UPDATE may see a row as it was before a
 * rival's commit. An INSERT that reads the locked rows and an UPDATE of the same rows that does not come
 * from its RETURNING would insert nothing: hence the shape.
 *
 * Bytes travel in two parameters for all batches together and are cut out by position: postgres.js writes
 * parameters as text, and a bytea[] would be escaped element by element. Hot path, guarded by `bench ingest`.
 */
import type { GapReason } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';
import type { Sql } from './connect.ts';

/** One row to store: an encoded batch, or a gap (`reason` not null, no bytes). */
export interface IngestRow {
  readonly streamId: number;
  readonly hostId: number;
  /** A row whose lease is not the stream's is left out. */
  readonly lease: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Ticks counted while the block was encoded or checked; 0 for a gap. */
  readonly tickCount: number;
  readonly reason: GapReason | null;
  readonly layoutId: LayoutId | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** CRC of the item at `lastSeq`. */
  readonly crc: number;
  /** Where the row's bytes start in the statement's two buffers, and how many they are. */
  readonly dataAt: number;
  readonly dataBytes: number;
  readonly offsetsAt: number;
  readonly offsetsBytes: number;
}

/** Where a stream stands after the statement. A named stream that is missing was removed. */
export interface IngestedStream {
  readonly streamId: number;
  readonly lease: number;
  readonly storedSeq: number;
  readonly storedCrc: number | null;
  readonly gapTicks: number;
}

const statement = `
with x as materialized (
    select * from unnest($1::int8[], $2::int4[], $3::int8[], $4::int8[], $5::int4[], $6::text[], $7::int4[],
      $8::float8[], $9::float8[], $10::int8[], $11::int4[], $12::int4[], $13::int4[], $14::int4[], $18::int8[])
      u(id, host, f, l, ticks, why, layout, from_ms, to_ms, crc, data_at, data_bytes, offsets_at, offsets_bytes, lease)),
  k as materialized (
    select id, stored_seq, stored_crc, stored_ticks, gap_ticks, lease from stream
    where id in (select x.id from x) order by id for update),
  c as (
    select x.*, f = 1 + coalesce(lag(l) over (partition by x.id order by f), k.stored_seq) as is_next
    from x join k using (id, lease) where l > k.stored_seq),
  g as (select *, bool_and(is_next) over (partition by id order by f) as is_chained from c),
  i as (
    insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
    select host, id, f, l, ($15::bytea[])[layout], ticks, from_ms, to_ms,
      substring($17::bytea from offsets_at for offsets_bytes), substring($16::bytea from data_at for data_bytes)
    from g where is_chained and why is null
    returning stream, last_seq, ticks),
  j as (
    insert into gap (host, stream, first_seq, last_seq, reason, from_ms, to_ms)
    select host, id, f, l, why, from_ms, to_ms from g where is_chained and why is not null
    returning stream, last_seq, last_seq - first_seq + 1 as lost),
  z as (
    select stream, max(last_seq) as stored_seq, sum(ticks) as ticks, sum(lost) as lost
    from (select stream, last_seq, ticks::int8, 0::int8 as lost from i
      union all select stream, last_seq, 0, lost from j) y
    group by stream),
  u as (
    update stream s set stored_seq = z.stored_seq, stored_at = now(), stored_crc = x.crc,
      stored_ticks = k.stored_ticks + z.ticks, gap_ticks = k.gap_ticks + z.lost
    from z join x on x.id = z.stream and x.l = z.stored_seq join k on k.id = z.stream
    where s.id = z.stream and x.lease = s.lease
    returning s.id, s.stored_seq, s.stored_crc, s.gap_ticks)
select k.id, k.lease, coalesce(u.stored_seq, k.stored_seq) as stored_seq, coalesce(u.stored_crc, k.stored_crc) as stored_crc,
  coalesce(u.gap_ticks, k.gap_ticks) as gap_ticks
from k left join u using (id)`;

/** Stores what can be stored of `rows`. `data` and `offsets` are the buffers that the rows point into. */
export async function ingest(
  sql: Sql,
  rows: readonly IngestRow[],
  bytes: { readonly data: Uint8Array; readonly offsets: Uint8Array },
): Promise<IngestedStream[]> {
  const layoutIds = [...new Set(rows.flatMap((row) => row.layoutId ?? []))];
  const layoutPlaces = new Map(layoutIds.map((id, index) => [id, index + 1]));
  const result = await sql.unsafe<
    { id: string; lease: string; stored_seq: string; stored_crc: string | null; gap_ticks: string }[]
  >(
    statement,
    [
      arrayOf(rows, (row) => row.streamId),
      arrayOf(rows, (row) => row.hostId),
      arrayOf(rows, (row) => row.firstSeq),
      arrayOf(rows, (row) => row.lastSeq),
      arrayOf(rows, (row) => row.tickCount),
      arrayOf(rows, (row) => row.reason ?? 'NULL'),
      arrayOf(rows, (row) => (row.layoutId === null ? 'NULL' : layoutPlaces.get(row.layoutId)!)),
      arrayOf(rows, (row) => row.fromMs),
      arrayOf(rows, (row) => row.toMs),
      arrayOf(rows, (row) => row.crc),
      arrayOf(rows, (row) => row.dataAt + 1),
      arrayOf(rows, (row) => row.dataBytes),
      arrayOf(rows, (row) => row.offsetsAt + 1),
      arrayOf(rows, (row) => row.offsetsBytes),
      `{${layoutIds.map((id) => `"\\\\x${id}"`).join(',')}}`,
      Buffer.from(bytes.data.buffer, bytes.data.byteOffset, bytes.data.byteLength),
      Buffer.from(bytes.offsets.buffer, bytes.offsets.byteOffset, bytes.offsets.byteLength),
      arrayOf(rows, (row) => row.lease),
    ],
    { prepare: true },
  );
  return result.map((row) => ({
    streamId: Number(row.id),
    lease: Number(row.lease),
    storedSeq: Number(row.stored_seq),
    storedCrc: row.stored_crc === null ? null : Number(row.stored_crc),
    gapTicks: Number(row.gap_ticks),
  }));
}

/** A PostgreSQL array literal of numbers, or of words that need no quoting. */
function arrayOf(rows: readonly IngestRow[], textOf: (row: IngestRow) => number | string): string {
  let text = '{';
  for (let index = 0; index < rows.length; index += 1) text += (index === 0 ? '' : ',') + textOf(rows[index]!);
  return `${text}}`;
}

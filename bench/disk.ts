/**
 * Where bytes go in PostgreSQL: sizes of what is stored, and what is written to get it there.
 */
import type { Sql } from './database.ts';

export interface StoredSizes {
  /** Partitions of each tier that hold a row, with their indexes and out-of-line values. */
  readonly rawBytes: number;
  readonly minuteBytes: number;
  readonly hourBytes: number;
  /** What chunks cannot be read without: layouts, streams, days, and gaps if there are any. */
  readonly describingBytes: number;
  /** All else, which does not grow with samples: empty partitions and tables, hosts, tokens. */
  readonly otherBytes: number;
}

const describingTables: readonly string[] = ['layout', 'stream', 'day', 'gap'];

/** Sizes by pg_total_relation_size. */
export async function readStoredSizes(sql: Sql): Promise<StoredSizes> {
  const tables = await sql<{ name: string; parent: string | null; bytes: string }[]>`
    select c.relname as name, p.relname as parent, pg_total_relation_size(c.oid) as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
    where n.nspname = 'public' and c.relkind = 'r'`;
  const sizes = { chunk_raw: 0, chunk_minute: 0, chunk_hour: 0, describing: 0, other: 0 };
  for (const { name, parent, bytes } of tables) {
    const [row] = await sql<{ held: boolean }[]>`select exists (select from ${sql(name)}) as held`;
    const place = parent ?? (describingTables.includes(name) ? 'describing' : 'other');
    sizes[row!.held && place in sizes ? (place as keyof typeof sizes) : 'other'] += Number(bytes);
  }
  return {
    rawBytes: sizes.chunk_raw,
    minuteBytes: sizes.chunk_minute,
    hourBytes: sizes.chunk_hour,
    describingBytes: sizes.describing,
    otherBytes: sizes.other,
  };
}

export interface WrittenBytes {
  /** Write-ahead log that was made, and how many whole pages of tables are in it. */
  readonly walBytes: number;
  readonly walPages: number;
  /** Pages of tables and indexes handed to the kernel. */
  readonly tableBytes: number;
}

export const nothingWritten: WrittenBytes = { walBytes: 0, walPages: 0, tableBytes: 0 };

/** What PostgreSQL has written so far, by its own count. */
export async function readWritten(sql: Sql): Promise<WrittenBytes> {
  const [row] = await sql<{ wal: string; pages: string; tables: string }[]>`
    select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8 as wal, (select wal_fpi from pg_stat_wal) as pages,
      (select sum(write_bytes)::int8 from pg_stat_io where object = 'relation') as tables`;
  return { walBytes: Number(row!.wal), walPages: Number(row!.pages), tableBytes: Number(row!.tables) };
}

export function writtenBetween(before: WrittenBytes, after: WrittenBytes): WrittenBytes {
  return {
    walBytes: after.walBytes - before.walBytes,
    walPages: after.walPages - before.walPages,
    tableBytes: after.tableBytes - before.tableBytes,
  };
}

export function addWritten(one: WrittenBytes, other: WrittenBytes): WrittenBytes {
  return {
    walBytes: one.walBytes + other.walBytes,
    walPages: one.walPages + other.walPages,
    tableBytes: one.tableBytes + other.tableBytes,
  };
}

/** Bytes per row of the table that everybody begins with: one row a sample, with the key that reading needs. */
export async function readPlainRowBytes(
  sql: Sql,
  { rowCount }: { readonly rowCount: number },
): Promise<{ readonly rowBytes: number; readonly rowBytesWithKey: number }> {
  await sql`create table bench_plain (host int4, series int4, at timestamptz, value float8, primary key (host, series, at))`;
  await sql`insert into bench_plain select 1, g % 100, to_timestamp(1.7e9 + g / 100), random() from generate_series(1, ${rowCount}) g`;
  const [row] = await sql<{ heap: string; all: string }[]>`
    select pg_relation_size('bench_plain') as heap, pg_total_relation_size('bench_plain') as all`;
  await sql`drop table bench_plain`;
  return { rowBytes: Number(row!.heap) / rowCount, rowBytesWithKey: Number(row!.all) / rowCount };
}

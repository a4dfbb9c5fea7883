/**
 * Where bytes go in PostgreSQL: sizes of what is stored, and what is written to get it there.
 */
import type { Database, Sql } from './database.ts';
import { readTreePids, readWrittenBytes } from './usage.ts';

export interface StoredSizes {
  /** Partitions of each tier, with their indexes and out-of-line values. */
  readonly rawBytes: number;
  readonly minuteBytes: number;
  readonly hourBytes: number;
  readonly batchBytes: number;
  /** Every other table: layouts, streams, days, hosts, empty ones too. */
  readonly otherBytes: number;
}

/** Sizes by pg_total_relation_size, after a vacuum of the batches: it gives back what compaction has emptied. */
export async function readStoredSizes(sql: Sql): Promise<StoredSizes> {
  await sql`vacuum batch`;
  const rows = await sql<{ name: string; parent: string | null; bytes: string }[]>`
    select c.relname as name, p.relname as parent, pg_total_relation_size(c.oid) as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
    where n.nspname = 'public' and c.relkind = 'r'`;
  const sum = (isWanted: (row: (typeof rows)[number]) => boolean) =>
    rows.filter(isWanted).reduce((bytes, row) => bytes + Number(row.bytes), 0);
  return {
    rawBytes: sum(({ parent }) => parent === 'chunk_raw'),
    minuteBytes: sum(({ parent }) => parent === 'chunk_minute'),
    hourBytes: sum(({ parent }) => parent === 'chunk_hour'),
    batchBytes: sum(({ name }) => name === 'batch'),
    otherBytes: sum(({ name, parent }) => parent === null && name !== 'batch'),
  };
}

export interface WrittenBytes {
  /** Generated write-ahead log, and how many pages of it are whole pages of tables. */
  readonly walBytes: number;
  readonly walPages: number;
  /** Pages of tables and indexes handed to the kernel. */
  readonly tableBytes: number;
  /** What the kernel has written for the processes of PostgreSQL, as it counts. */
  readonly kernelBytes: number;
}

export async function readWritten({ sql, pid }: Database): Promise<WrittenBytes> {
  const [row] = await sql<{ wal: string; pages: string; tables: string }[]>`
    select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8 as wal, (select wal_fpi from pg_stat_wal) as pages,
      (select sum(write_bytes)::int8 from pg_stat_io where object = 'relation') as tables`;
  const kernelBytes = readTreePids(pid()).reduce((sum, one) => sum + readWrittenBytes(one), 0);
  return {
    walBytes: Number(row!.wal),
    walPages: Number(row!.pages),
    tableBytes: Number(row!.tables),
    kernelBytes,
  };
}

export function writtenBetween(before: WrittenBytes, after: WrittenBytes): WrittenBytes {
  return {
    walBytes: after.walBytes - before.walBytes,
    walPages: after.walPages - before.walPages,
    tableBytes: after.tableBytes - before.tableBytes,
    kernelBytes: after.kernelBytes - before.kernelBytes,
  };
}

export function addWritten(one: WrittenBytes, other: WrittenBytes): WrittenBytes {
  return {
    walBytes: one.walBytes + other.walBytes,
    walPages: one.walPages + other.walPages,
    tableBytes: one.tableBytes + other.tableBytes,
    kernelBytes: one.kernelBytes + other.kernelBytes,
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

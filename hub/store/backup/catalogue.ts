/**
 * What a backup holds, as the catalogue says it: every table of the schema but for those named here, so that a table added
 * later is in it by itself. Partitions are read through the table that they are parts of. Left out are the bookkeeping of migrations,
 * which a restore does anew, and chunk partitions that retention has detached and not dropped yet: their days have expired.
 */
import { ConfigError } from '#core/errors.ts';
import type { Sql } from '../connect.ts';

export interface ColumnShape {
  readonly name: string;
  /** As `format_type` writes it. */
  readonly type: string;
}

export interface TableShape {
  readonly name: string;
  /** In the order of the table's row type, without generated ones. */
  readonly columns: readonly ColumnShape[];
}

export interface SequenceState {
  readonly name: string;
  /** Decimal digits, as it may be above 2^53. */
  readonly lastValue: string;
}

/** Of migrate.ts: it says what has been done to this database, and is no part of its content. */
export const bookkeepingTable = 'migration';

/** What must not come back from a backup: whoever was signed in then signs in again. */
const unbackedTables: readonly string[] = ['session'];

/** Those of `readTables` that a backup holds. */
export async function readBackupTables(sql: Sql): Promise<TableShape[]> {
  return (await readTables(sql)).filter(({ name }) => !unbackedTables.includes(name));
}

/** Tables in an order in which each comes after those that it refers to. */
export async function readTables(sql: Sql): Promise<TableShape[]> {
  const tables = await sql<{ id: number; name: string; columns: ColumnShape[] }[]>`
    select c.oid::int8::int as id, c.relname as name, coalesce((
      select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''), '[]') as columns
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> ${bookkeepingTable} and c.relname !~ '^chunk_(raw|minute|hour)_[0-9]+$'
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by c.relname`;
  const references = await sql<{ from: number; to: number }[]>`
    select conrelid::int8::int as "from", confrelid::int8::int as "to" from pg_constraint
    where contype = 'f' and connamespace = current_schema()::regnamespace and conrelid <> confrelid`;
  return inDependencyOrder(tables, references).map(({ name, columns }) => ({ name, columns }));
}

/** Sorts so that nothing comes before what it refers to; in name order where that leaves a choice. */
export function inDependencyOrder<T extends { readonly id: number }>(
  items: readonly T[],
  references: readonly { readonly from: number; readonly to: number }[],
): T[] {
  const sorted: T[] = [];
  let rest = [...items];
  while (rest.length > 0) {
    const waiting = new Set(rest.map(({ id }) => id));
    const ready = rest.filter(({ id }) => !references.some(({ from, to }) => from === id && waiting.has(to)));
    if (ready.length === 0) throw new Error('Cannot order tables: foreign keys must not form a ring: got one');
    sorted.push(...ready);
    rest = rest.filter((item) => !ready.includes(item));
  }
  return sorted;
}

/** Sequences that have been used, those of identity columns too. Not part of a snapshot: read them after the rows. */
export async function readSequences(sql: Sql): Promise<SequenceState[]> {
  return await sql<SequenceState[]>`
    select sequencename as name, last_value::text as "lastValue" from pg_sequences
    where schemaname = current_schema() and last_value is not null order by sequencename`;
}

/** Number of the newest migration; null in a database that is not Pulsewire's. */
export async function readSchemaVersion(sql: Sql): Promise<number | null> {
  const [found] = await sql<{ exists: boolean }[]>`
    select to_regclass(${bookkeepingTable}) is not null and to_regclass('hub') is not null as exists`;
  if (found?.exists !== true) return null;
  const [row] = await sql<
    { version: number }[]
  >`select coalesce(max(version), 0)::int as version from ${sql(bookkeepingTable)}`;
  return row!.version;
}

/** The same; throws ConfigError where there is none. */
export async function requireSchemaVersion(sql: Sql): Promise<number> {
  const version = await readSchemaVersion(sql);
  if (version !== null) return version;
  throw new ConfigError(['the database must hold the tables of Pulsewire: got one without them']);
}

/** A name of the catalogue, as SQL text. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

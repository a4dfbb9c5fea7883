/**
 * Empties a database: every table goes but for those that are named here, so one that is added later goes too; schema,
 * migrations, and who may do what stay. It gets a new hub id, so that agents do not take what they hold for stored.
 *
 * Sequences are not set back: an id that an open page or a log still names never comes to mean another host. No hub
 * may be at work meanwhile. Interrupted, it has removed a part of the chunks or all of everything; run it again.
 */
import { quoteName, readTables, requireSchemaVersion } from './backup/catalogue.ts';
import { partitionName, readPartitions } from './chunks/partitions.ts';
import type { Sql } from './connect.ts';

export interface WipeSummary {
  readonly hostCount: number;
  /** Ticks in batches and raw chunks. */
  readonly tickCount: number;
  /** Of the database on the disk. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Each takes four locks (table, index, and two of its large values), of some 2,500 that the server has for all. */
const partitionsPerDrop = 50;
/** Holds what a new database would say of itself, and is given new values instead. */
const identityTable = 'hub';
/** Who may do what, and what was done, outlives what was measured. Tables that stay must refer to none that go. */
const keptTables: readonly string[] = [
  'access_mark',
  'person',
  'session',
  'api_token',
  'audit',
  'enrolment',
  'enrolment_use',
  'script_text',
];

/** Throws ConfigError when the database is not Pulsewire's. */
export async function wipeDatabase(sql: Sql): Promise<WipeSummary> {
  await requireSchemaVersion(sql);
  const before = await measure(sql);
  const partitions = (await readPartitions(sql)).map(({ tier, fromDay }) => partitionName(tier, fromDay));
  for (let start = 0; start < partitions.length; start += partitionsPerDrop)
    await sql.unsafe(`drop table ${partitions.slice(start, start + partitionsPerDrop).join(', ')}`);
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const tables = (await readTables(tx)).filter(({ name }) => name !== identityTable && !keptTables.includes(name));
    await tx.unsafe(`truncate ${tables.map(({ name }) => quoteName(name)).join(', ')}`);
    await tx.unsafe(`update ${identityTable} set id = default, created_at = default, life = default`);
  });
  const { bytes: bytesAfter } = await measure(sql);
  const { hostCount, tickCount, bytes: bytesBefore } = before;
  return { hostCount, tickCount, bytesBefore, bytesAfter };
}

async function measure(sql: Sql): Promise<{ hostCount: number; tickCount: number; bytes: number }> {
  const [row] = await sql<{ hosts: string; ticks: string; bytes: string }[]>`
    select (select count(*) from host where removed_at is null) as hosts,
      (select coalesce(sum(ticks), 0)::int8 from batch) +
        (select coalesce(sum(ticks), 0)::int8 from chunk where tier = 0 and part = 0) as ticks,
      pg_database_size(current_database()) as bytes`;
  return { hostCount: Number(row!.hosts), tickCount: Number(row!.ticks), bytes: Number(row!.bytes) };
}

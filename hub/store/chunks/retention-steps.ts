/**
 * The statements of retention (hub/archive/retention.ts decides). Each may be the last before a crash, and each may
 * be run by two hubs at once: the one that comes second finds it done, or fails and finds it done an hour later.
 *
 * A detach runs concurrently: readers and writers go on, and it waits for those that began before it. When the wait
 * is too long for the lock timeout, the partition stays `detaching` (new readers do not see it) and is finalized by
 * a later run.
 */
import { dayStartMs } from '#core/calendar.ts';
import type { Tier } from '#core/tier.ts';
import type { RetentionFacts } from '../../archive/retention.ts';
import type { RetentionStore } from '../../archive/retention-run.ts';
import type { Sql } from '../connect.ts';
import { raiseFloor, readFloors } from './floors.ts';
import { partitionName, readPartitions } from './partitions.ts';

interface Place {
  readonly tier: Tier;
  readonly fromDay: number;
}

/** What the database holds, and its clock. */
export async function readRetentionFacts(
  sql: Sql,
): Promise<Pick<RetentionFacts, 'databaseMs' | 'partitions' | 'floors' | 'databaseBytes'>> {
  const [row] = await sql<{ now: number; bytes: number }[]>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as now, pg_database_size(current_database())::float8 as bytes`;
  const places = await readPartitions(sql);
  const contents = await readContents(sql, places);
  const partitions = places.map((place) => {
    const content = contents.get(partitionName(place.tier, place.fromDay));
    return { ...place, isEmpty: content?.isEmpty ?? true, byteCount: content?.byteCount ?? 0 };
  });
  return { databaseMs: row!.now, databaseBytes: row!.bytes, partitions, floors: await readFloors(sql) };
}

/** Names that a rival drops meanwhile fail the statement; the next run has the right ones. */
async function readContents(
  sql: Sql,
  places: readonly Place[],
): Promise<Map<string, { readonly isEmpty: boolean; readonly byteCount: number }>> {
  if (places.length === 0) return new Map();
  const parts = places.map(({ tier, fromDay }) => {
    const name = partitionName(tier, fromDay);
    return `select '${name}' as name, not exists (select from ${name}) as "isEmpty", pg_total_relation_size('${name}')::float8 as "byteCount"`;
  });
  const rows = await sql.unsafe<{ name: string; isEmpty: boolean; byteCount: number }[]>(parts.join(' union all '));
  return new Map(rows.map((row) => [row.name, row]));
}

/** Takes the partition out of its tier: from now on no statement sees it. */
export async function detachPartition(sql: Sql, { tier, fromDay }: Place): Promise<void> {
  await sql.unsafe(`alter table chunk_${tier} detach partition ${partitionName(tier, fromDay)} concurrently`);
}

/** Ends a detach that was begun. */
export async function finalizePartition(sql: Sql, { tier, fromDay }: Place): Promise<void> {
  await sql.unsafe(`alter table chunk_${tier} detach partition ${partitionName(tier, fromDay)} finalize`);
}

/** Gives the space back. Only a table that is no partition any more goes. */
export async function dropPartition(sql: Sql, { tier, fromDay }: Place): Promise<void> {
  const name = partitionName(tier, fromDay);
  const [row] = await sql`select from pg_inherits where inhrelid = to_regclass(${name})`;
  if (row !== undefined) throw new Error(`Cannot drop ${name}: it must be detached first`);
  await sql.unsafe(`drop table if exists ${name}`);
}

/** Rows in one statement: some milliseconds each. */
const sliceRows = 10_000;

/** A stream is known for this much longer than its ticks: an agent may come back from a backup. */
const streamExtraDays = 30;

/**
 * Removes what is older than the last tier: gaps, and versions of days. And the rows of streams that have stored
 * nothing since 30 days before the floor of raw, but never the newest of a host, whose agent may be asleep: of the others their
 * agent holds nothing more, and if it came back from a backup its ticks would be below the floor. All is measured by
 * floors, which a wrong clock does not move. Answers the rows removed.
 */
export async function dropAged(sql: Sql): Promise<number> {
  const floors = await readFloors(sql);
  const hourMs = dayStartMs(floors.hour);
  const streamSeconds = Math.max(0, dayStartMs(floors.raw - streamExtraDays) / 1_000);
  const statements = [
    () => sql`delete from gap where ctid = any(array(select ctid from gap where to_ms < ${hourMs} limit ${sliceRows}))`,
    () =>
      sql`delete from day where ctid = any(array(select ctid from day where day < ${floors.hour} limit ${sliceRows}))`,
    () => sql`delete from stream where ctid = any(array(
      select s.ctid from stream s join host h on h.id = s.host
      where s.stored_at < to_timestamp(${streamSeconds}) and s.ordinal < h.last_ordinal limit ${sliceRows}))`,
  ];
  let count = 0;
  for (const statement of statements) {
    for (let removed = sliceRows; removed === sliceRows; count += removed) removed = (await statement()).count;
  }
  return count;
}

/** The statements as retention calls them. */
export function retentionStore(sql: Sql): RetentionStore {
  return {
    readFacts: () => readRetentionFacts(sql),
    raiseFloor: (tier, day) => raiseFloor(sql, tier, day),
    detach: (partition) => detachPartition(sql, partition),
    finalize: (partition) => finalizePartition(sql, partition),
    drop: (partition) => dropPartition(sql, partition),
    dropAged: () => dropAged(sql),
  };
}

/**
 * What the database server says of itself, for whoever runs the hub.
 */
import type { Sql } from './connect.ts';

export interface ServerFacts {
  readonly version: string;
  /** Its clock, epoch ms. */
  readonly nowMs: number;
  readonly startedMs: number;
  readonly schemaVersion: number;
  readonly connections: number;
  readonly connectionsMax: number;
  /** Settings that may lose what was committed, as "fsync = off". */
  readonly weak: readonly string[];
}

/** Rejects when the database is away. */
export async function readServerFacts(sql: Sql): Promise<ServerFacts> {
  const [row] = await sql<ServerFacts[]>`
    select current_setting('server_version') as version, (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs",
      (extract(epoch from pg_postmaster_start_time()) * 1000)::float8 as "startedMs",
      (select max(version) from migration) as "schemaVersion",
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
      current_setting('max_connections')::int as "connectionsMax",
      (select coalesce(json_agg(name || ' = ' || setting order by name), '[]') from pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off') as weak`;
  return row!;
}

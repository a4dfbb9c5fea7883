/**
 * Which programs of ours are connected to a database, by the names that they give themselves: what must not be
 * pulled away under a hub is not touched while one is there.
 */
import type { Sql } from './connect.ts';

/** Of every connection that a command line tool opens. */
export const toolName = 'pulsewire tool';

/** Names of the hubs' connections to this database, each once; empty when no hub uses it. */
export async function readHubSessions(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name like 'pulsewire %'
      and application_name not in (${toolName}, 'pulsewire bench')
    order by 1`;
  return rows.map(({ name }) => name);
}

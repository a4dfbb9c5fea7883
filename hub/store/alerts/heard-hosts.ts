/**
 * When hosts were last heard of by any hub on this database.
 */
import type { Sql } from '../connect.ts';

/** By the index of batches: of a host that has had none for long, none may be found. */
export async function readHeardHosts(
  sql: Sql,
  hostIds: readonly number[],
): Promise<{ readonly hostId: number; readonly timeMs: number; readonly hasLeft: boolean }[]> {
  return await sql<{ hostId: number; timeMs: number; hasLeft: boolean }[]>`
    select h.id as "hostId", h.bye_at is not null as "hasLeft",
      coalesce((select b.to_ms from batch b where b.host = h.id order by b.to_ms desc limit 1), 0) as "timeMs"
    from host h where h.id = any(${`{${hostIds.join()}}`}::int4[]) and h.removed_at is null order by h.id`;
}

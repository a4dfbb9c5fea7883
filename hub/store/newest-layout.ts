/**
 * Which series a host had when it was last heard of: for hosts that are away, whose rings are empty.
 */
import { encodeLayout, type LayoutId } from '#core/series.ts';
import type { Sql } from './connect.ts';
import { readLayouts } from './layouts.ts';

export interface NewestLayout {
  readonly id: LayoutId;
  readonly bytes: Uint8Array;
  /** Time of the newest tick that is stored, epoch ms. */
  readonly timeMs: number;
}

/** Of its newest ticks, raw or by the minute; null when nothing of the host is kept. Rejects when the database is away. */
export async function readNewestLayout(sql: Sql, hostId: number): Promise<NewestLayout | null> {
  const [newest] = await sql<{ layout: LayoutId; timeMs: number }[]>`
    with last_day as materialized (select max(day) as day from day where host = ${hostId})
    (select encode(layout, 'hex') as layout, to_ms as "timeMs" from batch where host = ${hostId} order by to_ms desc limit 1)
    union all
    (select encode(c.layout, 'hex'), c.to_ms from last_day d join chunk c on c.host = ${hostId} and c.tier in (0, 1) and c.day = d.day
      where c.part = 0 order by c.to_ms desc limit 1)
    order by "timeMs" desc limit 1`;
  if (newest === undefined) return null;
  const layout = (await readLayouts(sql, [newest.layout])).get(newest.layout);
  return layout === undefined ? null : { id: layout.id, bytes: encodeLayout(layout), timeMs: newest.timeMs };
}

/**
 * Layouts in the database: written before the first batch that names them, read by whoever decodes one.
 */
import { decodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import type { FlightLayout } from '../intake/flight.ts';
import type { Sql } from './connect.ts';

/** Commits layouts; those that are known already are left as they are. */
export async function storeLayouts(sql: Sql, layouts: readonly FlightLayout[]): Promise<void> {
  for (const { id, bytes } of layouts) {
    await sql`insert into layout (id, body) values (${Buffer.from(id, 'hex')}, ${Buffer.from(bytes)}) on conflict do nothing`;
  }
}

/** Reads layouts by id. Ids that are not stored are missing in the answer. */
export async function readLayouts(sql: Sql, ids: readonly LayoutId[]): Promise<Map<LayoutId, Layout>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<{ id: string; body: Uint8Array }[]>`
    select encode(id, 'hex') as id, body from layout where encode(id, 'hex') = any(${`{${ids.join(',')}}`}::text[])`;
  return new Map(rows.map((row) => [row.id, decodeLayout(row.body, row.id)]));
}

/**
 * Downtimes as rows.
 */
import type { Downtime, DowntimeSpec } from '#core/downtime.ts';
import type { Sql } from '../connect.ts';
import { type Refusal, refusalOf } from './rules.ts';
import { parseDowntimeSpec } from './stored-spec.ts';

export interface DowntimeColumns {
  readonly id: number;
  readonly name: string;
  readonly spec: unknown;
  readonly origin: 'api' | 'file';
  readonly createdMs: number;
  readonly changedMs: number;
  readonly isRemoved: boolean;
}

/** A downtime, and when it was changed: what is newer wins. */
export interface StoredDowntime {
  readonly downtime: Downtime;
  readonly changedMs: number;
}

/** One-time downtimes that have been over for this long make room for others. */
const keptDays = 90;

export function downtimeColumns(sql: Sql) {
  return sql`d.id, d.name, d.spec, d.origin, extract(epoch from d.created_at)::float8 * 1000 as "createdMs",
    extract(epoch from d.changed_at)::float8 * 1000 as "changedMs", d.removed_at is not null as "isRemoved"`;
}

/** null for a row that cannot be understood. */
export function downtimeOf(row: DowntimeColumns): StoredDowntime | null {
  const spec = parseDowntimeSpec(row.spec);
  if (spec === null) return null;
  const { id, name, origin, createdMs, changedMs } = row;
  return { downtime: { id, name, spec, origin, createdMs }, changedMs };
}

/** Rejects, as all here, when the database is away. */
export async function createDowntime(
  sql: Sql,
  { spec, downtimesMax }: { readonly spec: DowntimeSpec; readonly downtimesMax: number },
): Promise<{ readonly kind: 'done'; readonly stored: StoredDowntime } | Refusal> {
  await sql`
    update downtime set removed_at = clock_timestamp(), changed_at = clock_timestamp()
    where removed_at is null and origin = 'api' and spec -> 'schedule' ->> 'kind' = 'once'
      and (spec -> 'schedule' ->> 'endMs')::float8 < (extract(epoch from clock_timestamp()) - ${keptDays * 86_400}) * 1000
      and created_at < clock_timestamp() - make_interval(days => ${keptDays})`;
  const [row] = await sql<DowntimeColumns[]>`
    insert into downtime as d (spec, origin) select ${sql.json(spec as never)}, 'api'
    where (select count(*) from downtime where removed_at is null) < ${downtimesMax}
    returning ${downtimeColumns(sql)}`;
  return row === undefined ? { kind: 'full' } : { kind: 'done', stored: downtimeOf(row)! };
}

export async function editDowntime(
  sql: Sql,
  { id, spec }: { readonly id: number; readonly spec: DowntimeSpec },
): Promise<{ readonly kind: 'done'; readonly stored: StoredDowntime } | Refusal> {
  const [row] = await sql<DowntimeColumns[]>`
    update downtime d set spec = ${sql.json(spec as never)}, changed_at = clock_timestamp()
    where d.id = ${id} and d.removed_at is null and d.origin <> 'file' returning ${downtimeColumns(sql)}`;
  return row === undefined ? await refusalOf(sql, 'downtime', id) : { kind: 'done', stored: downtimeOf(row)! };
}

export async function removeDowntime(sql: Sql, id: number): Promise<{ readonly kind: 'done' } | Refusal> {
  const removed = await sql`
    update downtime set removed_at = clock_timestamp(), changed_at = clock_timestamp()
    where id = ${id} and removed_at is null and origin <> 'file'`;
  return removed.count > 0 ? { kind: 'done' } : await refusalOf(sql, 'downtime', id);
}

/**
 * Silences as rows. One that has expired stays for the history and counts no more.
 */
import type { Silence, SilenceSpec } from '#core/downtime.ts';
import type { Sql } from '../connect.ts';
import type { Refusal } from './rules.ts';
import { parseSilenceSpec } from './stored-spec.ts';

export interface SilenceColumns {
  readonly id: number;
  readonly spec: unknown;
  readonly untilMs: number;
  readonly createdMs: number;
  readonly isRemoved: boolean;
}

export function silenceColumns(sql: Sql) {
  return sql`s.id, s.spec, extract(epoch from s.until)::float8 * 1000 as "untilMs",
    extract(epoch from s.created_at)::float8 * 1000 as "createdMs", s.removed_at is not null or s.until <= clock_timestamp() as "isRemoved"`;
}

/** null for a row that cannot be understood. */
export function silenceOf(row: SilenceColumns): Silence | null {
  const spec = parseSilenceSpec(row.spec);
  return spec === null ? null : { id: row.id, spec, untilMs: row.untilMs, createdMs: row.createdMs };
}

/** Rejects, as all here, when the database is away. */
export async function createSilence(
  sql: Sql,
  options: { readonly spec: SilenceSpec; readonly untilMs: number; readonly silencesMax: number },
): Promise<{ readonly kind: 'done'; readonly silence: Silence } | Refusal> {
  const { spec, untilMs, silencesMax } = options;
  const [row] = await sql<SilenceColumns[]>`
    insert into silence as s (spec, until) select ${sql.json(spec as never)}, to_timestamp(${untilMs}::float8 / 1000)
    where (select count(*) from silence where removed_at is null and until > clock_timestamp()) < ${silencesMax}
    returning ${silenceColumns(sql)}`;
  return row === undefined ? { kind: 'full' } : { kind: 'done', silence: silenceOf(row)! };
}

export async function removeSilence(sql: Sql, id: number): Promise<{ readonly kind: 'done' } | Refusal> {
  const removed = await sql`
    update silence set removed_at = clock_timestamp() where id = ${id} and removed_at is null`;
  return removed.count > 0 ? { kind: 'done' } : { kind: 'unknown' };
}

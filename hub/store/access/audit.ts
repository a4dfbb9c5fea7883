/**
 * The audit log as rows (sql/0010-audit.sql). Nothing here changes one: entries are added, read in pages from the newest, and
 * let go of when they are older than retention keeps them, which only the owner of the tables can do (hub/store/roles.ts).
 */
import type { AuditRow } from '../../access/audit-row.ts';
import { type Sql, troubleOf } from '../connect.ts';

export interface AuditFilter {
  /** Part of who, what or where from, in any case. */
  readonly text: string | null;
  /** Part of the name of who did it, in any case; null: anybody. */
  readonly actor: string | null;
  /** "rule.created", or "rule" for all that was done to rules. */
  readonly action: string | null;
  /** Part of what it was done to, in any case. */
  readonly object: string | null;
  readonly result: AuditRow['result'] | null;
  /** Part of the address. */
  readonly address: string | null;
  /** The span in which it happened; its end is no part of it. Epoch ms. */
  readonly startMs: number | null;
  readonly endMs: number | null;
}

export interface AuditRequest extends AuditFilter {
  /** Only what was written down before this one. */
  readonly beforeId: number | null;
  readonly countMax: number;
}

export interface StoredAudit extends Omit<AuditRow, 'key'> {
  readonly id: number;
}

/** Adds rows, but for those that are there already. Answers whether the data was to blame; rejects when the database is away. */
export async function recordAudit(sql: Sql, rows: readonly AuditRow[]): Promise<'written' | 'unfit'> {
  try {
    await sql`
      insert into audit (key, at, actor_kind, actor_id, actor_name, action, object, result, status, address, user_agent, detail, repeats)
      select r.key::uuid, to_timestamp(r.at_ms / 1000), r.actor_kind, r.actor_id, r.actor_name, r.action, r.object, r.result,
        r.status, r.address, r.user_agent, r.detail, r.repeats
      from jsonb_to_recordset(${sql.json(rows.map(toRecord) as never)}) as r (key text, at_ms float8, actor_kind text, actor_id bigint,
        actor_name text, action text, object text, result text, status smallint, address text, user_agent text, detail jsonb, repeats int)
      on conflict do nothing`;
    return 'written';
  } catch (error) {
    if (troubleOf(error) === 'data') return 'unfit';
    throw error;
  }
}

/** The newest first. */
export async function readAudit(sql: Sql, request: AuditRequest): Promise<StoredAudit[]> {
  const { text, actor, action, object, result, address, startMs, endMs, beforeId, countMax } = request;
  const rows = await sql<(Omit<StoredAudit, 'id' | 'actorId'> & { id: string; actorId: string | null })[]>`
    select id, (extract(epoch from at) * 1000)::float8 as "atMs", actor_kind as "actorKind", actor_id as "actorId", actor_name as "actorName",
      action, object, result, status, address, user_agent as "userAgent", detail, repeats
    from audit
    where true
      ${beforeId === null ? sql`` : sql`and id < ${beforeId}`}
      ${startMs === null ? sql`` : sql`and at >= to_timestamp(${startMs / 1_000}::float8)`}
      ${endMs === null ? sql`` : sql`and at < to_timestamp(${endMs / 1_000}::float8)`}
      ${result === null ? sql`` : sql`and result = ${result}`}
      ${action === null ? sql`` : sql`and (action = ${action} or starts_with(action, ${`${action}.`}))`}
      ${text === null ? sql`` : sql`and (actor_name ilike ${containing(text)} or object ilike ${containing(text)} or address ilike ${containing(text)})`}
      ${actor === null ? sql`` : sql`and actor_name ilike ${containing(actor)}`}
      ${object === null ? sql`` : sql`and object ilike ${containing(object)}`}
      ${address === null ? sql`` : sql`and address ilike ${containing(address)}`}
    order by id desc limit ${countMax}`;
  return rows.map((row) => ({
    ...row,
    id: Number(row.id),
    actorId: row.actorId === null ? null : Number(row.actorId),
  }));
}

/** Names of all actions that were ever written down, for a list to choose from. */
export async function readAuditActions(sql: Sql): Promise<string[]> {
  // One look into the index for each, however many rows there are.
  const rows = await sql<{ action: string }[]>`
    with recursive found as (
      (select action from audit order by action limit 1)
      union all
      select (select a.action from audit a where a.action > found.action order by a.action limit 1) from found where found.action is not null)
    select action from found where action is not null`;
  return rows.map(({ action }) => action);
}

const sliceRows = 5_000;

/** Lets go of entries of so many days ago, slice by slice; `pause` is awaited between two. `sql` connects as the owner. */
export async function tidyAudit(
  sql: Sql,
  { keepDays, pause }: { readonly keepDays: number; readonly pause: () => Promise<void> },
): Promise<number> {
  for (let total = 0; ; await pause()) {
    const count = await sql.begin(async (tx) => {
      await tx`select set_config('pulsewire.tidies_audit', 'on', true)`;
      const gone = await tx`
        delete from audit where id in (
          select id from audit where at < now() - make_interval(days => ${keepDays}) order by at limit ${sliceRows})`;
      return gone.count;
    });
    total += count;
    if (count < sliceRows) return total;
  }
}

function toRecord(row: AuditRow): Readonly<Record<string, unknown>> {
  const { atMs, actorKind, actorId, actorName, userAgent, ...same } = row;
  return {
    ...same,
    at_ms: atMs,
    actor_kind: actorKind,
    actor_id: actorId,
    actor_name: actorName,
    user_agent: userAgent,
  };
}

/** A pattern for `ilike` that means the text itself, wherever it stands. */
function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/**
 * Enrolment tokens: what an admin gives to machines so that their agents may enrol, so many of them, until a time. Only the
 * SHA-256 of a token is kept. Uses are counted under the lock of its row, in the transaction that makes the host, so that
 * no hub and no race gives one away twice.
 *
 * An agent that has used a token may come with it again, uncounted: the answer was lost, or the hub was wiped since. That
 * ends when its host is removed or it is revoked, and whoever has a token of its own that it has used is refused before
 * (`admission.ts`): so a token that was used opens nothing to anybody else.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Id128 } from '#core/message.ts';
import type { Sql } from '../connect.ts';

export interface EnrolmentDraft {
  /** For people. */
  readonly name: string;
  readonly usesMax: number;
  /** Epoch ms. */
  readonly expiresMs: number;
  /** Of people, for each host that is made by it. */
  readonly tags: Readonly<Record<string, string>>;
  /** Name of who made it. */
  readonly createdBy: string;
}

export interface Enrolment {
  readonly id: number;
  readonly name: string;
  readonly usesMax: number;
  readonly useCount: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdMs: number;
  readonly createdBy: string;
  readonly expiresMs: number;
  readonly revokedMs: number | null;
  /** The newest, at most `usesShownMax`. */
  readonly uses: readonly { readonly host: string; readonly usedMs: number }[];
}

/** What a bearer that is an enrolment token may do now: `closed` with the reason for its bearer. */
export type FoundEnrolment =
  | { readonly kind: 'open'; readonly enrolmentId: number }
  | { readonly kind: 'closed'; readonly why: string };

/** Told from an agent's own token by people and by scanners of leaked secrets. */
export const enrolmentTokenPrefix = 'pwe_';
/** That can still be used, at once. */
export const enrolmentsMax = 1_000;
const usesShownMax = 20;
/** What nobody can use any more is shown for so long. */
const keepDays = 90;

/** Answers the token, which is shown this once; null when there are as many as there may be. */
export async function createEnrolment(
  sql: Sql,
  draft: EnrolmentDraft,
): Promise<{ readonly enrolment: Enrolment; readonly token: string } | null> {
  const token = enrolmentTokenPrefix + randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest();
  await sql`
    delete from enrolment e
    where least(e.expires_at, e.revoked_at) < now() - make_interval(days => ${keepDays})
      and not exists (select from enrolment_use u where u.enrolment = e.id and not u.is_over)`;
  const [row] = await sql<{ id: number }[]>`
    insert into enrolment (name, hash, uses_max, tags, created_by, expires_at)
    select ${draft.name}, ${hash}, ${draft.usesMax}::int, ${sql.json(draft.tags)}::jsonb, ${draft.createdBy},
      to_timestamp(${draft.expiresMs / 1_000}::float8)
    where (select count(*) from enrolment where revoked_at is null and expires_at > now() and use_count < uses_max) < ${enrolmentsMax}
    returning id`;
  if (row === undefined) return null;
  const [enrolment] = await readEnrolments(sql, row.id);
  return { enrolment: enrolment!, token };
}

/** The newest first; only the one with this id when one is given. */
export async function readEnrolments(sql: Sql, id: number | null): Promise<Enrolment[]> {
  const rows = await sql<Enrolment[]>`
    select e.id, e.name, e.uses_max as "usesMax", e.use_count as "useCount", e.tags,
      round(extract(epoch from e.created_at) * 1000)::float8 as "createdMs", e.created_by as "createdBy",
      round(extract(epoch from e.expires_at) * 1000)::float8 as "expiresMs",
      round(extract(epoch from e.revoked_at) * 1000)::float8 as "revokedMs",
      coalesce((select json_agg(json_build_object('host', u.host_name,
            'usedMs', round(extract(epoch from u.used_at) * 1000)) order by u.used_at desc)
          from (select * from enrolment_use where enrolment = e.id order by used_at desc limit ${usesShownMax}) u), '[]') as uses
    from enrolment e where ${id}::int is null or e.id = ${id}::int order by e.id desc`;
  return [...rows];
}

/** From here on it opens nothing. Answers its name; null when there is none of that id. Repeating it changes nothing. */
export async function revokeEnrolment(sql: Sql, id: number): Promise<string | null> {
  const [row] = await sql<{ name: string }[]>`
    update enrolment set revoked_at = coalesce(revoked_at, now()) where id = ${id} returning name`;
  return row?.name ?? null;
}

interface State {
  readonly id: number;
  readonly isRevoked: boolean;
  readonly isExpired: boolean;
  readonly isUsedUp: boolean;
}

/** The enrolment token with this SHA-256 (hex); null when it is none. One that is spent is open while an agent that used it may come again. */
export async function findEnrolment(sql: Sql, hash: string): Promise<FoundEnrolment | null> {
  const [row] = await sql<(State & { readonly isAwaited: boolean })[]>`
    select ${stateColumns(sql)}, exists (select from enrolment_use u where u.enrolment = e.id and not u.is_over) as "isAwaited"
    from enrolment e where e.hash = ${Buffer.from(hash, 'hex')}`;
  if (row === undefined) return null;
  const problem = problemOf(row);
  if (problem === null || (row.isAwaited && !row.isRevoked)) return { kind: 'open', enrolmentId: row.id };
  return { kind: 'closed', why: problem };
}

/**
 * Counts one use by this agent, or finds that it has used the token before. Answers why not, or since when the token is
 * there and which tags it gives. Within the transaction that makes the host.
 */
export async function useEnrolment(
  tx: Sql,
  use: { readonly enrolmentId: number; readonly agentId: Id128; readonly hostName: string },
): Promise<
  | { readonly kind: 'used'; readonly createdMs: number; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly why: string }
> {
  const agentId = Buffer.from(use.agentId, 'hex');
  const [row] = await tx<
    (State & { readonly createdMs: number; readonly tags: Record<string, string>; readonly isAgain: boolean })[]
  >`select ${stateColumns(tx)}, extract(epoch from e.created_at)::float8 * 1000 as "createdMs", e.tags,
      exists (select from enrolment_use u where u.enrolment = e.id and u.agent_id = ${agentId} and not u.is_over) as "isAgain"
    from enrolment e where e.id = ${use.enrolmentId} for update`;
  if (row === undefined) return { kind: 'refused', why: 'Cannot enrol agent: the enrolment token is not known here' };
  const problem = problemOf(row);
  if (problem !== null && (row.isRevoked || !row.isAgain)) return { kind: 'refused', why: problem };
  if (!row.isAgain) {
    await tx`update enrolment set use_count = use_count + 1 where id = ${row.id}`;
    await tx`insert into enrolment_use (enrolment, agent_id, host_name) values (${row.id}, ${agentId}, ${use.hostName})
      on conflict (enrolment, agent_id) do update set is_over = false, used_at = now(), host_name = excluded.host_name`;
  }
  const { createdMs, tags } = row;
  return { kind: 'used', createdMs, tags };
}

function stateColumns(sql: Sql) {
  return sql`e.id, e.revoked_at is not null as "isRevoked", e.expires_at <= now() as "isExpired", e.use_count >= e.uses_max as "isUsedUp"`;
}

function problemOf({ isRevoked, isExpired, isUsedUp }: State): string | null {
  if (isRevoked) return 'Cannot enrol agent: the enrolment token was revoked';
  if (isExpired) return 'Cannot enrol agent: the enrolment token has expired';
  if (isUsedUp) return 'Cannot enrol agent: the enrolment token has been used as often as it may be';
  return null;
}

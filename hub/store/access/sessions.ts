/**
 * Sessions of people who are signed in, as rows; and when sessions and API tokens were used last, to within a minute.
 */
import type { Sql } from '../connect.ts';

export interface SessionDraft {
  readonly personId: number;
  /** By which their password was seen to be right: changed meanwhile, it opens nothing. */
  readonly seenPasswordHash: string;
  /** SHA-256 of the secret, in hex, as below. */
  readonly hash: string;
  /** Of the session that the same browser had before, which ends; null for none. */
  readonly oldHash: string | null;
  readonly hours: number;
  readonly address: string;
  readonly userAgent: string;
  /** Of one person; the one that was used longest ago goes. */
  readonly sessionsMax: number;
}

export interface ListedSession {
  readonly sessionId: number;
  readonly createdMs: number;
  readonly usedMs: number;
  readonly expiresMs: number;
  readonly address: string;
  readonly userAgent: string;
}

/** Its id; null when the person has been changed meanwhile. */
export async function openSession(sql: Sql, draft: SessionDraft): Promise<number | null> {
  const { personId, seenPasswordHash, hash, oldHash, hours, address, userAgent, sessionsMax } = draft;
  const [row] = await sql<{ sessionId: number | null }[]>`
    select open_session(${personId}, ${seenPasswordHash}, ${bytes(hash)}, ${oldHash === null ? null : bytes(oldHash)}, ${hours}, ${address}, ${userAgent},
      ${sessionsMax})::float8 as "sessionId"`;
  return row?.sessionId ?? null;
}

/** Whether it was theirs, and there. */
export async function closeSession(
  sql: Sql,
  { sessionId, personId }: { readonly sessionId: number; readonly personId: number },
): Promise<boolean> {
  const gone = await sql`delete from session where id = ${sessionId} and person = ${personId}`;
  return gone.count > 0;
}

export async function readSessions(sql: Sql, personId: number): Promise<ListedSession[]> {
  return await sql<ListedSession[]>`
    select id::float8 as "sessionId", extract(epoch from created_at)::float8 * 1000 as "createdMs",
      extract(epoch from used_at)::float8 * 1000 as "usedMs", extract(epoch from expires_at)::float8 * 1000 as "expiresMs",
      address, user_agent as "userAgent"
    from session where person = ${personId} and expires_at > now() order by used_at desc, id desc`;
}

/** Somebody's own new password, and the id of the session that takes the place of all; null when they have been changed meanwhile. */
export async function changePassword(
  sql: Sql,
  change: {
    readonly personId: number;
    readonly seenPasswordHash: string;
    readonly passwordHash: string;
    readonly sessionId: number;
    readonly hash: string;
  },
): Promise<number | null> {
  const { personId, seenPasswordHash, passwordHash, sessionId, hash } = change;
  const [row] = await sql<{ sessionId: number | null }[]>`
    select change_password(${personId}, ${seenPasswordHash}, ${passwordHash}, ${sessionId}, ${bytes(hash)})::float8
      as "sessionId"`;
  return row?.sessionId ?? null;
}

/** The same password, hashed at a higher cost. */
export async function renewPasswordHash(
  sql: Sql,
  change: { readonly personId: number; readonly seenPasswordHash: string; readonly passwordHash: string },
): Promise<void> {
  await sql`update person set password_hash = ${change.passwordHash}
    where id = ${change.personId} and password_hash = ${change.seenPasswordHash}`;
}

/** Whether a session that has been idle here has been used elsewhere; then it has been now. */
export async function reviveSession(
  sql: Sql,
  { sessionId, idleHours }: { readonly sessionId: number; readonly idleHours: number },
): Promise<boolean> {
  const revived = await sql`
    update session set used_at = now()
    where id = ${sessionId} and used_at > now() - make_interval(secs => ${idleHours * 3_600}::float8) and expires_at > now()`;
  return revived.count > 0;
}

/** Notes what has been used, and lets go of what has run out. */
export async function tendAccess(
  sql: Sql,
  used: { readonly sessionIds: readonly number[]; readonly tokenIds: readonly number[]; readonly idleHours: number },
): Promise<void> {
  const { sessionIds, tokenIds, idleHours } = used;
  await sql`
    with tokens as (update api_token set used_at = now() where id = any(${`{${tokenIds.join(',')}}`}::int[]))
    update session set used_at = now() where id = any(${`{${sessionIds.join(',')}}`}::bigint[])`;
  await sql`
    delete from session
    where expires_at <= now() or used_at <= now() - make_interval(secs => ${idleHours * 3_600}::float8)`;
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

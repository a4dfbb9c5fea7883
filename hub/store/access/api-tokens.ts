/**
 * API tokens as rows: of each its hash.
 */
import type { TokenScope } from '../../access/actor.ts';
import { codeOf, type Sql } from '../connect.ts';

export interface ApiTokenDraft {
  readonly name: string;
  /** SHA-256 of the token, in hex. */
  readonly hash: string;
  readonly scope: TokenScope;
  /** Of a token that pushes: as which client alone; null: as whichever it says. */
  readonly clientId: string | null;
  /** Who makes it; null for the operator. */
  readonly personId: number | null;
  readonly expiresMs: number | null;
}

export interface ListedApiToken {
  readonly tokenId: number;
  readonly name: string;
  readonly scope: TokenScope;
  readonly clientId: string | null;
  readonly by: string | null;
  readonly createdMs: number;
  readonly expiresMs: number | null;
  readonly usedMs: number | null;
  readonly isExpired: boolean;
}

/** SQLSTATE of a row that names a person who is no more. */
const foreignKeyViolation = '23503';

function listed(sql: Sql) {
  return sql`
    select t.id as "tokenId", t.name, t.scope, t.client as "clientId", p.name as by, extract(epoch from t.created_at)::float8 * 1000 as "createdMs",
      extract(epoch from t.expires_at)::float8 * 1000 as "expiresMs", extract(epoch from t.used_at)::float8 * 1000 as "usedMs",
      coalesce(t.expires_at <= now(), false) as "isExpired"
    from api_token t left join person p on p.id = t.person`;
}

export async function readApiTokens(sql: Sql): Promise<ListedApiToken[]> {
  return await sql<ListedApiToken[]>`${listed(sql)} order by t.name`;
}

/** `past`: it would have expired already. */
export async function createApiToken(
  sql: Sql,
  { draft, tokensMax }: { readonly draft: ApiTokenDraft; readonly tokensMax: number },
): Promise<ListedApiToken | 'taken' | 'full' | 'past' | 'unknown'> {
  const { name, hash, scope, clientId, personId, expiresMs } = draft;
  const seconds = expiresMs === null ? null : expiresMs / 1_000;
  try {
    const [made] = await sql<{ id: number }[]>`
      insert into api_token (name, hash, scope, client, person, expires_at)
      select ${name}, ${Buffer.from(hash, 'hex')}, ${scope}, ${clientId}::text, ${personId}::int, to_timestamp(${seconds}::float8)
      where (select count(*) from api_token) < ${tokensMax} and coalesce(to_timestamp(${seconds}::float8) > now(), true)
      on conflict (name) do nothing returning id`;
    if (made === undefined) {
      const [known] = await sql<{ isTaken: boolean; isPast: boolean }[]>`
        select exists (select from api_token where name = ${name}) as "isTaken",
          coalesce(to_timestamp(${seconds}::float8) <= now(), false) as "isPast"`;
      if (known!.isPast) return 'past';
      return known!.isTaken ? 'taken' : 'full';
    }
    const [token] = await sql<ListedApiToken[]>`${listed(sql)} where t.id = ${made.id}`;
    return token ?? 'unknown';
  } catch (error) {
    if (codeOf(error) === foreignKeyViolation) return 'unknown';
    throw error;
  }
}

/** Its name; null when there is none of that id. */
export async function removeApiToken(sql: Sql, tokenId: number): Promise<string | null> {
  const [gone] = await sql<{ name: string }[]>`delete from api_token where id = ${tokenId} returning name`;
  return gone?.name ?? null;
}

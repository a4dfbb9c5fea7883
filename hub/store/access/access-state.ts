/**
 * Who may do what, read as a whole: the copy by which main tells who sends a request. One statement, so that it is one snapshot.
 */
import type { Role, TokenScope } from '../../access/actor.ts';
import type { Sql } from '../connect.ts';

export interface KnownPerson {
  readonly personId: number;
  readonly name: string;
  /** As it is compared. */
  readonly key: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly passwordHash: string;
}

export interface KnownSession {
  readonly sessionId: number;
  readonly personId: number;
  /** SHA-256 of what the cookie holds, in hex. */
  readonly hash: string;
  /** Epoch ms by the database's clock, as all times here. */
  readonly usedMs: number;
  readonly expiresMs: number;
  /** From where it was opened. */
  readonly address: string;
}

export interface KnownApiToken {
  readonly tokenId: number;
  readonly name: string;
  readonly hash: string;
  readonly scope: TokenScope;
  /** As which alone it pushes; null: as whichever it says. */
  readonly clientId: string | null;
  /** Who made it; null for the operator's. */
  readonly personId: number | null;
  readonly expiresMs: number | null;
}

export interface AccessMark {
  readonly version: number;
  /** By the database's clock: what runs out does so by one clock, whichever hub looks. */
  readonly nowMs: number;
}

export interface AccessState extends AccessMark {
  readonly people: readonly KnownPerson[];
  readonly sessions: readonly KnownSession[];
  readonly tokens: readonly KnownApiToken[];
}

export async function readAccessMark(sql: Sql): Promise<AccessMark> {
  const [row] = await sql<AccessMark[]>`
    select version::float8 as version, extract(epoch from now())::float8 * 1000 as "nowMs" from access_mark`;
  return row!;
}

export async function readAccess(sql: Sql): Promise<AccessState> {
  const [row] = await sql<AccessState[]>`
    select m.version::float8 as version, extract(epoch from now())::float8 * 1000 as "nowMs",
      (select coalesce(json_agg(json_build_object('personId', p.id, 'name', p.name, 'key', p.name_key, 'role', p.role,
        'isDisabled', p.is_disabled, 'passwordHash', p.password_hash)), '[]') from person p) as people,
      (select coalesce(json_agg(json_build_object('sessionId', s.id, 'personId', s.person, 'hash', encode(s.hash, 'hex'),
        'usedMs', extract(epoch from s.used_at)::float8 * 1000, 'expiresMs', extract(epoch from s.expires_at)::float8 * 1000,
        'address', s.address)), '[]') from session s) as sessions,
      (select coalesce(json_agg(json_build_object('tokenId', t.id, 'name', t.name, 'hash', encode(t.hash, 'hex'),
        'scope', t.scope, 'clientId', t.client, 'personId', t.person, 'expiresMs', extract(epoch from t.expires_at)::float8 * 1000)), '[]')
        from api_token t) as tokens
    from access_mark m`;
  return row!;
}

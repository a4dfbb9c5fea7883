/**
 * What agents identify themselves by, as statements: second tokens and their first use, revocation, copies of a machine, and
 * what an admin wants of an agent until it is done. Only the SHA-256 of a token is kept.
 *
 * A rotation never leaves an agent without a token that is good: the old one goes when the new one has been used, or an
 * hour after the agent has said that the new one is on its disk.
 */
import type { Id128 } from '#core/message.ts';
import type { Sql } from '../connect.ts';

/** How long the old token is good after the agent has said that it keeps the new one. */
export const tokenOverlapMinutes = 60;

/** Hosts of which an admin wants something. */
export interface AgentOrders {
  readonly revoked: readonly number[];
  readonly rotations: readonly number[];
  readonly splits: readonly number[];
}

export async function readAgentOrders(sql: Sql): Promise<AgentOrders> {
  const [row] = await sql<AgentOrders[]>`
    select coalesce(json_agg(host order by host) filter (where revoked_at is not null), '[]') as revoked,
      coalesce(json_agg(host order by host) filter (where rotation_at is not null), '[]') as rotations,
      coalesce(json_agg(host order by host) filter (where split_at is not null), '[]') as splits
    from agent_order`;
  return row!;
}

/** `unknown`: there is no host of that name; `agentless`: it pushes. */
export type OrderAnswer =
  | { readonly kind: 'ordered'; readonly hostId: number }
  | { readonly kind: 'unknown' | 'agentless' | 'revoked' | 'no-clone' };

/** Its agent shall have a new token. */
export async function orderRotation(sql: Sql, hostName: string): Promise<OrderAnswer> {
  return await order(sql, hostName, async (tx, host) => {
    if (host.isRevoked) return { kind: 'revoked' };
    await tx`insert into agent_order (host, rotation_at) values (${host.id}, now())
      on conflict (host) do update set rotation_at = now()`;
    return { kind: 'ordered', hostId: host.id };
  });
}

/** Nothing is taken of its agent any more, and none of its tokens, nor the enrolment token that it came with, opens anything to it. */
export async function revokeAgent(sql: Sql, hostName: string): Promise<OrderAnswer> {
  return await order(sql, hostName, async (tx, host) => {
    await tx`insert into agent_order (host, revoked_at) values (${host.id}, now())
      on conflict (host) do update set revoked_at = coalesce(agent_order.revoked_at, now()), rotation_at = null, split_at = null`;
    await tx`update token set revoked_at = now() where host = ${host.id} and revoked_at is null`;
    await tx`update enrolment_use u set is_over = true from host h where h.id = ${host.id} and u.agent_id = h.agent_id`;
    return { kind: 'ordered', hostId: host.id };
  });
}

/** A revoked agent may enrol again, by the key or an enrolment token. Its old tokens stay void. */
export async function allowAgent(sql: Sql, hostName: string): Promise<OrderAnswer> {
  return await order(sql, hostName, async (tx, host) => {
    await forgetRevocation(tx, host.id);
    return { kind: 'ordered', hostId: host.id };
  });
}

/** The machine that was sent away last, as a copy of this agent's, shall get an identity of its own when it comes next. */
export async function orderSplit(sql: Sql, hostName: string): Promise<OrderAnswer> {
  return await order(sql, hostName, async (tx, host) => {
    if (host.isRevoked) return { kind: 'revoked' };
    const [clone] = await tx`select from agent_clone where host = ${host.id}`;
    if (clone === undefined) return { kind: 'no-clone' };
    await tx`insert into agent_order (host, split_at) values (${host.id}, now())
      on conflict (host) do update set split_at = now()`;
    return { kind: 'ordered', hostId: host.id };
  });
}

/** Within a transaction. */
export async function forgetRevocation(tx: Sql, hostId: number): Promise<void> {
  await tx`update agent_order set revoked_at = null where host = ${hostId}`;
  await tx`delete from token where host = ${hostId} and revoked_at is not null`;
  await dropEmptyOrder(tx, hostId);
}

async function order(
  sql: Sql,
  hostName: string,
  work: (tx: Sql, host: { readonly id: number; readonly isRevoked: boolean }) => Promise<OrderAnswer>,
): Promise<OrderAnswer> {
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const [host] = await tx<{ id: number; isAgent: boolean; isRevoked: boolean }[]>`
      select h.id, h.agent_id is not null as "isAgent",
        exists (select from agent_order o where o.host = h.id and o.revoked_at is not null) as "isRevoked"
      from host h where h.name = ${hostName} and h.removed_at is null and h.archived_at is null for update of h`;
    if (host === undefined) return { kind: 'unknown' as const };
    if (!host.isAgent) return { kind: 'agentless' as const };
    return await work(tx, host);
  });
}

/** Adds a second token (its SHA-256 as hex) in place of one that no answer has come to; false when nothing more is taken of the agent. */
export async function addToken(
  sql: Sql,
  { hostId, hash }: { readonly hostId: number; readonly hash: string },
): Promise<boolean> {
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const [host] = await tx`
      select from host h where h.id = ${hostId} and h.removed_at is null
        and not exists (select from agent_order o where o.host = h.id and o.revoked_at is not null) for update of h`;
    if (host === undefined) return false;
    await tx`delete from token where host = ${hostId}
      and ((is_rotation and used_at is null and kept_at is null) or expires_at < now())`;
    await tx`insert into token (hash, host, is_rotation) values (${Buffer.from(hash, 'hex')}, ${hostId}, true)`;
    return true;
  });
}

/** The agent has this token on its disk: those before it have an hour left, and what it never came with goes. */
export async function keepToken(
  sql: Sql,
  { hostId, hash }: { readonly hostId: number; readonly hash: string },
): Promise<void> {
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const [kept] = await tx<{ createdAt: string }[]>`
      update token set kept_at = now() where hash = ${Buffer.from(hash, 'hex')} and host = ${hostId} and revoked_at is null
      returning created_at::text as "createdAt"`;
    if (kept === undefined) return;
    await tx`delete from token where host = ${hostId} and is_rotation and used_at is null and created_at < ${kept.createdAt}::timestamptz`;
    await tx`update token set expires_at = now() + make_interval(mins => ${tokenOverlapMinutes})
      where host = ${hostId} and created_at < ${kept.createdAt}::timestamptz and expires_at is null`;
    await tx`update agent_order set rotation_at = null where host = ${hostId} and rotation_at <= ${kept.createdAt}::timestamptz`;
    await dropEmptyOrder(tx, hostId);
  });
}

/** What a token (SHA-256 as hex) is worth at a hello. */
export type TokenUse =
  /** `isFirst`: the others of its host are void now. */
  { readonly kind: 'good'; readonly isFirst: boolean } | { readonly kind: 'unknown' | 'expired' | 'revoked' };

/** Looks a token up at its use; the first use of a new one ends the rotation that gave it. */
export async function useToken(
  sql: Sql,
  { hostId, hash }: { readonly hostId: number; readonly hash: string },
): Promise<TokenUse> {
  const bytes = Buffer.from(hash, 'hex');
  const [row] = await sql<{ isUsed: boolean; isExpired: boolean; isRevoked: boolean }[]>`
    select used_at is not null as "isUsed", coalesce(expires_at <= now(), false) as "isExpired", revoked_at is not null as "isRevoked"
    from token where hash = ${bytes} and host = ${hostId}`;
  if (row === undefined) return { kind: 'unknown' };
  if (row.isRevoked) return { kind: 'revoked' };
  if (row.isExpired) return { kind: 'expired' };
  if (row.isUsed) return { kind: 'good', isFirst: false };
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const [used] = await tx<{ createdAt: string }[]>`
      update token set used_at = now(), kept_at = coalesce(kept_at, now()), expires_at = null
      where hash = ${bytes} and host = ${hostId} and revoked_at is null returning created_at::text as "createdAt"`;
    if (used === undefined) return { kind: 'unknown' as const };
    await tx`delete from token where host = ${hostId} and hash <> ${bytes}`;
    await tx`update agent_order set rotation_at = null where host = ${hostId} and rotation_at <= ${used.createdAt}::timestamptz`;
    await dropEmptyOrder(tx, hostId);
    return { kind: 'good' as const, isFirst: true };
  });
}

/** An order of nothing is none. */
export async function dropEmptyOrder(tx: Sql, hostId: number): Promise<void> {
  await tx`delete from agent_order
    where host = ${hostId} and revoked_at is null and rotation_at is null and split_at is null`;
}

export interface CloneSighting {
  readonly hostId: number;
  readonly bootId: Id128;
  readonly address: string;
  readonly hostName: string;
}

/** A second machine has come under the identity of this host's agent, and was sent away. */
export async function noteClone(sql: Sql, { hostId, bootId, address, hostName }: CloneSighting): Promise<void> {
  await sql`
    insert into agent_clone as c (host, boot_id, address, host_name)
    values (${hostId}, ${Buffer.from(bootId, 'hex')}, ${address}, ${hostName})
    on conflict (host) do update set boot_id = excluded.boot_id, address = excluded.address, host_name = excluded.host_name,
      last_at = now(),
      first_at = case when c.boot_id = excluded.boot_id then c.first_at else now() end,
      refused_count = case when c.boot_id = excluded.boot_id then least(c.refused_count, 1000000000) + 1 else 1 end`;
}

/** What the database knows of an agent beside its host. */
export interface StoredAgent {
  readonly hostId: number;
  readonly tokens: readonly {
    /** First 12 hex digits of its SHA-256. */
    readonly id: string;
    readonly createdMs: number;
    readonly usedMs: number | null;
    readonly expiresMs: number | null;
    readonly isRevoked: boolean;
  }[];
  readonly revokedMs: number | null;
  readonly rotationMs: number | null;
  readonly splitMs: number | null;
  readonly clone: {
    readonly address: string;
    readonly hostName: string;
    readonly bootId: Id128;
    readonly firstMs: number;
    readonly lastMs: number;
    readonly refusedCount: number;
  } | null;
  /** Ticks of all its streams that were given up. */
  readonly gapTicks: number;
}

/** Of all hosts that have an agent, or of one. */
export async function readStoredAgents(sql: Sql, hostId: number | null): Promise<StoredAgent[]> {
  const rows = await sql<StoredAgent[]>`
    select h.id as "hostId",
      coalesce((select json_agg(json_build_object('id', left(encode(t.hash, 'hex'), 12), 'createdMs', ${ms(sql, 't.created_at')},
            'usedMs', ${ms(sql, 't.used_at')}, 'expiresMs', ${ms(sql, 't.expires_at')},
            'isRevoked', t.revoked_at is not null) order by t.created_at desc, t.hash)
          from token t where t.host = h.id and coalesce(t.expires_at > now(), true)), '[]') as tokens,
      ${ms(sql, 'o.revoked_at')} as "revokedMs", ${ms(sql, 'o.rotation_at')} as "rotationMs", ${ms(sql, 'o.split_at')} as "splitMs",
      case when c.host is null then null else json_build_object('address', c.address, 'hostName', c.host_name,
        'bootId', encode(c.boot_id, 'hex'), 'firstMs', ${ms(sql, 'c.first_at')}, 'lastMs', ${ms(sql, 'c.last_at')},
        'refusedCount', c.refused_count) end as clone,
      coalesce((select sum(s.gap_ticks) from stream s where s.host = h.id), 0)::float8 as "gapTicks"
    from host h left join agent_order o on o.host = h.id left join agent_clone c on c.host = h.id
    where h.removed_at is null and h.archived_at is null and h.agent_id is not null and (${hostId}::int is null or h.id = ${hostId}::int)`;
  return [...rows];
}

/** Epoch ms of a column. */
function ms(sql: Sql, column: string) {
  return sql`round(extract(epoch from ${sql(column)}) * 1000)::float8`;
}

/**
 * Who an agent is, by what the database knows: enrolment, tokens, and the streams it offers. A token is 32 random bytes; only
 * its SHA-256 is stored.
 */
import { createHash, randomBytes } from 'node:crypto';
import { tagsPerSideMax } from '#core/limits.ts';
import type { Hello, Id128 } from '#core/message.ts';
import { cleanLabelValue } from '#core/series.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { cleanHostName } from '../host-name.ts';
import { mergeTags } from '../host-tags.ts';
import type { OfferedStream } from '../intake/clock-shift.ts';
import { intervalOf } from '../intake/message-checks.ts';
import type { HostIdentity } from '../registry.ts';
import { findEnrolment, useEnrolment } from './agents/enrolments.ts';
import { forgetRevocation, useToken } from './agents/identities.ts';
import { reviveHost } from './archiving.ts';
import { codeOf, type Sql, troubleOf } from './connect.ts';

export interface AdmitRequest {
  readonly hello: Hello;
  readonly streams: readonly OfferedStream[];
  readonly credential: AgentCredential;
  /** Hosts that are connected now: an enrolment may not take over one of them. */
  readonly connectedHostIds: readonly number[];
}

/** What an agent came with. A token is named by its SHA-256 as hex. */
export type AgentCredential =
  | { readonly kind: 'token'; readonly hostId: number; readonly hash: string }
  /** null: by the key of the hub. */
  | { readonly kind: 'enrolment'; readonly enrolmentId: number | null };

export type AdmitAnswer =
  | {
      readonly kind: 'admitted';
      readonly hostId: number;
      readonly hostName: string;
      readonly token: string | null;
      /** The token that it came with is the only good one of its host from here on. */
      readonly isOnlyToken: boolean;
      /** An admin wants it to have a new one. */
      readonly isRotationWanted: boolean;
      readonly host: KnownHost;
      readonly streams: readonly HubStreamShape[];
    }
  /** The token was used already, so the enrolment key cannot give another; or its host has another agent now; or what it says cannot be stored. */
  | { readonly kind: 'refused'; readonly why: string }
  /** An admin lets it in no more. */
  | { readonly kind: 'revoked'; readonly hostId: number }
  /** The host of its token is no more. */
  | { readonly kind: 'removed' };

/** Looks up or creates the host of a hello, notes what it says of itself, and opens its streams. Rejects when the database is away. */
export async function admit(sql: Sql, request: AdmitRequest): Promise<AdmitAnswer> {
  try {
    return await admitCleaned(sql, { ...request, hello: cleanHello(request.hello) });
  } catch (error) {
    // A name that a rival took meanwhile (class 23) is free to be tried again.
    if (troubleOf(error) !== 'data' || codeOf(error).startsWith('23')) throw error;
    return {
      kind: 'refused',
      why: `Cannot accept agent: the database refused what it says of itself: got ${codeOf(error)}`,
    };
  }
}

async function admitCleaned(sql: Sql, request: AdmitRequest): Promise<AdmitAnswer> {
  const { hello, credential } = request;
  let token: string | null = null;
  let isOnlyToken = true;
  let hostId: number;
  if (credential.kind === 'enrolment') {
    const enrolled = await enrol(sql, { ...request, enrolmentId: credential.enrolmentId });
    if (enrolled.kind !== 'enrolled') return enrolled;
    hostId = enrolled.hostId;
    token = enrolled.token;
  } else {
    hostId = credential.hostId;
    const use = await useToken(sql, credential);
    if (use.kind === 'revoked') return { kind: 'revoked', hostId };
    if (use.kind !== 'good') return await absence(sql, { hostId, agentId: hello.agentId, use: use.kind });
    isOnlyToken = use.isFirst;
    await reviveHost(sql, hostId);
  }
  await sql`update host set bye_at = null where id = ${hostId} and bye_at is not null`;
  const intervalMs = intervalOf(hello.facts);
  const agentId = Buffer.from(hello.agentId, 'hex');
  // The row is read as it was before the update.
  const rows = await sql<HostWords[]>`
    with changed as (
      update host set agent_tags = ${sql.json(hello.tags)}, facts = ${sql.json(hello.facts)}, agent_name = ${hello.hostName},
        agent_version = ${hello.agentVersion}, machine_id = ${hello.machineId}, interval_ms = ${intervalMs}
      where id = ${hostId} and agent_id = ${agentId} and removed_at is null
        and (agent_tags, facts, agent_name, agent_version, machine_id, interval_ms) is distinct from
          (${sql.json(hello.tags)}::jsonb, ${sql.json(hello.facts)}::jsonb, ${hello.hostName}, ${hello.agentVersion}, ${hello.machineId}, ${intervalMs}))
    select ${hostWords(sql)} from host h where h.id = ${hostId} and h.agent_id = ${agentId} and h.removed_at is null`;
  const row = rows[0];
  if (row === undefined) return await absence(sql, { hostId, agentId: hello.agentId, use: 'unknown' });
  const [order] = await sql<{ isRotationWanted: boolean; isRevoked: boolean }[]>`
    select rotation_at is not null as "isRotationWanted", revoked_at is not null as "isRevoked"
    from agent_order where host = ${hostId}`;
  if (order?.isRevoked === true) return { kind: 'revoked', hostId };
  const { tags: agentTags, facts, agentVersion } = hello;
  const host = knownHostOf({ ...row, agentTags, facts, agentVersion, intervalMs, byeMs: null, lastMs: 0 });
  const streams = await openStreams(sql, hostId, request.streams);
  const isRotationWanted = order?.isRotationWanted === true;
  return { kind: 'admitted', hostId, hostName: host.name, token, isOnlyToken, isRotationWanted, host, streams };
}

/** The agent has said that it stops on purpose: no outage, also for a hub that starts meanwhile. */
export async function noteBye(sql: Sql, hostId: number): Promise<void> {
  await sql`update host set bye_at = now() where id = ${hostId} and removed_at is null`;
}

/** Why a token opens nothing. */
async function absence(
  sql: Sql,
  { hostId, agentId, use }: { readonly hostId: number; readonly agentId: Id128; readonly use: 'unknown' | 'expired' },
): Promise<Exclude<AdmitAnswer, { kind: 'admitted' }>> {
  const [host] = await sql<{ isOwn: boolean }[]>`
    select agent_id is not distinct from ${Buffer.from(agentId, 'hex')} as "isOwn" from host where id = ${hostId} and removed_at is null`;
  if (host === undefined) return { kind: 'removed' };
  if (!host.isOwn) return { kind: 'refused', why: 'Cannot accept agent: its host was given to another agent' };
  const what = use === 'expired' ? 'has expired: it was replaced' : 'is not known here any more';
  return { kind: 'refused', why: `Cannot accept agent: its token ${what}` };
}

/** What the database can hold and people can read: NUL and lone surrogates would be refused for ever. */
function cleanHello(hello: Hello): Hello {
  return {
    ...hello,
    hostName: cleanHostName(hello.hostName),
    agentVersion: cleanLabelValue(hello.agentVersion),
    machineId: cleanLabelValue(hello.machineId),
    tags: cleanRecord(hello.tags),
    facts: cleanRecord(hello.facts),
  };
}

function cleanRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(record).slice(0, tagsPerSideMax);
  return Object.fromEntries(entries.map(([name, value]) => [cleanLabelValue(name), cleanLabelValue(value)]));
}

/** Opens streams of a host, in order; answers those of a host that exists, with what is stored of each. */
export async function openStreams(
  sql: Sql,
  hostId: number,
  streams: readonly OfferedStream[],
): Promise<HubStreamShape[]> {
  if (streams.length === 0) return [];
  const epochs = `{${streams.map(({ offer }) => `"\\\\x${offer.epoch}"`).join(',')}}`;
  const oldests = `{${streams.map(({ offer }) => offer.oldest).join(',')}}`;
  const shifts = `{${streams.map(({ shiftMs }) => shiftMs).join(',')}}`;
  const rows = await sql<
    {
      epoch: string;
      id: string;
      ordinal: number;
      stored_seq: string;
      stored_crc: string | null;
      gap_ticks: string;
      shift_ms: number;
      lease: string;
    }[]
  >`select encode(epoch, 'hex') as epoch, id, ordinal, stored_seq, stored_crc, gap_ticks, shift_ms, lease
    from open_streams(${hostId}, ${epochs}::bytea[], ${oldests}::int8[], ${shifts}::float8[])`;
  return rows.map((row) => ({
    id: Number(row.id),
    epoch: row.epoch,
    ordinal: row.ordinal,
    storedSeq: Number(row.stored_seq),
    storedCrc: row.stored_crc === null ? null : Number(row.stored_crc),
    gapTicks: Number(row.gap_ticks),
    shiftMs: row.shift_ms,
    lease: Number(row.lease),
  }));
}

type Enrolment =
  | { readonly kind: 'enrolled'; readonly hostId: number; readonly token: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'revoked'; readonly hostId: number };

interface EnrolRequest extends AdmitRequest {
  readonly enrolmentId: number | null;
}

/** Undoes the transaction of an enrolment that is not to be. */
class EnrolmentRefused extends Error {
  override readonly name = 'EnrolmentRefused';
  readonly answer: Exclude<Enrolment, { kind: 'enrolled' }>;

  constructor(answer: Exclude<Enrolment, { kind: 'enrolled' }>) {
    super(answer.kind);
    this.answer = answer;
  }
}

async function enrol(sql: Sql, request: EnrolRequest): Promise<Enrolment> {
  const token = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest();
  try {
    return await sql.begin(async (transaction) => {
      const tx = transaction as unknown as Sql;
      // Two agents of one name that enrol at once would both find it free.
      await tx`select pg_advisory_xact_lock(hashtext('pulsewire.enrol'))`;
      const hostId = await findOrCreateHost(tx, request);
      await tx`delete from token where host = ${hostId} and used_at is null`;
      await tx`insert into token (hash, host) values (${hash}, ${hostId})`;
      return { kind: 'enrolled' as const, hostId, token };
    });
  } catch (error) {
    if (error instanceof EnrolmentRefused) return error.answer;
    throw error;
  }
}

/** Throws EnrolmentRefused. */
async function findOrCreateHost(tx: Sql, request: EnrolRequest): Promise<number> {
  const { hello, connectedHostIds } = request;
  const agentId = Buffer.from(hello.agentId, 'hex');
  const known = await tx<{ id: number; isUsed: boolean }[]>`
    select h.id, exists (select from token t where t.host = h.id and t.used_at is not null and t.revoked_at is null) as "isUsed"
    from host h where h.agent_id = ${agentId} and h.removed_at is null`;
  const own = known[0];
  if (own !== undefined) {
    if (own.isUsed)
      throw new EnrolmentRefused({
        kind: 'refused',
        why: 'Cannot enrol agent: it has used a token of its own already',
      });
    await spend(tx, request, { revokedHostId: own.id });
    return own.id;
  }
  const heritage = (await hostsOfMachine(tx, hello)).find((hostId) => !connectedHostIds.includes(hostId));
  if (heritage !== undefined) {
    const { tags } = await spend(tx, request, { revokedHostId: heritage });
    await tx`delete from token where host = ${heritage}`;
    await tx`delete from agent_clone where host = ${heritage}`;
    // What people have said of it since wins over what the enrolment token says.
    await tx`update host set agent_id = ${agentId}, tags = ${tx.json(tags)}::jsonb || tags where id = ${heritage}`;
    return heritage;
  }
  const { tags } = await spend(tx, request, { revokedHostId: null });
  const name = hello.hostName;
  const [same] = await tx`select from host where removed_at is null and archived_at is null and name = ${name}`;
  const free = same === undefined ? name : await freeName(tx, name);
  const inserted = await tx<{ id: number }[]>`
    insert into host (name, agent_name, kind, agent_id, machine_id, tags)
    values (${free}, ${name}, 'agent', ${agentId}, ${hello.machineId}, ${tx.json(tags)}::jsonb) returning id`;
  return inserted[0]!.id;
}

/**
 * Counts the use of an enrolment token; the key is not counted. Whoever was revoked comes in only by a token that was made
 * since. Throws EnrolmentRefused.
 */
async function spend(
  tx: Sql,
  { hello, enrolmentId }: EnrolRequest,
  { revokedHostId: hostId }: { readonly revokedHostId: number | null },
): Promise<{ readonly tags: Readonly<Record<string, string>> }> {
  const use =
    enrolmentId === null
      ? { kind: 'used' as const, createdMs: Number.NEGATIVE_INFINITY, tags: {} }
      : await useEnrolment(tx, { enrolmentId, agentId: hello.agentId, hostName: hello.hostName });
  if (use.kind === 'refused') throw new EnrolmentRefused(use);
  if (hostId === null) return use;
  const [revoked] = await tx<{ atMs: number }[]>`
    select extract(epoch from revoked_at)::float8 * 1000 as "atMs" from agent_order where host = ${hostId} and revoked_at is not null`;
  if (revoked === undefined) return use;
  if (use.createdMs <= revoked.atMs) throw new EnrolmentRefused({ kind: 'revoked', hostId });
  await forgetRevocation(tx, hostId);
  return use;
}

/** Hosts of this machine whose agent asked for this name, whatever name they were given: a new agent may take one over. */
async function hostsOfMachine(tx: Sql, { hostName, machineId }: Hello): Promise<number[]> {
  if (machineId === '') return [];
  const rows = await tx<{ id: number }[]>`
    select id from host
    where removed_at is null and archived_at is null and kind = 'agent' and machine_id = ${machineId}
      and (name = ${hostName} or agent_name = ${hostName})
    order by name <> ${hostName}, id`;
  return rows.map(({ id }) => id);
}

/** The first free of `name-2`, `name-3`, … */
export async function freeName(tx: Sql, name: string): Promise<string> {
  const rows = await tx<{ name: string }[]>`
    select name from host where removed_at is null and archived_at is null and name like ${`${escapeLike(name.slice(0, 240))}-%`}`;
  const names = new Set(rows.map((row) => row.name));
  for (let number = 2; ; number += 1) {
    const candidate = `${name}-${number}`;
    if (!names.has(candidate)) return candidate;
  }
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

/** A host as the database knows it. */
export type KnownHost = HostIdentity;

/** What `hostColumns` selects. */
export type HostColumns = Omit<KnownHost, 'tags'>;

/** What `hostWords` selects. */
export type HostWords = Omit<HostColumns, 'lastMs'>;

export function knownHostOf(row: HostColumns): KnownHost {
  return { ...row, tags: mergeTags(row.agentTags, row.peopleTags) };
}

export interface KnownToken {
  /** SHA-256 as hex. */
  readonly hash: string;
  readonly hostId: number;
}

/** Everything that main must know of hosts before the first agent comes. */
export async function readHosts(sql: Sql): Promise<{
  readonly hubId: Id128;
  /** As hex; another one after a wipe or a restore. */
  readonly life: string;
  readonly hosts: KnownHost[];
  readonly tokens: KnownToken[];
  /** The database's time before it was read: changes since then may be missing. */
  readonly readAt: string;
}> {
  const [hub] = await sql<{ id: string; life: string; readAt: string }[]>`
    select encode(id, 'hex') as id, encode(life, 'hex') as life, clock_timestamp()::text as "readAt" from hub`;
  const hosts = await sql<HostColumns[]>`
    select ${hostColumns(sql)} from host h where h.removed_at is null and h.archived_at is null order by h.id`;
  const tokens = await sql<KnownToken[]>`
    select encode(t.hash, 'hex') as hash, t.host as "hostId" from token t
    where t.revoked_at is null and coalesce(t.expires_at > now(), true)`;
  const { id: hubId, life, readAt } = hub!;
  return { hubId, life, hosts: hosts.map(knownHostOf), tokens: [...tokens], readAt };
}

/** What a bearer is that main does not know. */
export type FoundBearer =
  | { readonly kind: 'token'; readonly host: KnownHost; readonly token: KnownToken }
  /** A token that an admin has revoked. */
  | { readonly kind: 'revoked'; readonly hostId: number }
  | { readonly kind: 'enrolment'; readonly enrolmentId: number }
  /** An enrolment token that opens nothing any more. */
  | { readonly kind: 'closed'; readonly why: string };

/**
 * Looks up a bearer (its SHA-256 as hex) that main does not know: a token that another hub on this database has given, or whose
 * host was archived (it is back then), or an enrolment token. null for a stranger's.
 */
export async function findBearer(sql: Sql, hash: string): Promise<FoundBearer | null> {
  const [owner] = await sql<{ host: number; isRevoked: boolean; isExpired: boolean }[]>`
    select host, revoked_at is not null as "isRevoked", coalesce(expires_at <= now(), false) as "isExpired"
    from token where hash = ${Buffer.from(hash, 'hex')}`;
  if (owner === undefined) {
    const enrolment = await findEnrolment(sql, hash);
    return enrolment?.kind === 'open' ? { ...enrolment, kind: 'enrolment' } : enrolment;
  }
  if (owner.isRevoked) return { kind: 'revoked', hostId: owner.host };
  if (owner.isExpired) return null;
  await reviveHost(sql, owner.host);
  const [row] = await sql<HostColumns[]>`
    select ${hostColumns(sql)} from token t join host h on h.id = t.host
    where t.hash = ${Buffer.from(hash, 'hex')} and h.removed_at is null and h.archived_at is null`;
  return row === undefined ? null : { kind: 'token', host: knownHostOf(row), token: { hash, hostId: row.hostId } };
}

/** Of `host h`. A stream without ticks has been stored at its opening; the time of the newest tick in batches and chunks is the better answer. */
export function hostColumns(sql: Sql) {
  return sql`${hostWords(sql)}, coalesce(
      greatest((select max(b.to_ms) from batch b where b.host = h.id),
        (select max(c.to_ms) from chunk c where c.host = h.id and c.tier = 0
          and c.day = (select max(d.day) from day d where d.host = h.id))),
      (select extract(epoch from max(s.stored_at)) * 1000 from stream s where s.host = h.id and s.stored_seq >= s.first_seq),
      0)::float8 as "lastMs"`;
}

/** The same without the time of its newest tick, which costs a look at its data. */
export function hostWords(sql: Sql) {
  return sql`h.id as "hostId", h.name, h.alias, h.kind, encode(h.agent_id, 'hex') as "agentId", h.agent_version as "agentVersion",
    h.agent_tags as "agentTags", h.tags as "peopleTags", h.facts, h.interval_ms as "intervalMs", h.version,
    round(extract(epoch from h.created_at) * 1000)::float8 as "createdMs",
    round(extract(epoch from h.bye_at) * 1000)::float8 as "byeMs"`;
}

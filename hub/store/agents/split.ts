/**
 * A copied machine becomes a host of its own: when it has the identity that it was given on its disk, and not before, so that a
 * connection that breaks meanwhile changes nothing.
 */
import type { Id128 } from '#core/message.ts';
import { freeName, type HostColumns, hostColumns, type KnownHost, knownHostOf } from '../admission.ts';
import type { Sql } from '../connect.ts';
import { dropEmptyOrder } from './identities.ts';

export interface SplitRequest {
  /** Of the agent whose identity both have. */
  readonly hostId: number;
  /** What the copy has on its disk now. */
  readonly agentId: Id128;
  readonly hash: string;
  readonly hostName: string;
  readonly machineId: string;
}

/** The copy has an identity of its own on its disk: it becomes a host. null when nobody wants that any more. */
export async function splitAgent(sql: Sql, request: SplitRequest): Promise<KnownHost | null> {
  const { hostId, agentId, hash, hostName, machineId } = request;
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    // As an enrolment does: two must not find the same name free.
    await tx`select pg_advisory_xact_lock(hashtext('pulsewire.enrol'))`;
    const [wanted] = await tx`
      update agent_order set split_at = null where host = ${hostId} and split_at is not null and revoked_at is null returning host`;
    if (wanted === undefined) return null;
    await dropEmptyOrder(tx, hostId);
    await tx`delete from agent_clone where host = ${hostId}`;
    const [same] = await tx`select from host where removed_at is null and archived_at is null and name = ${hostName}`;
    const name = same === undefined ? hostName : await freeName(tx, hostName);
    const [host] = await tx<HostColumns[]>`
      insert into host as h (name, agent_name, kind, agent_id, machine_id)
      values (${name}, ${hostName}, 'agent', ${Buffer.from(agentId, 'hex')}, ${machineId}) returning ${hostColumns(tx)}`;
    await tx`insert into token (hash, host, kept_at) values (${Buffer.from(hash, 'hex')}, ${host!.hostId}, now())`;
    return knownHostOf(host!);
  });
}

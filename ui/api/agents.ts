/** Agents by REST, as admins see them, and what admins order of them. */
import { type HostState, hostStates } from '#core/message.ts';
import type { Asked, AskOptions, HubClient } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';

const path = '/api/v1/agents';

export const agentOrders = ['rotate', 'revoke', 'allow', 'split'] as const;
export type AgentOrder = (typeof agentOrders)[number];

export interface AgentToken {
  /** First digits of its SHA-256. */
  readonly id: string;
  readonly createdMs: number;
  /** First use; null: never. */
  readonly usedMs: number | null;
  /** Of one that was replaced. */
  readonly expiresMs: number | null;
  readonly isOld: boolean;
  readonly isRevoked: boolean;
}

/** A second machine under the identity of an agent. */
export interface AgentClone {
  readonly address: string;
  readonly hostName: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly refusedCount: number;
  readonly isSplitOrdered: boolean;
}

export interface Agent {
  readonly host: string;
  readonly alias: string;
  readonly agentId: string;
  readonly status: HostState;
  readonly isConnected: boolean;
  /** null: it is not revoked. */
  readonly revokedMs: number | null;
  readonly version: string;
  /** null while it is not connected, as are the next two. */
  readonly address: string | null;
  readonly connectedMs: number | null;
  readonly skewMs: number | null;
  readonly lastMs: number | null;
  /** Ticks on its disk that are not stored; null when that is not known. */
  readonly backlogTicks: number | null;
  readonly gapTicks: number;
  readonly refused: { readonly why: string; readonly atMs: number } | null;
  readonly tokens: readonly AgentToken[];
  /** Since when a new token is ordered; null: none is. */
  readonly rotationMs: number | null;
  readonly clone: AgentClone | null;
}

export async function readAgents(client: HubClient, options: AskOptions = {}): Promise<Asked<readonly Agent[]>> {
  const asked = await client.getJson(path, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: listOf(asked.value.body).flatMap(agentOf) };
}

/** Answers the agent as it is then. */
export async function orderOfAgent(client: HubClient, host: string, order: AgentOrder): Promise<Asked<null>> {
  const asked = await client.sendJson('POST', `${path}/${encodeURIComponent(host)}/${order}`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function agentOf(body: unknown): Agent[] {
  const fields = fieldsOf(body);
  const host = textOf(fields.get('host'));
  const status = wordOf<HostState>(hostStates, fields.get('status'));
  if (host === '' || status === null) return [];
  const refused = fieldsOf(fields.get('refused'));
  return [
    {
      host,
      status,
      alias: textOf(fields.get('alias')),
      agentId: textOf(fields.get('agent_id')),
      isConnected: fields.get('is_connected') === true,
      revokedMs: msOf(fields.get('revoked_at')),
      version: textOf(fields.get('agent_version')),
      address: fields.get('address') === null ? null : textOf(fields.get('address')),
      connectedMs: msOf(fields.get('connected_since')),
      skewMs: numberOf(fields.get('skew_ms')),
      lastMs: msOf(fields.get('last_seen')),
      backlogTicks: numberOf(fields.get('backlog_ticks')),
      gapTicks: numberOf(fields.get('gap_ticks')) ?? 0,
      refused: refused.size === 0 ? null : { why: textOf(refused.get('why')), atMs: msOf(refused.get('at')) ?? 0 },
      tokens: listOf(fields.get('tokens')).map(tokenOf),
      rotationMs: msOf(fieldsOf(fields.get('rotation')).get('since')),
      clone: cloneOf(fields.get('clone')),
    },
  ];
}

function tokenOf(body: unknown): AgentToken {
  const fields = fieldsOf(body);
  return {
    id: textOf(fields.get('id')),
    createdMs: msOf(fields.get('created')) ?? 0,
    usedMs: msOf(fields.get('used')),
    expiresMs: msOf(fields.get('expires')),
    isOld: fields.get('is_old') === true,
    isRevoked: fields.get('is_revoked') === true,
  };
}

function cloneOf(body: unknown): AgentClone | null {
  const fields = fieldsOf(body);
  if (fields.size === 0) return null;
  return {
    address: textOf(fields.get('address')),
    hostName: textOf(fields.get('host_name')),
    firstMs: msOf(fields.get('first_seen')) ?? 0,
    lastMs: msOf(fields.get('last_seen')) ?? 0,
    refusedCount: numberOf(fields.get('refused_count')) ?? 1,
    isSplitOrdered: fields.get('is_split_ordered') === true,
  };
}

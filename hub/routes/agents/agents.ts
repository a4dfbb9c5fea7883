/**
 * `GET /api/v1/agents`: who the agents are and how they are doing, for admins; and what an admin may order: a new token, a
 * revocation and its end, an identity of its own for a copied machine.
 */
import type { z } from 'zod';
import type { AuditAction } from '../../access/audit.ts';
import { type AgentRow, agentRowOf } from '../../agents/agent-rows.ts';
import type { Engine } from '../../engine.ts';
import { unknownHostError } from '../../hosts.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import type { Host } from '../../registry.ts';
import { orAway } from '../alerts/common.ts';
import { type EngineOf, secondsOf } from '../fetch.ts';
import { decodePart } from '../history.ts';
import { listAnswer } from '../list-answer.ts';
import { parseQuery } from '../schemas.ts';
import { type AgentOrder, type agentAnswer, agentOrders, agentsQuery } from './schemas.ts';

const actions: Readonly<Record<AgentOrder, AuditAction>> = {
  rotate: 'agent.rotation-ordered',
  revoke: 'agent.revoked',
  allow: 'agent.allowed',
  split: 'agent.split-ordered',
};

export function agentRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', access: 'admin', isChange: false, action: null, bodyBytesMax: 0 } as const;
  return [
    {
      ...read,
      path: '/api/v1/agents',
      answer: async ({ query }) => {
        const engine = engineOf();
        const { host: name } = parseQuery(agentsQuery, query);
        const rows = await rowsOf(engine, name === undefined ? null : hostOf(engine, name));
        return await listAnswer(rows, shownAgent);
      },
    },
    {
      ...read,
      path: '/api/v1/agents/*',
      answer: async (request) => {
        const engine = engineOf();
        const { name, order } = placeOf(request);
        if (order !== null)
          throw new HttpError(405, `Cannot answer GET of ${JSON.stringify(order)}: POST is allowed`, { allow: 'POST' });
        return await answerOne(engine, name);
      },
    },
    {
      method: 'post',
      path: '/api/v1/agents/*',
      access: 'admin',
      isChange: true,
      action: 'agent.changed',
      bodyBytesMax: 0,
      answer: async (request) => {
        const engine = engineOf();
        const { name, order } = placeOf(request);
        request.note.object = name;
        if (order === null)
          throw new HttpError(404, `Cannot change agent: the path ends in one of ${agentOrders.join(', ')}`);
        request.note.action = actions[order];
        await engine.agents.identities[order](name);
        return await answerOne(engine, name);
      },
    },
  ];
}

async function answerOne(engine: Engine, name: string) {
  const [row] = await rowsOf(engine, hostOf(engine, name));
  if (row === undefined) throw new HttpError(404, 'Cannot find agent: the host pushes over HTTP and has none');
  return jsonAnswer(shownAgent(row));
}

function hostOf(engine: Engine, name: string): Host {
  const host = engine.registry.byName(name);
  if (host === undefined) throw unknownHostError(name);
  return host;
}

/** Of one host, or of all: by name. */
async function rowsOf(engine: Engine, one: Host | null): Promise<AgentRow[]> {
  const { agents, registry, storage } = engine;
  const nowMs = Date.now();
  const stored = await orAway(storage.call('storedAgents', one?.identity.hostId ?? null), 'read agents');
  const rows = stored.flatMap((agent) => {
    const host = registry.host(agent.hostId);
    if (host === undefined) return [];
    const connection = agents.connectionOf(agent.hostId);
    const refusal = agents.identities.refusals.of(agent.hostId);
    return agentRowOf(host, { stored: agent, connection, refusal, nowMs });
  });
  return rows.sort((a, b) => (a.host.identity.name < b.host.identity.name ? -1 : 1));
}

/** `<host>` or `<host>/<order>`. Throws HttpError 404. */
function placeOf({ rest }: Pick<HttpRequest, 'rest'>): { readonly name: string; readonly order: AgentOrder | null } {
  const [part = '', verb, ...more] = rest;
  const order = agentOrders.find((known) => known === verb) ?? null;
  if (part === '' || more.length > 0 || (verb !== undefined && order === null))
    throw new HttpError(
      404,
      `Cannot find agent: the path is /api/v1/agents/<host>, or that and one of ${agentOrders.join(', ')}`,
    );
  return { name: decodePart(part), order };
}

function shownAgent({ host, stored, ...row }: AgentRow): z.infer<typeof agentAnswer> {
  const { identity, state, lastMs } = host;
  const kept = stored.tokens.findIndex(({ usedMs, isRevoked }) => usedMs !== null && !isRevoked);
  return {
    host: identity.name,
    host_id: identity.hostId,
    alias: identity.alias,
    agent_id: identity.agentId ?? '',
    status: state,
    is_connected: row.address !== null,
    is_revoked: stored.revokedMs !== null,
    revoked_at: toSeconds(stored.revokedMs),
    agent_version: identity.agentVersion,
    interval: identity.intervalMs / 1_000,
    address: row.address,
    connected_since: toSeconds(row.connectedSinceMs),
    last_seen: secondsOf(lastMs),
    skew_ms: row.skewMs === null ? null : Math.round(row.skewMs),
    backlog_ticks: row.backlogTicks,
    gap_ticks: stored.gapTicks,
    refused: row.refusal === null ? null : { why: row.refusal.why, at: row.refusal.atMs / 1_000 },
    tokens: stored.tokens.map((token, index) => ({
      id: token.id,
      created: token.createdMs / 1_000,
      used: toSeconds(token.usedMs),
      expires: toSeconds(token.expiresMs),
      is_old: token.expiresMs !== null || (kept >= 0 && index > kept),
      is_revoked: token.isRevoked,
    })),
    rotation: stored.rotationMs === null ? null : { since: stored.rotationMs / 1_000 },
    clone:
      row.clone === null
        ? null
        : {
            address: row.clone.address,
            host_name: row.clone.hostName,
            boot_id: row.clone.bootId,
            first_seen: row.clone.firstMs / 1_000,
            last_seen: row.clone.lastMs / 1_000,
            refused_count: row.clone.refusedCount,
            is_split_ordered: stored.splitMs !== null,
          },
  };
}

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

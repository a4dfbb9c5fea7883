/**
 * An agent as those see it who look after agents: what this hub knows of its connection, and what the database keeps.
 */
import type { AgentConnection } from '../agent-connection.ts';
import { latestValues } from '../latest.ts';
import type { Host } from '../registry.ts';
import type { StoredAgent } from '../store/agents/identities.ts';
import type { Refusal } from './refusals.ts';

/** By which an agent says how many ticks its spool holds that are not acknowledged (agent/own-collector.ts). */
const spoolTicksKeys: ReadonlySet<string> = new Set(['agent_spool_ticks']);
/** A clone comes again each minute: one that was not seen for this long is gone, or was dealt with. */
const cloneShownMs = 24 * 3_600_000;

export interface AgentRow {
  readonly host: Host;
  readonly stored: StoredAgent;
  readonly address: string | null;
  readonly connectedSinceMs: number | null;
  readonly skewMs: number | null;
  readonly backlogTicks: number | null;
  readonly refusal: Refusal | null;
  readonly clone: StoredAgent['clone'];
}

export function agentRowOf(
  host: Host,
  known: {
    readonly stored: StoredAgent;
    readonly connection: AgentConnection | undefined;
    readonly refusal: Refusal | null;
    readonly nowMs: number;
  },
): AgentRow {
  const { stored, connection, refusal, nowMs } = known;
  const isConnected = connection !== undefined;
  return {
    host,
    stored,
    address: connection?.socket.address ?? null,
    connectedSinceMs: connection?.sinceMs ?? null,
    skewMs: connection?.skewMs ?? null,
    backlogTicks: isConnected ? (latestValues(host.ring, spoolTicksKeys).get('agent_spool_ticks') ?? null) : null,
    refusal,
    clone: stored.clone !== null && nowMs - stored.clone.lastMs < cloneShownMs ? stored.clone : null,
  };
}

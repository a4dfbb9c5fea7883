/** Agents as their page shows them: which need somebody first, what is wrong with each, in words. Pure. */
import type { Agent, AgentToken } from '../../api/agents.ts';
import { formatCount, formatDuration, noValue, thinSpace } from '../format.ts';
import { sortKeyOf } from '../names.ts';

/** A clock that is off by more is worth a look: the hub corrects beyond five minutes only. */
const skewMsMax = 1_000;
/** So many ticks may wait while everything is well: they are acknowledged every few seconds. */
const backlogTicksMax = 60;

export type TroubleKind = 'clone' | 'revoked' | 'refused' | 'down' | 'stale' | 'skew' | 'backlog';

export interface Trouble {
  readonly kind: TroubleKind;
  readonly text: string;
}

/** What somebody should look at, the gravest first. */
export function troublesOf(agent: Agent): Trouble[] {
  const troubles: Trouble[] = [];
  if (agent.clone !== null) troubles.push({ kind: 'clone', text: 'two machines' });
  if (agent.revokedMs !== null) troubles.push({ kind: 'revoked', text: 'revoked' });
  else if (agent.refused !== null && agent.clone === null) troubles.push({ kind: 'refused', text: 'refused' });
  // What was revoked is away on purpose.
  if (agent.revokedMs !== null) return troubles;
  if (agent.status === 'down') troubles.push({ kind: 'down', text: 'down' });
  if (agent.status === 'stale') troubles.push({ kind: 'stale', text: 'stale' });
  if (isSkewed(agent)) troubles.push({ kind: 'skew', text: 'clock is off' });
  if (isBehind(agent)) troubles.push({ kind: 'backlog', text: 'behind' });
  return troubles;
}

export function isSkewed({ skewMs }: Agent): boolean {
  return skewMs !== null && Math.abs(skewMs) > skewMsMax;
}

export function isBehind({ backlogTicks }: Agent): boolean {
  return backlogTicks !== null && backlogTicks > backlogTicksMax;
}

const gravity: readonly TroubleKind[] = ['clone', 'refused', 'down', 'stale', 'backlog', 'skew', 'revoked'];

/** Those of which the query is a part of name, alias, version or address; those that need somebody first, then by the name that is shown. */
export function shownAgents(agents: readonly Agent[], query: string): Agent[] {
  const wanted = query.trim().toLowerCase();
  return agents
    .filter(({ host, alias, version, address }) =>
      [host, alias, version, address ?? ''].some((text) => text.toLowerCase().includes(wanted)),
    )
    .map((agent) => ({ agent, rank: rankOf(agent), name: sortKeyOf(agent.alias || agent.host) }))
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1))
    .map(({ agent }) => agent);
}

function rankOf(agent: Agent): number {
  const ranks = troublesOf(agent).map(({ kind }) => gravity.indexOf(kind));
  return ranks.length === 0 ? gravity.length : Math.min(...ranks);
}

/** "42 enrolled, 39 on 1.4.2". */
export function agentsText(agents: readonly Agent[]): string {
  if (agents.length === 0) return '';
  const counts = new Map<string, number>();
  for (const { version } of agents) counts.set(version, (counts.get(version) ?? 0) + 1);
  const [version, count] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
  const enrolled = `${formatCount(agents.length)} enrolled`;
  return version === '' ? enrolled : `${enrolled}, ${formatCount(count)} on ${version}`;
}

export function skewText(skewMs: number | null): string {
  if (skewMs === null) return noValue;
  const sign = skewMs < 0 ? '−' : skewMs > 0 ? '+' : '';
  const size = Math.abs(skewMs);
  return size < 10_000 ? `${sign}${Math.round(size)}${thinSpace}ms` : `${sign}${formatDuration(size)}`;
}

/** The token that it goes by; null when it has none that is good. */
export function currentToken({ tokens }: Agent): AgentToken | null {
  return tokens.find(({ isOld, isRevoked }) => !isOld && !isRevoked) ?? null;
}

export function tokenState({ isRevoked, isOld, usedMs, expiresMs }: AgentToken, hubMs: number): string {
  if (isRevoked) return 'revoked';
  if (isOld)
    return expiresMs === null ? 'replaced' : `replaced, good for ${formatDuration(Math.max(0, expiresMs - hubMs))}`;
  return usedMs === null ? 'not used yet' : 'in use';
}

/**
 * A host as the registry knows it, for tests that care about a few of its words.
 */
import type { HostIdentity } from '../registry.ts';

/** An agent's host that was never heard of, but for what `said` says. */
export function hostIdentity(hostId: number, said: Partial<HostIdentity> = {}): HostIdentity {
  return {
    hostId,
    name: `host-${hostId}`,
    alias: '',
    kind: 'agent',
    agentId: null,
    agentVersion: '',
    tags: {},
    agentTags: {},
    peopleTags: {},
    facts: {},
    intervalMs: 1_000,
    createdMs: 0,
    version: 1,
    byeMs: null,
    lastMs: 0,
    ...said,
  };
}

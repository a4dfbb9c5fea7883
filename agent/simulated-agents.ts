/**
 * Simulated agents as a program (`pulsewire simulate --live`): connects a fleet to a hub and keeps it pushing until it
 * is told to stop. Composition root; loaded by the command line.
 */
import type { Id128 } from '#core/message.ts';
import { type FleetState, SimulatedFleet } from './simulated/fleet.ts';
import { SimulatedAgent } from './simulated/simulated-agent.ts';

export interface SimulatedAgentsOptions {
  readonly fleetSeed: number;
  /** Hosts by their number in the fleet, with the agents that they belong to. */
  readonly hosts: readonly { readonly index: number; readonly agentId: Id128 }[];
  /** Of the hub: http: or https:, without a path. */
  readonly hubUrl: string;
  readonly enrolmentKey: string;
  readonly intervalMs: number;
  readonly version: string;
  /** Aborted to stop. */
  readonly signal: AbortSignal;
  /** Called each second. */
  readonly onState: (state: FleetState) => void;
  /** An agent has no connection, and why; each reason once, until all of them are connected again. */
  readonly onTrouble: (host: string, reason: string) => void;
}

/** Runs the fleet until `signal` is aborted, and resolves when every agent has said goodbye. */
export async function runSimulatedAgents(options: SimulatedAgentsOptions): Promise<void> {
  const { fleetSeed, hosts, enrolmentKey, intervalMs, version, signal, onState } = options;
  const hubUrl = `${options.hubUrl.replace(/^http/, 'ws').replace(/\/+$/, '')}/agent`;
  const toldReasons = new Set<string>();
  const agents = hosts.map(({ index, agentId }) => {
    const agent: SimulatedAgent = new SimulatedAgent({
      ...{ fleetSeed, index, agentId, hubUrl, enrolmentKey, intervalMs, agentVersion: version },
      log: {
        info: () => {},
        warn: (fields) => {
          const reason = 'reason' in fields ? String(fields.reason) : JSON.stringify(fields);
          if (toldReasons.has(reason)) return;
          toldReasons.add(reason);
          options.onTrouble(agent.name, reason);
        },
      },
      nowWallMs: Date.now,
      random: Math.random,
    });
    return agent;
  });
  const fleet = new SimulatedFleet(agents);
  fleet.start();
  const timer = setInterval(() => {
    const { state } = fleet;
    if (state.openCount === state.upCount) toldReasons.clear();
    onState(state);
  }, 1_000);
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  clearInterval(timer);
  await fleet.stop();
}

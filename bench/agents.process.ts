/**
 * The generator process of simulated agents: a composition root around one swarm.
 */
import { assert } from '#core/errors.ts';
import { createClock } from './clock.ts';
import { serveGenerator } from './generator.ts';
import { type AgentRange, Swarm, type SwarmPlan } from './swarm/swarm.ts';

let swarm: Swarm | null = null;
let clock = createClock(0);

function current(): Swarm {
  assert(swarm !== null, 'create() comes first');
  return swarm;
}

const methods = {
  create: async ({ plan, clockOffsetMs }: { readonly plan: SwarmPlan; readonly clockOffsetMs: number }) => {
    clock = createClock(clockOffsetMs);
    swarm = new Swarm(plan, clock);
  },
  /** Resolves when so many are welcomed. */
  connect: async (wanted: { readonly perSecond: number; readonly count: number }) => current().connect(wanted),
  /** Resolves with the moment at which all was acknowledged. */
  flood: async ({ durationMs }: { readonly durationMs: number }) => {
    const fromMs = clock.nowMs();
    await current().flood(durationMs);
    return { fromMs, toMs: clock.nowMs() };
  },
  startFlood: async (_: null) => current().startFlood(),
  stopFlood: async (_: null) => current().stopFlood(),
  /** Resolves with the moments of the first tick and the last ack. */
  backlog: async ({ count }: { readonly count: number }) => {
    const fromMs = clock.nowMs();
    await current().backlog(count);
    return { fromMs, toMs: clock.nowMs() };
  },
  startTicks: async (_: null) => current().startTicks(),
  stopTicks: async (_: null) => current().stopTicks(),
  /** Resolves with the moment of the cut. */
  cut: async (range: AgentRange) => {
    const atMs = clock.nowMs();
    current().cut(range);
    return atMs;
  },
  /** Resolves with the moment at which all agents were open again. */
  restore: async (range: AgentRange & { readonly perSecond: number }) => {
    await current().restore(range);
    return clock.nowMs();
  },
  freezeWaves: async (_: null) => current().freezeWaves(),
  clearLateness: async (_: null) => current().clearLateness(),
  /** Resolves with the moment at which all agents were open. */
  allOpen: async (_: null) => {
    await current().allOpen();
    return clock.nowMs();
  },
  /** Resolves when all replays are acknowledged, with the moments of the first replay and the last ack. */
  caughtUp: async (_: null) => {
    await current().caughtUp();
    return { firstReplayMs: current().firstReplayMs, toMs: clock.nowMs() };
  },
  report: async (_: null) => current().report(),
  streams: async (_: null) => current().streams(),
};

export type AgentsMethods = typeof methods;

serveGenerator(methods);

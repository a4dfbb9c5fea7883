/**
 * One seed: a small world is drawn, faults rain on it for a minute or two, then everything is healed, the agents drain,
 * and the oracle judges. Throws when an invariant (oracle.ts) does not hold.
 */
import { assert } from '#core/errors.ts';
import { MemorySpool, type MemorySpoolState } from '#core/stream/memory-spool.ts';
import { Chaos } from './chaos.ts';
import { Oracle } from './oracle.ts';
import { SimAgent, type SimAgentParts } from './sim-agent.ts';
import { SimDatabase } from './sim-database.ts';
import { SimHub } from './sim-hub.ts';
import { SimPusher } from './sim-pusher.ts';
import type { Tally } from './tally.ts';
import { World } from './world.ts';

/**
 * Simulated time within which everything must be stored once the last fault is healed. The slowest worlds have six
 * clones that wait for one another, three ticks of credit, batches of 10 s and a line of 2 s: about 15 minutes.
 */
const drainMsMax = 3_600_000;

export interface Simulation {
  readonly world: World;
  readonly oracle: Oracle;
  readonly database: SimDatabase;
  readonly hubs: readonly SimHub[];
  /** Grows when one is cloned. */
  readonly agents: SimAgent[];
  readonly parts: SimAgentParts;
  readonly pusher: SimPusher;
}

export interface SeedResult {
  readonly tally: Tally;
  readonly eventCount: number;
  readonly acceptedCount: number;
  readonly strictCount: number;
}

/** Runs a seed to its end. `log` gets every message and fault, for a failure that is looked into. */
export function runSeed(seed: number, log: ((line: string) => void) | null = null): SeedResult {
  const world = new World(seed, log);
  const simulation = createSimulation(world);
  const { agents, hubs, oracle, database } = simulation;

  for (const hub of hubs) hub.start();
  for (const agent of agents) agent.start();
  const chaos = new Chaos(simulation);
  chaos.start();
  world.runUntil(world.nowMs + world.between(30_000, 120_000));
  world.note('healing');
  chaos.heal();

  const isDone = world.runUntil(world.nowMs + drainMsMax, () => {
    for (const agent of agents) if (agent.isRunning && agent.isDrained) agent.stop();
    return (
      agents.every((agent) => !agent.isRunning) &&
      hubs.every((hub) => hub.isIdle) &&
      simulation.pusher.waitingCount === 0
    );
  });
  assert(isDone, `I8: everything is stored within ${drainMsMax} ms of the last fault: ${whatIsLeft(agents)}`);
  oracle.judge(streamsOf(database));
  const { tally, eventCount } = world;
  return { tally, eventCount, acceptedCount: oracle.acceptedCount, strictCount: oracle.strictCount };
}

function createSimulation(world: World): Simulation {
  const oracle = new Oracle();
  const database = new SimDatabase(world, oracle);
  const options = {
    intake: {
      batchAgeMs: world.pick([1_000, 5_000, 10_000]),
      flushDelayMs: world.pick([20, 200]),
      queuedBytesMax: world.pick([1_000, 4_000, 1_000_000]),
    },
    storage: {
      statementBatchesMax: world.pick([1, 3, 100]),
      statementMsMax: world.pick([20, 1_000]),
      unknownOutcomeRatio: world.pick([0, 0.1, 0.3]),
    },
    creditBytes: world.pick([200, 1_000, 1_000_000]),
  };
  const hubs = ['A', 'B'].slice(0, world.between(1, 2)).map((name) => new SimHub(name, { world, database, options }));
  const parts: SimAgentParts = {
    world,
    oracle,
    hubs,
    network: { delayMsMax: world.pick([5, 100, 2_000]), hostileRatio: world.pick([0, 0, 0, 0.05]) },
    database,
  };
  database.isProxied = parts.network.hostileRatio > 0;
  const agents = Array.from({ length: world.between(1, 3) }, () => createAgent(parts));
  return { world, oracle, database, hubs, agents, parts, pusher: new SimPusher(world, { oracle, database }) };
}

function createAgent(parts: SimAgentParts): SimAgent {
  const { world } = parts;
  const commitTicks = world.pick([1, 1, 1, 4]);
  const spoolTicksMax = world.pick([10, 40, Number.POSITIVE_INFINITY]);
  const state: MemorySpoolState = { streams: [], layouts: new Map() };
  return new SimAgent(
    {
      agentId: world.id128(),
      spool: new MemorySpool({ spoolTicksMax, commit: commitTicks === 1 ? 'each' : 'manual', state }),
      commitTicks,
      clockOffsetMs: world.pick([0, 0, 0, -3_600_000, 86_400_000 * 365, -world.nowMs + 60_000]),
      badTickRatio: world.pick([0, 0, 0.05]),
      poisonRatio: world.pick([0, 0, 0, 0.03]),
    },
    parts,
  );
}

function* streamsOf(database: SimDatabase) {
  for (const stream of database.streams.values()) {
    const host = database.hostOf(stream);
    assert(host !== undefined, 'a stream belongs to a host');
    yield { stream, agentId: host.agentId };
  }
}

function whatIsLeft(agents: readonly SimAgent[]): string {
  return agents
    .flatMap((agent) => agent.spool.streams().filter((stream) => agent.isRunning && stream.acked < stream.next - 1))
    .map((stream) => `${stream.epoch} ${stream.acked}/${stream.next - 1}`)
    .join(', ');
}

/**
 * A hub under test with everything around it, started for one scenario and cleared away after it, and the
 * readings that several scenarios take of it.
 */

import type { AgentsMethods } from './agents.process.ts';
import { takeClockOffsetMs } from './clock.ts';
import { accountingProblems, type Database, openDatabase, readStoredStreams } from './database.ts';
import { Generator } from './generator.ts';
import {
  benchEnrolmentKey,
  createHubFolder,
  type HubOptions,
  type HubProcess,
  removeHubFolder,
  startHub,
  writeHubSettings,
} from './hub-process.ts';
import type { ScenarioContext } from './scenario.ts';
import { contentProblems, storedTicks } from './stored-ticks.ts';
import { createSwarmDataset, type SwarmPlan } from './swarm/swarm.ts';
import { readTreeUsage, readUsage } from './usage.ts';
import type { ViewersMethods } from './viewers.process.ts';

export interface Session {
  /** Replaced when a scenario starts the hub again. */
  hub: HubProcess;
  readonly database: Database;
  readonly hubOptions: HubOptions;
}

export interface CpuReading {
  readonly hubSec: number;
  readonly postgresSec: number;
}

/** Starts hub and PostgreSQL, runs `work` with them, and stops and removes both, whatever happens. */
export async function withHub<T>(
  context: ScenarioContext,
  work: (session: Session) => Promise<T>,
  options: HubOptions = {},
): Promise<T> {
  const nodeArguments = [...profileArguments(context), ...(options.nodeArguments ?? [])];
  const hubOptions: HubOptions = { ...options, nodeArguments };
  const folder = await createHubFolder(hubOptions);
  let session: Session | null = null;
  try {
    const hub = await startHub(folder, hubOptions);
    session = { hub, database: openDatabase(folder.dataFolder), hubOptions };
    return await work(session);
  } finally {
    await session?.database.close();
    await session?.hub.stop();
    await removeHubFolder(folder);
  }
}

/** Stops hub and PostgreSQL in good order and starts them again, with other settings where some are given. */
export async function restartHub(session: Session, settings?: HubOptions['settings']): Promise<void> {
  await session.hub.stop();
  if (settings !== undefined) await writeHubSettings(session.hub.folder, settings);
  session.hub = await startHub(session.hub.folder, session.hubOptions);
}

/** A swarm in a process of its own, made and not yet connected; stopped after `work`. */
export async function withAgents<T>(
  plan: Omit<SwarmPlan, 'enrolmentKey'>,
  work: (agents: Generator<AgentsMethods>) => Promise<T>,
  { clockShiftMs = 0 }: { readonly clockShiftMs?: number } = {},
): Promise<T> {
  const agents = new Generator<AgentsMethods>('agents');
  try {
    await agents.call('create', {
      plan: { ...plan, enrolmentKey: benchEnrolmentKey },
      clockOffsetMs: takeClockOffsetMs() + clockShiftMs,
    });
    return await work(agents);
  } finally {
    agents.stop();
  }
}

/**
 * What is wrong with what is stored of a swarm that has settled: rows that do not add up for any stream, and for
 * three of them every value and time, decoded from the rows and compared with what was made.
 */
export async function storedProblems(
  session: Session,
  agents: Generator<AgentsMethods>,
  plan: Omit<SwarmPlan, 'enrolmentKey'>,
): Promise<string[]> {
  const { sql } = session.database;
  const streams = await agents.call('streams', null);
  const sent = new Map(streams.map((stream) => [stream.epoch, stream]));
  const problems = accountingProblems(await readStoredStreams(sql), sent);
  const dataset = createSwarmDataset(plan);
  for (const index of new Set([0, Math.floor(streams.length / 2), streams.length - 1])) {
    const { hostName, host, firstMs } = streams[index]!;
    const made = { dataset, host, firstMs, intervalMs: plan.intervalMs };
    problems.push(...(await contentProblems(storedTicks(sql, { hostName }), made)));
  }
  return problems;
}

/** Viewers in a process of their own, not yet connected; stopped after `work`. */
export async function withViewers<T>(work: (viewers: Generator<ViewersMethods>) => Promise<T>): Promise<T> {
  const viewers = new Generator<ViewersMethods>('viewers');
  try {
    return await work(viewers);
  } finally {
    viewers.stop();
  }
}

/** CPU time of the hub's process and of PostgreSQL's tree, from /proc. */
export function readCpu(session: Session): CpuReading {
  return { hubSec: readUsage(session.hub.pid).cpuSec, postgresSec: readTreeUsage(session.database.pid()).cpuSec };
}

export function cpuBetween(before: CpuReading, after: CpuReading): CpuReading {
  return { hubSec: after.hubSec - before.hubSec, postgresSec: after.postgresSec - before.postgresSec };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function profileArguments(context: ScenarioContext): readonly string[] {
  if (context.profileFolder === null) return [];
  return ['--cpu-prof', '--cpu-prof-dir', context.profileFolder];
}

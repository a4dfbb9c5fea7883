/**
 * `kill`: real agents, a real hub and its PostgreSQL under load, and again and again one of them is killed: an
 * agent, the hub, the postmaster, or the connection that is in the middle of storing. At the end every tick that an
 * agent has accepted must be stored once, and nothing else.
 *
 * What was accepted is read from the spools, which keep acknowledged ticks; what was stored is decoded from the
 * rows; what was produced is a counter that a script of each agent syncs to the disk before it gives the number.
 * Which fault comes when follows from the seed; what it hits does not.
 */
import { AgentProcess, counterKey, createAgentFolder, readCounter } from './agent-process.ts';
import {
  applicationName,
  type Database,
  killPostmaster,
  openDatabase,
  postgresVersion,
  readStoredStreams,
} from './database.ts';
import { createRandom } from './dataset.ts';
import { readMetrics } from './hub-metrics.ts';
import { type HubProcess, spawnHub } from './hub-process.ts';
import { judge, sumVerdicts, type Verdict } from './kill-check.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { KillScenario } from './scenarios.ts';
import { type Session, sleep, withHub } from './session.ts';
import { readSpool, type SpoolContent } from './spool-file.ts';
import { readStoredTicks } from './stored-ticks.ts';

const faults = ['agent', 'hub', 'postmaster', 'backend'] as const;
type Fault = (typeof faults)[number];

const healMsMax = 120_000;
const pollMs = 200;
/** How long a running statement is looked for before any connection of the hub is ended. */
const statementMsMax = 1_500;

/** Ticks that the hub says came as replay, summed over its lives: each life counts from 0. */
interface ReplayMeter {
  lastLifeTicks: number;
  thisLifeTicks: number;
}

interface Stage {
  readonly session: Session;
  readonly agents: AgentProcess[];
  readonly random: () => number;
  readonly counts: Record<Fault, number>;
  readonly replayed: ReplayMeter;
}

export function runKill(scenario: KillScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  return withHub(context, async (session) => {
    const { folder, port } = session.hub.folder;
    const { agentCount, intervalMs, runCount, seed } = scenario;
    const random = createRandom(seed);
    // The first numbers of a linear congruential generator follow its seed too closely.
    for (let index = 0; index < 8; index += 1) random();
    const agents: AgentProcess[] = [];
    const stage: Stage = {
      session,
      agents,
      random,
      counts: { agent: 0, hub: 0, postmaster: 0, backend: 0 },
      replayed: { lastLifeTicks: 0, thisLifeTicks: 0 },
    };
    try {
      for (let index = 0; index < agentCount; index += 1)
        agents.push(new AgentProcess(await createAgentFolder(folder, { name: `kill-${index}`, port, intervalMs })));
      for (let run = 1; run <= runCount; run += 1) {
        await pause(scenario, stage);
        const fault = faults[Math.floor(random() * faults.length)]!;
        stage.counts[fault] += 1;
        await strike(fault, stage);
        if (run % 20 === 0) context.say(`${run} of ${runCount} faults`);
      }
      return await settleAndJudge(stage, context);
    } finally {
      for (const agent of agents) await agent.kill();
    }
  });
}

/** Waits a random time and reads meanwhile what the hub has counted. */
async function pause(scenario: KillScenario, stage: Stage): Promise<void> {
  const { pauseMsMin, pauseMsMax } = scenario;
  const untilMs = performance.now() + pauseMsMin + stage.random() * (pauseMsMax - pauseMsMin);
  await readReplayed(stage);
  while (performance.now() < untilMs) {
    await sleep(Math.min(pollMs, Math.max(1, untilMs - performance.now())));
    await readReplayed(stage);
  }
}

async function strike(fault: Fault, stage: Stage): Promise<void> {
  const { session, agents, random } = stage;
  switch (fault) {
    case 'agent': {
      const index = Math.floor(random() * agents.length);
      await agents[index]!.kill();
      agents[index] = new AgentProcess(agents[index]!.folder);
      break;
    }
    case 'hub':
      await restartHub(stage);
      break;
    case 'postmaster':
      killPostmaster(session.database);
      break;
    case 'backend':
      await endStatement(session.database);
      break;
  }
}

async function restartHub({ session, replayed }: Stage): Promise<void> {
  await session.hub.kill();
  replayed.lastLifeTicks += replayed.thisLifeTicks;
  replayed.thisLifeTicks = 0;
  session.hub = spawnHub(session.hub.folder, session.hubOptions);
}

/** Ends the connection that stores, while it does so; any connection of the hub when none is seen storing. */
async function endStatement(database: Database): Promise<void> {
  const connection = openDatabase(database.dataFolder);
  try {
    await connection.sql.unsafe(endStatementSql);
  } catch (error) {
    // The server is on its way down or up: there is nothing to end.
    if (!(error instanceof Error && 'code' in error)) throw error;
  } finally {
    await connection.close();
  }
}

const endStatementSql = `
  do $$
  declare
    struck int := 0;
    until_at timestamptz := clock_timestamp() + interval '${statementMsMax} ms';
  begin
    while struck = 0 and clock_timestamp() < until_at loop
      perform pg_stat_clear_snapshot();
      select count(pg_terminate_backend(pid)) into struck from pg_stat_activity
        where pid <> pg_backend_pid() and state = 'active' and query ilike '%insert into batch%';
      perform pg_sleep(0.001);
    end loop;
    if struck = 0 then
      perform pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and application_name ilike 'pulsewire%'
          and application_name <> '${applicationName}' limit 1;
    end if;
  end $$`;

/** Stops the agents, waits until what they had accepted is stored, and compares. */
async function settleAndJudge(stage: Stage, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { session, agents, counts, replayed } = stage;
  const startMs = performance.now();
  await session.hub.ready();
  await Promise.all(agents.map((agent) => agent.stop()));
  const accepted = agents.map((agent) => readSpool(agent.folder.spoolFile));
  for (const [index, agent] of agents.entries()) agents[index] = new AgentProcess(agent.folder);
  const isHealed = await untilStored(session.database, accepted, stage);
  const healMs = performance.now() - startMs;
  await Promise.all(agents.map((agent) => agent.stop()));
  context.say(`Everything is stored after ${Math.round(healMs)} ms; comparing`);

  const { sql } = session.database;
  const verdicts = [];
  for (const [index, agent] of agents.entries()) {
    verdicts.push(
      judge({
        accepted: accepted[index]!.ticks,
        spooled: readSpool(agent.folder.spoolFile).ticks,
        stored: await readStoredTicks(sql, { hostName: agent.folder.name, counterKey }),
        producedCount: readCounter(agent.folder),
      }),
    );
  }
  const verdict = sumVerdicts(verdicts);
  const streams = await readStoredStreams(sql);
  const gapTicks = streams.reduce((sum, stream) => sum + stream.gapSeqs, 0);
  const broken = streams.filter((stream) => stream.overlaps > 0 || stream.holes > 0);
  return {
    figures: {
      ...verdict,
      replayedTicks: replayed.lastLifeTicks + replayed.thisLifeTicks,
      gapTicks,
      streamCount: streams.length,
      healMs,
      agentKills: counts.agent,
      hubKills: counts.hub,
      postmasterKills: counts.postmaster,
      backendKills: counts.backend,
    },
    problems: [
      ...problemsOf(verdict),
      ...(isHealed ? [] : [`all accepted ticks must be stored within ${healMsMax} ms`]),
      ...broken.map((stream) => `${stream.hostName}: seqs must be stored without overlap or hole: got ${stream.epoch}`),
      ...(gapTicks === 0 ? [] : [`no tick may be given up: got ${gapTicks}`]),
    ],
    postgresVersion: await postgresVersion(sql),
  };
}

function problemsOf(verdict: Verdict): string[] {
  const problems = (['lostTicks', 'repeatedTicks', 'phantomTicks'] as const)
    .filter((name) => verdict[name] !== 0)
    .map((name) => `${name} must be 0: got ${verdict[name]}`);
  if (verdict.countedTicks === 0) problems.push('the counter must be stored: got no number of it');
  return problems;
}

/** Whether everything in the spools is stored in time. */
async function untilStored(database: Database, spools: readonly SpoolContent[], stage: Stage): Promise<boolean> {
  const wanted = new Map<string, number>();
  for (const { ticks } of spools) for (const tick of ticks) wanted.set(tick.epoch, tick.seq);
  const untilMs = performance.now() + healMsMax;
  while (performance.now() < untilMs) {
    await readReplayed(stage);
    const rows = await database.sql<{ epoch: string; stored_seq: string }[]>`
      select encode(epoch, 'hex') as epoch, stored_seq from stream`;
    const stored = new Map(rows.map((row) => [row.epoch, Number(row.stored_seq)]));
    if ([...wanted].every(([epoch, seq]) => (stored.get(epoch) ?? 0) >= seq)) return true;
    await sleep(pollMs);
  }
  return false;
}

/** Takes over what the hub has counted so far, if it answers. */
async function readReplayed({ session, replayed }: Stage): Promise<void> {
  const ticks = await readCounterMetric(session.hub, 'pulsewire_hub_ticks_replayed_total');
  if (ticks !== null) replayed.thisLifeTicks = Math.max(replayed.thisLifeTicks, ticks);
}

async function readCounterMetric(hub: HubProcess, name: string): Promise<number | null> {
  try {
    return (await readMetrics(hub.folder.port)).get(name) ?? null;
  } catch (error) {
    // Refused or cut: the hub is down or on its way.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

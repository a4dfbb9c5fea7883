/**
 * `killpast`: hub and PostgreSQL are killed at random moments while days of backlog become chunks, days and months
 * are rolled up, and old days go by age. At the end every tick that is kept is there once, with its bits, and every
 * rollup, also of days whose raw data has gone, equals what is recomputed from what was sent.
 *
 * The backlog comes between the faults, so that days which had been rolled up change again. Which fault comes when
 * follows from the seed; what it hits does not, so the hits are counted from the hub's own metrics.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { AgentsMethods } from './agents.process.ts';
import { killPostmaster, openDatabase, postgresVersion } from './database.ts';
import { createRandom } from './dataset.ts';
import type { Generator } from './generator.ts';
import { aggregate, readMetrics } from './hub-metrics.ts';
import { benchOperatorHeaders, spawnHub } from './hub-process.ts';
import { judgePast } from './past-check.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { KillPastScenario } from './scenarios.ts';
import { type Session, sleep, withAgents, withHub } from './session.ts';

const faults = ['hub', 'postmaster', 'both'] as const;
type Fault = (typeof faults)[number];

const dayMs = 86_400_000;
const upkeepMsMax = 120_000;
/** From the middle of the run on only so many days of raw are kept. */
const rawDaysKept = 2;

export function runKillPast(scenario: KillPastScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  return withHub(context, (session) => {
    const { agentCount, metricCount, datasetTicks, intervalMs, dayCount, runCount, seed } = scenario;
    const today = Math.floor(Date.now() / dayMs);
    const startMs = (today - dayCount) * dayMs;
    const plan = {
      port: session.hub.folder.port,
      agentCount,
      metricCount,
      tickCount: datasetTicks,
      intervalMs,
      replays: true,
      startsInMs: 0,
      startMs,
      seed,
    };
    return withAgents(plan, async (agents) => {
      await agents.call('connect', { perSecond: 250, count: agentCount });
      const random = createRandom(seed);
      const counts: Record<Fault | 'inUpkeep', number> = { hub: 0, postmaster: 0, both: 0, inUpkeep: 0 };
      const ticksPerRun = Math.floor((dayCount * dayMs) / intervalMs / runCount);
      for (let run = 1; run <= runCount; run += 1) {
        if (run === Math.ceil(runCount / 2)) keepRawDays(session, rawDaysKept);
        const sent = agents.call('backlog', { count: ticksPerRun });
        // Now and then faults meet storing, else the whole backlog of the run is there to be compacted.
        if (random() < 0.7) await sent;
        triggerUpkeep(session);
        await sleep(random() * scenario.strikeMsMax);
        if (await isUpkeepRunning(session)) counts.inUpkeep += 1;
        const fault = faults[Math.floor(random() * faults.length)]!;
        counts[fault] += 1;
        await strike(fault, session);
        await sent;
        if (run % 10 === 0) context.say(`${run} of ${runCount} faults, ${counts.inUpkeep} of them while upkeep ran`);
      }
      await settle(session);
      context.say('Everything is compacted and rolled up; comparing');
      return await judge({ session, agents, plan, counts, scenario });
    });
  });
}

/** Rewrites the settings: the next start of the hub lets the days before go. */
function keepRawDays(session: Session, retentionRawDays: number): void {
  const { configFile } = session.hub.folder;
  const settings = JSON.parse(readFileSync(configFile, 'utf8')) as Record<string, unknown>;
  writeFileSync(configFile, JSON.stringify({ ...settings, retentionRawDays }));
}

/** Starts a run of upkeep and waits for nothing: it is about to be cut off. */
function triggerUpkeep({ hub }: Session): void {
  fetch(`http://127.0.0.1:${hub.folder.port}/aggregate`, { method: 'POST', headers: benchOperatorHeaders })
    .then((answer) => answer.arrayBuffer())
    .catch(() => undefined);
}

async function isUpkeepRunning({ hub }: Session): Promise<boolean> {
  const metrics = await readMetrics(hub.folder.port).catch(() => new Map<string, number>());
  return metrics.get('pulsewire_hub_upkeep_running') === 1;
}

async function strike(fault: Fault, session: Session): Promise<void> {
  if (fault !== 'hub') killPostmaster(session.database);
  if (fault !== 'postmaster') {
    await session.hub.kill();
    session.hub = spawnHub(session.hub.folder, session.hubOptions);
  }
  await session.hub.ready();
}

/** Restarts the hub, so that retention runs, until nothing is left to be compacted, rolled up or let go. */
async function settle(session: Session): Promise<void> {
  const untilMs = performance.now() + upkeepMsMax;
  let before = '';
  while (performance.now() < untilMs) {
    try {
      await aggregate(session.hub.folder.port);
    } catch (error) {
      // PostgreSQL may be on its way still, from the last fault or the last start.
      before = String(error);
      await sleep(500);
      continue;
    }
    const state = await readState(session);
    if (state.isDone && state.text === before) return;
    before = state.text;
    await session.hub.stop();
    session.hub = spawnHub(session.hub.folder, session.hubOptions);
    await session.hub.ready();
    await sleep(500);
  }
  throw new Error(`Cannot settle: upkeep must come to an end within ${upkeepMsMax} ms: got ${before}`);
}

async function readState(session: Session): Promise<{ readonly isDone: boolean; readonly text: string }> {
  const database = openDatabase(session.database.dataFolder);
  try {
    const [row] = await database.sql<{ batches: number; due: number; floors: string; chunks: number }[]>`
      select (select count(*) from batch)::int as batches,
        (select count(*) from day where rolled_minute <> version or rolled_hour <> version)::int as due,
        (select string_agg(tier || ':' || day, ' ' order by tier) from floor) as floors, (select count(*) from chunk)::int as chunks`;
    const { batches, due, floors, chunks } = row!;
    return {
      isDone: batches === 0 && due === 0,
      text: `${batches} batches, ${due} days due, floors ${floors}, ${chunks} chunks`,
    };
  } finally {
    await database.close();
  }
}

async function judge(of: {
  readonly session: Session;
  readonly agents: Generator<AgentsMethods>;
  readonly plan: Parameters<typeof judgePast>[1]['plan'];
  readonly counts: Readonly<Record<Fault | 'inUpkeep', number>>;
  readonly scenario: KillPastScenario;
}): Promise<ScenarioOutcome> {
  const { session, agents, plan, counts, scenario } = of;
  const database = openDatabase(session.database.dataFolder);
  try {
    const streams = await agents.call('streams', null);
    const verdict = await judgePast(database.sql, { streams, plan });
    const { problems, ...figures } = verdict;
    const isHit = counts.inUpkeep > 0 && figures.droppedDays > 0;
    return {
      figures: {
        ...figures,
        hubKills: counts.hub,
        postmasterKills: counts.postmaster,
        bothKills: counts.both,
        killsInUpkeep: counts.inUpkeep,
      },
      problems: [
        ...problems,
        ...(isHit || scenario.runCount < 10 ? [] : ['faults must meet upkeep, and days must go by age: got none']),
      ],
      postgresVersion: await postgresVersion(database.sql),
    };
  } finally {
    await database.close();
  }
}

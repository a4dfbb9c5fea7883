/**
 * `killalerts`: values cross their thresholds all the time, and again and again the hub, the postmaster or both are
 * killed. The receiver of notices stands outside and lives on. At the end every transition that the database has was
 * told at least once on every channel, nothing was told that it does not have, fired and resolved alternate for each
 * rule and series, there and in what was told, and what was told last is how things are.
 *
 * Which fault comes when follows from the seed; what it hits does not.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentsMethods } from './agents.process.ts';
import { judgeAlerts } from './alert-check.ts';
import { countRules, readAlertTargets, readEvents, readOutbox } from './alert-database.ts';
import { alertsFileText, highValue, hostNameOf, hostRuleName, percentMetrics } from './alert-rules.ts';
import { createClock, takeClockOffsetMs } from './clock.ts';
import { killPostmaster, openDatabase, postgresVersion, type Sql } from './database.ts';
import { createRandom, metricName } from './dataset.ts';
import type { Generator } from './generator.ts';
import { spawnHub } from './hub-process.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { KillAlertsScenario } from './scenarios.ts';
import { restartHub, type Session, sleep, withAgents, withHub } from './session.ts';
import type { Wave } from './waves.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/** The hub more often than the others: it is what decides and sends. */
const faults = ['hub', 'hub', 'hub', 'postmaster', 'both'] as const;
type Fault = (typeof faults)[number];

const prefix = 'bench';
const channels = ['first', 'second'] as const;
const startsInMs = 3_000;
const warmupMs = 3_000;
/** Sooner than real agents, so that values are judged again when the next fault comes. */
const backoff = { baseMs: 200, capMs: 1_000 };
/** Of the faults so many come to a hub that has just been started, or whose agents are on their way. */
const unreadyRatio = 0.2;
const settleMsMax = 180_000;
const startsMax = 3;
const waveEnd = 1_000_000_000;

interface Stage {
  readonly scenario: KillAlertsScenario;
  readonly session: Session;
  readonly agents: Generator<AgentsMethods>;
  readonly receiver: WebhookReceiver;
  readonly random: () => number;
  readonly counts: Record<Fault | 'unready' | 'failedStarts', number>;
  readonly say: (line: string) => void;
}

export function runKillAlerts(scenario: KillAlertsScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { agentCount, metricCount, intervalMs, runCount, seed } = scenario;
  const random = createRandom(seed);
  // The first numbers of a linear congruential generator follow its seed too closely.
  for (let index = 0; index < 8; index += 1) random();
  const waves = randomWaves(scenario, random);
  const receiver = new WebhookReceiver(createClock(takeClockOffsetMs()));
  return withHub(context, async (session) => {
    await receiver.start();
    const alertsFile = join(session.hub.folder.folder, 'alerts.json');
    await writeFile(alertsFile, fileText(receiver, waves));
    await restartHub(session, {
      alertsFile,
      internalTargets: [receiver.target],
      noticeWaitMs: 100,
      noticeIntervalMs: 0,
    });
    const { port } = session.hub.folder;
    const plan = {
      port,
      agentCount,
      metricCount,
      tickCount: 60,
      intervalMs,
      replays: true,
      startsInMs,
      prefix,
      waves,
      backoff,
      seed,
    };
    try {
      return await withAgents(plan, async (agents) => {
        const counts = { hub: 0, postmaster: 0, both: 0, unready: 0, failedStarts: 0 };
        const stage = { scenario, session, agents, receiver, random, counts, say: context.say };
        await agents.call('connect', { perSecond: 250, count: agentCount });
        await agents.call('startTicks', null);
        await sleep(startsInMs + warmupMs);
        for (let run = 1; run <= runCount; run += 1) {
          await strike(stage);
          if (run % 10 === 0) context.say(`${run} of ${runCount} faults, ${receiver.deliveries.length} messages`);
        }
        return await settleAndJudge(stage, context);
      });
    } finally {
      receiver.stop();
    }
  });
}

/** Each agent has some series that go up and down at paces of their own. */
function randomWaves(scenario: KillAlertsScenario, random: () => number): Wave[] {
  const { agentCount, wavesPerAgent, metricCount, halfTicksMin, halfTicksMax } = scenario;
  const metrics = percentMetrics(metricCount);
  return Array.from({ length: agentCount * wavesPerAgent }, (_, index) => ({
    host: Math.floor(index / wavesPerAgent),
    metric: metrics[index % wavesPerAgent]!,
    fromTick: 2 + Math.floor(random() * halfTicksMax),
    halfTicks: halfTicksMin + Math.floor(random() * (halfTicksMax - halfTicksMin + 1)),
    toTick: waveEnd,
    high: highValue,
  }));
}

/** One rule for each wave, two channels. Half of the rules want two bad ticks, and two good ones. */
function fileText(receiver: WebhookReceiver, waves: readonly Wave[]): string {
  const rules = waves.map((wave, index) => ({
    name: hostRuleName(index),
    hosts: { names: [hostNameOf(prefix, wave.host)] },
    metric: metricName(wave.metric),
    condition: 'above',
    threshold: 100,
    for: index % 2 === 0 ? 0 : 0.5,
    keep_firing: index % 2 === 0 ? 0 : 0.5,
  }));
  const first = JSON.parse(alertsFileText(receiver.urlOf(channels[0]), rules)) as {
    channels: Record<string, unknown>[];
  };
  const webhooks = channels.map((name) => ({ ...first.channels[0], name, settings: { url: receiver.urlOf(name) } }));
  return JSON.stringify({ ...first, channels: webhooks });
}

/** Waits until values are judged, then for a random time, and kills. Now and then it waits for nothing. */
async function strike(stage: Stage): Promise<void> {
  const { scenario, session, agents, random, counts } = stage;
  const { pauseMsMin, pauseMsMax } = scenario;
  if (random() < unreadyRatio) counts.unready += 1;
  else {
    await untilReady(stage);
    await agents.call('allOpen', null);
  }
  await sleep(pauseMsMin + random() * (pauseMsMax - pauseMsMin));
  const fault = faults[Math.floor(random() * faults.length)]!;
  counts[fault] += 1;
  if (fault !== 'hub') killPostmaster(session.database);
  if (fault === 'postmaster') return;
  await session.hub.kill();
  session.hub = spawnHub(session.hub.folder, session.hubOptions);
}

/** A hub that could not start, as its PostgreSQL had died a moment before, is started again: as a service would be. */
async function untilReady({ session, counts, say }: Stage): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.hub.ready();
      return;
    } catch (error) {
      if (session.hub.isRunning || attempt === startsMax) throw error;
      counts.failedStarts += 1;
      say(`The hub could not start, and is started again: ${session.hub.logTail()}`);
      session.hub = spawnHub(session.hub.folder, session.hubOptions);
    }
  }
}

async function settleAndJudge(stage: Stage, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { session, agents, receiver, counts, scenario } = stage;
  await untilReady(stage);
  const { isHigh } = await agents.call('freezeWaves', null);
  context.say('The waves stand still; waiting until all is told');
  const database = openDatabase(session.database.dataFolder);
  try {
    const fromMs = performance.now();
    const isSettled = await untilSettled(database.sql, isHigh);
    const settleMs = performance.now() - fromMs;
    const targets = await readAlertTargets(database.sql);
    const recorded = await readEvents(database.sql);
    const verdict = judgeAlerts({ recorded, received: receiver.events, targets, channels });
    const { problems, ...figures } = verdict;
    const { unsent, dead } = await readOutbox(database.sql);
    const ruleCount = await countRules(database.sql);
    return {
      figures: {
        ...figures,
        messages: receiver.deliveries.length,
        settleMs,
        hubKills: counts.hub + counts.both,
        postmasterKills: counts.postmaster + counts.both,
        unreadyKills: counts.unready,
        failedStarts: counts.failedStarts,
      },
      problems: [
        ...problems,
        ...receiver.problems,
        ...(await agents.call('report', null)).problems,
        ...(isSettled
          ? []
          : [`all must be told within ${settleMsMax} ms: got ${unsent} notices that wait, ${dead} given up`]),
        ...wrongEnds(targets, isHigh),
        ...(verdict.recordedTransitions > scenario.runCount ? [] : ['transitions must be recorded: got next to none']),
        ...(ruleCount >= isHigh.length ? [] : [`${isHigh.length} rules must be there: got ${ruleCount}`]),
      ],
      postgresVersion: await postgresVersion(database.sql),
    };
  } finally {
    await database.close();
  }
}

type Targets = Awaited<ReturnType<typeof readAlertTargets>>;

/** Rules that do not say what their series is now. */
function wrongEnds(targets: Targets, isHigh: readonly boolean[]): string[] {
  const firing = new Set(targets.filter((target) => target.isFiring).map(({ ruleName }) => ruleName));
  return isHigh.flatMap((high, index) => {
    const name = hostRuleName(index);
    return firing.has(name) === high ? [] : [`${name} must ${high ? 'fire' : 'not fire'} at the end: got the opposite`];
  });
}

/** Whether in time every target is how its series is, told so, and nothing waits to be sent. */
async function untilSettled(sql: Sql, isHigh: readonly boolean[]): Promise<boolean> {
  const untilMs = performance.now() + settleMsMax;
  while (performance.now() < untilMs) {
    const isSettled = await isAllTold(sql, isHigh);
    if (isSettled) return true;
    await sleep(500);
  }
  return false;
}

async function isAllTold(sql: Sql, isHigh: readonly boolean[]): Promise<boolean> {
  try {
    const targets = await readAlertTargets(sql);
    const { unsent, dead } = await readOutbox(sql);
    return (
      unsent + dead === 0 &&
      targets.every(({ isFiring, isTold }) => isFiring === isTold) &&
      wrongEnds(targets, isHigh).length === 0
    );
  } catch (error) {
    // The postmaster is on its way up from the last fault.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

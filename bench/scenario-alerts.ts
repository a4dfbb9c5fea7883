/**
 * `alerts`: what it costs to judge 109,900 series by rules, how soon a transition is recorded and told, and what
 * people are told when hosts vanish and when a value flaps.
 *
 * Open loop: which series crosses its threshold at which tick is fixed before; latency counts from the moment the tick
 * was due. Recorded is when PostgreSQL says that the statement was committed (`track_commit_timestamp`); told is when
 * the last byte of the webhook was read in this process.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentsMethods } from './agents.process.ts';
import { compareTransitions, judgeAlerts } from './alert-check.ts';
import {
  type CommittedEvent,
  countRules,
  readAlertTargets,
  readEvents,
  readOutbox,
  trackCommits,
} from './alert-database.ts';
import { runOutages } from './alert-outages.ts';
import {
  alertsFileText,
  fleetRules,
  type HostRulePlan,
  hostNameOf,
  hostRuleName,
  hostRules,
  pulses,
} from './alert-rules.ts';
import { type Clock, createClock, takeClockOffsetMs } from './clock.ts';
import { postgresVersion } from './database.ts';
import type { Generator } from './generator.ts';
import { benchOperatorHeaders } from './hub-process.ts';
import { Latencies, namedLatencies } from './latency.ts';
import type { Figures, ScenarioContext, ScenarioOutcome } from './scenario.ts';
import { startsInMsOf } from './scenario-steady.ts';
import type { AlertsScenario } from './scenarios.ts';
import {
  cpuBetween,
  readCpu,
  restartHub,
  type Session,
  sleep,
  storedProblems,
  withAgents,
  withHub,
} from './session.ts';
import { crossingsOf, type Wave } from './waves.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const prefix = 'bench';
const settleMsMax = 180_000;
/** A hub that starts knows its rules a moment after it listens. */
const rulesAnswerMsMax = 30_000;

interface Stage {
  readonly scenario: AlertsScenario;
  readonly context: ScenarioContext;
  readonly session: Session;
  readonly agents: Generator<AgentsMethods>;
  readonly receiver: WebhookReceiver;
  readonly clock: Clock;
  readonly rules: HostRulePlan;
  readonly waves: readonly Wave[];
  readonly alertsFile: string;
}

export function runAlerts(scenario: AlertsScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { agentCount, metricCount, intervalMs, seed } = scenario;
  const clock = createClock(takeClockOffsetMs());
  const receiver = new WebhookReceiver(clock);
  const rules = { prefix, hostCount: agentCount, metricCount, count: scenario.hostRuleCount };
  const { waveCount: count, waveHalfTicks: halfTicks } = scenario;
  const waves = pulses(rules, { count, fromTick: firstWaveTick(scenario), halfTicks });
  return withHub(context, async (session) => {
    await receiver.start();
    const alertsFile = join(session.hub.folder.folder, 'alerts.json');
    await writeFile(alertsFile, alertsFileText(receiver.urlOf('bench'), []));
    await trackCommits(session.database);
    const { noticeIntervalMs } = scenario;
    await restartHub(session, { alertsFile, internalTargets: [receiver.target], noticeIntervalMs });
    const { port } = session.hub.folder;
    const startsInMs = startsInMsOf(scenario);
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
      seed,
    };
    try {
      return await withAgents(plan, async (agents) => {
        const stage = { scenario, context, session, agents, receiver, clock, rules, waves, alertsFile };
        await agents.call('connect', { perSecond: scenario.connectsPerSec, count: agentCount });
        await agents.call('startTicks', null);
        const load = await runLoad(stage);
        const outages = scenario.outages === null ? null : await runOutages({ ...stage, outages: scenario.outages });
        await agents.call('stopTicks', null);
        return {
          figures: { ...load.figures, ...outages?.figures },
          problems: [
            ...load.problems,
            ...(outages?.problems ?? []),
            ...(await judge(stage)),
            ...(await storedProblems(session, agents, plan)),
            ...(await agents.call('report', null)).problems,
            ...receiver.problems,
          ],
          postgresVersion: await postgresVersion(session.database.sql),
        };
      });
    } finally {
      receiver.stop();
    }
  });
}

/** After the reading without rules, the taking in of the rules, and the reading with them. */
function firstWaveTick({ warmupMs, measureMs, rulesMsMax, intervalMs }: AlertsScenario): number {
  return Math.ceil((warmupMs * 2 + measureMs * 2 + rulesMsMax) / intervalMs);
}

async function runLoad(stage: Stage): Promise<{ readonly figures: Figures; readonly problems: readonly string[] }> {
  const { scenario, context, session, agents, clock, waves } = stage;
  const { warmupMs, measureMs, intervalMs, waveHalfTicks } = scenario;
  await switchDefaultRules(session, false);
  const [first] = await agents.call('streams', null);
  const startMs = first!.firstMs;
  await sleep(startMs - clock.nowMs() + warmupMs);
  context.say('Without rules');
  const without = await readCores(session, measureMs);

  const rulesFromMs = clock.nowMs();
  await writeRules(stage);
  const rulesMs = clock.nowMs() - rulesFromMs;
  context.say(`${scenario.fleetRuleCount + scenario.hostRuleCount} rules are in force after ${Math.round(rulesMs)} ms`);
  await sleep(warmupMs);
  const withRules = await readCores(session, measureMs);

  const firstDueMs = startMs + firstWaveTick(scenario) * intervalMs;
  const isInTime = clock.nowMs() < firstDueMs;
  context.say(`${waves.length} series cross their thresholds, twice each`);
  await sleep(firstDueMs - clock.nowMs());
  const busy = await readCores(session, Math.min(measureMs, waveHalfTicks * intervalMs));
  await sleep(firstDueMs + (2 * waveHalfTicks + 2) * intervalMs - clock.nowMs());
  const settleMs = await untilSent(stage);
  const { figures, problems } = await judgeWaves(stage);
  return {
    figures: {
      coreRatioWithout: totalOf(without),
      coreRatio: totalOf(withRules),
      extraCoreRatio: totalOf(withRules) - totalOf(without),
      busyExtraCoreRatio: totalOf(busy) - totalOf(without),
      busyExtraHubCoreRatio: busy.hub - without.hub,
      busyExtraPostgresCoreRatio: busy.postgres - without.postgres,
      rulesMs,
      settleMs,
      ...figures,
    },
    problems: [...(isInTime ? [] : ['the rules must be in force before the first wave: got them later']), ...problems],
  };
}

/** Parts of a core. */
interface Cores {
  readonly hub: number;
  readonly postgres: number;
}

async function readCores(session: Session, measureMs: number): Promise<Cores> {
  const before = readCpu(session);
  const fromMs = performance.now();
  await sleep(measureMs);
  const { hubSec, postgresSec } = cpuBetween(before, readCpu(session));
  const elapsedSec = (performance.now() - fromMs) / 1_000;
  return { hub: hubSec / elapsedSec, postgres: postgresSec / elapsedSec };
}

function totalOf({ hub, postgres }: Cores): number {
  return hub + postgres;
}

/** Puts all rules into the file and has the hub read it again. Resolves when they are stored. */
async function writeRules(stage: Stage): Promise<void> {
  const { scenario, session, receiver, rules, alertsFile } = stage;
  const { sql } = session.database;
  const texts = [...fleetRules(scenario.fleetRuleCount, scenario.metricCount), ...hostRules(rules)];
  if (scenario.outages !== null) texts.push(flapRule);
  await switchDefaultRules(session, true);
  const wanted = (await countRules(sql)) + texts.length;
  await writeFile(alertsFile, alertsFileText(receiver.urlOf('bench'), texts));
  process.kill(session.hub.pid, 'SIGHUP');
  const untilMs = performance.now() + scenario.rulesMsMax;
  while ((await countRules(sql)) < wanted) {
    if (performance.now() > untilMs)
      throw new Error(
        `Cannot go on: ${wanted} rules must be stored: got ${await countRules(sql)}; ${session.hub.logTail()}`,
      );
    await sleep(100);
  }
}

/** Those that every hub begins with: they cost as well. */
async function switchDefaultRules({ hub }: Session, enabled: boolean): Promise<void> {
  const url = `http://127.0.0.1:${hub.folder.port}/api/v1/rules`;
  const headers = { ...benchOperatorHeaders, 'content-type': 'application/json' };
  const rules = await readRules(url);
  for (const { id, origin } of rules) {
    if (origin !== 'default') continue;
    const answer = await fetch(`${url}/${id}`, { method: 'PATCH', headers, body: JSON.stringify({ enabled }) });
    if (answer.status !== 200) throw new Error(`Cannot switch rule ${id}: got ${answer.status} ${await answer.text()}`);
  }
}

interface ShownRule {
  readonly id: number;
  readonly origin: string;
}

/** A hub that has just started may not know them yet. */
async function readRules(url: string): Promise<readonly ShownRule[]> {
  const untilMs = performance.now() + rulesAnswerMsMax;
  for (;;) {
    const answer = await fetch(url, { headers: benchOperatorHeaders });
    const text = await answer.text();
    if (answer.status === 200) return JSON.parse(text) as ShownRule[];
    if (answer.status !== 503 || performance.now() > untilMs)
      throw new Error(`Cannot read rules: the hub must answer 200: got ${answer.status} ${text}`);
    await sleep(100);
  }
}

const flapRule = {
  name: 'flap',
  hosts: { names: [hostNameOf('flap', 0)] },
  metric: 'metric_000',
  condition: 'above',
  threshold: 100,
  for: 0,
  keep_firing: 0,
};

/** Waits until nothing is waiting to be sent. Returns for how long, ms. */
async function untilSent({ session }: Stage): Promise<number> {
  const fromMs = performance.now();
  while (performance.now() - fromMs < settleMsMax) {
    if ((await readOutbox(session.database.sql)).unsent === 0) return performance.now() - fromMs;
    await sleep(200);
  }
  return settleMsMax;
}

/** Caused, recorded and told transitions of the waves, and how long they took. */
async function judgeWaves(stage: Stage): Promise<{ readonly figures: Figures; readonly problems: readonly string[] }> {
  const { scenario, session, agents, receiver, clock, waves } = stage;
  const events = await readEvents(session.database.sql);
  const firstMs = new Map((await agents.call('streams', null)).map((stream) => [stream.host, stream.firstMs]));
  const waveOf = new Map(waves.map((wave, index) => [hostRuleName(index), wave]));
  const told = new Map<string, number>();
  for (const { key, atMs } of receiver.events) if (!told.has(key)) told.set(key, atMs);
  const toRecorded = new Latencies();
  const toTold = new Latencies();
  // The clock of the benchmark and the wall clock of the server part by what the latter has been set since the start.
  const driftMs = Date.now() - clock.nowMs();
  for (const { ruleName, seq, key, committedMs } of events) {
    const wave = waveOf.get(ruleName);
    const crossing = wave === undefined ? undefined : crossingsOf(wave, Number.POSITIVE_INFINITY)[seq - 1];
    if (wave === undefined || crossing === undefined) continue;
    const dueMs = firstMs.get(wave.host)! + crossing.tick * scenario.intervalMs;
    toRecorded.add(committedMs - driftMs - dueMs);
    const toldMs = told.get(key);
    if (toldMs !== undefined) toTold.add(toldMs - dueMs);
  }
  const caused = causedTransitions(stage, events);
  const { missing, extra } = compareTransitions(
    caused,
    events.filter(({ ruleName }) => waveOf.has(ruleName)),
  );
  const wanted = waves.length * 2;
  return {
    figures: {
      ...namedLatencies('arrivalToOutbox', toRecorded.figures()),
      ...namedLatencies('arrivalToWebhook', toTold.figures()),
      causedTransitions: wanted,
      recordedTransitions: toRecorded.figures().count,
      toldTransitions: toTold.figures().count,
      webhookMessages: receiver.deliveries.length,
    },
    problems: [
      ...(missing === 0 && extra === 0
        ? []
        : [`${wanted} transitions must be recorded: got ${missing} less and ${extra} more`]),
      ...(toTold.figures().count === wanted
        ? []
        : [`${wanted} transitions must be told: got ${toTold.figures().count}`]),
    ],
  };
}

/** By target, where the database knows it; else by the name of its rule, which nothing recorded can be equal to. */
function causedTransitions({ waves }: Stage, events: readonly CommittedEvent[]): Map<string, boolean[]> {
  const targetOf = new Map(events.map(({ ruleName, target }) => [ruleName, target]));
  return new Map(
    waves.map((wave, index) => [
      targetOf.get(hostRuleName(index)) ?? hostRuleName(index),
      crossingsOf(wave, Number.POSITIVE_INFINITY).map(({ isHigh }) => isHigh),
    ]),
  );
}

/** What holds for every event of the run, whatever caused it. */
async function judge(stage: Stage): Promise<readonly string[]> {
  await untilSent(stage);
  const { sql } = stage.session.database;
  const verdict = judgeAlerts({
    recorded: await readEvents(sql),
    received: stage.receiver.events,
    targets: await readAlertTargets(sql),
    channels: ['bench'],
  });
  const { dead } = await readOutbox(sql);
  return [...verdict.problems, ...(dead === 0 ? [] : [`every notice must be sent: got ${dead} given up`])];
}

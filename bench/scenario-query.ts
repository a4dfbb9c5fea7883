/**
 * `query`: how long a span of history takes, from the request to the last byte, over HTTP on this machine.
 *
 *   a year, a tick a minute ─► rollups   two days, a tick a second ─► chunks, the last two hours in batches
 *
 * The hub's clock stands at 23:50 UTC of a 31st (`shifted-clock.ts`): the day is as long as it gets before it is rolled
 * up, and so is the month. The past is stored under a retention of a year, then the hub is started with its defaults,
 * which leave of most of it the rollups only. Answers are checked by counts, and by extremes over whole rounds of the data set.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { postgresVersion } from './database.ts';
import { columnOf, createDataset, type Dataset, metricName } from './dataset.ts';
import { aggregate } from './hub-metrics.ts';
import { Latencies, type LatencyFigures } from './latency.ts';
import { type Query, type QueryAnswer, QueryClient } from './query-client.ts';
import type { Figures, ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { QueryScenario } from './scenarios.ts';
import { restartHub, type Session, withAgents, withHub } from './session.ts';
import { lastMonthEndMs, shiftedClockArgument } from './shifted-clock.ts';
import type { SwarmPlan } from './swarm/swarm.ts';

const dayMs = 86_400_000;
const prefix = 'query';
/** Ticks of each host between two waits for all of them. */
const sliceTicks = 20_000;
/** Raw and minutes of a year stay until they are rolled up. */
const keepAll = { retentionRawDays: 500, retentionMinuteDays: 500 };

/** The instants that the data is made of. */
interface Times {
  readonly nowMs: number;
  /** What to add to the machine's clock. */
  readonly shiftMs: number;
  /** First tick of all; first tick of those a second apart; first tick in a batch. */
  readonly pastMs: number;
  readonly secondsMs: number;
  readonly batchesMs: number;
}

interface Stage {
  readonly session: Session;
  readonly times: Times;
  readonly scenario: QueryScenario;
  readonly context: ScenarioContext;
}

export function runQuery(scenario: QueryScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const times = timesOf(scenario);
  const options = { nodeArguments: [shiftedClockArgument(times.shiftMs)], settings: keepAll };
  return withHub(
    context,
    async (session) => {
      const stage = { session, times, scenario, context };
      await store(stage);
      const dataset = createDataset({
        hostCount: scenario.hostCount,
        metricCount: scenario.metricCount,
        tickCount: scenario.datasetTicks,
      });
      const warm = await measureWarm(stage, dataset);
      const cold = await measureCold(stage);
      return {
        figures: { ...warm.figures, ...cold },
        problems: warm.problems,
        postgresVersion: await postgresVersion(session.database.sql),
      };
    },
    options,
  );
}

function timesOf({ pastDays, batchSeconds }: QueryScenario): Times {
  const nowMs = lastMonthEndMs(Date.now());
  const todayMs = Math.floor(nowMs / dayMs) * dayMs;
  const secondsMs = todayMs - dayMs;
  return {
    nowMs,
    shiftMs: nowMs - Date.now(),
    pastMs: secondsMs - pastDays * dayMs,
    secondsMs,
    batchesMs: nowMs - batchSeconds * 1_000,
  };
}

/** Stores the past, then the last two days but for the last hours, and then those as batches. */
async function store({ session, times, scenario, context }: Stage): Promise<void> {
  const { hostCount, metricCount, datasetTicks, seed } = scenario;
  const { nowMs, pastMs, secondsMs, batchesMs, shiftMs } = times;
  const send = async (plan: Pick<SwarmPlan, 'startMs' | 'intervalMs' | 'run' | 'replayTicks'>, toMs: number) => {
    const whole = {
      ...{ port: session.hub.folder.port, agentCount: hostCount, metricCount, tickCount: datasetTicks },
      ...{ replays: true, startsInMs: 0, prefix, seed, ...plan },
    };
    await withAgents(
      whole,
      async (agents) => {
        await agents.call('connect', { perSecond: 250, count: hostCount });
        const count = Math.round((toMs - plan.startMs!) / plan.intervalMs);
        for (let done = 0; done < count; done += sliceTicks)
          await agents.call('backlog', { count: Math.min(sliceTicks, count - done) });
      },
      { clockShiftMs: shiftMs },
    );
  };
  context.say('Storing the past');
  await send({ startMs: pastMs, intervalMs: 60_000, run: 1 }, secondsMs);
  await send({ startMs: secondsMs, intervalMs: 1_000, run: 2 }, batchesMs);
  context.say('Compacting and rolling up');
  await aggregate(session.hub.folder.port);
  await restartHub(session, {});
  // Once more under the default retention: old partitions go.
  await aggregate(session.hub.folder.port);
  await send({ startMs: batchesMs, intervalMs: 1_000, run: 3, replayTicks: scenario.batchTicks }, nowMs);
}

async function measureWarm(
  { session, times, scenario, context }: Stage,
  dataset: Dataset,
): Promise<{ readonly figures: Figures; readonly problems: readonly string[] }> {
  const { nowMs, batchesMs } = times;
  const { warmupCount, measureCount, metricCount, seriesTogether } = scenario;
  const midnightMs = Math.floor(nowMs / dayMs) * dayMs;
  const client = new QueryClient(session.hub.folder.port);
  const figures: Record<string, number> = {};
  const problems: string[] = [];
  const measure = async (name: string, span: Pick<Query, 'fromMs' | 'toMs'>, seriesCount = 1) => {
    const queryOf = (turn: number) => {
      const keys = Array.from({ length: seriesCount }, (_, index) => metricName((turn + index) % metricCount));
      return { hostName: hostNameOf(turn % scenario.hostCount), keys, pointsMax: scenario.pointsMax, ...span };
    };
    const { answer, bytes } = await client.ask(queryOf(0));
    problems.push(...answerProblems(name, { answer, query: queryOf(0), dataset, times }));
    const latencies = await client.measure({ warmup: warmupCount, measure: measureCount }, queryOf);
    Object.assign(figures, timeFigures(name, latencies), { [`${name}AnswerBytes`]: bytes });
    context.say(`${name}: ${latencies.p50Ms} ms, p95 ${latencies.p95Ms} ms, tier ${answer.tier}`);
  };
  const back = (toMs: number, days: number) => ({ fromMs: toMs - days * dayMs, toMs });
  try {
    await measure('dayRawWarm', back(nowMs, 1));
    await measure('dayRawChunks', { fromMs: Math.max(times.secondsMs, batchesMs - dayMs), toMs: batchesMs });
    await measure('daySeries12', back(nowMs, 1), seriesTogether);
    await measure('month30', back(midnightMs, 30));
    await measure('monthEnd30', back(nowMs, 30));
    if (scenario.pastDays >= 365) {
      await measure('year', back(midnightMs, 365));
      await measure('monthEndYear', back(nowMs, 365));
    }
  } finally {
    client.close();
  }
  return { figures, problems };
}

/** The first query after a start, with nothing of the data in memory where the kernel lets us say so. */
async function measureCold({ session, times, scenario, context }: Stage): Promise<Figures> {
  const latencies = new Latencies();
  const { nowMs } = times;
  let isDropped = true;
  for (let turn = 0; turn < scenario.coldCount; turn += 1) {
    await session.hub.stop();
    isDropped = dropCaches(session.hub.folder.dataFolder) && isDropped;
    await restartHub(session);
    const client = new QueryClient(session.hub.folder.port);
    const query = { hostName: hostNameOf(0), keys: [metricName(turn % scenario.metricCount)], fromMs: nowMs - dayMs };
    const { elapsedMs } = await client.ask({ ...query, toMs: nowMs, pointsMax: scenario.pointsMax });
    latencies.add(elapsedMs);
    client.close();
  }
  if (!isDropped) context.say('The kernel kept its caches: cold means a new hub and a new PostgreSQL only');
  const { p50Ms, maxMs } = latencies.figures();
  return { dayRawColdMs: p50Ms, dayRawColdMsMax: maxMs };
}

/** What is wrong with an answer: ticks that are missing or counted twice, other extremes than the data has. */
function answerProblems(
  name: string,
  of: { readonly answer: QueryAnswer; readonly query: Query; readonly dataset: Dataset; readonly times: Times },
): string[] {
  const { answer, query, dataset, times } = of;
  const problems: string[] = [];
  for (const key of query.keys) {
    const found = answer.series.find(({ series }) => series === key);
    const got = found?.count.reduce((sum, count) => sum + count, 0) ?? 0;
    const wanted = tickCountOf(query, times);
    // A bucket at the edge may be wider than the span.
    if (got < wanted || got > wanted * 1.01 + 1)
      problems.push(`${name}: ${key} must have ${wanted} values: got ${got}`);
    const extremes = extremesOf(dataset, key);
    const min = Math.min(...(found?.min ?? []));
    const max = Math.max(...(found?.max ?? []));
    if (min !== extremes.min || max !== extremes.max)
      problems.push(`${name}: ${key} must reach from ${extremes.min} to ${extremes.max}: got ${min} and ${max}`);
  }
  return problems.slice(0, 3);
}

/** Ticks of one host in a span. */
function tickCountOf({ fromMs, toMs }: Query, { secondsMs }: Times): number {
  const overlap = (from: number, to: number) => Math.max(0, Math.min(toMs, to) - Math.max(fromMs, from));
  return overlap(0, secondsMs) / 60_000 + overlap(secondsMs, toMs) / 1_000;
}

/** Of a whole round of the first host, which every span that is asked for holds. */
function extremesOf(dataset: Dataset, key: string): { readonly min: number; readonly max: number } {
  const place = dataset.keys.indexOf(key);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let tick = 0; tick < dataset.tickCount; tick += 1) {
    const column = columnOf(dataset, 0, tick);
    const value = new DataView(column.buffer, column.byteOffset).getFloat64(place * 8, true);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}

function hostNameOf(index: number): string {
  return `${prefix}-${String(index).padStart(4, '0')}`;
}

/** Lets the kernel forget what it has of the cluster's files; false where the tools for it are not here. */
function dropCaches(dataFolder: string): boolean {
  const cluster = join(dataFolder, 'postgresql', 'cluster');
  const dd = ['dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none'];
  return spawnSync('find', [cluster, '-type', 'f', '-size', '+1k', '-exec', ...dd, ';']).status === 0;
}

function timeFigures(name: string, { p50Ms, p95Ms, p99Ms, maxMs }: LatencyFigures): Figures {
  return { [`${name}MsP50`]: p50Ms, [`${name}MsP95`]: p95Ms, [`${name}MsP99`]: p99Ms, [`${name}MsMax`]: maxMs };
}

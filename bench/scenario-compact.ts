/**
 * `compact`: what it costs to make chunks of batches, and whom it disturbs.
 *
 *   an hour of every host, in batches as live ticks make them ─► compaction alone: CPU, memory
 *   a flood of ticks, alone and while its batches are compacted ─► rates
 *   live ticks and viewers, alone and while the flood's rest is compacted ─► delays
 *
 * Ticks are counted from rows before and after, and the rows must still say that each is there once. The hub is
 * started anew before the first compaction, so that what ingest has left in its heaps hides nothing.
 */
import type { AgentsMethods } from './agents.process.ts';
import { takeClockOffsetMs } from './clock.ts';
import { countStoredTicks, postgresVersion, readTableBytes, type Sql } from './database.ts';
import type { Generator } from './generator.ts';
import { aggregate, counterBetween, type Metrics, quantileBetween, readMetrics } from './hub-metrics.ts';
import { namedLatencies } from './latency.ts';
import { watchMemory } from './memory-watch.ts';
import type { Figures, ScenarioContext, ScenarioOutcome } from './scenario.ts';
import { startsInMsOf } from './scenario-steady.ts';
import type { CompactScenario } from './scenarios.ts';
import {
  cpuBetween,
  readCpu,
  restartHub,
  type Session,
  sleep,
  storedProblems,
  withAgents,
  withHub,
  withViewers,
} from './session.ts';
import type { SwarmPlan } from './swarm/swarm.ts';

/** What PostgreSQL writes behind a statement belongs to it. */
const settleMs = 3_000;
/** Ticks of each host between two waits for all of them. */
const sliceTicks = 600;
/** Ticks of today where today is old enough, so that compaction is measured and no rollup; streams may be an hour ahead. */
const ageMs = 7_200_000;

type Plan = Omit<SwarmPlan, 'enrolmentKey'>;

export function runCompact(scenario: CompactScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  return withHub(context, async (session) => {
    const stage = { session, context };
    const quiet = await measureQuiet(scenario, stage);
    const floodPlan = floodPlanOf(scenario, session.hub.folder.port);
    return await withAgents(floodPlan, async (flooders) => {
      const flood = await measureFlood(scenario, stage, flooders);
      const live = await measureLive(scenario, stage);
      return {
        figures: { ...quiet.figures, ...flood, ...live.figures },
        problems: [
          ...quiet.problems,
          ...live.problems,
          ...(await storedProblems(session, flooders, floodPlan)),
          ...(await flooders.call('report', null)).problems,
        ],
        postgresVersion: await postgresVersion(session.database.sql),
      };
    });
  });
}

interface Stage {
  readonly session: Session;
  readonly context: ScenarioContext;
}

type Part = Pick<ScenarioOutcome, 'figures' | 'problems'>;

/** Compaction with nothing else to do. */
function measureQuiet(scenario: CompactScenario, { session, context }: Stage): Promise<Part> {
  const { agentCount, metricCount, tickCount, batchTicks, datasetHosts, intervalMs, seed } = scenario;
  const { sql } = session.database;
  const dayStartMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const plan: Plan = {
    port: session.hub.folder.port,
    agentCount,
    metricCount,
    tickCount,
    datasetHosts,
    intervalMs,
    replays: true,
    replayTicks: batchTicks,
    startsInMs: 0,
    startMs: Math.max(dayStartMs, Date.now() - ageMs),
    seed,
  };
  return withAgents(plan, async (agents) => {
    await agents.call('connect', { perSecond: scenario.connectsPerSec, count: agentCount });
    for (let done = 0; done < tickCount; done += sliceTicks)
      await agents.call('backlog', { count: Math.min(sliceTicks, tickCount - done) });
    const ticksBefore = await countStoredTicks(sql);
    const { batches } = await readCounts(sql);
    const batchBytes = await readTableBytes(sql, 'batch');
    context.say(`${ticksBefore} ticks are stored in ${batches} batches; compacting`);

    await restartHub(session);
    await sql`checkpoint`;
    await sleep(context.isSmoke ? 0 : settleMs);
    const fromMs = performance.now();
    const before = readCpu(session);
    const { peaks } = await watchMemory({ hub: session.hub.pid, postgres: session.database.pid() }, () =>
      aggregate(session.hub.folder.port),
    );
    const elapsedMs = performance.now() - fromMs;
    await sleep(context.isSmoke ? 0 : settleMs);
    const cpu = cpuBetween(before, readCpu(session));

    const counts = await readCounts(sql);
    const samples = counts.chunkTicks * metricCount;
    const perMillion = (seconds: number) => (seconds / samples) * 1e6;
    return {
      figures: {
        compactedSamples: samples,
        compactedBatches: batches,
        chunkRows: counts.chunks,
        compactSec: elapsedMs / 1_000,
        compactSamplesPerSec: (samples / elapsedMs) * 1_000,
        compactCpuSecPerMillionSamples: perMillion(cpu.hubSec + cpu.postgresSec),
        compactHubCpuSecPerMillionSamples: perMillion(cpu.hubSec),
        compactPostgresCpuSecPerMillionSamples: perMillion(cpu.postgresSec),
        compactHubMemoryBytesBefore: peaks.hubBytesBefore,
        compactHubGrowthBytes: peaks.hubGrowthBytes,
        compactPostgresGrowthBytes: peaks.postgresGrowthBytes,
        compactGrowthBytes: peaks.hubGrowthBytes + peaks.postgresGrowthBytes,
        batchBytesPerSample: batchBytes / samples,
        chunkBytesPerSample: counts.chunkBytes / samples,
      },
      problems: [
        ...(counts.batches === 0 ? [] : [`no batch must be left: got ${counts.batches}`]),
        ...(counts.chunkTicks === ticksBefore
          ? []
          : [`ticks in chunks must be ${ticksBefore}: got ${counts.chunkTicks}`]),
        ...(await storedProblems(session, agents, plan)),
        ...(await agents.call('report', null)).problems,
      ],
    };
  });
}

/** Floods go back so far: a swarm of 200 sends some hours of ticks in a minute, all of them of the past. */
const floodAgeMs = 48 * 3_600_000;

function floodPlanOf(scenario: CompactScenario, port: number): Plan {
  const { agentCount, metricCount } = scenario.flood;
  return {
    port,
    agentCount,
    metricCount,
    tickCount: 500,
    intervalMs: scenario.intervalMs,
    replays: false,
    startsInMs: -floodAgeMs,
    seed: scenario.seed,
    prefix: 'flood',
  };
}

/** The rate of ingest alone, and then, without a pause, while what it has stored is compacted. */
async function measureFlood(
  scenario: CompactScenario,
  { session, context }: Stage,
  agents: Generator<AgentsMethods>,
): Promise<Figures> {
  const { metricCount, measureMs } = scenario.flood;
  await agents.call('connect', { perSecond: scenario.connectsPerSec, count: scenario.flood.agentCount });
  context.say('Flooding without and with compaction');
  await agents.call('startFlood', null);
  const rate = async (until: Promise<unknown>) => {
    const fromMs = performance.now();
    const ticksBefore = (await agents.call('report', null)).ackedTicks;
    await until;
    const ticks = (await agents.call('report', null)).ackedTicks - ticksBefore;
    return { ticks, elapsedMs: performance.now() - fromMs };
  };
  await sleep(measureMs / 4);
  const alone = await rate(sleep(measureMs));
  const compaction = aggregate(session.hub.folder.port);
  const during = await rate(Promise.race([compaction, sleep(measureMs)]));
  await agents.call('stopFlood', null);
  await compaction;
  const perSec = ({ ticks, elapsedMs }: Awaited<ReturnType<typeof rate>>) =>
    ((ticks * metricCount) / elapsedMs) * 1_000;
  return {
    floodSamplesPerSec: perSec(alone),
    floodWithCompactionSamplesPerSec: perSec(during),
    floodWithCompactionRatio: perSec(during) / perSec(alone),
    floodWithCompactionSec: during.elapsedMs / 1_000,
  };
}

/** Delays of a fleet that ticks every second and is watched, alone and while the rest of the flood is compacted. */
function measureLive(scenario: CompactScenario, { session, context }: Stage): Promise<Part> {
  const { agentCount, viewerCount, warmupMs, measureMs } = scenario.live;
  const { intervalMs, metricCount, connectsPerSec, seed } = scenario;
  const { port } = session.hub.folder;
  const startsInMs = startsInMsOf({ agentCount, connectsPerSec });
  const plan: Plan = {
    port,
    agentCount,
    metricCount,
    tickCount: 60,
    intervalMs,
    replays: true,
    startsInMs,
    seed,
    prefix: 'live',
  };
  return withAgents(plan, (agents) =>
    withViewers(async (viewers) => {
      await agents.call('connect', { perSecond: connectsPerSec, count: agentCount });
      await agents.call('startTicks', null);
      await viewers.call('connect', {
        plan: { port, viewerCount, hostsPerViewer: 2, hostCount: agentCount, prefix: 'live', keyCount: 4, intervalMs },
        clockOffsetMs: takeClockOffsetMs(),
      });
      context.say('Live ticks without and with compaction');
      await sleep(startsInMs + warmupMs);
      const watch = async (name: string, until: Promise<unknown>): Promise<Figures> => {
        await viewers.call('clear', null);
        const before = await readMetrics(port);
        await until;
        const after = await readMetrics(port);
        const { ticks } = await viewers.call('report', null);
        return { ...delayFigures(name, before, after), ...namedLatencies(`${name}TickToViewer`, ticks) };
      };
      const alone = await watch('alone', sleep(measureMs));
      const fromMs = performance.now();
      const during = await watch('compacting', aggregate(port));
      const elapsedMs = performance.now() - fromMs;
      await agents.call('stopTicks', null);
      return {
        figures: { ...alone, ...during, liveCompactSec: elapsedMs / 1_000 },
        problems: [
          ...(await storedProblems(session, agents, plan)),
          ...(await agents.call('report', null)).problems,
          ...(await viewers.call('report', null)).problems,
        ],
      };
    }),
  );
}

/** How late the main thread's timers were, and how long statements of ingest took. */
function delayFigures(name: string, before: Metrics, after: Metrics): Figures {
  const delay = 'pulsewire_hub_event_loop_delay_seconds';
  const flushes = counterBetween(before, after, 'pulsewire_hub_flush_statements_total');
  const flushSec = counterBetween(before, after, 'pulsewire_hub_flush_duration_seconds_total');
  return {
    [`${name}LoopDelayP50Ms`]: quantileBetween(before, after, { name: delay, ratio: 0.5 }) * 1_000,
    [`${name}LoopDelayP99Ms`]: quantileBetween(before, after, { name: delay, ratio: 0.99 }) * 1_000,
    [`${name}FlushMeanMs`]: (flushSec / flushes) * 1_000,
    [`${name}FlushCount`]: flushes,
  };
}

interface Counts {
  readonly batches: number;
  readonly chunks: number;
  readonly chunkTicks: number;
  readonly chunkBytes: number;
}

async function readCounts(sql: Sql): Promise<Counts> {
  const [row] = await sql<{ batches: string; chunks: string; ticks: string; bytes: string }[]>`
    select (select count(*) from batch) as batches, count(*) as chunks,
      coalesce(sum(ticks) filter (where part = 0), 0)::int8 as ticks,
      coalesce(sum(octet_length(data) + octet_length(offsets) + octet_length(runs)), 0)::int8 as bytes
    from chunk where tier = 0`;
  return {
    batches: Number(row!.batches),
    chunks: Number(row!.chunks),
    chunkTicks: Number(row!.ticks),
    chunkBytes: Number(row!.bytes),
  };
}

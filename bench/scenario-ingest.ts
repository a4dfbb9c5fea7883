/**
 * `ingest`: how fast ticks become committed rows, and what that costs, when every agent sends as fast as its
 * credit allows. The loop is closed by the acks, which come after the commit: the rate is the hub's own.
 *
 * Samples are counted from rows of `batch` after the run; CPU is taken until three seconds after the last ack,
 * so that what PostgreSQL writes later is in it.
 */
import { countStoredTicks, postgresVersion, readTableBytes } from './database.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { IngestScenario } from './scenarios.ts';
import { cpuBetween, readCpu, sleep, storedProblems, withAgents, withHub } from './session.ts';
import { readTreeUsage } from './usage.ts';

const settleMs = 3_000;
/** The made-up ticks are a second apart and in the past: 48 h hold 172,800 of them, twice what a minute has stored so far. */
const ageMs = 48 * 3_600_000;

export function runIngest(scenario: IngestScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { agentCount, metricCount, datasetTicks, seed } = scenario;
  return withHub(context, (session) => {
    const plan = {
      port: session.hub.folder.port,
      agentCount,
      metricCount,
      tickCount: datasetTicks,
      intervalMs: 1_000,
      replays: false,
      startsInMs: -ageMs,
      seed,
    };
    return withAgents(plan, async (agents) => {
      const { sql } = session.database;
      await agents.call('connect', { perSecond: 500, count: agentCount });
      context.say(`${agentCount} agents are connected; warming up`);
      await agents.call('flood', { durationMs: scenario.warmupMs });
      await sleep(context.isSmoke ? 0 : settleMs);

      const ticksBefore = await countStoredTicks(sql);
      const reportBefore = await agents.call('report', null);
      const before = readCpu(session);
      const generatorBefore = readTreeUsage(agents.pid);
      const { fromMs, toMs } = await agents.call('flood', { durationMs: scenario.measureMs });
      const generator = readTreeUsage(agents.pid).cpuSec - generatorBefore.cpuSec;
      await sleep(context.isSmoke ? 0 : settleMs);
      const cpu = cpuBetween(before, readCpu(session));
      const report = await agents.call('report', null);

      const samples = ((await countStoredTicks(sql)) - ticksBefore) * metricCount;
      const wireBytes = report.counters.frameBytes - reportBefore.counters.frameBytes;
      const wireSamples = report.counters.frameSamples - reportBefore.counters.frameSamples;
      const perMillion = (seconds: number) => (seconds / samples) * 1e6;
      return {
        figures: {
          samplesPerSec: (samples / (toMs - fromMs)) * 1_000,
          cpuSecPerMillionSamples: perMillion(cpu.hubSec + cpu.postgresSec),
          hubCpuSecPerMillionSamples: perMillion(cpu.hubSec),
          postgresCpuSecPerMillionSamples: perMillion(cpu.postgresSec),
          samplesPerCoreSec: samples / (cpu.hubSec + cpu.postgresSec),
          wireBytesPerSample: wireBytes / wireSamples,
          storedSamples: samples,
          ticksPerAgent: samples / metricCount / agentCount,
          generatorCpuSecPerMillionSamples: perMillion(generator),
          tableBytesPerSample: (await readTableBytes(sql, 'batch')) / (samples + ticksBefore * metricCount),
          hubMemoryBytes: readTreeUsage(session.hub.pid).memoryBytes,
          nackCount: report.counters.nacks,
        },
        problems: [...(await storedProblems(session, agents, plan)), ...report.problems],
        postgresVersion: await postgresVersion(sql),
      };
    });
  });
}

/**
 * `idle`: what a connected agent costs that says nothing: hello, one layout that all share, then only heartbeats.
 *
 * Memory is the hub process's proportional set size, read when it has been left alone for a while: once when the
 * first agents have come, so that what grows once has grown, and again when all have. Kernel memory of the sockets is not
 * in it.
 */
import { postgresVersion } from './database.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { IdleScenario } from './scenarios.ts';
import { cpuBetween, readCpu, sleep, withAgents, withHub } from './session.ts';
import { readUsage } from './usage.ts';

export function runIdle(scenario: IdleScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { agentCount, warmupCount, metricCount, connectsPerSec, settleMs, seed } = scenario;
  return withHub(context, (session) => {
    const { port } = session.hub.folder;
    const plan = {
      port,
      agentCount,
      metricCount,
      tickCount: 1,
      intervalMs: 1_000,
      replays: false,
      startsInMs: 0,
      seed,
    };
    return withAgents(plan, async (agents) => {
      const memoryEmpty = readUsage(session.hub.pid).memoryBytes;
      await agents.call('connect', { perSecond: connectsPerSec, count: warmupCount });
      await sleep(settleMs);
      const memoryBefore = readUsage(session.hub.pid).memoryBytes;
      const connectMs = performance.now();
      await agents.call('connect', { perSecond: connectsPerSec, count: agentCount });
      const connectedSec = (performance.now() - connectMs) / 1_000;
      context.say(`${agentCount} agents are connected; waiting ${settleMs} ms`);
      await sleep(settleMs);
      const memoryAfter = readUsage(session.hub.pid).memoryBytes;
      const before = readCpu(session);
      await sleep(settleMs);
      const cpu = cpuBetween(before, readCpu(session));
      const report = await agents.call('report', null);
      const { sql } = session.database;
      const [row] = await sql<{ hosts: number }[]>`select count(*)::int as hosts from host`;
      return {
        figures: {
          memoryBytesPerConnection: (memoryAfter - memoryBefore) / (agentCount - warmupCount),
          memoryBytesPerConnectionFromEmpty: (memoryAfter - memoryEmpty) / agentCount,
          hubMemoryBytesEmpty: memoryEmpty,
          hubMemoryBytes: memoryAfter,
          connectsPerSec: (agentCount - warmupCount) / connectedSec,
          hubCoreRatio: cpu.hubSec / (settleMs / 1_000),
          postgresCoreRatio: cpu.postgresSec / (settleMs / 1_000),
          openCount: report.openCount,
        },
        problems: [
          ...report.problems,
          ...(report.openCount === agentCount ? [] : [`all agents must stay connected: got ${report.openCount}`]),
          ...(row?.hosts === agentCount ? [] : [`every agent must have its host: got ${row?.hosts}`]),
        ],
        postgresVersion: await postgresVersion(sql),
      };
    });
  });
}

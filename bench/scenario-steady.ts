/**
 * `steady`: what a fleet that ticks every second costs, and how old a tick is when it reaches a dashboard.
 *
 * Open loop: each agent ticks at its own phase whether or not the hub keeps up, and latency counts from the time
 * at which the tick was due, so the generator's own lateness is in it (and told apart as `lateness…`).
 */
import { takeClockOffsetMs } from './clock.ts';
import { postgresVersion } from './database.ts';
import { namedLatencies } from './latency.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { SteadyScenario } from './scenarios.ts';
import { cpuBetween, readCpu, sleep, storedProblems, withAgents, withHub, withViewers } from './session.ts';
import { readTreeUsage } from './usage.ts';

export function runSteady(scenario: SteadyScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { agentCount, metricCount, intervalMs, viewerCount, hostsPerViewer, overviewKeys, seed } = scenario;
  return withHub(context, (session) => {
    const { port } = session.hub.folder;
    const startsInMs = startsInMsOf(scenario);
    const plan = { port, agentCount, metricCount, tickCount: 60, intervalMs, replays: true, startsInMs, seed };
    return withAgents(plan, (agents) =>
      withViewers(async (viewers) => {
        await agents.call('connect', { perSecond: scenario.connectsPerSec, count: agentCount });
        context.say(`${agentCount} agents are connected`);
        await agents.call('startTicks', null);
        await viewers.call('connect', {
          plan: { port, viewerCount, hostsPerViewer, hostCount: agentCount, keyCount: overviewKeys, intervalMs },
          clockOffsetMs: takeClockOffsetMs(),
        });
        context.say(`${viewerCount} viewers follow ${hostsPerViewer} hosts each; warming up`);
        await sleep(startsInMs + scenario.warmupMs);

        await agents.call('clearLateness', null);
        await viewers.call('clear', null);
        const framesBefore = (await agents.call('report', null)).counters;
        const before = readCpu(session);
        const fromMs = performance.now();
        await sleep(scenario.measureMs);
        const cpu = cpuBetween(before, readCpu(session));
        const elapsedSec = (performance.now() - fromMs) / 1_000;
        const seen = await viewers.call('report', null);
        const report = await agents.call('report', null);
        const hubMemoryBytes = readTreeUsage(session.hub.pid).memoryBytes;
        const postgresMemoryBytes = readTreeUsage(session.database.pid()).memoryBytes;
        await agents.call('stopTicks', null);

        const { sql } = session.database;
        const wireBytes = report.counters.frameBytes - framesBefore.frameBytes;
        const wireSamples = report.counters.frameSamples - framesBefore.frameSamples;
        return {
          figures: {
            ...namedLatencies('tickToViewer', seen.ticks),
            ...namedLatencies('tickToOverview', seen.overviews),
            ...namedLatencies('lateness', report.lateness),
            hubCoreRatio: cpu.hubSec / elapsedSec,
            postgresCoreRatio: cpu.postgresSec / elapsedSec,
            coreRatio: (cpu.hubSec + cpu.postgresSec) / elapsedSec,
            samplesPerSec: wireSamples / elapsedSec,
            wireBytesPerSample: wireBytes / wireSamples,
            viewerBytesPerSec: seen.bytes / elapsedSec / viewerCount,
            hubMemoryBytes,
            postgresMemoryBytes,
            nackCount: report.counters.nacks,
          },
          problems: [
            ...(await storedProblems(session, agents, plan)),
            ...report.problems,
            ...seen.problems,
            ...(seen.tickCount > 0 ? [] : ['viewers must see ticks: got none']),
            ...(seen.overviewCount > 0 ? [] : ['viewers must see overviews: got none']),
          ],
          postgresVersion: await postgresVersion(sql),
        };
      }),
    );
  });
}

/** Time to connect all agents before the first tick is due, with two seconds to spare. */
export function startsInMsOf(fleet: { readonly agentCount: number; readonly connectsPerSec: number }): number {
  return 2_000 + (fleet.agentCount / fleet.connectsPerSec) * 1_500;
}

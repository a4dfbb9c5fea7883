/**
 * `reconnect`: the hub is killed under load and stays away while the agents go on; then all come back at once with
 * what they have kept. How long until all are back, how fast the backlog is stored, whether dashboards stay live
 * meanwhile, and whether every tick is stored once.
 *
 * Agents come back by the backoff of real ones, so the replays start spread over its cap (15 s), and the replay
 * rate from first to last cannot be higher than the backlog divided by that.
 */
import { takeClockOffsetMs } from './clock.ts';
import { postgresVersion, readStoredStreams, type StoredStream } from './database.ts';
import { startHub } from './hub-process.ts';
import { namedLatencies } from './latency.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import { startsInMsOf } from './scenario-steady.ts';
import type { ReconnectScenario } from './scenarios.ts';
import { cpuBetween, readCpu, sleep, storedProblems, withAgents, withHub, withViewers } from './session.ts';

export function runReconnect(scenario: ReconnectScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const { agentCount, metricCount, datasetTicks, intervalMs, viewerCount, hostsPerViewer, seed } = scenario;
  return withHub(context, (session) => {
    const { port } = session.hub.folder;
    const startsInMs = startsInMsOf(scenario);
    const plan = {
      port,
      agentCount,
      metricCount,
      tickCount: datasetTicks,
      intervalMs,
      replays: true,
      startsInMs,
      seed,
    };
    return withAgents(plan, (agents) =>
      withViewers(async (viewers) => {
        await agents.call('connect', { perSecond: scenario.connectsPerSec, count: agentCount });
        await agents.call('startTicks', null);
        await viewers.call('connect', {
          plan: { port, viewerCount, hostsPerViewer, hostCount: agentCount, keyCount: 4, intervalMs },
          clockOffsetMs: takeClockOffsetMs(),
        });
        await sleep(startsInMs + scenario.warmupMs);
        context.say(`Killing the hub; it stays away for ${scenario.downMs} ms`);
        await session.hub.kill();
        const before = await agents.call('report', null);
        await sleep(scenario.downMs);
        await viewers.call('clear', null);

        const clock = Date.now();
        const startMs = performance.now();
        session.hub = await startHub(session.hub.folder, session.hubOptions);
        const readyMs = performance.now() - startMs;
        const cpuBefore = readCpu(session);
        await agents.call('allOpen', null);
        const allBackMs = performance.now() - startMs;
        const { firstReplayMs, toMs } = await agents.call('caughtUp', null);
        const cpu = cpuBetween(cpuBefore, readCpu(session));
        const after = await agents.call('report', null);
        const seen = await viewers.call('report', null);
        await sleep(scenario.settleMs);
        await agents.call('stopTicks', null);

        const { sql } = session.database;
        const stored = await readStoredStreams(sql);
        const streams = await agents.call('streams', null);
        const sent = new Map(streams.map((stream) => [stream.epoch, stream]));
        const last = await agents.call('report', null);
        const replaySamples = after.counters.replaySamples - before.counters.replaySamples;
        const replayBytes = after.counters.replayBytes - before.counters.replayBytes;
        const replaySec = (toMs - (firstReplayMs ?? toMs)) / 1_000;
        return {
          figures: {
            allBackMs,
            hubReadyMs: readyMs,
            firstReplayMs: (firstReplayMs ?? Number.NaN) - clock,
            replaySamples,
            replaySec,
            replaySamplesPerSec: replaySamples / replaySec,
            replayBytesPerSample: replayBytes / replaySamples,
            ...namedLatencies('liveLag', seen.lags),
            hubCpuSec: cpu.hubSec,
            postgresCpuSec: cpu.postgresSec,
            ...lossFigures(stored, sent),
            nackCount: last.counters.nacks,
          },
          problems: [
            ...(await storedProblems(session, agents, plan)),
            ...last.problems,
            ...(replaySamples > 0 ? [] : ['the backlog must be replayed: got none']),
          ],
          postgresVersion: await postgresVersion(sql),
        };
      }),
    );
  });
}

/** Ticks that exist and are not stored, and ticks stored more often than once, from the rows. */
export function lossFigures(
  stored: readonly StoredStream[],
  sent: ReadonlyMap<string, { readonly producedSeq: number }>,
): { readonly lostTicks: number; readonly repeatedTicks: number } {
  let lostTicks = 0;
  let repeatedTicks = 0;
  const byEpoch = new Map(stored.map((stream) => [stream.epoch, stream]));
  for (const [epoch, { producedSeq }] of sent) {
    const stream = byEpoch.get(epoch);
    const covered = stream === undefined ? 0 : stream.coveredTicks + stream.gapSeqs;
    lostTicks += Math.max(0, producedSeq - covered);
    repeatedTicks += Math.max(0, covered - producedSeq, stream?.overlaps ?? 0);
  }
  return { lostTicks, repeatedTicks };
}

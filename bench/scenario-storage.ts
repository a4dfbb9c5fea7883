/**
 * `storage`: what a sample costs on the disk, of values as a host gives them: an hour of recording, repeated.
 *
 * Each span is stored in a database of its own as an agent's backlog, compacted and rolled up; all end at the last
 * midnight, so that their day is over and is rolled up, and one that fits into a day lies in one. All in is what is needed to
 * read the samples back: partitions with their indexes, and layouts, streams and days.
 *
 * What is written to the disk is measured apart, with ticks in the shape and order of live ones: a batch of ten from
 * each host in one statement, a checkpoint every 15 minutes of ticks (the hub's own setting), and compaction when the
 * hub would find that it is due.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactTicksMin } from '#core/limits.ts';
import type { AgentsMethods } from './agents.process.ts';
import { countStoredTicks, postgresVersion } from './database.ts';
import {
  addWritten,
  nothingWritten,
  readPlainRowBytes,
  readStoredSizes,
  readWritten,
  type StoredSizes,
  type WrittenBytes,
  writtenBetween,
} from './disk.ts';
import type { Generator } from './generator.ts';
import { aggregate } from './hub-metrics.ts';
import { runStoragePeer } from './peers.ts';
import { type Recording, type RecordingPlan, readRecording, recordingFolder, writeRecording } from './recording.ts';
import type { Figures, ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { StorageScenario } from './scenarios.ts';
import { cpuBetween, readCpu, type Session, sleep, storedProblems, withAgents, withHub } from './session.ts';
import type { SwarmPlan } from './swarm/swarm.ts';

const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** Ticks of each host between two waits for all of them. */
const sliceTicks = 3_600;
const secondsPerCheckpoint = 900;
const secondsPerUpkeep = 600;
const liveBatchTicks = 10;

type Plan = Omit<SwarmPlan, 'enrolmentKey'>;
type Run = StorageScenario['runs'][number];

interface Stage {
  readonly session: Session;
  readonly agents: Generator<AgentsMethods>;
  readonly plan: Plan;
}

export async function runStorage(scenario: StorageScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  const figures: Record<string, number> = {};
  const problems: string[] = [];
  let version: string | null = null;
  const folder = recordingFolder(process.env);
  context.say(folder === null ? 'No recording is named: values are made up' : `Values of ${folder}`);
  for (const run of scenario.runs) {
    const part = await measureRun(scenario, { run, folder, context });
    Object.assign(figures, part.figures);
    problems.push(...part.problems);
    version = part.postgresVersion;
  }
  const written = await measureWritten(scenario, { folder, context });
  return {
    figures: { ...figures, ...written.figures },
    problems: [...problems, ...written.problems],
    postgresVersion: version,
  };
}

async function measureRun(
  scenario: StorageScenario,
  of: { readonly run: Run; readonly folder: string | null; readonly context: ScenarioContext },
): Promise<ScenarioOutcome> {
  const { run, folder, context } = of;
  const { hours, intervalMs } = run;
  const source: RecordingPlan = { folder, everyNth: intervalMs / 1_000 };
  const recording = readRecording(source);
  const endMs = Math.floor(Date.now() / dayMs) * dayMs;
  const startMs = endMs - hours * hourMs;
  const options = { source, recording, intervalMs, startMs, hostCount: run.hostCount, context };
  const own = await withRecordedHosts(scenario, options, async (stage): Promise<ScenarioOutcome> => {
    const { session, agents, plan } = stage;
    const ticks = hours * recording.tickCount;
    for (let done = 0; done < ticks; done += sliceTicks)
      await agents.call('backlog', { count: Math.min(sliceTicks, ticks - done) });
    const before = readCpu(session);
    await aggregate(session.hub.folder.port);
    const cpu = cpuBetween(before, readCpu(session));
    const { sql } = session.database;
    const samples = (await countStoredTicks(sql)) * recording.keys.length;
    const sizes = await readStoredSizes(sql);
    const isFirst = run === scenario.runs[0];
    const plain = isFirst ? await readPlainRowBytes(sql, { rowCount: scenario.plainRows }) : null;
    return {
      figures: {
        ...sizeFigures(scenario, { run, sizes, samples, seriesCount: recording.keys.length * run.hostCount }),
        [nameOf('aggregateCpuSecPerMillionSamples', run)]: ((cpu.hubSec + cpu.postgresSec) / samples) * 1e6,
        ...(plain === null
          ? {}
          : { plainRowBytesPerSample: plain.rowBytes, plainRowWithKeyBytesPerSample: plain.rowBytesWithKey }),
      },
      problems: [
        ...(await storedProblems(session, agents, plan)),
        ...(await agents.call('report', null)).problems,
        ...(sizes.minuteBytes > 0 && sizes.hourBytes > 0 ? [] : ['the day must be rolled up: got no rollups']),
      ],
      postgresVersion: await postgresVersion(sql),
    };
  });
  if (!context.withPeers || intervalMs !== 1_000) return own;
  const rounds = { count: hours, startMs, roundMs: hourMs };
  const peer = await measurePeer(recording, { rounds, hostCount: run.hostCount, context });
  const ownBytes = own.figures[nameOf('rawBytesPerSample', run)]!;
  return {
    ...own,
    figures: {
      ...own.figures,
      ...Object.fromEntries(Object.entries(peer).map(([name, value]) => [nameOf(name, run), value])),
      [nameOf('rawBytesRatioToVm', run)]: ownBytes / peer['vmBytesPerSample']!,
    },
  };
}

/** Hosts that send the recording from `startMs` on, at a hub of their own. */
function withRecordedHosts<T>(
  scenario: StorageScenario,
  of: {
    readonly source: RecordingPlan;
    readonly recording: Recording;
    readonly intervalMs: number;
    readonly startMs: number;
    readonly hostCount: number;
    readonly context: ScenarioContext;
    readonly replayTicks?: number;
    readonly settings?: Readonly<Record<string, unknown>>;
  },
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { source, recording, intervalMs, startMs, hostCount, context, replayTicks, settings = {} } = of;
  return withHub(
    context,
    (session) => {
      const plan: Plan = {
        port: session.hub.folder.port,
        agentCount: hostCount,
        metricCount: recording.keys.length,
        tickCount: recording.tickCount,
        recording: source,
        intervalMs,
        replays: true,
        ...(replayTicks === undefined ? {} : { replayTicks }),
        startsInMs: 0,
        startMs,
        seed: scenario.seed,
      };
      return withAgents(plan, async (agents) => {
        await agents.call('connect', { perSecond: 250, count: hostCount });
        return await work({ session, agents, plan });
      });
    },
    { settings },
  );
}

function sizeFigures(
  { retentionDays }: StorageScenario,
  of: { readonly run: Run; readonly sizes: StoredSizes; readonly samples: number; readonly seriesCount: number },
): Figures {
  const { run, sizes, samples, seriesCount } = of;
  const { rawBytes, minuteBytes, hourBytes, describingBytes, otherBytes } = sizes;
  const allIn = rawBytes + describingBytes;
  const named = {
    samples,
    rawBytesPerSample: allIn / samples,
    rawChunkBytesPerSample: rawBytes / samples,
    describingBytes,
    otherBytes,
    rollupBytesPerSample: (minuteBytes + hourBytes) / samples,
    rollupRatio: (minuteBytes + hourBytes) / allIn,
  };
  const figures = Object.fromEntries(Object.entries(named).map(([name, value]) => [nameOf(name, run), value]));
  if (run.hours !== 24) return figures;
  // One day of hours is a month's block with one day in it: a full month takes less a day.
  const { raw, minute, hour } = retentionDays;
  const bytes = raw * allIn + minute * minuteBytes + hour * hourBytes;
  return { ...figures, [nameOf('bytesPerSeriesAtRetention', run)]: bytes / seriesCount };
}

/** `rawBytesPerSample` of six hours at ten seconds is `rawBytesPerSample6h10s`. */
function nameOf(name: string, { hours, intervalMs }: Run): string {
  return `${name}${hours}h${intervalMs === 1_000 ? '' : `${intervalMs / 1_000}s`}`;
}

/** VictoriaMetrics with the same ticks. */
async function measurePeer(
  recording: Recording,
  of: {
    readonly rounds: Parameters<typeof writeRecording>[2];
    readonly hostCount: number;
    readonly context: ScenarioContext;
  },
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewire-bench-recording-'));
  try {
    writeRecording(folder, recording, of.rounds);
    return await runStoragePeer(folder, of, of.context);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bytes written from ingest to chunk, and for which part of the way. */
async function measureWritten(
  scenario: StorageScenario,
  { folder, context }: { readonly folder: string | null; readonly context: ScenarioContext },
): Promise<ScenarioOutcome> {
  const source: RecordingPlan = { folder, everyNth: 1 };
  const recording = readRecording(source);
  const startMs = Math.floor(Date.now() / dayMs) * dayMs - scenario.written.hours * hourMs;
  const options = {
    ...{ source, recording, intervalMs: 1_000, startMs, context, replayTicks: liveBatchTicks },
    hostCount: scenario.written.hostCount,
    // Each batch is asked for by the one before it, so waiting for company would be waiting in vain.
    settings: { flushDelayMs: 0 },
  };
  return await withRecordedHosts(scenario, options, async ({ session, agents, plan }) => {
    const { sql } = session.database;
    const parts = {
      ingest: nothingWritten,
      checkpoint: nothingWritten,
      compaction: nothingWritten,
      vacuum: nothingWritten,
    };
    const during = async (part: keyof typeof parts, work: () => Promise<unknown>) => {
      const before = await settledWritten(session);
      await work();
      parts[part] = addWritten(parts[part], writtenBetween(before, await settledWritten(session)));
    };
    const compact = async () => {
      await during('compaction', () => aggregate(session.hub.folder.port));
      await during('vacuum', () => sql`vacuum batch`);
    };
    await sql`checkpoint`;
    const seconds = scenario.written.hours * 3_600;
    let waiting = 0;
    const slice = 300;
    for (let second = 0; second < seconds; second += slice) {
      await during('ingest', async () => {
        for (let tick = 0; tick < slice; tick += liveBatchTicks)
          await agents.call('backlog', { count: liveBatchTicks });
      });
      waiting += slice;
      const untilNow = second + slice;
      if (untilNow % secondsPerUpkeep === 0 && waiting >= compactTicksMin) {
        await compact();
        waiting = 0;
      }
      if (untilNow % secondsPerCheckpoint === 0) await during('checkpoint', () => sql`checkpoint`);
    }
    await compact();
    await during('checkpoint', () => sql`checkpoint`);

    const samples = (await countStoredTicks(sql)) * recording.keys.length;
    const all = Object.values(parts).reduce(addWritten);
    return {
      figures: {
        writtenBytesPerSample: (all.walBytes + all.tableBytes) / samples,
        writtenTableBytesPerSample: all.tableBytes / samples,
        writtenWalBytesPerSample: all.walBytes / samples,
        writtenWalIngestBytesPerSample: parts.ingest.walBytes / samples,
        writtenWalCompactionBytesPerSample: parts.compaction.walBytes / samples,
        writtenWalVacuumBytesPerSample: parts.vacuum.walBytes / samples,
        writtenWalWholePagesBytesPerSample: (all.walPages * 8_192) / samples,
      },
      problems: [...(await storedProblems(session, agents, plan)), ...(await agents.call('report', null)).problems],
      postgresVersion: await postgresVersion(sql),
    };
  });
}

/** What has been written so far. Processes tell PostgreSQL what they did when they are idle, within a second. */
async function settledWritten(session: Session): Promise<WrittenBytes> {
  const { sql } = session.database;
  await sql`select pg_stat_force_next_flush()`;
  await sleep(50);
  return await readWritten(sql);
}

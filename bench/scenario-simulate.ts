/**
 * `simulate`: how long the built simulator takes to make up the history of a fleet, beside a hub that is running and has
 * nothing else to do. What it has stored is counted from rows: raw samples where raw is kept, buckets of minutes before.
 */
import { spawn } from 'node:child_process';
import { postgresVersion, type Sql } from './database.ts';
import { packageFolder, programFile } from './hub-process.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { SimulateScenario } from './scenarios.ts';
import { cpuBetween, readCpu, type Session, withHub } from './session.ts';

/** Series of a simulated host. */
const seriesCount = 5;
/** Simulated hosts are down now and then; less than this is a history that was not written. */
const storedRatioMin = 0.9;

export function runSimulate(scenario: SimulateScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  return withHub(context, async (session) => {
    const { sql } = session.database;
    const before = readCpu(session);
    const fromMs = performance.now();
    const { exitCode, cpuSec, text } = await simulate(scenario, session);
    const simulateSec = (performance.now() - fromMs) / 1_000;
    const cpu = cpuBetween(before, readCpu(session));
    context.say(text.trim().split('\n').slice(-8).join('\n'));

    const planned = scenario.hostCount * scenario.days * 24 * scenario.perHour * seriesCount;
    const stored = await readStored(sql);
    const samples = stored.rawSamples + stored.minutesBeforeRaw;
    const allCpuSec = cpuSec + cpu.hubSec + cpu.postgresSec;
    return {
      figures: {
        simulateSec,
        simulateSamplesPerSec: samples / simulateSec,
        simulatedSamples: samples,
        rawSamples: stored.rawSamples,
        minuteBuckets: stored.minutes,
        hourBuckets: stored.hours,
        simulateCpuSec: allCpuSec,
        simulateCpuSecPerMillionSamples: (allCpuSec / samples) * 1e6,
        simulateProgramCpuSec: cpuSec,
        simulatePostgresCpuSec: cpu.postgresSec,
      },
      problems: [
        ...(exitCode === 0 ? [] : [`the simulator must end with 0: got ${exitCode}`]),
        ...(stored.hosts === scenario.hostCount ? [] : [`hosts must be ${scenario.hostCount}: got ${stored.hosts}`]),
        ...(samples >= planned * storedRatioMin && samples <= planned * 1.001
          ? []
          : [`samples must be ${planned}, less those of outages: got ${samples}`]),
      ],
      postgresVersion: await postgresVersion(sql),
    };
  });
}

/** Runs the program to its end; its CPU time is what this process is told of a child that it has waited for. */
export async function simulate(
  { hostCount, days, perHour, seed }: Omit<SimulateScenario, 'kind'>,
  { hub }: Session,
): Promise<{ readonly exitCode: number | null; readonly cpuSec: number; readonly text: string }> {
  const options = { hosts: hostCount, days, 'per-hour': perHour, seed, config: hub.folder.configFile };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // A shell tells what its children took.
  const script = `"$@"; code=$?; times >&2; exit $code`;
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, programFile(), 'simulate', '--yes', ...flags], {
    cwd: packageFolder(),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { exitCode, cpuSec: parseTimes(text), text };
}

/** Seconds of user and system time of children in what `times` of a shell prints last. */
export function parseTimes(text: string): number {
  const last = text.trim().split('\n').at(-1) ?? '';
  const parts = [...last.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

async function readStored(sql: Sql) {
  const [row] = await sql<Record<'hosts' | 'raw' | 'minutes' | 'before' | 'hours', string>[]>`
    with first as (select host, min(day) as day from chunk where tier = 0 group by host)
    select (select count(*) from host) as hosts,
      coalesce(sum(samples) filter (where tier = 0), 0)::int8 as raw,
      coalesce(sum(samples) filter (where tier = 1), 0)::int8 as minutes,
      coalesce(sum(samples) filter (where tier = 1 and chunk.day < first.day), 0)::int8 as before,
      coalesce(sum(samples) filter (where tier = 2), 0)::int8 as hours
    from chunk left join first using (host)`;
  return {
    hosts: Number(row!.hosts),
    rawSamples: Number(row!.raw),
    minutes: Number(row!.minutes),
    minutesBeforeRaw: Number(row!.before),
    hours: Number(row!.hours),
  };
}

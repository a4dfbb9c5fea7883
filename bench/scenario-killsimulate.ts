/**
 * `killsimulate`: the simulator is killed at random moments, or PostgreSQL under it, or both, and run again until it comes to
 * its end. What it has left then is compared with what it writes when nothing disturbs it, row by row, as its values follow
 * from the seed; and every seq must be there once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { killPostmaster, openDatabase, postgresVersion, readStoredStreams, type Sql } from './database.ts';
import { createRandom } from './dataset.ts';
import { packageFolder, programFile } from './hub-process.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { KillSimulateScenario } from './scenarios.ts';
import { type Session, sleep, withHub } from './session.ts';

const faults = ['simulator', 'postmaster', 'both'] as const;

export function runKillSimulate(scenario: KillSimulateScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  return withHub(context, async (session) => {
    const random = createRandom(scenario.seed);
    let midwayCount = 0;
    for (let run = 1; run <= scenario.runCount; run += 1) {
      const child = startSimulator(scenario, session, []);
      await sleep(scenario.strikeMsMin + random() * (scenario.strikeMsMax - scenario.strikeMsMin));
      if (child.exitCode === null) midwayCount += 1;
      const fault = faults[Math.floor(random() * faults.length)]!;
      if (fault !== 'simulator') killPostmaster(session.database);
      if (fault !== 'postmaster') child.kill('SIGKILL');
      await ended(child);
      await session.hub.ready();
      if (run % 10 === 0) context.say(`${run} of ${scenario.runCount} faults`);
    }
    const exitCode = await runToTheEnd(scenario, session, []);
    const disturbed = await readAll(session);
    const undisturbedCode = await runToTheEnd(scenario, session, ['--replace']);
    const undisturbed = await readAll(session);
    const wrongRows = differenceCount(disturbed.rows, undisturbed.rows);
    const brokenStreams = disturbed.streams.filter(({ overlaps, holes }) => overlaps > 0 || holes > 0).length;
    return {
      figures: {
        killsMidway: midwayCount,
        comparedRows: disturbed.rows.size,
        wrongRows,
        brokenStreams,
        storedTicks: disturbed.streams.reduce((sum, { storedTicks }) => sum + storedTicks, 0),
      },
      problems: [
        ...(exitCode === 0 && undisturbedCode === 0
          ? []
          : [`the simulator must come to its end: got ${exitCode} and ${undisturbedCode}`]),
        ...(wrongRows === 0
          ? []
          : [`what is left after faults must be what an undisturbed run writes: got ${wrongRows} rows that differ`]),
        ...(brokenStreams === 0 ? [] : [`seqs must be stored without overlap or hole: got ${brokenStreams} streams`]),
        ...(disturbed.rows.size > 0 ? [] : ['there must be rows to compare: got none']),
      ],
      postgresVersion: disturbed.postgresVersion,
    };
  });
}

function startSimulator(
  { hostCount, days, perHour, seed }: KillSimulateScenario,
  { hub }: Session,
  more: readonly string[],
): ChildProcess {
  const options = { hosts: hostCount, days, 'per-hour': perHour, seed, config: hub.folder.configFile };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const args = [programFile(), 'simulate', '--yes', ...flags, ...more];
  return spawn(process.execPath, args, { cwd: packageFolder(), stdio: 'ignore' });
}

/** PostgreSQL may still be on its way after the last fault. */
async function runToTheEnd(
  scenario: KillSimulateScenario,
  session: Session,
  more: readonly string[],
): Promise<number | null> {
  let exitCode: number | null = null;
  for (let tries = 0; tries < 10 && exitCode !== 0; tries += 1) {
    exitCode = await ended(startSimulator(scenario, session, more));
    if (exitCode !== 0) await sleep(1_000);
  }
  return exitCode;
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code));
  });
}

async function readAll(session: Session) {
  const database = openDatabase(session.database.dataFolder);
  try {
    const { sql } = database;
    return {
      rows: await readRows(sql),
      streams: await readStoredStreams(sql),
      postgresVersion: await postgresVersion(sql),
    };
  } finally {
    await database.close();
  }
}

/**
 * Contents of all chunks but those at both ends: the end of a span is the minute in which it was begun, so the first and last
 * day, and months that hold one of them, differ from run to run.
 */
async function readRows(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql<{ name: string; content: string }[]>`
    with span as (select host, min(day) as first, max(day) as last from chunk where tier < 2 group by host)
    select h.name || '/' || c.tier || '/' || c.day || '/' || c.part || '/' || row_number() over (
        partition by c.host, c.tier, c.day, c.part order by c.from_ms, c.id) as name,
      c.ticks || '/' || c.samples || '/' || c.from_ms || '/' || c.to_ms || '/' || md5(c.offsets) || '/' || md5(c.data) as content
    from chunk c join host h on h.id = c.host join span s on s.host = c.host
    where c.day > s.first and c.day < case when c.tier = 2 then s.last - 31 else s.last end`;
  return new Map(rows.map(({ name, content }) => [name, content]));
}

function differenceCount(found: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): number {
  let count = 0;
  for (const [name, content] of wanted) if (found.get(name) !== content) count += 1;
  for (const name of found.keys()) if (!wanted.has(name)) count += 1;
  return count;
}

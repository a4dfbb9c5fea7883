/**
 * `start`: from `npm start` to this machine's own ticks, as a newcomer sees it: the first start makes the database,
 * the second finds it. `npm ci`, and with it the build, has been done before.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  benchOperatorHeaders,
  benchOperatorKey,
  createHubFolder,
  type HubFolder,
  packageFolder,
  removeHubFolder,
} from './hub-process.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { StartScenario } from './scenarios.ts';
import { sleep } from './session.ts';

const startMsMax = 60_000;
const stopMsMax = 30_000;
const pollMs = 25;

export async function runStart(scenario: StartScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  // `npm ci` has built; a source that was changed since then would be built by the first start.
  execFileSync(process.execPath, [join(packageFolder(), 'scripts/build.mjs')], { stdio: 'inherit' });
  const folder = await createHubFolder();
  try {
    const first = await startOnce(scenario, folder);
    context.say(`First start: ${Math.round(first.ticksMs)} ms to ${scenario.tickCount} ticks`);
    const second = await startOnce(scenario, folder);
    return {
      figures: {
        firstStartReadyMs: first.readyMs,
        firstStartTicksMs: first.ticksMs,
        firstStopMs: first.stopMs,
        secondStartReadyMs: second.readyMs,
        secondStartTicksMs: second.ticksMs,
        secondStopMs: second.stopMs,
      },
      problems: [],
      postgresVersion: null,
    };
  } finally {
    await removeHubFolder(folder);
  }
}

interface StartFigures {
  /** To the first answer of /healthz. */
  readonly readyMs: number;
  /** To the wanted number of different ticks in /fetch/latest. */
  readonly ticksMs: number;
  readonly stopMs: number;
}

async function startOnce(scenario: StartScenario, folder: HubFolder): Promise<StartFigures> {
  const startMs = performance.now();
  const child = spawn('npm', ['start', '--silent', '--', '--config', folder.configFile], {
    cwd: packageFolder(),
    stdio: 'ignore',
    // The local agent keeps its spool there too.
    env: { ...process.env, STATE_DIRECTORY: folder.folder, PULSEWIRE_OPERATOR_KEY: benchOperatorKey },
    detached: true,
  });
  try {
    const times = new Set<number>();
    let readyMs: number | null = null;
    while (times.size < scenario.tickCount) {
      if (child.exitCode !== null || performance.now() - startMs > startMsMax)
        throw new Error(`Cannot start: ticks must be seen within ${startMsMax} ms: got ${times.size}`);
      await sleep(pollMs);
      const latestSec = await readLatestSec(folder.port);
      if (latestSec === null) continue;
      readyMs ??= performance.now() - startMs;
      if (latestSec > 0) times.add(latestSec);
    }
    const ticksMs = performance.now() - startMs;
    const stopMs = performance.now();
    signal(child, 'SIGTERM');
    await ended(child);
    return { readyMs: readyMs ?? ticksMs, ticksMs, stopMs: performance.now() - stopMs };
  } finally {
    signal(child, 'SIGKILL');
    await ended(child);
  }
}

/** To the whole process group, npm and what it has started: npm itself does not wait for them. False when all have ended. */
function signal(child: ChildProcess, name: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const untilMs = performance.now() + stopMsMax;
  while (signal(child, 0)) {
    if (performance.now() > untilMs) throw new Error(`Cannot stop: all processes must end within ${stopMsMax} ms`);
    await sleep(5);
  }
}

/** Newest tick of any host in /fetch/latest, epoch seconds; 0 while there is none, null while nobody answers. */
async function readLatestSec(port: number): Promise<number | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/fetch/latest`, { headers: benchOperatorHeaders });
    return answer.status === 200 ? newestTimestamp(await answer.json()) : null;
  } catch (error) {
    // Refused or cut: the hub is not there yet.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** The highest `timestamp` of the hosts in an answer; 0 when there is none. */
export function newestTimestamp(answer: unknown): number {
  if (typeof answer !== 'object' || answer === null) return 0;
  let newest = 0;
  for (const host of Object.values(answer)) {
    if (typeof host !== 'object' || host === null || !('timestamp' in host)) continue;
    if (typeof host.timestamp === 'number') newest = Math.max(newest, host.timestamp);
  }
  return newest;
}

/**
 * `start`: from `npm start` to this machine's own ticks, as a newcomer sees it: the first start makes the database,
 * the second finds it. `npm ci`, and with it the build, has been done before.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHubFolder, type HubFolder, packageFolder, removeHubFolder } from './hub-process.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import type { StartScenario } from './scenarios.ts';
import { sleep } from './session.ts';

const startMsMax = 60_000;
const pollMs = 25;

export async function runStart(scenario: StartScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
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
    env: { ...process.env, STATE_DIRECTORY: folder.folder },
    detached: true,
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
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
    await exited;
    return { readyMs: readyMs ?? ticksMs, ticksMs, stopMs: performance.now() - stopMs };
  } finally {
    if (child.exitCode === null && child.signalCode === null) signal(child, 'SIGKILL');
    await exited;
  }
}

/** The whole process group: npm and what it has started. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined) process.kill(-child.pid, name);
}

/** Newest tick of any host in /fetch/latest, epoch seconds; 0 while there is none, null while nobody answers. */
async function readLatestSec(port: number): Promise<number | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/fetch/latest`);
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

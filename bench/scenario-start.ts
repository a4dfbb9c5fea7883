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
      const latestMs = await readLatestMs(folder.port);
      if (latestMs === null) continue;
      readyMs ??= performance.now() - startMs;
      if (latestMs > 0) times.add(latestMs);
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

/** Newest time of any host in /fetch/latest; 0 while there is none, null while nobody answers. */
async function readLatestMs(port: number): Promise<number | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/fetch/latest`);
    return answer.status === 200 ? newestTimeMs(await answer.json()) : null;
  } catch (error) {
    // Refused or cut: the hub is not there yet.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** The highest epoch ms anywhere in the answer. */
export function newestTimeMs(value: unknown): number {
  if (typeof value === 'number') return value > 1e12 && value < 1e13 ? value : 0;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((newest, inner) => Math.max(newest, newestTimeMs(inner)), 0);
}

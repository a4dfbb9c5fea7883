/**
 * The hub under test as a process of its own: the built program, an empty data folder, a port of its own.
 *
 * The folder lies in the system's folder for temporary files, which the account of PostgreSQL can reach; it is
 * removed by `removeHubFolder`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '#core/errors.ts';

export const benchOperatorKey = 'bench-operator-key-0123456789';
/** What the runner and its viewers sign in by. */
export const benchOperatorHeaders = { authorization: `Bearer ${benchOperatorKey}` };

/** Of the hub and agents of a benchmark, which are reached by nobody else. */
export const benchEnrolmentKey = 'bench-enrolment-key-0123456789';

const readyMsMax = 60_000;
const stopMsMax = 60_000;

export interface HubFolder {
  readonly folder: string;
  readonly dataFolder: string;
  readonly configFile: string;
  /** What the hub has said, JSON lines. */
  readonly logFile: string;
  readonly port: number;
}

export interface HubOptions {
  /** Arguments of Node in front of the program, such as `--cpu-prof`. */
  readonly nodeArguments?: readonly string[];
  /** Further settings of the hub. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The folder of package.json: the runner is in `dist/bench/`, or in `bench/` when it is not built. */
export function packageFolder(): string {
  const isBuilt = import.meta.url.endsWith('.js');
  return fileURLToPath(new URL(isBuilt ? '../..' : '..', import.meta.url));
}

/** The built command line. */
export function programFile(): string {
  return join(packageFolder(), 'dist', 'pulsewire.js');
}

/** Makes an empty folder with settings for a hub. */
export async function createHubFolder(options: HubOptions = {}): Promise<HubFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'pulsewire-bench-'));
  // Another account runs PostgreSQL when this is root.
  await chmod(folder, 0o755);
  const port = await freePort();
  const dataFolder = join(folder, 'data');
  const configFile = join(folder, 'hub.json');
  const hubFolder = { folder, dataFolder, configFile, logFile: join(folder, 'hub.log'), port };
  await writeHubSettings(hubFolder, options.settings ?? {});
  return hubFolder;
}

/** Writes what a hub in this folder is started with from now on: `settings` beside those of every benchmark. */
export async function writeHubSettings(
  { port, dataFolder, configFile }: HubFolder,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  // What floods a hub is what some of them are about.
  const limits = { agentMessagesPerSecMax: 100_000, agentBytesPerSecMax: 1_073_741_824 };
  const all = { host: '127.0.0.1', port, dataFolder, logLevel: 'warn', ...limits, ...settings };
  await writeFile(configFile, JSON.stringify(all, null, 2));
}

export async function removeHubFolder(hub: HubFolder): Promise<void> {
  await rm(hub.folder, { recursive: true, force: true });
}

export class HubProcess {
  readonly folder: HubFolder;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(folder: HubFolder, process: ChildProcess) {
    this.folder = folder;
    this.#process = process;
    this.#exited = new Promise((resolve) => {
      process.once('exit', () => resolve());
    });
  }

  get pid(): number {
    assert(this.#process.pid !== undefined, 'the hub has been started');
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves when the hub says that it is ready. Rejects with what it logged when it ends or takes too long. */
  async ready(): Promise<void> {
    const untilMs = performance.now() + readyMsMax;
    while (this.isRunning && performance.now() < untilMs) {
      if (await isReady(this.folder.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`Cannot start hub: it must answer within ${readyMsMax} ms: got ${this.logTail()}`);
  }

  /** As a crash: nothing is stored or said any more. PostgreSQL goes on. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  /** Stops hub and PostgreSQL in good order; kills the hub when that takes too long. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), stopMsMax);
    await this.#exited;
    clearTimeout(timer);
  }

  /** The last lines of the log. */
  logTail(): string {
    return readFileSync(this.folder.logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
  }
}

/** Starts the hub and returns at once. */
export function spawnHub(folder: HubFolder, options: HubOptions = {}): HubProcess {
  const log = openSync(folder.logFile, 'a');
  const args = [...(options.nodeArguments ?? []), programFile(), 'hub', '--config', folder.configFile];
  const child = spawn(process.execPath, args, {
    // The channel tells the hub when the runner dies.
    stdio: ['ignore', log, log, 'ipc'],
    cwd: folder.folder,
    env: { ...process.env, PULSEWIRE_ENROLMENT_KEY: benchEnrolmentKey, PULSEWIRE_OPERATOR_KEY: benchOperatorKey },
  });
  closeSync(log);
  return new HubProcess(folder, child);
}

/** Starts the hub and waits until it is ready. */
export async function startHub(folder: HubFolder, options: HubOptions = {}): Promise<HubProcess> {
  const hub = spawnHub(folder, options);
  await hub.ready();
  return hub;
}

/** Whether the hub on this port is ready. */
export async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    // Refused: nobody listens yet.
    return false;
  }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  assert(address !== null && typeof address === 'object', 'a server that listens has an address');
  return address.port;
}

/**
 * A real agent as a process of its own, with a script that counts its own runs: the counter is in a file, synced,
 * before the script returns the number, so that no stored number can be above what the file holds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchEnrolmentKey, programFile } from './hub-process.ts';

/** The series that the script gives. */
export const counterKey = 'bench_counter';

export interface AgentFolder {
  readonly name: string;
  readonly configFile: string;
  readonly spoolFile: string;
  readonly counterFile: string;
  readonly logFile: string;
}

/** Makes a folder with settings and the counting script for an agent of the hub on `port`. */
export async function createAgentFolder(
  parent: string,
  options: { readonly name: string; readonly port: number; readonly intervalMs: number },
): Promise<AgentFolder> {
  const folder = join(parent, options.name);
  const metricsFolder = join(folder, 'metrics');
  const dataFolder = join(folder, 'data');
  await mkdir(metricsFolder, { recursive: true });
  const counterFile = join(folder, 'counter');
  await writeFile(counterFile, '0');
  await writeFile(join(metricsFolder, 'counter.mjs'), formatCounterScript(counterFile), { mode: 0o644 });
  const configFile = join(folder, 'agent.json');
  const settings = {
    hubUrl: `ws://127.0.0.1:${options.port}`,
    name: options.name,
    intervalMs: options.intervalMs,
    dataFolder,
    metricsFolder,
    keepAcked: true,
    logLevel: 'warn',
  };
  await writeFile(configFile, JSON.stringify(settings, null, 2), { mode: 0o644 });
  return {
    name: options.name,
    configFile,
    spoolFile: join(dataFolder, 'spool.sqlite'),
    counterFile,
    logFile: join(folder, 'agent.log'),
  };
}

/** Highest number that the script may have given. */
export function readCounter(folder: AgentFolder): number {
  return Number(readFileSync(folder.counterFile, 'utf8'));
}

/** A kill can fall between any two lines of it: the number is written in one write of fixed length, then synced. */
function formatCounterScript(counterFile: string): string {
  return `import { fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const file = ${JSON.stringify(counterFile)};
const descriptor = openSync(file, 'r+');
let count = Number(readFileSync(file, 'utf8'));

export const everyMs = 0;

export function collect() {
  count += 1;
  writeSync(descriptor, String(count).padStart(15, '0'), 0);
  fdatasyncSync(descriptor);
  return { ${counterKey}: count };
}
`;
}

export class AgentProcess {
  readonly folder: AgentFolder;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(folder: AgentFolder) {
    this.folder = folder;
    const log = openSync(folder.logFile, 'a');
    this.#process = spawn(process.execPath, [programFile(), 'agent', '--config', folder.configFile], {
      // The channel tells the agent when the runner dies.
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, PULSEWIRE_ENROLMENT_KEY: benchEnrolmentKey },
    });
    closeSync(log);
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
    });
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  /** A stop in good order: the agent waits some seconds for its last ticks to be stored. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#process.kill('SIGTERM');
    await this.#exited;
  }
}

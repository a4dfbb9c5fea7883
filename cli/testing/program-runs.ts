/** The built `pulsewire` command as a process, for end-to-end tests: what one test has started ends with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** By which commands and tests sign in to hubs that are started here. */
export const operatorKey = 'operator-key-of-the-tests-4711-0815';

export interface Run {
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** What it has said so far. */
  text(): string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const runs: Run[] = [];

/** Builds what the command runs. Throws when that fails. */
export function buildPrograms(): void {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`Cannot build: scripts/build.mjs must end well: got status ${status}`);
}

export function startProgram(args: readonly string[], { cwd, env = {} }: RunOptions = {}): Run {
  const child = spawn(process.execPath, [join(root, 'dist/pulsewire.js'), ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, PULSEWIRE_OPERATOR_KEY: operatorKey, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', (part: Buffer) => void (text += part));
  const exited = new Promise<number | string>((done) =>
    child.once('close', (code, signal) => done(code ?? signal ?? '')),
  );
  const run = { child, exited, text: () => text };
  runs.push(run);
  return run;
}

/** Ends what was started, the newest first. */
export async function stopPrograms(): Promise<void> {
  for (const { child, exited } of runs.splice(0).reverse()) {
    child.kill('SIGTERM');
    await exited;
  }
}

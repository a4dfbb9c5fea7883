/**
 * One run in the sandbox: started, bounded in time and output, and ended with everything that it has started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { scriptTextCharactersMax } from '#core/limits.ts';
import type { SandboxCommand } from './sandbox.ts';

export interface SandboxEnd {
  /** `done`: its own end, whatever the exit code; `stopped`: by us; `unstarted`: its world could not be made. */
  readonly kind: 'done' | 'stopped' | 'unstarted';
  /** Why it was stopped, as a full sentence; empty for an end of its own. */
  readonly problem: string;
  /** null when it was stopped. */
  readonly exitCode: number | null;
  /** All of standard output, up to its bound. */
  readonly output: string;
  /** The end of standard error. */
  readonly errors: string;
  /** Whether it took too long, and may do so again. */
  readonly hung: boolean;
}

export interface SandboxRun {
  readonly end: Promise<SandboxEnd>;
  stop(): void;
}

export interface RunBounds {
  readonly wallMs: number;
  /** Of standard output and of standard error, each. */
  readonly outputBytes: number;
}

/** For pipes to be read to their end, and for a kill to do its work. */
const graceMs = 1_000;
/** What a shell says of a child that a signal has ended. */
const signalBase = 128;
const signalNames: ReadonlyMap<number, string> = new Map([
  [6, 'SIGABRT'],
  [9, 'SIGKILL'],
  [11, 'SIGSEGV'],
  [15, 'SIGTERM'],
  [24, 'SIGXCPU, as it has used up its processor time'],
  [25, 'SIGXFSZ, as it has written more than it may'],
]);

/** Starts the command and gives it the code. Never throws: what the system refuses becomes an end. */
export function runSandbox(command: SandboxCommand, code: Uint8Array, bounds: RunBounds): SandboxRun {
  const child = spawn(command.file, command.args, {
    cwd: '/',
    env: command.env,
    // A session of its own; the kill below reaches the first process in there, and with it all others.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  let resolveEnd: (end: SandboxEnd) => void;
  const end = new Promise<SandboxEnd>((resolve) => (resolveEnd = resolve));
  const output: Buffer[] = [];
  let outputBytes = 0;
  let errors = '';
  let errorBytes = 0;
  let isStarted = false;
  let verdict: { readonly problem: string; readonly hung: boolean } | null = null;
  let graceTimer: NodeJS.Timeout | undefined;
  const streams = child.stdio;

  const settle = (exitCode: number | null): void => {
    clearTimeout(timer);
    clearTimeout(graceTimer);
    for (const stream of streams) stream?.destroy();
    const text = Buffer.concat(output).toString('utf8');
    const kept = { output: text, errors, hung: verdict?.hung ?? false };
    if (verdict !== null) resolveEnd({ ...kept, kind: 'stopped', exitCode: null, problem: verdict.problem });
    else if (!isStarted) resolveEnd({ ...kept, kind: 'unstarted', exitCode, problem: unstartedProblem(errors) });
    else resolveEnd({ ...kept, kind: 'done', exitCode, problem: exitProblem(exitCode) });
  };
  const condemn = (problem: string, hung = false): void => {
    verdict ??= { problem, hung };
    killAll(child);
    graceTimer ??= setTimeout(() => settle(null), graceMs);
  };
  const timer = setTimeout(() => {
    condemn(`Cannot use run: it must end within ${bounds.wallMs} ms: got no end`, true);
  }, bounds.wallMs);

  for (const stream of streams) stream?.on('error', () => undefined); // it has gone: its end says more
  child.stdout!.on('data', (part: Buffer) => {
    const room = bounds.outputBytes - outputBytes;
    if (room > 0) output.push(part.subarray(0, room));
    outputBytes += part.length;
    if (outputBytes > bounds.outputBytes) condemn(`Cannot use run: it may print ${bounds.outputBytes} bytes: got more`);
  });
  child.stderr!.on('data', (part: Buffer) => {
    // What is not kept is work as well, for the one thread that measures.
    if (errorBytes > bounds.outputBytes) return;
    errorBytes += part.length;
    errors = (errors + part.toString('utf8')).slice(-scriptTextCharactersMax);
    if (errorBytes > bounds.outputBytes)
      condemn(`Cannot use run: it may write ${bounds.outputBytes} bytes to standard error: got more`);
  });
  streams[3]!.once('data', () => {
    isStarted = true;
  });
  child.once('error', (error) => {
    errors ||= error.message;
    settle(null);
  });
  child.once('exit', (exitCode) => {
    killAll(child);
    graceTimer ??= setTimeout(() => settle(exitCode), graceMs);
  });
  child.once('close', (exitCode) => settle(exitCode));
  child.stdin!.end(code);
  return { end, stop: () => condemn('Cannot use run: the agent must go on: got a stop') };
}

/**
 * The group holds `unshare` and the first process in there, which no script can have left: it belongs to somebody else or
 * has capabilities that the script has not.
 */
function killAll(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error;
  }
}

function exitProblem(exitCode: number | null): string {
  if (exitCode === 0) return '';
  const signal = exitCode === null ? 9 : exitCode - signalBase;
  const how = signal > 0 && signal < 65 ? `signal ${signalNames.get(signal) ?? signal}` : `exit code ${exitCode}`;
  return `Cannot use run: it must end with exit code 0: got ${how}`;
}

function unstartedProblem(errors: string): string {
  const said = errors.trim().split('\n').at(-1) ?? '';
  return `Cannot make a place to run scripts in: the system must allow namespaces and mounts in them: got ${JSON.stringify(said.slice(0, 200))}`;
}

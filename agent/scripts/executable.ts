/**
 * One run of an executable script: a process of its own, in a process group of its own, with no shell, no
 * input and a small environment, bounded in time and in output.
 *
 * However it ends, the whole group is killed: on time-out with the script, after a normal end to take what
 * it left behind. A descendant that made itself a new session escapes that; it can hold the pipes but not
 * the agent, which lets go of them shortly after the script's own end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { outputBytesMax } from './bounds.ts';
import { toErrorLine } from './script-result.ts';

/** `printed` is the only good end. */
export type ExecutableEnd =
  | { readonly kind: 'printed'; readonly text: string }
  | { readonly kind: 'failed'; readonly error: string; readonly hung: boolean };

export interface ExecutableRun {
  readonly end: Promise<ExecutableEnd>;
  /** Settles when the process is gone, which is after `end` only if it cannot be killed (waiting for a dead disk). */
  readonly gone: Promise<void>;
  /** Kills the group; `end` says `failed`. */
  stop(): void;
}

export interface ExecutableOptions {
  readonly timeoutMs: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Kept of standard error: its first line goes into the message. */
const errorBytesMax = 4_096;
/** For a pipe to be read to its end after the process has gone, and for a kill to do its work. */
const graceMs = 1_000;

/** Starts `file`. Never throws: what the system refuses becomes a failed end. */
export function runExecutable(file: string, options: ExecutableOptions): ExecutableRun {
  let child: ChildProcess;
  try {
    // `detached` makes the child the leader of a new session and group, so that a kill reaches all of it.
    child = spawn(file, [], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const end: ExecutableEnd = { kind: 'failed', error: describeStartFailure(error), hung: false };
    return { end: Promise.resolve(end), gone: Promise.resolve(), stop: () => undefined };
  }
  return watch(child, options.timeoutMs);
}

function watch(child: ChildProcess, timeoutMs: number): ExecutableRun {
  let resolveEnd: (end: ExecutableEnd) => void;
  let resolveGone: () => void;
  const end = new Promise<ExecutableEnd>((resolve) => (resolveEnd = resolve));
  const gone = new Promise<void>((resolve) => (resolveGone = resolve));
  const stdout = new CappedText(outputBytesMax);
  const stderr = new CappedText(errorBytesMax);
  let graceTimer: NodeJS.Timeout | undefined;

  const settle = (result: ExecutableEnd): void => {
    clearTimeout(timeoutTimer);
    clearTimeout(graceTimer);
    child.stdout?.destroy();
    child.stderr?.destroy();
    resolveEnd(result);
  };
  const startGrace = (result: () => ExecutableEnd): void => {
    graceTimer ??= setTimeout(() => settle(result()), graceMs);
  };
  /** The first verdict stands; the end is announced when the process has closed or the grace is over. */
  let verdict: ExecutableEnd | null = null;
  const condemn = (error: string, hung: boolean): void => {
    verdict ??= { kind: 'failed', error, hung };
    const condemned = verdict;
    killGroup(child);
    startGrace(() => condemned);
  };
  const toEnd = (code: number | null, signal: string | null): ExecutableEnd => {
    if (verdict !== null) return verdict;
    if (code === 0) return { kind: 'printed', text: stdout.text() };
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const said = toErrorLine(stderr.text().trim().split('\n', 1)[0] ?? '');
    const error = `Cannot use run: it must end with exit code 0: got ${how}${said === '' ? '' : `, "${said}"`}`;
    return { kind: 'failed', error, hung: false };
  };

  const timeoutTimer = setTimeout(() => {
    condemn(`Cannot use run: it must end within ${timeoutMs} ms: got no end`, true);
  }, timeoutMs);

  child.stdout?.on('data', (bytes: Buffer) => {
    if (!stdout.add(bytes)) {
      condemn(`Cannot use run: it may print ${outputBytesMax} bytes: got more`, false);
    }
  });
  child.stderr?.on('data', (bytes: Buffer) => stderr.add(bytes)); // read on and forgotten, so that the script never blocks on it
  child.once('error', (error) => {
    settle({ kind: 'failed', error: describeStartFailure(error), hung: false });
    if (child.pid === undefined) resolveGone();
  });
  child.once('exit', (code, signal) => {
    killGroup(child);
    resolveGone();
    startGrace(() => toEnd(code, signal));
  });
  child.once('close', (code, signal) => settle(toEnd(code, signal)));

  return {
    end,
    gone,
    stop: () => condemn('Cannot use run: the agent must go on: got a stop', false),
  };
}

/** The group outlives its leader while a member lives, so its number cannot have been given to another. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error; // EPERM: what is left runs as another user
  }
}

function describeStartFailure(error: unknown): string {
  const code = codeOf(error);
  const wanted =
    code === 'ENOENT'
      ? 'the file and the interpreter in its first line must exist'
      : 'the system must be able to run it';
  return `Cannot start script: ${wanted}: got ${code ?? toErrorLine(String(error))}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The first bytes of a stream as text. */
class CappedText {
  readonly #bytesMax: number;
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** False once there is more than may be kept. */
  add(part: Buffer): boolean {
    const room = this.#bytesMax - this.#bytes;
    if (room > 0) this.#parts.push(part.subarray(0, room));
    this.#bytes = Math.min(this.#bytes + part.length, this.#bytesMax);
    return part.length <= room;
  }

  text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }
}

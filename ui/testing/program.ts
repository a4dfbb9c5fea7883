/**
 * One of the built programs as a process of its own: what it says is kept, and it ends with this process, whatever
 * happens to the test.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageFolder } from './build.ts';

/** Of every hub and agent here. */
export const enrolmentKey = 'enrolment-key-of-browser-tests-4711';
/** What the tests themselves sign in by. */
export const operatorKey = 'operator-key-of-browser-tests-4711';

const waitMsMax = 180_000;
const lookAgainMs = 20;

export class Program {
  /** Settles when it has ended. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  #text = '';

  /** Starts `pulsewire` with these arguments. */
  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [join(packageFolder, 'dist/pulsewire.js'), ...args], {
      // The programs stop in good order when the channel closes: with this process.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A database of the shell's would be used instead of the one inside.
      env: {
        ...process.env,
        DATABASE_URL: undefined,
        PULSEWIRE_ENROLMENT_KEY: enrolmentKey,
        PULSEWIRE_OPERATOR_KEY: operatorKey,
      },
    });
    this.#child.stderr!.on('data', (part: Buffer) => {
      this.#text += part.toString();
    });
    this.exited = new Promise((settle) => {
      this.#child.once('close', () => settle());
    });
  }

  /** Everything it has said so far. */
  get text(): string {
    return this.#text;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Resolves when `isMet` answers true. Throws with what the program said when it ends before. */
  async until(what: string, isMet: () => boolean | Promise<boolean>): Promise<void> {
    const startedMs = performance.now();
    while (!(await isMet())) {
      if (!this.isRunning || performance.now() - startedMs > waitMsMax)
        throw new Error(`Cannot wait: ${what} must hold within ${waitMsMax} ms: got\n${this.#text.slice(-4_000)}`);
      await delay(lookAgainMs);
    }
  }

  /** SIGTERM and SIGINT stop it in good order, SIGKILL is a crash. Settles when it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.exited;
  }
}

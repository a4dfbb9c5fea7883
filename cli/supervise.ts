/**
 * Keeps one child process running: starts it again with backoff when it dies, and stops it for good.
 *
 *   running --exit--> waiting --backoff--> running
 *      \------ stop() -> SIGTERM, awaited -----> stopped
 *      \------ exit 2 (its settings cannot be used) --> stopped
 */
import { backoffMs } from '#core/time.ts';

export interface Child {
  /** Asks the process to end. */
  terminate(): void;
  /** Ends it without asking. */
  kill(): void;
  /** Exit code, or null when a signal ended it. Settles once, never rejects. */
  readonly exited: Promise<number | null>;
}

export interface SuperviseOptions {
  readonly start: () => Child;
  /** Resolves after `ms`, or at once when `signal` is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** The child has ended by itself; `retryMs` is null when it is not started again. */
  readonly onExit: (code: number | null, retryMs: number | null) => void;
}

/** A child that lived this long had started well, so the next fault begins a new count. */
const stableMs = 60_000;
/** A child that has not ended by itself after SIGTERM for this long is killed. */
const stopMsMax = 10_000;
const configExitCode = 2;
const backoff = { baseMs: 1_000, capMs: 15_000 };

export class Supervisor {
  readonly #options: SuperviseOptions;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #child: Child | null = null;

  /** Starts the child at once. */
  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Stops the child and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child !== null) {
      child.terminate();
      const exited = new AbortController();
      await Promise.race([
        child.exited.then(() => exited.abort()),
        this.#options.wait(stopMsMax, exited.signal).then(() => {
          if (!exited.signal.aborted) child.kill();
        }),
      ]);
    }
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { start, wait, nowMs, random, onExit } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const startedMs = nowMs();
      this.#child = start();
      const code = await this.#child.exited;
      this.#child = null;
      if (signal.aborted) return;
      if (nowMs() - startedMs >= stableMs) attempt = 0;
      const retryMs = code === configExitCode ? null : backoffMs(attempt, backoff, random);
      onExit(code, retryMs);
      if (retryMs === null) return;
      await wait(retryMs, signal);
    }
  }
}

/**
 * The agent's side of the thread that runs the modules: starts it, tells it what to run, and ends it when a
 * module hangs, runs out of memory or ends the thread itself.
 *
 *   none --run--> starting --ready--> live --guilty module found | stop--> none
 *
 * While runs are in flight the thread is pinged. A pong proves that it is alive, and counts as one watch
 * for every run that has begun: a run that outlives its watches hangs while it waits. A thread that gives
 * no sign of life for as many watches is blocked, and shared memory names the module whose code ran last.
 * Time is counted in answered or missed pings and not read from a clock, so a laptop that slept, or an
 * agent that was stopped, accuses nobody.
 *
 * The guilty run `failed`; all others in flight are `lost`, and their scripts run again in a new thread.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { moduleHeapMiB } from './bounds.ts';
import type { HostMessage, WorkerMessage, WorkerStart } from './module-message.ts';
import { type RunOutcome, toErrorLine } from './script-result.ts';

export interface ModuleHostOptions {
  /** Built file of `module-worker.ts`. */
  readonly workerFile: string;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
}

interface Run {
  readonly module: number;
  readonly resolve: (outcome: RunOutcome) => void;
  hasBegun: boolean;
  /** Pongs since it began. */
  watchCount: number;
}

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly running: Int32Array;
  readonly loaded: Set<number>;
  isReady: boolean;
  /** Whether a ping waits for its pong: one at a time, so that pongs do not come in bursts. */
  isPinged: boolean;
  /** Looks in a row without any message from the thread. */
  silentCount: number;
  /** Why it ended by itself. */
  error: string | null;
}

/** A new thread may need this long to come up on a machine that is busy. */
const startMsMax = 30_000;
const stopMsMax = 2_000;

export class ModuleHost {
  readonly #options: ModuleHostOptions;
  readonly #watchMs: number;
  readonly #watchesMax: number;
  /** Modules are known to the thread by number, from 1. */
  readonly #numbers = new Map<string, number>();
  readonly #runs = new Map<number, Run>();
  /** Modules that ended the thread between their runs, with the error their next run ends with. */
  readonly #accused = new Map<number, string>();
  #thread: Thread | null = null;
  #watch: NodeJS.Timeout | null = null;
  #nextRun = 1;

  constructor(options: ModuleHostOptions) {
    this.#options = options;
    this.#watchMs = Math.min(500, options.timeoutMs / 5);
    this.#watchesMax = Math.ceil(options.timeoutMs / this.#watchMs);
  }

  /** Calls `collect()` of the module at `path`; `name` is the metric of a bare number. One run of a path at a time. */
  run(path: string, name: string): Promise<RunOutcome> {
    let module = this.#numbers.get(path);
    if (module === undefined) this.#numbers.set(path, (module = this.#numbers.size + 1));
    const error = this.#accused.get(module);
    if (error !== undefined) {
      this.#accused.delete(module);
      return Promise.resolve({ kind: 'failed', error, hung: true });
    }

    const run = this.#nextRun;
    this.#nextRun += 1;
    return new Promise((resolve) => {
      this.#runs.set(run, { module, resolve, hasBegun: false, watchCount: 0 });
      this.#thread ??= this.#start();
      this.#thread.loaded.add(module);
      send(this.#thread, { kind: 'run', run, module, path, name });
      this.#watch ??= setInterval(() => this.#look(), this.#watchMs);
    });
  }

  /** Ends the thread, so that the next run imports every file anew; runs in flight are lost. */
  restart(): void {
    this.#accused.clear();
    this.#end(() => ({ kind: 'lost' }));
  }

  /** Ends the thread and waits until it has ended, at most two seconds: it may be in a system call. */
  async stop(): Promise<void> {
    const worker = this.#thread?.worker;
    this.restart();
    if (worker === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, stopMsMax)));
    await Promise.race([worker.terminate(), patience]);
    clearTimeout(timer);
  }

  #start(): Thread {
    const { port1, port2 } = new MessageChannel();
    const running = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(this.#options.workerFile, {
      workerData: { port: port2, running } satisfies WorkerStart,
      transferList: [port2],
      env: this.#options.env,
      resourceLimits: { maxOldGenerationSizeMb: moduleHeapMiB },
      // Held back from the agent's own output, and read on so that it does not pile up.
      stdout: true,
      stderr: true,
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    const thread: Thread = {
      worker,
      port: port1,
      running,
      loaded: new Set(),
      isReady: false,
      isPinged: false,
      silentCount: 0,
      error: null,
    };
    port1.on('message', (message: WorkerMessage) => {
      if (this.#thread === thread) this.#accept(thread, message);
    });
    port1.unref();
    worker.on('error', (error) => {
      thread.error = toErrorLine(String(error));
    });
    worker.on('exit', (code) => {
      if (this.#thread !== thread) return;
      const got = thread.error ?? `exit code ${code}`;
      this.#accuse(this.#suspects(thread), `Cannot run modules: their thread must go on: got ${got}`);
    });
    return thread;
  }

  #accept(thread: Thread, message: WorkerMessage): void {
    thread.silentCount = 0;
    switch (message.kind) {
      case 'ready':
        thread.isReady = true;
        break;
      case 'began': {
        const run = this.#runs.get(message.run);
        if (run !== undefined) run.hasBegun = true;
        break;
      }
      case 'pong':
        thread.isPinged = false;
        this.#countWatch();
        break;
      case 'done':
        this.#settle(message.run, { kind: 'values', readings: message.readings, everyMs: message.everyMs });
        break;
      case 'failed':
        this.#settle(message.run, { kind: 'failed', error: message.error, hung: false });
        break;
    }
  }

  #settle(id: number, outcome: RunOutcome): void {
    const run = this.#runs.get(id);
    this.#runs.delete(id);
    if (this.#runs.size === 0) this.#stopWatch();
    run?.resolve(outcome);
  }

  /** Each `#watchMs` while runs are in flight. */
  #look(): void {
    const thread = this.#thread;
    if (thread === null) return;
    const silentMax = thread.isReady ? this.#watchesMax : Math.max(this.#watchesMax, startMsMax / this.#watchMs);
    if (thread.silentCount > silentMax) {
      const error = `Cannot run collect(): it must let the thread go on within ${this.#options.timeoutMs} ms: got a blocked thread`;
      this.#accuse(this.#suspects(thread), error);
      return;
    }
    thread.silentCount += 1;
    if (thread.isPinged) return;
    thread.isPinged = true;
    send(thread, { kind: 'ping' });
  }

  #countWatch(): void {
    const guilty = new Set<number>();
    for (const run of this.#runs.values()) {
      if (run.hasBegun) run.watchCount += 1;
      if (run.watchCount > this.#watchesMax) guilty.add(run.module);
    }
    if (guilty.size === 0) return;
    this.#accuse(guilty, `Cannot run collect(): it must end within ${this.#options.timeoutMs} ms: got no end`);
  }

  /** The module whose code ran last; where none is named all in flight, else all that this thread has loaded. */
  #suspects(thread: Thread): ReadonlySet<number> {
    const last = Atomics.load(thread.running, 0);
    if (last !== 0) return new Set([last]);
    const inFlight = new Set([...this.#runs.values()].map((run) => run.module));
    return inFlight.size > 0 ? inFlight : thread.loaded;
  }

  #accuse(guilty: ReadonlySet<number>, error: string): void {
    const unheard = new Set(guilty);
    this.#end((run) => {
      if (!guilty.has(run.module)) return { kind: 'lost' };
      unheard.delete(run.module);
      return { kind: 'failed', error, hung: true };
    });
    for (const module of unheard) this.#accused.set(module, error);
  }

  #end(outcomeOf: (run: Run) => RunOutcome): void {
    const thread = this.#thread;
    this.#thread = null;
    this.#stopWatch();
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    if (thread !== null) {
      thread.port.close();
      thread.worker.terminate().catch(() => undefined); // one that has ended already is what is wanted
    }
    for (const run of runs) run.resolve(outcomeOf(run));
  }

  #stopWatch(): void {
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#watch = null;
  }
}

function send(thread: Thread, message: HostMessage): void {
  thread.port.postMessage(message);
}

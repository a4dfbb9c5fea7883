/**
 * Custom metrics: runs what lies in the metrics folder and brings the answers into the tick.
 *
 * A tick writes the answers that came since the one before, then sets off the next runs; so a script that
 * needs less than the interval gives every tick a value. Nothing here waits inside a tick. Each script
 * succeeds and fails for itself; what all share is bounded (processes at once, files, series).
 */
import type { CollectContext, Collector, Readings } from '../readings.ts';
import { executablesAtOnceMax, executableTimeoutMs, moduleTimeoutMs, scriptsMax } from './bounds.ts';
import { type ExecutableRun, runExecutable } from './executable.ts';
import { type FolderScan, type ScriptFile, scanFolder } from './folder.ts';
import { ModuleHost } from './module-host.ts';
import { parseOutput } from './parse-output.ts';
import { Script, type ScriptRun, type ScriptState } from './script.ts';
import { metricNameOf, type RunOutcome, ScriptError } from './script-result.ts';
import { type KeyOwners, ScriptSeries } from './script-series.ts';

/** What a pino logger offers. */
export interface ScriptsLog {
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
}

export interface ScriptsOptions {
  readonly folder: string;
  /** Built file of `module-worker.ts`. */
  readonly workerFile: string;
  readonly log: ScriptsLog;
  /** Monotonic ms. */
  readonly now: () => number;
  /** The whole environment of the scripts; see `toScriptEnv`. */
  readonly env: Readonly<Record<string, string>>;
  readonly executableTimeoutMs?: number;
  readonly moduleTimeoutMs?: number;
}

/** The folder is looked at each tick, but no more often than this. */
const pollMsMin = 900;

const inheritedVariables = ['HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** The part of the agent's environment that scripts may see: the rest may hold its token. */
export function toScriptEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {
    PATH: env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  };
  for (const name of inheritedVariables) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

export class Scripts implements Collector {
  readonly name = 'scripts';
  readonly everyMs = 0;
  readonly #options: ScriptsOptions;
  readonly #modules: ModuleHost;
  readonly #owners: KeyOwners = new Map();
  #scripts = new Map<string, Script>();
  /** Deleted since the last tick. */
  #ended: Script[] = [];
  /** Executables whose turn has come and that wait for a process to end. */
  #waiting: { readonly script: Script; readonly run: ScriptRun }[] = [];
  readonly #processes = new Map<ExecutableRun, Script>();
  readonly #inFlight = new Set<Promise<void>>();
  #poll: Promise<void> | null = null;
  /** Newest tick. */
  #tickMs = Number.NaN;
  #polledMs = -Infinity;
  #folderProblem: string | null = null;
  #isStopped = false;

  constructor(options: ScriptsOptions) {
    this.#options = options;
    this.#modules = new ModuleHost({
      workerFile: options.workerFile,
      timeoutMs: options.moduleTimeoutMs ?? moduleTimeoutMs,
      env: options.env,
    });
  }

  collect(readings: Readings, { tickMs }: Pick<CollectContext, 'tickMs'>): void {
    for (const script of this.#ended) script.end(readings);
    this.#ended = [];
    for (const script of this.#scripts.values()) {
      const change = script.write(readings);
      const { name, error } = script.state;
      if (change === 'failed') this.#options.log.warn({ script: name, error }, 'script.failed');
      if (change === 'recovered') this.#options.log.info({ script: name }, 'script.recovered');
    }
    // After the tick: starting a process takes about a millisecond of this thread.
    this.#tickMs = tickMs;
    setImmediate(() => this.#advance());
  }

  /** How each script is doing, by file name. */
  states(): readonly ScriptState[] {
    return [...this.#scripts.values()].map((script) => script.state);
  }

  /** Runs under way. */
  get runningCount(): number {
    return this.#inFlight.size;
  }

  /** Ends every run and waits until they have ended, some seconds at most. Nothing is started after. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting = [];
    for (const run of this.#processes.keys()) run.stop();
    await this.#modules.stop();
    await Promise.all(this.#inFlight);
  }

  #advance(): void {
    if (this.#isStopped) return;
    this.#startDue();
    const nowMs = this.#options.now();
    // A folder on a dead network disk keeps one poll waiting, not one for each tick.
    if (this.#poll !== null || nowMs - this.#polledMs < pollMsMin) return;
    this.#polledMs = nowMs;
    this.#poll = this.#lookAtFolder().finally(() => {
      this.#poll = null;
    });
  }

  async #lookAtFolder(): Promise<void> {
    const known = new Map([...this.#scripts].map(([name, script]) => [name, script.file]));
    const scan = await scanFolder(this.#options.folder, { known, stripsTypes: stripsTypes() });
    if (this.#isStopped) return;
    this.#accept(scan);
    this.#startDue();
  }

  /** Brings the scripts in line with the folder. */
  #accept(scan: FolderScan): void {
    const limited = scan.files.length > scriptsMax;
    const problem = limited
      ? `Cannot run all scripts: a folder may hold ${scriptsMax}: got ${scan.files.length}`
      : scan.problem;
    if (problem !== this.#folderProblem) {
      if (problem === null) this.#options.log.info({ folder: this.#options.folder }, 'scripts.recovered');
      else this.#options.log.warn({ folder: this.#options.folder, error: problem }, 'scripts.failed');
      this.#folderProblem = problem;
    }

    const scripts = new Map<string, Script>();
    let modulesChanged = false;
    for (const file of scan.files.slice(0, scriptsMax)) {
      const script = this.#scripts.get(file.name);
      this.#scripts.delete(file.name);
      scripts.set(file.name, script ?? this.#create(file));
      if (script === undefined || script.file.version === file.version) continue;
      this.#settleRun(script);
      script.replace(file);
      modulesChanged ||= file.kind === 'module';
    }
    for (const script of this.#scripts.values()) {
      this.#settleRun(script);
      this.#ended.push(script);
      modulesChanged ||= script.file.kind === 'module';
    }
    this.#scripts = scripts;
    // Node never forgets an imported module; a new thread does.
    if (modulesChanged) this.#modules.restart();
  }

  #create(file: ScriptFile): Script {
    return new Script(file, new ScriptSeries({ name: file.name, owners: this.#owners }));
  }

  /** Ends what is in flight for a script whose file has changed or gone. */
  #settleRun(script: Script): void {
    script.finish();
    this.#waiting = this.#waiting.filter((waiting) => waiting.script !== script);
    for (const [run, owner] of this.#processes) {
      if (owner === script) run.stop();
    }
  }

  #startDue(): void {
    for (const script of this.#scripts.values()) {
      const at = { tickMs: this.#tickMs, nowMs: this.#options.now() };
      if (!script.isDue(at)) continue;
      const run = script.begin(at);
      if (script.file.kind === 'module') this.#track(this.#runModule(script, run));
      else this.#waiting.push({ script, run });
    }
    this.#startWaiting();
  }

  #startWaiting(): void {
    while (this.#processes.size < executablesAtOnceMax) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#track(this.#runProcess(next.script, next.run));
    }
  }

  #track(work: Promise<void>): void {
    this.#inFlight.add(work);
    // A rejection is our bug and is left to the last handler of the process.
    void work.finally(() => this.#inFlight.delete(work));
  }

  async #runModule(script: Script, run: ScriptRun): Promise<void> {
    const { path, name } = script.file;
    const takenMs = this.#options.now();
    for (;;) {
      const outcome = await this.#modules.run(path, metricNameOf(name));
      if (this.#isStopped || !script.isCurrent(run)) return;
      if (outcome.kind === 'lost') continue;
      script.answer(outcome, { takenMs, nowMs: this.#options.now() });
      script.finish();
      return;
    }
  }

  async #runProcess(script: Script, run: ScriptRun): Promise<void> {
    const { path, settings } = script.file;
    const takenMs = this.#options.now();
    const started = runExecutable(path, {
      timeoutMs: settings.timeoutMs ?? this.#options.executableTimeoutMs ?? executableTimeoutMs,
      cwd: this.#options.folder,
      env: this.#options.env,
    });
    this.#processes.set(started, script);
    const end = await started.end;
    this.#processes.delete(started);
    if (this.#isStopped) return;
    if (script.isCurrent(run)) {
      const outcome = end.kind === 'printed' ? toOutcome(end.text, script.file) : end;
      script.answer(outcome, { takenMs, nowMs: this.#options.now() });
    }
    this.#startWaiting();
    // Not waited for here: a process that cannot be killed must not hold up `stop`, only the script's next run.
    void started.gone.then(() => {
      if (script.isCurrent(run)) script.finish();
    });
  }
}

function toOutcome(text: string, { name, settings }: ScriptFile): Exclude<RunOutcome, { readonly kind: 'lost' }> {
  try {
    const readings = parseOutput(text, { name: metricNameOf(name), unit: settings.unit });
    return { kind: 'values', readings, everyMs: settings.everyMs };
  } catch (error) {
    if (error instanceof ScriptError) return { kind: 'failed', error: error.message, hung: false };
    throw error;
  }
}

/** Node 22.18 and newer run `.ts` files; the property is unknown to older ones. */
function stripsTypes(): boolean {
  const features: object = process.features;
  return 'typescript' in features && Boolean(features.typescript);
}

/**
 * Scripts that come from the hub: taken, checked, run in the sandbox, reported, and their values brought into the tick.
 *
 *   closed   the settings do not open scripts: what comes is not looked at
 *   blocked  they do, but this machine cannot run them safely, or what is remembered of them cannot be read: nothing runs
 *   open     each text by itself: refused, revoked, or run at its interval, checked again before each run
 *
 * A list replaces the one before when its last text has come, and only after what it teaches (newer versions,
 * revocations) is on the disk. Nothing here waits inside a tick, and one script disturbs no other: each has one run at a
 * time, all together a few.
 */
import { ProtocolError } from '#core/errors.ts';
import { scriptReportsMax, scriptTextCharactersMax, signedScriptsMax } from '#core/limits.ts';
import type { ScriptDoor, ScriptReport, ScriptReports, ScriptsMessage } from '#core/message.ts';
import type { ScriptManifest } from '#core/signed-script.ts';
import { cutText, wellFormed } from '#core/utf8.ts';
import type { CollectContext, Collector, Readings } from '../readings.ts';
import type { ScriptFile } from '../scripts/folder.ts';
import { parseOutput } from '../scripts/parse-output.ts';
import { Script } from '../scripts/script.ts';
import { metricNameOf, type RunOutcome, ScriptError, toErrorLine } from '../scripts/script-result.ts';
import { type KeyOwners, ScriptSeries } from '../scripts/script-series.ts';
import { ListPace } from './list-pace.ts';
import { SandboxError, type SandboxSettings, sandboxCommand } from './sandbox.ts';
import { prepareSandbox } from './sandbox-probe.ts';
import { runSandbox, type SandboxEnd, type SandboxRun } from './sandbox-run.ts';
import {
  type CheckContext,
  type CheckedText,
  type Claim,
  checkText,
  markAfter,
  type VersionMark,
} from './script-check.ts';
import { lowerLimits, type ScriptPolicy } from './script-policy.ts';
import { ScriptShelf, ShelfError } from './script-shelf.ts';

/** What a pino logger offers. */
export interface HubScriptsLog {
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
}

export interface HubScriptsOptions {
  readonly policy: ScriptPolicy;
  /** As the agent's own settings file says. */
  readonly self: { readonly name: string; readonly tags: Readonly<Record<string, string>> };
  /** Where versions are remembered. */
  readonly shelfFile: string;
  /** What scripts must not see. Absolute paths; those that are not there do not matter. */
  readonly hidden: readonly string[];
  readonly log: HubScriptsLog;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly nowWallMs: () => number;
  /** false when there is no link, or it is behind: it is tried again. */
  readonly send: (reports: ScriptReports) => boolean;
}

interface Entry {
  readonly claim: Claim;
  readonly text: string;
  checked: CheckedText;
  /** null for what does not run. */
  script: Script | null;
  lastEnd: SandboxEnd | null;
  lastRunMs: number | null;
  durationMs: number | null;
  /** Of the last run; null when it was well. */
  outcomeError: string | null;
  isReported: boolean;
}

const runsAtOnceMax = 4;
/** Between two reports when a state has changed, and when a script has merely run again. */
const reportMsMin = 1_000;
const runReportMsMin = 15_000;

export class HubScripts implements Collector {
  readonly name = 'hub_scripts';
  readonly everyMs = 0;
  readonly #options: HubScriptsOptions;
  readonly #shelf: ScriptShelf;
  readonly #owners: KeyOwners = new Map();
  #door: ScriptDoor;
  #problem: string;
  #sandbox: SandboxSettings | null = null;
  #entries = new Map<string, Entry>();
  /** Texts of a list that is coming. */
  #coming: string[] = [];
  /** Scripts that are gone since the last tick. */
  #ended: Script[] = [];
  #waiting: Entry[] = [];
  readonly #runs = new Map<Entry, SandboxRun | null>();
  readonly #pace = new ListPace();
  #isTaking = false;
  /** Lists are taken one after the other. */
  #work: Promise<void> = Promise.resolve();
  #tickMs = Number.NaN;
  #isStopped = false;
  #isLinked = false;
  #isListReported = false;
  #isUrgent = false;
  #reportedMs = -Infinity;

  constructor(options: HubScriptsOptions) {
    this.#options = options;
    this.#shelf = new ScriptShelf(options.shelfFile);
    this.#door = options.policy.isEnabled ? 'blocked' : 'closed';
    this.#problem = options.policy.isEnabled
      ? 'Cannot run scripts yet: the agent starts'
      : 'Cannot run scripts: "scripts.enabled" of the agent\'s own settings file must be true';
  }

  get door(): ScriptDoor {
    return this.#door;
  }

  /** Scripts whose last run did not end well. */
  get failingCount(): number {
    return [...this.#entries.values()].filter((entry) => problemOf(entry) !== '' && entry.script !== null).length;
  }

  /** Finds out whether scripts can be run here, and goes on with those that were here before. Settles when it is known. */
  start(): Promise<void> {
    if (this.#door === 'closed') return Promise.resolve();
    return this.#queue(async () => {
      await this.#open();
      if (this.#door === 'open') await this.#take(this.#shelf.texts);
    });
  }

  /** A text of the hub's list. Throws ProtocolError for one that is out of turn. */
  accept({ index, count, text }: ScriptsMessage): void {
    const isInTurn = count === 0 ? index === 0 : index === 0 || index === this.#coming.length;
    if (count > signedScriptsMax || !isInTurn || (count > 0 && index >= count))
      throw new ProtocolError(
        'ERR_MESSAGE_UNEXPECTED',
        `Cannot accept scripts: a list of at most ${signedScriptsMax} comes in order: got ${index} of ${count}`,
      );
    if (index === 0) this.#coming = [];
    // What a closed agent gets it does not even keep.
    if (this.#door === 'closed') {
      this.#coming = count === 0 ? [] : new Array<string>(index + 1).fill('');
      // A hub that has just started has not heard that it is closed.
      if (index + 1 >= count) this.linked();
      return;
    }
    if (count > 0) this.#coming.push(text);
    if (this.#coming.length < count) return;
    const texts = this.#coming;
    this.#coming = [];
    this.#pace.put(texts);
    this.#takeNext();
  }

  /** The hub has welcomed the agent, and is told how everything stands. */
  linked(): void {
    this.#isLinked = true;
    this.#isListReported = false;
    this.#isUrgent = true;
  }

  collect(readings: Readings, { tickMs }: Pick<CollectContext, 'tickMs'>): void {
    for (const script of this.#ended) script.end(readings);
    this.#ended = [];
    for (const { script, claim } of this.#entries.values()) {
      const change = script?.write(readings) ?? null;
      const error = script?.state.error;
      if (change === 'failed') this.#options.log.warn({ ...logged(claim), error }, 'hub-script.failed');
      if (change === 'recovered') this.#options.log.info(logged(claim), 'hub-script.recovered');
    }
    this.#tickMs = tickMs;
    setImmediate(() => {
      if (this.#isStopped) return;
      this.#takeNext();
      this.#startDue();
      this.#report();
    });
  }

  /** Ends every run and waits until they have ended. Nothing is started after. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting = [];
    const ends = [...this.#runs.values()].map((run) => {
      run?.stop();
      return run?.end;
    });
    await Promise.all([...ends, this.#work]);
  }

  /** One list is worked on at a time; what must wait is looked at again with each tick. */
  #takeNext(): void {
    if (this.#isTaking) return;
    const texts = this.#pace.take(this.#options.now());
    if (texts === null) return;
    this.#isTaking = true;
    void this.#queue(async () => {
      if (this.#door === 'blocked') await this.#open();
      if (this.#door === 'open') await this.#take(texts);
      this.#isTaking = false;
      this.#takeNext();
    });
  }

  #queue(work: () => Promise<void>): Promise<void> {
    // A rejection is our bug and is left to the last handler of the process.
    this.#work = this.#work.then(() => (this.#isStopped ? undefined : work()));
    return this.#work;
  }

  async #open(): Promise<void> {
    const { policy, hidden } = this.#options;
    try {
      await this.#shelf.read();
      this.#sandbox = await prepareSandbox({ runAs: policy.runAs, hidden, limits: policy.limits });
      this.#setDoor('open', '');
    } catch (error) {
      this.#block(error);
    }
  }

  #block(error: unknown): void {
    if (!(error instanceof ShelfError) && !(error instanceof SandboxError)) throw error;
    this.#setDoor('blocked', error.message);
    for (const entry of this.#entries.values()) this.#end(entry);
    this.#entries = new Map();
  }

  #setDoor(door: ScriptDoor, problem: string): void {
    if (door === this.#door && problem === this.#problem) return;
    this.#door = door;
    this.#problem = problem;
    this.#isListReported = false;
    this.#isUrgent = true;
    if (door === 'open') this.#options.log.info({}, 'hub-scripts.opened');
    else this.#options.log.warn({ error: problem }, 'hub-scripts.blocked');
  }

  /** Brings what runs in line with a list. */
  async #take(texts: readonly string[]): Promise<void> {
    const marks = new Map<string, VersionMark>();
    const context = this.#context((name) => marks.get(name) ?? this.#shelf.markOf(name));
    // Revocations first, then the newest of each name: what they teach holds for the others.
    const order = texts
      .map((text) => ({ text, checked: checkText(text, context) }))
      .sort((one, other) => rankOf(other.checked) - rankOf(one.checked));
    const chosen = new Map<string, { readonly text: string; readonly checked: CheckedText }>();
    for (const { text } of order) {
      const checked = checkText(text, context);
      const mark = markAfter(checked, context);
      if (mark !== null) marks.set(checked.manifest!.name, mark);
      const { name } = claimOf(checked);
      const before = chosen.get(name);
      if (before === undefined || (before.checked.kind !== 'fit' && checked.kind === 'fit'))
        chosen.set(name, { text, checked });
    }
    const isKnown = marks.size === 0 && sameTexts(texts, this.#shelf.texts);
    try {
      // Not run before it is remembered: after a crash an older one could come back.
      if (!isKnown) await this.#shelf.write({ marks, texts });
    } catch (error) {
      this.#block(error);
      return;
    }
    this.#replace(chosen);
  }

  #replace(chosen: ReadonlyMap<string, { readonly text: string; readonly checked: CheckedText }>): void {
    const entries = new Map<string, Entry>();
    for (const [name, { text, checked }] of chosen) {
      const known = this.#entries.get(name);
      this.#entries.delete(name);
      if (known?.text === text && known.checked.kind === checked.kind) {
        entries.set(name, known);
        continue;
      }
      if (known !== undefined) this.#end(known);
      entries.set(name, this.#create(text, checked));
    }
    for (const gone of this.#entries.values()) this.#end(gone);
    this.#entries = entries;
    this.#isListReported = false;
    this.#isUrgent = true;
  }

  #create(text: string, checked: CheckedText): Entry {
    const claim = claimOf(checked);
    if (checked.kind === 'fit') this.#options.log.info(logged(claim), 'hub-script.accepted');
    else this.#logRefusal(claim, checked);
    return {
      ...{ claim, text, checked, lastEnd: null, lastRunMs: null, durationMs: null, outcomeError: null },
      script: checked.kind === 'fit' ? this.#scriptOf(checked.manifest) : null,
      isReported: false,
    };
  }

  #scriptOf(manifest: ScriptManifest): Script {
    const { name, version, intervalMs, unit } = manifest;
    const file: ScriptFile = {
      ...{ name, path: '', kind: 'executable', version: String(version), problem: null },
      settings: { everyMs: intervalMs, timeoutMs: null, unit },
    };
    return new Script(file, new ScriptSeries({ name, owners: this.#owners }));
  }

  /** Ends what runs of it, and its series at the next tick. */
  #end(entry: Entry): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
    this.#runs.get(entry)?.stop();
    if (entry.script !== null) this.#ended.push(entry.script);
    entry.script?.finish();
    entry.script = null;
  }

  #startDue(): void {
    if (this.#door !== 'open') return;
    for (const entry of this.#entries.values()) {
      // One run at a time, also of one that could not be killed yet.
      if (entry.script === null || this.#runs.has(entry)) continue;
      const at = { tickMs: this.#tickMs, nowMs: this.#options.now() };
      if (!entry.script.isDue(at)) continue;
      entry.script.begin(at);
      this.#waiting.push(entry);
    }
    while (this.#runs.size < runsAtOnceMax) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#runs.set(next, null);
      void this.#run(next).finally(() => this.#runs.delete(next));
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { script, text } = entry;
    if (script === null) return;
    const checked = checkText(
      text,
      this.#context((name) => this.#shelf.markOf(name)),
    );
    if (checked.kind !== 'fit') {
      this.#refuse(entry, checked);
      return;
    }
    const takenMs = this.#options.now();
    entry.lastRunMs = this.#options.nowWallMs();
    const end = await this.#runChecked(entry, checked);
    if (this.#isStopped || entry.script !== script) return;
    const outcome = toOutcome(end, checked.manifest);
    const nowMs = this.#options.now();
    const error = outcome.kind === 'failed' ? outcome.error : null;
    this.#isUrgent ||= entry.lastEnd === null || (error === null) !== (entry.outcomeError === null);
    Object.assign(entry, { lastEnd: end, durationMs: nowMs - takenMs, outcomeError: error, isReported: false });
    script.answer(outcome, { takenMs, nowMs });
    script.finish();
  }

  async #runChecked(entry: Entry, { manifest, code }: Extract<CheckedText, { kind: 'fit' }>): Promise<SandboxEnd> {
    const limits = lowerLimits(manifest.limits, this.#options.policy.limits);
    const { interpreter, hasNetwork } = manifest;
    try {
      const command = await sandboxCommand({ interpreter, limits, hasNetwork }, this.#sandbox!);
      if (this.#isStopped || entry.script === null) return unrun('Cannot use run: the agent must go on: got a stop');
      const run = runSandbox(command, code, limits);
      this.#runs.set(entry, run);
      return await run.end;
    } catch (error) {
      if (error instanceof SandboxError) return unrun(error.message);
      throw error;
    }
  }

  /** A check that it has passed before it passes no longer. */
  #refuse(entry: Entry, checked: CheckedText): void {
    this.#logRefusal(entry.claim, checked);
    this.#end(entry);
    Object.assign(entry, { checked, isReported: false });
    this.#isUrgent = true;
  }

  #logRefusal(claim: Claim, checked: CheckedText): void {
    const error = 'problem' in checked ? checked.problem : '';
    this.#options.log.warn({ ...logged(claim), error }, 'hub-script.refused');
  }

  #context(markOf: CheckContext['markOf']): CheckContext {
    const { policy, self, nowWallMs } = this.#options;
    return { policy, self, markOf, nowMs: nowWallMs() };
  }

  #report(): void {
    if (!this.#isLinked) return;
    const due = this.#isListReported
      ? [...this.#entries.values()].filter(({ isReported }) => !isReported)
      : [...this.#entries.values()];
    if (this.#isListReported && due.length === 0) return;
    const waitMs = this.#isUrgent ? reportMsMin : runReportMsMin;
    const nowMs = this.#options.now();
    if (nowMs - this.#reportedMs < waitMs) return;
    for (let start = 0; start === 0 || start < due.length; start += scriptReportsMax) {
      const page = due.slice(start, start + scriptReportsMax);
      if (!this.#options.send(this.#toMessage(page, !this.#isListReported))) return;
      this.#isListReported = true;
      for (const entry of page) entry.isReported = true;
    }
    this.#reportedMs = nowMs;
    this.#isUrgent = false;
  }

  #toMessage(page: readonly Entry[], isWhole: boolean): ScriptReports {
    return {
      kind: 'scriptReports',
      door: this.#door,
      problem: cutText(this.#problem, scriptTextCharactersMax),
      keys: this.#options.policy.publisherKeys,
      isWhole,
      reports: page.map((entry) => toReport(entry, this.#runs.has(entry))),
    };
  }
}

function toReport(entry: Entry, isRunning: boolean): ScriptReport {
  const { claim, script, lastEnd, lastRunMs, durationMs, checked } = entry;
  const state = script?.state;
  const problem = problemOf(entry);
  const intervalMs = checked.kind === 'fit' ? checked.manifest.intervalMs : 0;
  return {
    ...claim,
    state: stateOf(entry, { problem, isRunning }),
    problem: cutText(wellFormed(problem), scriptTextCharactersMax),
    exitCode: lastEnd?.exitCode ?? null,
    durationMs,
    lastRunMs,
    nextRunMs: script === null || lastRunMs === null ? null : lastRunMs + intervalMs,
    runCount: state?.runCount ?? 0,
    failureCount: state?.failureCount ?? 0,
    seriesCount: state?.seriesCount ?? 0,
    output: shownText((lastEnd?.output ?? '').slice(0, scriptTextCharactersMax)),
    errors: shownText(lastEnd?.errors ?? ''),
  };
}

function stateOf(
  { checked, lastEnd }: Entry,
  { problem, isRunning }: { readonly problem: string; readonly isRunning: boolean },
): ScriptReport['state'] {
  if (checked.kind === 'revoked' || checked.kind === 'revocation') return 'revoked';
  if (checked.kind !== 'fit') return 'refused';
  if (lastEnd === null) return isRunning ? 'running' : 'waiting';
  return problem === '' ? 'well' : 'failing';
}

function problemOf({ checked, outcomeError, script }: Entry): string {
  if ('problem' in checked) return checked.problem;
  return outcomeError ?? script?.state.error ?? '';
}

function claimOf(checked: CheckedText): Claim {
  if (checked.kind === 'refused') return checked.claim;
  return { name: checked.manifest.name, version: checked.manifest.version };
}

function rankOf(checked: CheckedText): number {
  return checked.kind === 'revocation' ? Number.POSITIVE_INFINITY : claimOf(checked).version;
}

function logged({ name, version }: Claim): { readonly script: string; readonly version: number } {
  return { script: name, version };
}

function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

function unrun(problem: string): SandboxEnd {
  return { kind: 'unstarted', problem, exitCode: null, output: '', errors: '', hung: false };
}

function toOutcome(end: SandboxEnd, manifest: ScriptManifest): Exclude<RunOutcome, { readonly kind: 'lost' }> {
  if (end.kind !== 'done' || end.exitCode !== 0) {
    const said = toErrorLine(end.errors.trim().split('\n').at(-1) ?? '');
    const isSaid = end.kind !== 'done' || said === '';
    return { kind: 'failed', error: isSaid ? end.problem : `${end.problem}, "${said}"`, hung: end.hung };
  }
  try {
    const readings = parseOutput(end.output, { name: metricNameOf(manifest.name), unit: manifest.unit });
    return { kind: 'values', readings, everyMs: manifest.intervalMs };
  } catch (error) {
    if (error instanceof ScriptError) return { kind: 'failed', error: error.message, hung: false };
    throw error;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds
const hiddenCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text of a script as people are shown it: no control character but line feed and tab. */
function shownText(text: string): string {
  return cutText(wellFormed(text.replace(hiddenCharacters, '\ufffd')), scriptTextCharactersMax);
}

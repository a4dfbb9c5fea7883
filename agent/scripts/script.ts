/**
 * One file of the metrics folder on its way from tick to tick. Pure: it starts nothing and reads no clock.
 *
 *   idle --its turn--> running --answer--> idle, answered --next tick--> written
 *                          \--hung--> idle, on probation --10 s, 20 s … 5 min--> its turn again
 *
 * Turns lie on a grid of the script's own interval, at a phase of its own, so they do not drift and scripts
 * of one interval do not all run at once. A turn that falls into the probation or finds a file that cannot
 * be run is answered as failed at once.
 */
import { hash32 } from '#core/time.ts';
import type { Readings } from '../readings.ts';
import { probationMs } from './bounds.ts';
import type { ScriptFile, ScriptKind } from './folder.ts';
import type { RunOutcome } from './script-result.ts';
import type { ScriptSeries } from './script-series.ts';

/** How a script is doing, for people. */
export interface ScriptState {
  readonly name: string;
  readonly kind: ScriptKind;
  /** Tick that started the last run, epoch ms; null before the first. */
  readonly lastRunMs: number | null;
  readonly lastDurationMs: number | null;
  /** Full sentence while it is failing; null while it is well. */
  readonly error: string | null;
  readonly runCount: number;
  readonly failureCount: number;
  readonly seriesCount: number;
}

/** A run in flight. Its outcome is heard only while it is the script's current one. */
export interface ScriptRun {
  readonly startedMs: number;
}

interface Answer {
  readonly outcome: Exclude<RunOutcome, { readonly kind: 'lost' }>;
  readonly takenMs: number;
}

export class Script {
  readonly #series: ScriptSeries;
  #file: ScriptFile;
  #everyMs: number;
  #turn: number | null = null;
  #run: ScriptRun | null = null;
  #answer: Answer | null = null;
  #probationEndMs = -Infinity;
  #hangCount = 0;
  #lastRunMs: number | null = null;
  #lastDurationMs: number | null = null;
  #error: string | null = null;
  #runCount = 0;
  #failureCount = 0;

  constructor(file: ScriptFile, series: ScriptSeries) {
    this.#file = file;
    this.#series = series;
    this.#everyMs = file.settings.everyMs;
  }

  get file(): ScriptFile {
    return this.#file;
  }

  get state(): ScriptState {
    return {
      name: this.#file.name,
      kind: this.#file.kind,
      lastRunMs: this.#lastRunMs,
      lastDurationMs: this.#lastDurationMs,
      error: this.#error,
      runCount: this.#runCount,
      failureCount: this.#failureCount,
      seriesCount: this.#series.liveCount,
    };
  }

  /** The file has changed: its turn comes at once, and what is in flight is not heard. */
  replace(file: ScriptFile): void {
    this.#file = file;
    this.#everyMs = file.settings.everyMs;
    this.#turn = null;
    this.#run = null;
    this.#answer = null;
    this.#probationEndMs = -Infinity;
    this.#hangCount = 0;
  }

  /** Whether to run it now. True at most once a turn, and never while a run is in flight. */
  isDue({ tickMs, nowMs }: { readonly tickMs: number; readonly nowMs: number }): boolean {
    if (this.#run !== null) return false;
    const turn = this.#turnAt(tickMs);
    if (turn === this.#turn) return false;
    this.#turn = turn;
    const { problem } = this.#file;
    if (problem === null && nowMs >= this.#probationEndMs) return true;

    const error = problem ?? this.#error ?? 'Cannot run script: it is on probation after a hang';
    this.#answer = { outcome: { kind: 'failed', error, hung: false }, takenMs: nowMs };
    return false;
  }

  begin({ tickMs, nowMs }: { readonly tickMs: number; readonly nowMs: number }): ScriptRun {
    this.#run = { startedMs: nowMs };
    this.#lastRunMs = tickMs;
    this.#runCount += 1;
    return this.#run;
  }

  isCurrent(run: ScriptRun): boolean {
    return this.#run === run;
  }

  /** The outcome of the current run. `takenMs` is when its work began, which is later than its turn if it had to wait. */
  answer(outcome: Answer['outcome'], { takenMs, nowMs }: { readonly takenMs: number; readonly nowMs: number }): void {
    this.#answer = { outcome, takenMs };
    this.#lastDurationMs = nowMs - takenMs;
    if (outcome.kind === 'values') {
      // A module says its interval in its answer; an executable's stands in the file.
      if (this.#file.kind === 'module' && outcome.everyMs !== this.#everyMs) this.#changeInterval(outcome.everyMs);
      this.#hangCount = 0;
      return;
    }
    this.#failureCount += 1;
    if (!outcome.hung) return;
    this.#hangCount += 1;
    this.#probationEndMs = nowMs + probationMs(this.#hangCount);
  }

  /** The current run is over and the next may begin. */
  finish(): void {
    this.#run = null;
  }

  /** Writes the answer that came since the last tick, if any. Says when the script began or ceased to fail. */
  write(readings: Readings): 'failed' | 'recovered' | null {
    const answer = this.#answer;
    if (answer === null) {
      this.#series.idle(readings);
      return null;
    }
    this.#answer = null;
    const hadError = this.#error !== null;
    if (answer.outcome.kind === 'values') {
      const options = { takenMs: answer.takenMs, everyMs: this.#everyMs };
      this.#error = this.#series.write(readings, answer.outcome.readings, options);
    } else {
      this.#series.fail(readings);
      this.#error = answer.outcome.error;
    }
    const hasError = this.#error !== null;
    if (hadError === hasError) return null;
    return hasError ? 'failed' : 'recovered';
  }

  /** The file is gone. */
  end(readings: Readings): void {
    this.#series.endAll(readings);
  }

  #turnAt(tickMs: number): number {
    if (this.#everyMs === 0) return tickMs;
    return Math.floor((tickMs + (hash32(this.#file.name) % this.#everyMs)) / this.#everyMs);
  }

  #changeInterval(everyMs: number): void {
    this.#everyMs = everyMs;
    this.#turn = this.#lastRunMs === null ? null : this.#turnAt(this.#lastRunMs);
  }
}

/**
 * `pulsewire simulate`: asks, shows the way, and puts the two programs together: the writer of history and the live
 * agents that go on where it ends.
 */

import { askAnswers, askOnTerminal, isYes, type SimulateAnswers } from './simulate-plan.ts';
import { loadSimulatedAgents, loadSimulator, type SimulatedFleetAccess } from './simulate-programs.ts';
import { type AskedPlan, commandOf, liveLine, outlookLines, progressLine, summaryLines } from './simulate-text.ts';

export interface SimulateFlags {
  readonly given: Partial<SimulateAnswers>;
  readonly seed: number;
  readonly isLive: boolean;
  readonly liveIntervalMs: number;
  readonly isReplace: boolean;
  /** Do not ask before writing. */
  readonly isYes: boolean;
  readonly configFile: string | null;
  readonly version: string;
}

/** A line of progress this often where there is no terminal to write it over. */
const logMs = 5_000;
const hubMsMax = 5_000;

/** Runs it; the exit code: 0 when everything asked for was done, 130 when it was stopped before. */
export async function runSimulate(flags: SimulateFlags, stopping: AbortController): Promise<number> {
  const { signal } = stopping;
  const screen = new Screen();
  const say = (line: string) => screen.say(line);
  const ask = process.stdin.isTTY === true && process.stderr.isTTY === true ? askOnTerminal(stopping) : null;
  const simulator = await loadSimulator();
  const hubUrl = simulator.hubUrlOf(flags.configFile);
  // Known before an hour of history is written, and not after.
  if (flags.isLive) await checkHub(hubUrl);
  const answers = await askAnswers({ given: flags.given, ask: flags.isYes ? null : ask, say });
  if (signal.aborted) return 130;
  const plan: AskedPlan = { ...answers, seed: flags.seed };
  let isDone = false;
  let isWanted = true;
  let startMs = 0;
  const running = simulator.simulate({
    configFile: flags.configFile,
    plan: { hostCount: plan.hosts, dayCount: plan.days, perHour: plan.perHour, seed: plan.seed },
    isReplace: flags.isReplace,
    signal,
    confirm: async (outlook) => {
      for (const line of outlookLines(plan, outlook)) say(line);
      isWanted = flags.isYes || ask === null || isYes(await ask('Write it? [Y/n] '));
      startMs = performance.now();
      return isWanted;
    },
    onProgress: (progress) => screen.show(progressLine(progress, performance.now() - startMs)),
    onSummary: (summary) => {
      isDone = summary.completeCount === summary.hostCount;
      for (const line of summaryLines(plan, summary)) say(line);
    },
    andThen: flags.isLive ? (fleet) => runLive(fleet, { flags, hubUrl, screen, signal }) : null,
  });
  try {
    await running;
  } catch (error) {
    screen.end();
    // Once something may have been written, what is there is kept, whatever has happened.
    if (startMs > 0) say(`Cannot go on. What is written stays; the rest is written by: ${commandOf(plan)}`);
    throw error;
  }
  screen.end();
  if (!isWanted && !signal.aborted) say('Nothing was written');
  return isDone || (!isWanted && !signal.aborted) ? 0 : 130;
}

async function runLive(
  { hosts, enrolmentKey }: SimulatedFleetAccess,
  options: {
    readonly flags: SimulateFlags;
    readonly hubUrl: string;
    readonly screen: Screen;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { flags, hubUrl, screen, signal } = options;
  screen.say(`Live agents go on from here, one tick each ${flags.liveIntervalMs} ms, at ${hubUrl}. Ctrl-C ends them`);
  await loadSimulatedAgents().runSimulatedAgents({
    fleetSeed: flags.seed,
    hosts,
    hubUrl,
    enrolmentKey,
    intervalMs: flags.liveIntervalMs,
    version: flags.version,
    signal,
    onState: (state) => screen.show(liveLine(state)),
    onTrouble: (host, reason) => screen.say(`${host} is not connected: ${reason}`),
  });
}

/** Throws an error that names the address where no hub answers. */
async function checkHub(hubUrl: string): Promise<void> {
  try {
    await fetch(`${hubUrl}/healthz`, { signal: AbortSignal.timeout(hubMsMax) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SimulateError(
      `Cannot simulate live: a hub must answer at ${hubUrl} (npm start, or npm run hub): got ${code}`,
    );
  }
}

/** Told to the operator as it is; the command line takes it by its name. */
class SimulateError extends Error {
  override readonly name = 'ConfigError';
}

/** Lines on stderr, and one that is written over and over where stderr is a terminal. */
class Screen {
  readonly #isTerminal = process.stderr.isTTY === true;
  #shown = '';
  #loggedMs = Number.NEGATIVE_INFINITY;

  say(line: string): void {
    this.#clear();
    process.stderr.write(`${line}\n`);
  }

  /** The newest state of something that goes on. */
  show(line: string): void {
    if (line === this.#shown) return;
    if (this.#isTerminal) {
      process.stderr.write(`\r\u001b[2K${line}`);
      this.#shown = line;
    } else if (performance.now() - this.#loggedMs >= logMs) {
      process.stderr.write(`${line}\n`);
      this.#loggedMs = performance.now();
    }
  }

  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#shown !== '') process.stderr.write('\r\u001b[2K');
    this.#shown = '';
  }
}

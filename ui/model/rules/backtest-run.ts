/**
 * Keeps the back-test of a rule up to date while the rule is being changed, as often as the hub can answer and no oftener:
 *
 *   want ─► one request in flight ─► answer is shown, the newest state that is wanted goes next
 *                                      └─ nothing newer, and still for a while ─► side questions, one after the other
 *
 * States in between that were never asked for are left out. Side questions (quieter options, the rule as it is saved)
 * wait until nobody moves anything. A request that takes long makes way for a newer state; a short one is waited for,
 * else nothing would be seen while something is dragged. Timers come in as arguments.
 */

import type { RuleSpec } from '#core/rule-spec.ts';
import type { Asked } from '../../api/client.ts';
import type { Backtest } from '../../api/rules.ts';
import { Signal } from '../../live/signal.ts';

export interface BacktestQuestion {
  readonly spec: RuleSpec;
  readonly days: number;
  /** While something is dragged an answer of minutes, which comes at once, is better than one of ticks. */
  readonly isHasty: boolean;
}

export interface BacktestPorts {
  readonly ask: (question: BacktestQuestion, signal: AbortSignal) => Promise<Asked<Backtest>>;
  /** Calls back after so many ms, and gives what cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly nowMs: () => number;
  /** Runs `work` and reports its failure. */
  readonly background: (work: Promise<void>) => void;
}

export interface SideQuestion {
  readonly id: string;
  readonly question: BacktestQuestion;
}

/** What is known of the newest state that was answered. */
export interface BacktestAnswered {
  readonly question: BacktestQuestion;
  readonly asked: Asked<Backtest>;
  /** From the request to its answer. */
  readonly tookMs: number;
}

/** A newer state waits no longer than this for an older answer. */
export const patienceMs = 1_500;
/** Nothing has changed for so long: side questions may be asked. */
export const stillMs = 350;
/** A main question that takes longer has no side questions: they would keep the hub busy for a hint. */
export const sideMsMax = 1_500;

export class BacktestRun {
  readonly changed = new Signal();
  readonly #ports: BacktestPorts;
  #wanted: BacktestQuestion | null = null;
  #side: readonly SideQuestion[] = [];
  #flight: { readonly abort: AbortController; readonly sinceMs: number; readonly isMain: boolean } | null = null;
  #answered: BacktestAnswered | null = null;
  readonly #sideAnswers = new Map<string, Asked<Backtest>>();
  #cancelTimer: (() => void) | null = null;
  #isStill = false;
  #isReleased = false;

  constructor(ports: BacktestPorts) {
    this.#ports = ports;
  }

  /** null before the first answer. */
  get answered(): BacktestAnswered | null {
    return this.#answered;
  }

  /** Whether the answer is not that of the state wanted last. */
  get isRunning(): boolean {
    return this.#wanted !== null && !isAnswerTo(this.#wanted, this.#answered);
  }

  /** Whether the answer has stood for a while: nothing is being moved, it may be read out. */
  get isStill(): boolean {
    return this.#isStill;
  }

  /** Answer to a side question of the state wanted last; undefined while there is none. */
  sideAnswer(id: string): Asked<Backtest> | undefined {
    return this.#sideAnswers.get(id);
  }

  /** Another state, with what may be asked beside it once it is answered. null: there is nothing to be asked. */
  want(question: BacktestQuestion | null, side: readonly SideQuestion[] = []): void {
    this.#wanted = question;
    this.#side = side;
    this.#sideAnswers.clear();
    this.#isStill = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (question === null) {
      this.#answered = null;
      this.#flight?.abort.abort();
      this.#flight = null;
    } else if (this.#flight !== null) this.#wait(this.#flight);
    else if (isAnswerTo(question, this.#answered)) this.#whenStill(this.#answered);
    else this.#ask(question);
    this.changed.announce();
  }

  /** The page is left. */
  release(): void {
    this.#isReleased = true;
    this.#cancelTimer?.();
    this.#flight?.abort.abort();
    this.#flight = null;
  }

  /** For what is in flight, but not for ever; side questions make way at once. */
  #wait({
    abort,
    sinceMs,
    isMain,
  }: {
    readonly abort: AbortController;
    readonly sinceMs: number;
    readonly isMain: boolean;
  }) {
    const next = () => {
      abort.abort();
      this.#flight = null;
      if (this.#wanted !== null) this.#ask(this.#wanted);
    };
    if (!isMain) next();
    else this.#cancelTimer = this.#ports.after(Math.max(0, sinceMs + patienceMs - this.#ports.nowMs()), next);
  }

  #ask(question: BacktestQuestion): void {
    this.#fly(question, true, (asked, tookMs) => {
      const answered = { question, asked, tookMs };
      this.#answered = answered;
      if (this.#wanted !== null && !isAnswerTo(this.#wanted, answered)) this.#ask(this.#wanted);
      else if (asked.kind === 'ok') this.#whenStill(answered);
    });
  }

  #whenStill({ tookMs }: BacktestAnswered): void {
    this.#cancelTimer = this.#ports.after(stillMs, () => {
      this.#cancelTimer = null;
      this.#isStill = true;
      if (tookMs <= sideMsMax) this.#askSide();
      this.changed.announce();
    });
  }

  #askSide(): void {
    const next = this.#side.find(({ id }) => !this.#sideAnswers.has(id));
    if (next === undefined || !this.#isStill) return;
    this.#fly(next.question, false, (asked) => {
      this.#sideAnswers.set(next.id, asked);
      this.#askSide();
    });
  }

  #fly(question: BacktestQuestion, isMain: boolean, answered: (asked: Asked<Backtest>, tookMs: number) => void): void {
    const sinceMs = this.#ports.nowMs();
    const flight = { abort: new AbortController(), sinceMs, isMain };
    this.#flight = flight;
    const work = async () => {
      const asked = await this.#ports.ask(question, flight.abort.signal);
      // Given up meanwhile: whoever gave it up has gone on.
      if (this.#flight !== flight || this.#isReleased) return;
      this.#flight = null;
      this.#cancelTimer?.();
      this.#cancelTimer = null;
      answered(asked, this.#ports.nowMs() - sinceMs);
      this.changed.announce();
    };
    this.#ports.background(work());
  }
}

/** Whether it need not be asked: also a hasty answer is exact where the ticks themselves were judged. */
function isAnswerTo(wanted: BacktestQuestion, answered: BacktestAnswered | null): answered is BacktestAnswered {
  if (answered === null) return false;
  const { question, asked } = answered;
  if (question === wanted) return true;
  const isExact = asked.kind === 'ok' && (asked.value.tier === 'raw' || question.isHasty === wanted.isHasty);
  return isExact && question.days === wanted.days && JSON.stringify(question.spec) === JSON.stringify(wanted.spec);
}

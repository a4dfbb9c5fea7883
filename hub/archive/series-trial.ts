/**
 * One rule on one series of the past: the machines of `core/rule.ts` and `core/rule-window.ts`, fed in order of time with
 * what is stored. Silence is told as the live judge tells it: ticks come, and values have failed in them for so many
 * intervals; a host that is away is not silent, a series that is gone ends its alert.
 *
 * Of a bucket two values are judged, since it does not say in which order they came: at its start the one that is worse,
 * at its end the other. So something is bad for long only if all of its values are. An input over a window gets the
 * bucket's average. Hot path (`bench backtest`): most values end at the quiet band.
 */
import { absenceAt } from '#core/absence.ts';
import type { Buckets } from '#core/rollup.ts';
import {
  endMachine,
  judgeSilence,
  judgeValue,
  newMachine,
  quietBand,
  type RuleLimits,
  type RuleOutcome,
  type ValueBand,
} from '#core/rule.ts';
import type { RuleInput } from '#core/rule-spec.ts';
import { type RuleWindow, windowOf } from '#core/rule-window.ts';
import { averageAt } from './answer-text.ts';
import type { Span } from './query-request.ts';

/** What a rule says for one host. `silence`: judged is 1 while silent, else 0. */
export interface TrialRule {
  readonly kind: 'series' | 'silence';
  readonly limits: RuleLimits;
  readonly input: RuleInput;
  /** Silent for so many intervals fires; null: never. */
  readonly silentIntervals: number | null;
}

/** Ticks of the series in order of time. */
export interface TrialTicks {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** The integer view of `values`. */
  readonly words: Uint32Array;
  /** Time between ticks of the host, and between values of the series. */
  readonly tickMs: number;
  readonly intervalMs: number;
}

/** A stretch without ticks, after which nothing that came before is held against a series: as in the live judge. */
const stretchIntervals = 3;
const stretchMarginMs = 2_000;
/** A series that is gone takes its alert with it after so long, or ten of its intervals if that is longer. */
const goneMsMin = 60_000;
const goneIntervals = 10;
/** So long without a value is a hole. */
const holeMsMin = 60_000;
/** Firings of one series that are listed; the machine goes on. */
const firingsMax = 100_000;

const everything: ValueBand = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };

export class SeriesTrial {
  readonly firings: Span[] = [];
  /** Times without a value, from the start of the span on. */
  readonly holes: Span[] = [];
  readonly #rule: TrialRule;
  readonly #machine = newMachine();
  #window: RuleWindow | null = null;
  #band: ValueBand;
  #firedMs = Number.NaN;
  /** End of what the last value stands for. */
  #coveredMs: number;
  /** Last tick, since when the series is in trouble, and since when it is gone; NaN when it is not. */
  #tickedMs = Number.NEGATIVE_INFINITY;
  #troubleMs = Number.NaN;
  #goneMs = Number.NaN;

  constructor(rule: TrialRule, startMs: number) {
    this.#rule = rule;
    this.#coveredMs = startMs;
    this.#band = everything;
    this.#settle(null, startMs);
  }

  /** Judges the ticks from `from` to before `to`. */
  addTicks(ticks: TrialTicks, from: number, to: number): void {
    const { times, values, intervalMs } = ticks;
    const holeMs = Math.max(holeMsMin, stretchIntervals * intervalMs + stretchMarginMs);
    const isSilence = this.#rule.kind === 'silence';
    this.#window ??= windowOf(this.#rule.input, intervalMs);
    for (let index = from; index < to; index += 1) {
      const timeMs = times[index]!;
      const value = values[index]!;
      if (Number.isNaN(value)) {
        this.#absent(ticks, index);
        continue;
      }
      if (timeMs - this.#coveredMs > holeMs) this.holes.push({ startMs: this.#coveredMs, endMs: timeMs });
      this.#coveredMs = timeMs;
      this.#troubleMs = Number.NaN;
      this.#goneMs = Number.NaN;
      this.#judge(timeMs, isSilence ? 0 : value);
    }
    if (to > from) this.#tickedMs = times[to - 1]!;
  }

  /** Judges buckets, `stepMs` wide, of values `intervalMs` apart. */
  addBuckets(buckets: Buckets, { stepMs, intervalMs }: { readonly stepMs: number; readonly intervalMs: number }): void {
    const { starts, min, max, count } = buckets;
    const { limits } = this.#rule;
    const holeMs = Math.max(holeMsMin, stretchIntervals * intervalMs);
    const lastMs = Math.max(0, stepMs - intervalMs);
    this.#window ??= windowOf(this.#rule.input, Math.max(stepMs, intervalMs));
    for (let index = 0; index < starts.length; index += 1) {
      const startMs = starts[index]!;
      if (startMs - this.#coveredMs > holeMs) this.holes.push({ startMs: this.#coveredMs, endMs: startMs });
      this.#coveredMs = startMs + stepMs;
      if (this.#window !== null) {
        this.#judge(startMs, averageAt(buckets, index));
        continue;
      }
      const low = min[index]!;
      const high = max[index]!;
      if (low >= this.#band.low && high <= this.#band.high) continue;
      // Of a band by how far each is out of it: of one limit the other is infinite.
      const isHighWorse = high - limits.high > limits.low - low;
      this.#judge(startMs, isHighWorse ? high : low);
      if (count[index]! > 1) this.#judge(startMs + lastMs, isHighWorse ? low : high);
    }
  }

  /** What still fires has fired until the end of the span. */
  end(endMs: number): void {
    if (endMs - this.#coveredMs > holeMsMin) this.holes.push({ startMs: this.#coveredMs, endMs });
    if (!Number.isNaN(this.#firedMs)) this.#resolve(endMs);
  }

  #judge(timeMs: number, given: number): void {
    let value = given;
    if (this.#window !== null) {
      value = this.#window.push({ timeMs, ordinal: 1, value });
      if (Number.isNaN(value)) return;
    }
    if (value >= this.#band.low && value <= this.#band.high) return;
    this.#settle(judgeValue(this.#machine, this.#rule.limits, { timeMs, ordinal: 1, value }), timeMs);
  }

  #absent({ times, words, tickMs, intervalMs }: TrialTicks, index: number): void {
    const timeMs = times[index]!;
    const { kind, silentIntervals, limits } = this.#rule;
    const beforeMs = index > 0 ? times[index - 1]! : this.#tickedMs;
    if (timeMs - beforeMs > stretchIntervals * tickMs + stretchMarginMs)
      this.#troubleMs = Number.isNaN(this.#troubleMs) ? Number.NaN : timeMs - tickMs;
    const absence = absenceAt(words, index);
    if (absence === 'gone') {
      this.#troubleMs = Number.NaN;
      if (Number.isNaN(this.#goneMs)) this.#goneMs = timeMs;
      else if (timeMs - this.#goneMs >= Math.max(goneMsMin, goneIntervals * intervalMs))
        this.#settle(endMachine(this.#machine), timeMs);
      return;
    }
    if (absence !== 'notDue') {
      this.#goneMs = Number.NaN;
      if (Number.isNaN(this.#troubleMs)) this.#troubleMs = timeMs - intervalMs;
    }
    // A tick in which nothing is due says nothing of its own, but time has passed.
    const isSilent = silentIntervals !== null && timeMs - this.#troubleMs >= silentIntervals * intervalMs;
    if (!isSilent) return;
    if (kind === 'series') this.#settle(judgeSilence(this.#machine, timeMs), timeMs);
    else if (absence !== 'notDue')
      this.#settle(judgeValue(this.#machine, limits, { timeMs, ordinal: 1, value: 1 }), timeMs);
  }

  #settle(outcome: RuleOutcome, timeMs: number): void {
    if (outcome === 'fired') this.#firedMs = timeMs;
    else if (outcome === 'resolved') this.#resolve(timeMs);
    this.#band = quietBand(this.#machine, this.#rule.limits);
  }

  #resolve(endMs: number): void {
    if (this.firings.length < firingsMax) this.firings.push({ startMs: this.#firedMs, endMs });
    this.#firedMs = Number.NaN;
  }
}

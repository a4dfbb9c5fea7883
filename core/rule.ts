/**
 * One rule on one series as a state machine. Time is an argument: the time of ticks, never a clock.
 *
 *   inactive --bad--> pending --bad for `forMs`--> firing --good for `keepFiringMs`--> inactive
 *       ^                |                           |  ^
 *       '---not bad------'                           '--' bad, or between recovery and threshold: stays
 *   inactive, pending --silence--> firing (cause "silence") --a value that is not bad--> as good above
 *
 * What fired by silence has never passed the threshold, so that it need not come back to the recovery either; a bad value
 * makes it fire by its limits from then on. A hole in the ticks of one stream counts for `forMs`: what is known is that it
 * was bad at both ends.
 *
 * States and words after Prometheus (rules/alerting.go: inactive, pending, firing, keep_firing_for). A machine that says
 * "firing" and then "inactive" has fired and resolved; whoever drives it tells of these.
 */
import type { RuleCondition } from './rule-spec.ts';

/** A condition as two bands: bad outside of low…high, good again inside of recoveryLow…recoveryHigh, which lies in the former. */
export interface RuleLimits {
  readonly low: number;
  readonly high: number;
  readonly recoveryLow: number;
  readonly recoveryHigh: number;
  readonly forMs: number;
  readonly keepFiringMs: number;
}

export type Phase = 'inactive' | 'pending' | 'firing';

/** The state of one rule on one series. Owned by whoever drives it; `judgeValue` and the others change it. */
export interface RuleMachine {
  phase: Phase;
  /** Why it fires; of no meaning otherwise. */
  cause: 'limits' | 'silence';
  /** Tick time since which it has been bad, or silent, on the clock of the stream that said so. */
  sinceMs: number;
  /** Tick time since which it has been good while firing; NaN while it is not. */
  goodSinceMs: number;
  /**
   * Time and stream of the tick judged last; values that were left out as quiet do not show here. A stream that follows
   * begins at another place of another clock.
   */
  lastMs: number;
  ordinal: number;
}

/** What a step has led to; null: nothing that anybody needs to hear of. `dropped`: pending and then good. */
export type RuleOutcome = 'pending' | 'dropped' | 'fired' | 'resolved' | null;

export interface JudgedValue {
  readonly timeMs: number;
  readonly ordinal: number;
  /** A number: absence is judged by `judgeSilence`. */
  readonly value: number;
}

export function newMachine(): RuleMachine {
  return { phase: 'inactive', cause: 'limits', sinceMs: 0, goodSinceMs: Number.NaN, lastMs: 0, ordinal: 0 };
}

/** The bands of a condition. */
export function limitsOf(
  condition: RuleCondition,
  durations: { readonly forMs: number; readonly keepFiringMs: number },
): RuleLimits {
  switch (condition.kind) {
    case 'above': {
      const high = condition.threshold;
      const low = Number.NEGATIVE_INFINITY;
      return { low, high, recoveryLow: low, recoveryHigh: condition.recovery ?? high, ...durations };
    }
    case 'below': {
      const low = condition.threshold;
      const high = Number.POSITIVE_INFINITY;
      return { low, high, recoveryLow: condition.recovery ?? low, recoveryHigh: high, ...durations };
    }
    case 'outside': {
      const { low, high, recoveryLow, recoveryHigh } = condition;
      return { low, high, recoveryLow: recoveryLow ?? low, recoveryHigh: recoveryHigh ?? high, ...durations };
    }
  }
}

/** Judges the next value of the series. Changes the machine. */
export function judgeValue(
  machine: RuleMachine,
  limits: RuleLimits,
  { timeMs, ordinal, value }: JudgedValue,
): RuleOutcome {
  if (machine.ordinal !== ordinal) rebase(machine, timeMs, ordinal);
  machine.lastMs = timeMs;
  const isBad = value < limits.low || value > limits.high;
  switch (machine.phase) {
    case 'inactive':
      if (!isBad) return null;
      machine.sinceMs = timeMs;
      machine.cause = 'limits';
      if (limits.forMs <= 0) return fire(machine);
      machine.phase = 'pending';
      return 'pending';
    case 'pending':
      if (!isBad) {
        machine.phase = 'inactive';
        return 'dropped';
      }
      return timeMs - machine.sinceMs >= limits.forMs ? fire(machine) : null;
    case 'firing': {
      if (isBad) machine.cause = 'limits';
      const isBack = machine.cause === 'silence' || (value >= limits.recoveryLow && value <= limits.recoveryHigh);
      return judgeGood(machine, limits, { timeMs, isGood: !isBad && isBack });
    }
  }
}

/** The series has been silent for as long as the rule allows, at this tick time. */
export function judgeSilence(machine: RuleMachine, timeMs: number): RuleOutcome {
  machine.goodSinceMs = Number.NaN;
  if (machine.phase === 'firing') return null;
  machine.cause = 'silence';
  machine.sinceMs = timeMs;
  machine.lastMs = timeMs;
  return fire(machine);
}

/** There is nothing to judge any more: the series is gone, or the rule does not mean it. */
export function endMachine(machine: RuleMachine): RuleOutcome {
  const { phase } = machine;
  machine.phase = 'inactive';
  machine.goodSinceMs = Number.NaN;
  return phase === 'firing' ? 'resolved' : phase === 'pending' ? 'dropped' : null;
}

/** Values from `low` to `high`, both included; none when low is above high. */
export interface ValueBand {
  readonly low: number;
  readonly high: number;
}

const noValue: ValueBand = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };

/**
 * The values that change nothing as long as the machine stays as it is: whoever leaves them out hears the same of all
 * others. While pending each value counts, as one of them is the first after `forMs`; while firing those that are not
 * good do not, as far as they are one band, unless it has been good for a while or has to learn that it is bad now.
 */
export function quietBand(machine: RuleMachine, limits: RuleLimits): ValueBand {
  switch (machine.phase) {
    case 'inactive':
      return limits;
    case 'pending':
      return noValue;
    case 'firing':
      if (machine.cause === 'silence' || !Number.isNaN(machine.goodSinceMs)) return noValue;
      if (limits.recoveryLow === Number.NEGATIVE_INFINITY)
        return { low: neighbour(limits.recoveryHigh, 1), high: Number.POSITIVE_INFINITY };
      if (limits.recoveryHigh === Number.POSITIVE_INFINITY)
        return { low: Number.NEGATIVE_INFINITY, high: neighbour(limits.recoveryLow, -1) };
      return noValue;
  }
}

const doubles = new Float64Array(1);
const bits = new BigInt64Array(doubles.buffer);

/** The double next to a finite one, upwards or downwards. */
function neighbour(value: number, direction: 1 | -1): number {
  if (value === 0) return direction * Number.MIN_VALUE;
  doubles[0] = value;
  bits[0] = bits[0]! + (value > 0 === direction > 0 ? 1n : -1n);
  return doubles[0]!;
}

function fire(machine: RuleMachine): RuleOutcome {
  machine.phase = 'firing';
  machine.goodSinceMs = Number.NaN;
  return 'fired';
}

function judgeGood(
  machine: RuleMachine,
  limits: RuleLimits,
  { timeMs, isGood }: { readonly timeMs: number; readonly isGood: boolean },
): RuleOutcome {
  if (!isGood) {
    machine.goodSinceMs = Number.NaN;
    return null;
  }
  if (Number.isNaN(machine.goodSinceMs)) machine.goodSinceMs = timeMs;
  if (timeMs - machine.goodSinceMs < limits.keepFiringMs) return null;
  machine.phase = 'inactive';
  machine.goodSinceMs = Number.NaN;
  return 'resolved';
}

/** What had passed in the stream before counts on from the first tick of this one. When it fired stays as it was. */
function rebase(machine: RuleMachine, timeMs: number, ordinal: number): void {
  const shiftMs = machine.ordinal === 0 ? 0 : timeMs - machine.lastMs;
  if (machine.phase === 'pending') machine.sinceMs += shiftMs;
  machine.goodSinceMs += shiftMs;
  machine.ordinal = ordinal;
}

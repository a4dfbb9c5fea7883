/**
 * Whether a rule can be judged at all: what its types cannot say. One check for REST, for the file of alerts and for
 * the back-test. Problems are worded as the end of a sentence and name the place, as in "overrides.2.condition: …".
 */
import { templateProblem } from './message-template.ts';
import type { Escalation, RuleCondition, RuleInput, RuleOverride, RuleSpec, RuleSubject } from './rule-spec.ts';

const secondMs = 1_000;
const dayMs = 86_400_000;

export const windowMsMin = 2 * secondMs;
export const windowMsMax = 3_600_000;
/** Nothing that has to be bad, or good, for longer is an alert. */
export const durationMsMax = 366 * dayMs;
const repeatMsMin = 60 * secondMs;
const intervalsMax = 1_000_000;

/** Everything that is wrong with a rule; empty when nothing is. */
export function ruleProblems(spec: RuleSpec): readonly string[] {
  const problems: string[] = [];
  const note = (place: string, problem: string | null) => {
    if (problem !== null) problems.push(`${place}: ${problem}`);
  };
  const { subject } = spec;
  noteSubject(subject, note);
  note('for', durationProblem(spec.forMs));
  note('keep_firing', durationProblem(spec.keepFiringMs));
  note('message', templateProblem(spec.message));
  if (spec.repeatMs !== null) note('repeat', durationProblem(spec.repeatMs, repeatMsMin));
  spec.escalations.forEach((escalation, index) => {
    note(`escalations.${index}`, escalationProblem(escalation, spec.escalations[index - 1]));
  });
  spec.overrides.forEach((override, index) => {
    noteOverride(override, subject, (place, problem) => note(`overrides.${index}.${place}`, problem));
  });
  return problems;
}

type Note = (place: string, problem: string | null) => void;

function noteSubject(subject: RuleSubject, note: Note): void {
  switch (subject.kind) {
    case 'series': {
      const { series, input, condition, noDataIntervals } = subject;
      if (series.patterns.length === 0 && Object.keys(series.labels).length === 0)
        note('metric', 'a rule on values must say of which series: got no pattern and no label');
      note('input', inputProblem(input));
      note('condition', conditionProblem(condition));
      if (noDataIntervals !== null) note('no_data', intervalsProblem(noDataIntervals));
      return;
    }
    case 'silence':
      note('intervals', intervalsProblem(subject.intervals));
      return;
    case 'hostDown':
      note('after', durationProblem(subject.afterMs, secondMs));
      return;
    case 'clockSkew':
      note('threshold', durationProblem(subject.thresholdMs, secondMs));
  }
}

function noteOverride({ condition, forMs }: RuleOverride, subject: RuleSubject, note: Note): void {
  if (condition !== undefined) {
    const isOfValues = subject.kind === 'series';
    note('condition', isOfValues ? conditionProblem(condition) : 'only a rule on values has a condition: got one');
  }
  if (forMs !== undefined) note('for', durationProblem(forMs));
}

/** Why a condition cannot be judged: limits that are no numbers, or inverted, or a recovery beyond its threshold. */
export function conditionProblem(condition: RuleCondition): string | null {
  switch (condition.kind) {
    case 'above':
    case 'below': {
      const { kind, threshold, recovery } = condition;
      if (!Number.isFinite(threshold)) return `a threshold is a number: got ${threshold}`;
      if (recovery === null) return null;
      if (!Number.isFinite(recovery)) return `a recovery is a number: got ${recovery}`;
      if (kind === 'above' ? recovery <= threshold : recovery >= threshold) return null;
      return `the recovery of "${kind} ${threshold}" must not be ${kind} it: got ${recovery}`;
    }
    case 'outside': {
      const { low, high } = condition;
      const recoveryLow = condition.recoveryLow ?? low;
      const recoveryHigh = condition.recoveryHigh ?? high;
      if (![low, high, recoveryLow, recoveryHigh].every(Number.isFinite))
        return 'limits are numbers: got something else';
      if (low >= high) return `low must be below high: got ${low} and ${high}`;
      if (recoveryLow < low || recoveryHigh > high || recoveryLow > recoveryHigh)
        return `the recovery must lie in ${low}..${high}, low before high: got ${recoveryLow} and ${recoveryHigh}`;
      return null;
    }
  }
}

/** Why an input cannot be computed. */
export function inputProblem(input: RuleInput): string | null {
  if (input.kind === 'value') return null;
  const { windowMs } = input;
  if (windowMs >= windowMsMin && windowMs <= windowMsMax) return null;
  return `a window is from ${windowMsMin / secondMs} s to ${windowMsMax / secondMs} s: got ${windowMs / secondMs} s`;
}

function durationProblem(durationMs: number, leastMs = 0): string | null {
  if (durationMs >= leastMs && durationMs <= durationMsMax) return null;
  return `a duration here is from ${leastMs / secondMs} s to ${durationMsMax / dayMs} days: got ${durationMs / secondMs} s`;
}

function intervalsProblem(intervals: number): string | null {
  if (Number.isInteger(intervals) && intervals >= 1 && intervals <= intervalsMax) return null;
  return `intervals are a whole number in 1..${intervalsMax}: got ${intervals}`;
}

function escalationProblem({ afterMs, channels }: Escalation, before: Escalation | undefined): string | null {
  if (channels.length === 0) return 'an escalation must name a channel: got none';
  const problem = durationProblem(afterMs, secondMs);
  if (problem !== null || before === undefined || afterMs > before.afterMs) return problem;
  return `escalations come one after the other: got ${afterMs / secondMs} s after ${before.afterMs / secondMs} s`;
}

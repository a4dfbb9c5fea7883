/**
 * Rules that would fire less often than one that fires too much: held longer, a limit further out, a little of both. They
 * are tried by the back-test, and those that help are offered. Pure.
 */
import { conditionProblem } from '#core/rule-check.ts';
import type { RuleCondition, RuleSpec } from '#core/rule-spec.ts';
import { durationText } from './duration-text.ts';
import { comparedUnit, conditionWords } from './rule-text.ts';

export interface QuieterOption {
  /** "above 90 % for 2 m". */
  readonly text: string;
  readonly spec: RuleSpec;
}

const minuteMs = 60_000;
/** Holds as people choose them. */
const holdsMs = [
  10_000,
  30_000,
  minuteMs,
  2 * minuteMs,
  5 * minuteMs,
  10 * minuteMs,
  15 * minuteMs,
  30 * minuteMs,
].concat([60 * minuteMs, 120 * minuteMs, 360 * minuteMs]);

/** At most three, none for what has no limits. `unit` of the series, when it is known. */
export function quieterOptions(spec: RuleSpec, unit?: string): readonly QuieterOption[] {
  const { subject, forMs } = spec;
  if (subject.kind !== 'series') return [];
  const shownUnit = comparedUnit(subject, unit);
  const longerMs = holdsMs.find((holdMs) => holdMs >= Math.max(10_000, forMs * 2));
  const one = (condition: RuleCondition, holdMs: number): QuieterOption[] => {
    if (conditionProblem(condition) !== null) return [];
    const hold = holdMs > 0 ? ` for ${durationText(holdMs)}` : '';
    const text = `${conditionWords(condition, shownUnit)}${hold}`;
    return [{ text, spec: { ...spec, forMs: holdMs, subject: { ...subject, condition } } }];
  };
  const near = furtherOut(subject.condition, shownUnit, 1);
  const far = furtherOut(subject.condition, shownUnit, 2);
  return [
    ...(longerMs === undefined ? [] : one(subject.condition, longerMs)),
    ...(far === null ? [] : one(far, forMs)),
    ...(near === null || longerMs === undefined ? [] : one(near, longerMs)),
  ];
}

/** Limits moved by some steps, and their recoveries with them; null where there is no room: above 100 % there is nothing. */
function furtherOut(condition: RuleCondition, unit: string, steps: number): RuleCondition | null {
  const moved = (value: number, direction: 1 | -1) => {
    const by = steps * direction * limitStep(value, unit) * (unit === 'percent' ? 2.5 : 5);
    const to = roundTo(value + by, limitStep(value, unit));
    return unit === 'percent' && (to >= 100 || to <= 0) ? null : to;
  };
  if (condition.kind === 'outside') {
    const low = moved(condition.low, -1);
    const high = moved(condition.high, 1);
    return low === null || high === null ? null : { ...condition, low, high };
  }
  const threshold = moved(condition.threshold, condition.kind === 'above' ? 1 : -1);
  if (threshold === null) return null;
  const { recovery } = condition;
  return { ...condition, threshold, recovery: recovery === null ? null : recovery + threshold - condition.threshold };
}

/** What one press of an arrow key moves a limit by: one hundredth of its size, as a round number; of percent, 1. */
export function limitStep(value: number, unit: string): number {
  if (unit === 'percent' || unit === 'celsius') return 1;
  const size = Math.abs(value);
  if (size === 0) return 1;
  const step = 10 ** Math.floor(Math.log10(size) - 1.3);
  return step >= 1 && step < 10 && size < 200 ? 1 : step;
}

/** The nearest multiple of a step, without the dust of doubles. */
export function roundTo(value: number, step: number): number {
  const rounded = Math.round(value / step) * step;
  return Number(rounded.toPrecision(12));
}

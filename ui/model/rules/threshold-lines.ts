/**
 * The lines of a rule's limits in its chart: where they stand, what they say, and what follows when one is moved. A
 * recovery lies on the good side of its limit, so a limit that is moved past it takes it along. Pure.
 */
import type { RuleCondition } from '#core/rule-spec.ts';
import { limitParts, limitText } from './limit-text.ts';
import { roundTo } from './quieter-options.ts';
import type { ConditionForm } from './rule-form.ts';

export type LimitField = 'threshold' | 'recovery' | 'low' | 'high' | 'recoveryLow' | 'recoveryHigh';

export interface ThresholdLine {
  readonly field: LimitField;
  readonly value: number;
  readonly role: 'fire' | 'clear';
  /** "fires above 85 % for 2 m". */
  readonly label: string;
  /** For people who do not see where it stands: "Threshold". */
  readonly name: string;
}

export interface LineWords {
  readonly unit: string;
  /** " for 2 m"; '' for at once. */
  readonly hold: string;
}

export function linesOf(condition: RuleCondition, { unit, hold }: LineWords): readonly ThresholdLine[] {
  const text = (value: number) => limitText(value, unit);
  if (condition.kind === 'outside') {
    const { low, high, recoveryLow, recoveryHigh } = condition;
    const fire = (field: LimitField, value: number, side: string, name: string): ThresholdLine => {
      return { field, value, role: 'fire', label: `fires ${side} ${text(value)}${hold}`, name };
    };
    const clear = (field: LimitField, value: number | null, side: string, name: string): ThresholdLine[] =>
      value === null ? [] : [{ field, value, role: 'clear', label: `clears ${side} ${text(value)}`, name }];
    return [
      fire('high', high, 'above', 'Upper threshold'),
      ...clear('recoveryHigh', recoveryHigh, 'below', 'Upper recovery'),
      ...clear('recoveryLow', recoveryLow, 'above', 'Lower recovery'),
      fire('low', low, 'below', 'Lower threshold'),
    ];
  }
  const { kind, threshold, recovery } = condition;
  const isAbove = kind === 'above';
  return [
    {
      field: 'threshold',
      value: threshold,
      role: 'fire',
      label: `fires ${kind} ${text(threshold)}${hold}`,
      name: 'Threshold',
    },
    ...(recovery === null
      ? []
      : [
          {
            field: 'recovery' as const,
            value: recovery,
            role: 'clear' as const,
            label: `clears ${isAbove ? 'below' : 'above'} ${text(recovery)}`,
            name: 'Recovery',
          },
        ]),
  ];
}

/** Labels of lines, drawn at each: of lines closer than `room`, in values, one says what the others would and they nothing. */
export function labelsOf(lines: readonly ThresholdLine[], room: number): readonly string[] {
  const labels: string[] = [];
  let spoken = -1;
  for (const [index, { value, label }] of lines.entries()) {
    const isNear = spoken >= 0 && Math.abs(value - lines[spoken]!.value) < room;
    if (isNear) labels[spoken] += `, ${label}`;
    else spoken = index;
    labels.push(isNear ? '' : label);
  }
  return labels;
}

export interface LineMove {
  readonly field: LimitField;
  readonly value: number;
  /** Limits stand on multiples of it, and this far apart at least. */
  readonly step: number;
  readonly unit: string;
}

/** What of the form changes when a line is moved there. */
export function moveLine(condition: RuleCondition, { field, value, step, unit }: LineMove): Partial<ConditionForm> {
  const to = roundTo(value, step);
  const text = (number: number) => limitParts(number, unit).figure;
  if (condition.kind !== 'outside') {
    const { kind, threshold, recovery } = condition;
    const isAbove = kind === 'above';
    if (field === 'recovery') return { recovery: text(isAbove ? Math.min(to, threshold) : Math.max(to, threshold)) };
    const isPassed = recovery !== null && (isAbove ? recovery >= to : recovery <= to);
    return {
      threshold: text(to),
      ...(isPassed ? { recovery: text(roundTo(isAbove ? to - step : to + step, step)) } : {}),
    };
  }
  const { low, high, recoveryLow, recoveryHigh } = condition;
  switch (field) {
    case 'low': {
      const bounded = Math.min(to, roundTo(Math.min(high, recoveryHigh ?? high) - step, step));
      const isPassed = recoveryLow !== null && recoveryLow < bounded;
      return { low: text(bounded), ...(isPassed ? { recoveryLow: text(bounded) } : {}) };
    }
    case 'high': {
      const bounded = Math.max(to, roundTo(Math.max(low, recoveryLow ?? low) + step, step));
      const isPassed = recoveryHigh !== null && recoveryHigh > bounded;
      return { high: text(bounded), ...(isPassed ? { recoveryHigh: text(bounded) } : {}) };
    }
    case 'recoveryLow':
      return { recoveryLow: text(Math.max(low, Math.min(to, recoveryHigh ?? high))) };
    case 'recoveryHigh':
      return { recoveryHigh: text(Math.min(high, Math.max(to, recoveryLow ?? low))) };
    case 'threshold':
    case 'recovery':
      return {};
  }
}

/** One hundredth or so of what is shown, as 1, 2 or 5 of a power of ten: what a pixel can choose. Of percent, 1. */
export function dragStep(shownSpan: number, unit: string): number {
  if (unit === 'percent') return 1;
  if (!(shownSpan > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(shownSpan / 100));
  const figure = shownSpan / 100 / power;
  return power * (figure < 2 ? 1 : figure < 5 ? 2 : 5);
}

/** Values that a chart of these limits shows: from 0, or below what is negative, with room above the highest. */
export function shownRange(
  limits: readonly number[],
  { unit, dataMin, dataMax }: { readonly unit: string; readonly dataMin: number; readonly dataMax: number },
): readonly [min: number, max: number] {
  const values = [...limits, dataMin, dataMax].filter(Number.isFinite);
  const lowest = Math.min(...values, Number.POSITIVE_INFINITY);
  const highest = Math.max(...values, Number.NEGATIVE_INFINITY);
  if (unit === 'percent' && lowest >= 0 && highest <= 100) return [0, 100];
  if (values.length === 0) return [0, 1];
  const isFar = lowest > 0 && highest - lowest < lowest / 4;
  const bottom = lowest < 0 || isFar ? lowest - Math.max(highest - lowest, Math.abs(lowest) * 0.1) * 0.2 : 0;
  const top = highest > 0 || bottom < 0 ? highest + Math.max(highest - bottom, Math.abs(highest) * 0.1) * 0.2 : 1;
  return [niceDown(bottom), top > 0 ? -niceDown(-top) : top];
}

/** At most one fiftieth of a power of ten lower. */
function niceDown(value: number): number {
  if (value === 0) return 0;
  const step = 10 ** Math.floor(Math.log10(Math.abs(value))) / 5;
  return Math.floor(value / step) * step;
}

export interface HandleRoom {
  /** Of one handle. */
  readonly height: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Middles of handles that want to stand at `wanted`, so that none covers another: those that are too close move apart, as
 * little as need be, in the order that they have. They stay in the room if it holds them.
 */
export function spreadHandles(wanted: readonly number[], { height, top, bottom }: HandleRoom): readonly number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  // Blocks of handles that touch stand around the middle of where they want to be.
  let blocks: { readonly members: readonly number[]; readonly from: number }[] = [];
  const placed = (members: readonly number[]) => {
    const offsets = members.map((member, at) => wanted[member]! - at * height);
    const mean = offsets.reduce((sum, offset) => sum + offset, 0) / offsets.length;
    const from = Math.min(bottom - height / 2 - (members.length - 1) * height, mean);
    return { members, from: Math.max(top + height / 2, from) };
  };
  for (const index of order) {
    let block = placed([index]);
    for (let before = blocks.at(-1); before !== undefined; before = blocks.at(-1)) {
      if (before.from + before.members.length * height <= block.from) break;
      blocks = blocks.slice(0, -1);
      block = placed([...before.members, ...block.members]);
    }
    blocks.push(block);
  }
  const result = wanted.map(() => 0);
  for (const { members, from } of blocks)
    for (const [at, member] of members.entries()) result[member] = from + at * height;
  return result;
}

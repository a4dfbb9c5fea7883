import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conditionProblem } from '#core/rule-check.ts';
import type { RuleCondition } from '#core/rule-spec.ts';
import { newRuleDraft } from './rule-draft.ts';
import { type ConditionForm, formOf, readForm } from './rule-form.ts';
import {
  dragStep,
  type LimitField,
  labelsOf,
  linesOf,
  moveLine,
  shownRange,
  spreadHandles,
} from './threshold-lines.ts';

const above: RuleCondition = { kind: 'above', threshold: 85, recovery: 75 };
const outside: RuleCondition = { kind: 'outside', low: 10, high: 50, recoveryLow: 20, recoveryHigh: 40 };
const move = (condition: RuleCondition, field: LimitField, value: number) =>
  moveLine(condition, { field, value, step: 1, unit: 'percent' });

test('linesOf() says of each limit what it does', () => {
  const labels = (condition: RuleCondition) =>
    linesOf(condition, { unit: 'percent', hold: ' for 2 m' }).map(({ label }) => label.replaceAll('\u202f', ' '));
  expect(labels(above)).toEqual(['fires above 85 % for 2 m', 'clears below 75 %']);
  expect(labels({ ...above, recovery: null })).toEqual(['fires above 85 % for 2 m']);
  expect(labels(outside)).toEqual([
    'fires above 50 % for 2 m',
    'clears below 40 %',
    'clears above 20 %',
    'fires below 10 % for 2 m',
  ]);
});

test('labelsOf() has one label say what lines do that are too close for one each', () => {
  const words = { unit: '', hold: '' };
  const far = linesOf({ kind: 'above', threshold: 85, recovery: 75 }, words);
  const near = linesOf({ kind: 'outside', low: 10, high: 50, recoveryLow: 12, recoveryHigh: 40 }, words);
  expect(labelsOf(far, 5)).toEqual(['fires above 85', 'clears below 75']);
  expect(labelsOf(near, 5)).toEqual(['fires above 50', 'clears below 40', 'clears above 12, fires below 10', '']);
});

describe('moveLine()', () => {
  test('moves a limit alone while its recovery is on the good side of it', () => {
    expect(move(above, 'threshold', 90.4)).toEqual({ threshold: '90' });
  });

  test('takes the recovery along when the limit passes it', () => {
    expect(move(above, 'threshold', 70)).toEqual({ threshold: '70', recovery: '69' });
    expect(move({ kind: 'below', threshold: 20, recovery: 30 }, 'threshold', 40)).toEqual({
      threshold: '40',
      recovery: '41',
    });
  });

  test('stops a recovery at its limit', () => {
    expect(move(above, 'recovery', 99)).toEqual({ recovery: '85' });
  });

  test('leaves a condition that can be judged, whichever line is moved wherever', () => {
    const form = formOf(newRuleDraft({ host: '', metric: '' }));
    const conditions = fc.constantFrom<RuleCondition>(above, outside, { kind: 'below', threshold: 20, recovery: 30 });
    const value = fc.double({ min: -200, max: 200, noNaN: true });
    fc.assert(
      fc.property(conditions, fc.nat(), value, (condition, which, to) => {
        const lines = linesOf(condition, { unit: 'percent', hold: '' });
        const change: Partial<ConditionForm> = move(condition, lines[which % lines.length]!.field, to);
        const { spec } = newRuleDraft({ host: '', metric: '' });
        if (spec.subject.kind !== 'series') return;
        const before = formOf({
          name: '',
          isEnabled: true,
          spec: { ...spec, subject: { ...spec.subject, condition } },
        });
        const subject = readForm({ ...form, ...before, ...change }).draft?.spec.subject;
        expect(subject?.kind === 'series' && conditionProblem(subject.condition)).toBeNull();
      }),
      { seed: 7 },
    );
  });
});

test.each([
  [100, 'percent', 1],
  [1_000_000, 'bytes/s', 10_000],
  [30, '', 0.2],
  [0, '', 1],
])('dragStep() of %d shown %s is %d', (span, unit, step) => {
  expect(dragStep(span, unit)).toBeCloseTo(step, 12);
});

describe('shownRange()', () => {
  const range = (limits: readonly number[], dataMin: number, dataMax: number, unit = '') =>
    shownRange(limits, { unit, dataMin, dataMax });

  test('is all of percent', () => {
    expect(range([85, 75], 3, 60, 'percent')).toEqual([0, 100]);
  });

  test('begins at 0 and leaves room above the highest', () => {
    expect(range([80], 0, 20)).toEqual([0, 96]);
  });

  test('shows limits without data, and nothing at all', () => {
    expect(range([8, 5], Number.NaN, Number.NaN)[1]).toBeGreaterThan(8);
    expect(range([], Number.NaN, Number.NaN)).toEqual([0, 1]);
  });

  test('holds every limit and value, with the highest above the lowest', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 4 }), number, number, (limits, a, b) => {
        const [min, max] = range(limits, Math.min(a, b), Math.max(a, b));
        expect(min < max).toBe(true);
        for (const value of [...limits, a, b]) expect(value >= min && value <= max).toBe(true);
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });
});

describe('spreadHandles()', () => {
  const room = { height: 20, top: 0, bottom: 200 };

  test('leaves handles that do not touch where they are', () => {
    expect(spreadHandles([30, 100], room)).toEqual([30, 100]);
  });

  test('moves two that touch apart around their middle', () => {
    expect(spreadHandles([100, 104], room)).toEqual([92, 112]);
  });

  test('keeps them in the room', () => {
    expect(spreadHandles([2, 4], room)).toEqual([10, 30]);
    expect(spreadHandles([198, 199], room)).toEqual([170, 190]);
  });

  test('none covers another, each stays in order and in the room', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -50, max: 250, noNaN: true }), { maxLength: 6 }), (wanted) => {
        const at = spreadHandles(wanted, room);
        const sorted = at
          .map((middle, index) => ({ middle, wanted: wanted[index]! }))
          .sort((a, b) => a.middle - b.middle);
        for (let index = 1; index < sorted.length; index += 1) {
          expect(sorted[index]!.middle - sorted[index - 1]!.middle).toBeGreaterThanOrEqual(20 - 1e-9);
          expect(sorted[index]!.wanted).toBeGreaterThanOrEqual(sorted[index - 1]!.wanted);
        }
        for (const middle of at) expect(middle >= 10 && middle <= 190).toBe(true);
      }),
      { seed: 7 },
    );
  });
});

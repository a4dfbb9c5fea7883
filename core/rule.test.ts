import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  endMachine,
  judgeSilence,
  judgeValue,
  limitsOf,
  newMachine,
  quietBand,
  type RuleLimits,
  type RuleMachine,
  type RuleOutcome,
} from './rule.ts';
import type { RuleCondition } from './rule-spec.ts';

const above90 = { kind: 'above', threshold: 90, recovery: null } as const;

function limits(condition: RuleCondition = above90, forMs = 0, keepFiringMs = 0): RuleLimits {
  return limitsOf(condition, { forMs, keepFiringMs });
}

/** A value each second from `fromMs` on, or "silence". */
function outcomesOf(
  machine: RuleMachine,
  given: RuleLimits,
  steps: readonly (number | 'silence')[],
  { fromMs = 1_000_000, ordinal = 1 } = {},
): readonly RuleOutcome[] {
  return steps.map((value, index) => {
    const timeMs = fromMs + index * 1_000;
    return value === 'silence' ? judgeSilence(machine, timeMs) : judgeValue(machine, given, { timeMs, ordinal, value });
  });
}

describe('judgeValue()', () => {
  test.each<[string, RuleLimits, readonly (number | 'silence')[], readonly RuleOutcome[]]>([
    ['fires with the first bad value without a time', limits(), [90, 91, 92], [null, 'fired', null]],
    ['resolves with the first that is not bad', limits(), [91, 90], ['fired', 'resolved']],
    ['is pending for so long', limits(above90, 2_000), [91, 92, 93, 94], ['pending', null, 'fired', null]],
    [
      'starts again after a good value',
      limits(above90, 2_000),
      [91, 92, 80, 91, 92, 93],
      ['pending', null, 'dropped', 'pending', null, 'fired'],
    ],
    ['takes a time between two ticks for the later', limits(above90, 1_500), [91, 92, 93], ['pending', null, 'fired']],
    ['goes on firing for so long', limits(above90, 0, 2_000), [91, 80, 81, 82], ['fired', null, null, 'resolved']],
    [
      'goes on firing when it is bad again',
      limits(above90, 0, 2_000),
      [91, 80, 91, 80, 81, 82],
      ['fired', null, null, null, null, 'resolved'],
    ],
    [
      'goes on firing between recovery and threshold',
      limits({ ...above90, recovery: 85 }),
      [91, 90, 86, 85, 86],
      ['fired', null, null, 'resolved', null],
    ],
    [
      'starts the good time again between recovery and threshold',
      limits({ ...above90, recovery: 85 }, 0, 1_000),
      [91, 85, 86, 85, 84],
      ['fired', null, null, null, 'resolved'],
    ],
    [
      'is not pending between recovery and threshold',
      limits({ ...above90, recovery: 85 }, 1_000),
      [91, 88, 91, 92],
      ['pending', 'dropped', 'pending', 'fired'],
    ],
    [
      'looks below',
      limits({ kind: 'below', threshold: 10, recovery: 20 }),
      [10, 9, 15, 20],
      [null, 'fired', null, 'resolved'],
    ],
    [
      'looks outside',
      limits({ kind: 'outside', low: 10, high: 20, recoveryLow: 12, recoveryHigh: 18 }),
      [10, 20, 21, 19, 9, 18, 9, 11, 12],
      [null, null, 'fired', null, null, 'resolved', 'fired', null, 'resolved'],
    ],
    ['fires by silence', limits(above90, 9_000), ['silence', 'silence', 80], ['fired', null, 'resolved']],
    [
      'fires by silence while it is pending',
      limits(above90, 9_000),
      [91, 'silence', 80],
      ['pending', 'fired', 'resolved'],
    ],
    [
      'resolves what fired by silence with what is not bad',
      limits({ ...above90, recovery: 50 }),
      ['silence', 80],
      ['fired', 'resolved'],
    ],
    [
      'goes on firing when a value after silence is bad',
      limits({ ...above90, recovery: 50 }),
      ['silence', 91, 80, 50],
      ['fired', null, null, 'resolved'],
    ],
    [
      'takes silence for not good',
      limits(above90, 0, 2_000),
      [91, 80, 81, 'silence', 80, 81, 82],
      ['fired', null, null, null, null, null, 'resolved'],
    ],
  ])('%s', (_what, given, steps, outcomes) => {
    expect(outcomesOf(newMachine(), given, steps)).toEqual(outcomes);
  });

  test('carries what has passed into the next stream, on whatever clock that runs', () => {
    const machine = newMachine();
    const given = limits(above90, 3_000, 3_000);
    expect(outcomesOf(machine, given, [91, 91, 91], { ordinal: 7 })).toEqual(['pending', null, null]);
    expect(outcomesOf(machine, given, [91, 91], { ordinal: 8, fromMs: 5_000 })).toEqual([null, 'fired']);
    expect(outcomesOf(machine, given, [80, 80], { ordinal: 8, fromMs: 7_000 })).toEqual([null, null]);
    expect(outcomesOf(machine, given, [80, 80, 80], { ordinal: 9, fromMs: 9_000_000 })).toEqual([
      null,
      null,
      'resolved',
    ]);
  });

  test('says since when it has been bad on the clock of the stream that said so', () => {
    const machine = newMachine();
    outcomesOf(machine, limits(above90, 2_000), [91, 91, 91], { fromMs: 10_000, ordinal: 1 });
    outcomesOf(machine, limits(above90, 2_000), [91], { fromMs: 90_000, ordinal: 2 });
    expect(machine).toMatchObject({ phase: 'firing', sinceMs: 10_000 });
  });
});

describe('endMachine()', () => {
  test.each<[readonly number[], RuleOutcome]>([
    [[80], null],
    [[91], 'dropped'],
    [[91, 91, 91], 'resolved'],
  ])('after %o it says %s, and begins anew', (values, outcome) => {
    const machine = newMachine();
    outcomesOf(machine, limits(above90, 2_000), values);
    expect(endMachine(machine)).toBe(outcome);
    expect(endMachine(machine)).toBe(null);
    expect(outcomesOf(machine, limits(above90, 1_000), [91, 91])).toEqual(['pending', 'fired']);
  });
});

type Step = { readonly timeMs: number; readonly ordinal: number; readonly value: number | null };

/** Conditions with values that lie below, on, between and above their limits. */
const condition: fc.Arbitrary<RuleCondition> = fc.oneof(
  fc.record({
    kind: fc.constant('above' as const),
    threshold: fc.constant(6),
    recovery: fc.constantFrom(null, 6, 3, 0),
  }),
  fc.record({
    kind: fc.constant('below' as const),
    threshold: fc.constant(3),
    recovery: fc.constantFrom(null, 3, 6, 0),
  }),
  fc.record({
    kind: fc.constant('outside' as const),
    low: fc.constant(2),
    high: fc.constant(7),
    recoveryLow: fc.constantFrom(null, 2, 4),
    recoveryHigh: fc.constantFrom(null, 7, 5),
  }),
);
const durationMs = fc.constantFrom(0, 1, 1_000, 2_500, 4_000);
const anyLimits = fc
  .tuple(condition, durationMs, durationMs)
  .map(([shape, forMs, keepFiringMs]) => limits(shape, forMs, keepFiringMs));

/** Ticks of streams that follow each other, each on a clock of its own; null is silence. */
const steps = fc
  .array(
    fc.record({
      stepMs: fc.constantFrom(1, 1_000, 1_000, 1_000, 3_000),
      value: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 0, max: 9 }) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      isNewStream: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    }),
    { maxLength: 40 },
  )
  .map((parts): readonly Step[] => {
    let timeMs = 1_000_000;
    let ordinal = 3;
    return parts.map(({ stepMs, value, isNewStream }) => {
      timeMs += stepMs;
      if (isNewStream && value !== null) {
        ordinal += 1;
        timeMs = 50_000 + ((ordinal * 7_777_777) % 1_000_000);
      }
      return { timeMs, ordinal, value };
    });
  });

function judge(machine: RuleMachine, given: RuleLimits, { value, ...at }: Step): RuleOutcome {
  return value === null ? judgeSilence(machine, at.timeMs) : judgeValue(machine, given, { ...at, value });
}

/** What should be firing after all steps, by looking at all of them: no state, no clock, no hurry. */
function firingAfter(all: readonly Step[], given: RuleLimits): false | 'limits' | 'silence' {
  // Time that passes: between two streams none does.
  const passedMs: number[] = [];
  all.forEach((step, index) => {
    const before = all[index - 1];
    passedMs.push(
      before === undefined
        ? 0
        : passedMs[index - 1]! + (before.ordinal === step.ordinal ? step.timeMs - before.timeMs : 0),
    );
  });
  const isBad = ({ value }: Step) => value !== null && (value < given.low || value > given.high);
  const isRecovered = ({ value }: Step) => value !== null && value >= given.recoveryLow && value <= given.recoveryHigh;
  const lasts = (from: number, to: number, ms: number, is: (step: Step) => boolean) =>
    all.slice(from, to + 1).every(is) && passedMs[to]! - passedMs[from]! >= ms;

  let firedAt = -1;
  let resolvedAt = -1;
  for (let now = 0; now < all.length; now += 1) {
    const span = (from: number) => Array.from({ length: now - from + 1 }, (_, index) => from + index);
    if (firedAt < 0) {
      const isLongBad = span(resolvedAt + 1).some((from) => lasts(from, now, given.forMs, isBad));
      if (all[now]!.value === null || isLongBad) firedAt = now;
    } else {
      const bySilence = (at: number) => !all.slice(firedAt, at + 1).some(isBad) && all[firedAt]!.value === null;
      const isGood = (step: Step) =>
        step.value !== null && !isBad(step) && (bySilence(all.indexOf(step)) || isRecovered(step));
      if (span(firedAt + 1).some((from) => lasts(from, now, given.keepFiringMs, isGood))) {
        resolvedAt = now;
        firedAt = -1;
      }
    }
  }
  if (firedAt < 0) return false;
  return all[firedAt]!.value === null && !all.slice(firedAt).some(isBad) ? 'silence' : 'limits';
}

describe('the machine', () => {
  test('agrees with an evaluator that looks at all values each time', () => {
    fc.assert(
      fc.property(anyLimits, steps, (given, all) => {
        const machine = newMachine();
        all.forEach((step, index) => {
          judge(machine, given, step);
          const said = machine.phase === 'firing' && machine.cause;
          expect([index, said]).toEqual([index, firingAfter(all.slice(0, index + 1), given)]);
        });
      }),
      { seed: 20_261_127, numRuns: 1_500 },
    );
  });

  test('is pending if and only if the newest value is bad and it does not fire', () => {
    fc.assert(
      fc.property(anyLimits, steps, (given, all) => {
        const machine = newMachine();
        for (const step of all) {
          judge(machine, given, step);
          const isBad = step.value !== null && (step.value < given.low || step.value > given.high);
          expect(machine.phase === 'pending').toBe(isBad && machine.phase !== 'firing');
        }
      }),
      { seed: 20_261_127, numRuns: 500 },
    );
  });

  test('says fired and resolved in turns, and pending before dropped', () => {
    fc.assert(
      fc.property(anyLimits, steps, (given, all) => {
        const machine = newMachine();
        const said = all.map((step) => judge(machine, given, step)).filter((outcome) => outcome !== null);
        const firings = said.filter((outcome) => outcome === 'fired' || outcome === 'resolved');
        expect(firings.every((outcome, index) => (outcome === 'fired') === (index % 2 === 0))).toBe(true);
        expect(said.every((outcome, index) => outcome !== 'dropped' || said[index - 1] === 'pending')).toBe(true);
      }),
      { seed: 20_261_127, numRuns: 500 },
    );
  });

  test('says the same when it is not asked about values that are quiet', () => {
    let skipped = 0;
    fc.assert(
      fc.property(anyLimits, steps, (given, all) => {
        const whole = newMachine();
        const spared = newMachine();
        for (const step of all) {
          const outcome = judge(whole, given, step);
          const { low, high } = quietBand(spared, given);
          if (step.value !== null && step.value >= low && step.value <= high) {
            skipped += 1;
            expect(outcome).toBe(null);
          } else expect(judge(spared, given, step)).toBe(outcome);
          const { phase, cause, sinceMs } = whole;
          expect({
            phase: spared.phase,
            ...(phase === 'inactive' ? {} : { cause: spared.cause, sinceMs: spared.sinceMs }),
          }).toEqual({ phase, ...(phase === 'inactive' ? {} : { cause, sinceMs }) });
        }
      }),
      { seed: 20_261_127, numRuns: 2_000 },
    );
    expect(skipped).toBeGreaterThan(3_000);
  });
});

describe('quietBand()', () => {
  const firing: RuleMachine = { ...newMachine(), phase: 'firing' };

  test.each<[string, RuleMachine, RuleCondition, number, boolean]>([
    ['inactive, on the threshold', newMachine(), above90, 90, true],
    ['inactive, beyond it', newMachine(), above90, 90.000001, false],
    ['firing, on the recovery', firing, { ...above90, recovery: 80 }, 80, false],
    ['firing, beyond it', firing, { ...above90, recovery: 80 }, 80.00000000000001, true],
    ['firing above zero, on zero', firing, { kind: 'above', threshold: 0, recovery: null }, 0, false],
    ['firing above zero, beyond it', firing, { kind: 'above', threshold: 0, recovery: null }, Number.MIN_VALUE, true],
    ['firing below, on the recovery', firing, { kind: 'below', threshold: -5, recovery: -4 }, -4, false],
    ['firing below, beyond it', firing, { kind: 'below', threshold: -5, recovery: -4 }, -4.000000000000001, true],
    ['firing by silence', { ...firing, cause: 'silence' }, above90, 99, false],
    ['firing and good for a while', { ...firing, goodSinceMs: 1 }, above90, 99, false],
    ['pending', { ...firing, phase: 'pending' }, above90, 99, false],
  ])('%s', (_what, machine, shape, value, isQuiet) => {
    const { low, high } = quietBand(machine, limits(shape));
    expect(value >= low && value <= high).toBe(isQuiet);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Absence, wordsOf, writeAbsence } from '#core/absence.ts';
import { rollUp } from '#core/rollup.ts';
import { judgeValue, limitsOf, newMachine } from '#core/rule.ts';
import type { RuleCondition } from '#core/rule-spec.ts';
import type { Span } from './query-request.ts';
import { SeriesTrial, type TrialRule, type TrialTicks } from './series-trial.ts';

const above90: RuleCondition = { kind: 'above', threshold: 90, recovery: null };

function rule(
  condition: RuleCondition,
  parts: Partial<TrialRule> & { readonly forMs?: number; readonly keepFiringMs?: number } = {},
): TrialRule {
  const { forMs = 0, keepFiringMs = 0, ...rest } = parts;
  return {
    kind: 'series',
    limits: limitsOf(condition, { forMs, keepFiringMs }),
    input: { kind: 'value' },
    silentIntervals: null,
    ...rest,
  };
}

const silence: TrialRule = rule(
  { kind: 'above', threshold: 0.5, recovery: null },
  { kind: 'silence', silentIntervals: 3 },
);

/** A tick each second from 1,000 s on; `null` is a second without a tick. */
function ticks(...values: readonly (number | Absence | null)[]): TrialTicks {
  const present = values.flatMap((value, second) => (value === null ? [] : [{ value, second }]));
  const column = new Float64Array(present.length);
  const words = wordsOf(column);
  for (const [index, { value }] of present.entries()) {
    if (typeof value === 'number') column[index] = value;
    else writeAbsence(words, index, value);
  }
  const times = Float64Array.from(present, ({ second }) => 1_000_000 + second * 1_000);
  return { times, values: column, words, tickMs: 1_000, intervalMs: 1_000 };
}

/** Firings in seconds since 1,000 s. */
function firings(trial: SeriesTrial): readonly (readonly [number, number])[] {
  return trial.firings.map(({ startMs, endMs }) => [(startMs - 1_000_000) / 1_000, (endMs - 1_000_000) / 1_000]);
}

function trialOf(given: TrialRule, all: TrialTicks, endSec = 1_100): SeriesTrial {
  const trial = new SeriesTrial(given, 1_000_000);
  trial.addTicks(all, 0, all.times.length);
  trial.end(endSec * 1_000);
  return trial;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('addTicks()', () => {
  test.each<[string, TrialRule, TrialTicks, readonly (readonly [number, number])[]]>([
    [
      'fires and resolves',
      rule(above90),
      ticks(80, 95, 96, 80, 95, 80),
      [
        [1, 3],
        [4, 5],
      ],
    ],
    ['waits for so long', rule(above90, { forMs: 2_000 }), ticks(95, 95, 80, 95, 95, 95, 80), [[5, 6]]],
    ['goes on firing at the end of the span', rule(above90), ticks(80, 95, 95), [[1, 100]]],
    ['does not see what is not due', rule(above90, { forMs: 2_000 }), ticks(95, 'notDue', 95, 80), [[2, 3]]],
    [
      'does not take a failed value for silence unless asked',
      rule(above90),
      ticks(80, ...times(9, 'failed' as const), 80),
      [],
    ],
    [
      'fires by silence when asked',
      rule(above90, { silentIntervals: 3 }),
      ticks(80, ...times(5, 'failed' as const), 80),
      [[3, 6]],
    ],
    [
      'ends with a series that is gone for a minute',
      rule(above90),
      ticks(95, ...times(70, 'gone' as const)),
      [[0, 61]],
    ],
    ['does not end with one that is back', rule(above90), ticks(95, ...times(50, 'gone' as const), 95, 80), [[0, 52]]],
    [
      'looks at averages',
      rule(above90, { input: { kind: 'average', windowMs: 4_000 } }),
      ticks(80, 100, 80, 100, 80, 100, 100, 100, 0),
      [[6, 8]],
    ],
  ])('%s', (_what, given, all, expected) => {
    expect(firings(trialOf(given, all))).toEqual(expected);
  });

  test.each<[string, TrialTicks, readonly (readonly [number, number])[]]>([
    ['failed for three intervals', ticks(1, ...times(5, 'failed' as const), 1, 1), [[3, 6]]],
    ['failed for two', ticks(1, 'failed', 'failed', 1, 'failed', 'failed', 1), []],
    ['failed from the beginning on', ticks(...times(5, 'failed' as const), 1), [[2, 5]]],
    ['not due in between', ticks(1, 'failed', 'notDue', 'failed', 1), [[3, 4]]],
    ['gone', ticks(1, ...times(9, 'gone' as const), 1), []],
    ['a host that is away', ticks(1, ...times(20, null), 1), []],
    ['a host that was away while values failed', ticks(1, 'failed', ...times(20, null), 'failed', 'failed', 1), []],
  ])('silence: %s', (_what, all, expected) => {
    expect(firings(trialOf(silence, all))).toEqual(expected);
  });

  test('notes times without a value', () => {
    const all = ticks(1, ...times(90, null), 1, 1, ...times(50, null), 1);
    expect(
      trialOf(rule(above90), all, 1_300).holes.map(({ startMs, endMs }) => [startMs / 1_000, endMs / 1_000]),
    ).toEqual([
      [1_000, 1_091],
      [1_143, 1_300],
    ]);
  });

  test('says the same however the ticks come in pieces, and the same as the machine alone', () => {
    const value = fc.integer({ min: 85, max: 95 });
    const conditions = fc.constantFrom<RuleCondition>(
      above90,
      { kind: 'above', threshold: 90, recovery: 88 },
      { kind: 'below', threshold: 88, recovery: 90 },
      { kind: 'outside', low: 87, high: 93, recoveryLow: 88, recoveryHigh: 92 },
    );
    const durations = fc.record({ forMs: fc.constantFrom(0, 2_000), keepFiringMs: fc.constantFrom(0, 1_500) });
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 60 }),
        conditions,
        durations,
        fc.nat(60),
        (values, condition, given, cut) => {
          const tested = rule(condition, given);
          const all = ticks(...values);
          const trial = new SeriesTrial(tested, 1_000_000);
          trial.addTicks(all, 0, Math.min(cut, values.length));
          trial.addTicks(all, Math.min(cut, values.length), values.length);
          trial.end(1_100_000);

          const machine = newMachine();
          const expected: Span[] = [];
          let firedMs = 0;
          values.forEach((each, index) => {
            const timeMs = 1_000_000 + index * 1_000;
            const outcome = judgeValue(machine, tested.limits, { timeMs, ordinal: 1, value: each });
            if (outcome === 'fired') firedMs = timeMs;
            if (outcome === 'resolved') expected.push({ startMs: firedMs, endMs: timeMs });
          });
          if (machine.phase === 'firing') expected.push({ startMs: firedMs, endMs: 1_100_000 });
          expect(trial.firings).toEqual(expected);
        },
      ),
      { seed: 20_261_127, numRuns: 500 },
    );
  });
});

describe('addBuckets()', () => {
  /** Buckets of ten seconds, as the minute tier has those of a minute. */
  function bucketTrial(given: TrialRule, ...values: readonly number[]): SeriesTrial {
    const all = ticks(...values);
    const trial = new SeriesTrial(given, 1_000_000);
    trial.addBuckets(rollUp(all.times, all.values, 10_000), { stepMs: 10_000, intervalMs: 1_000 });
    trial.end(1_100_000);
    return trial;
  }

  const calm = times(10, 80);
  const mixed = [...times(5, 80), 95, ...times(4, 80)];
  const bad = times(10, 95);

  test('judges the worse of a bucket at its start and the other at its end', () => {
    expect(firings(bucketTrial(rule(above90), ...calm, ...mixed, ...bad, ...calm))).toEqual([
      [10, 19],
      [20, 30],
    ]);
    const below: RuleCondition = { kind: 'below', threshold: 85, recovery: null };
    expect(firings(bucketTrial(rule(below), ...bad, ...mixed, ...bad))).toEqual([[10, 19]]);
    const outside: RuleCondition = { kind: 'outside', low: 70, high: 90, recoveryLow: null, recoveryHigh: null };
    expect(firings(bucketTrial(rule(outside), ...calm, ...mixed, ...calm))).toEqual([[10, 19]]);
  });

  test('is bad for long only if all values are', () => {
    const given = rule(above90, { forMs: 15_000 });
    expect(firings(bucketTrial(given, ...mixed, ...mixed, ...mixed))).toEqual([]);
    expect(firings(bucketTrial(given, ...bad, ...bad, ...calm))).toEqual([[19, 20]]);
  });

  test('gives an input over a window the average of a bucket', () => {
    const given = rule(
      { kind: 'above', threshold: 81, recovery: null },
      { input: { kind: 'average', windowMs: 20_000 } },
    );
    expect(firings(bucketTrial(given, ...calm, ...calm, ...calm, ...mixed, ...mixed, ...calm, ...calm))).toEqual([
      [40, 50],
    ]);
  });

  test('notes buckets that are not there as holes', () => {
    const trial = new SeriesTrial(rule(above90), 0);
    const starts = Float64Array.of(0, 60_000, 360_000);
    const one = Float64Array.of(1, 1, 1);
    trial.addBuckets({ starts, min: one, max: one, sum: one, count: one }, { stepMs: 60_000, intervalMs: 60_000 });
    trial.end(450_000);
    expect(trial.holes).toEqual([{ startMs: 120_000, endMs: 360_000 }]);
  });
});

import { describe, expect, test } from 'vitest';
import { conditionProblem, inputProblem, ruleProblems } from './rule-check.ts';
import { anyHost, type RuleCondition, type RuleInput, type RuleSpec, type RuleSubject } from './rule-spec.ts';

const values: RuleSubject = {
  kind: 'series',
  series: { patterns: ['load1'], labels: {} },
  input: { kind: 'value' },
  condition: { kind: 'above', threshold: 5, recovery: null },
  noDataIntervals: null,
};

function rule(parts: Partial<RuleSpec>): RuleSpec {
  return {
    subject: values,
    hosts: anyHost,
    forMs: 60_000,
    keepFiringMs: 0,
    severity: 'warning',
    summary: '',
    message: '',
    channels: null,
    groupBy: [],
    repeatMs: null,
    escalations: [],
    overrides: [],
    ...parts,
  };
}

function outside(
  low: number,
  high: number,
  recoveryLow: number | null = null,
  recoveryHigh: number | null = null,
): RuleCondition {
  return { kind: 'outside', low, high, recoveryLow, recoveryHigh };
}

describe('conditionProblem()', () => {
  test.each<[RuleCondition, string | null]>([
    [{ kind: 'above', threshold: 90, recovery: null }, null],
    [{ kind: 'above', threshold: 90, recovery: 90 }, null],
    [{ kind: 'above', threshold: 90, recovery: 95 }, 'the recovery of "above 90" must not be above it: got 95'],
    [{ kind: 'above', threshold: Number.NaN, recovery: null }, 'a threshold is a number: got NaN'],
    [{ kind: 'above', threshold: Number.POSITIVE_INFINITY, recovery: null }, 'a threshold is a number'],
    [{ kind: 'above', threshold: 90, recovery: Number.NaN }, 'a recovery is a number: got NaN'],
    [{ kind: 'below', threshold: 10, recovery: 10 }, null],
    [{ kind: 'below', threshold: 10, recovery: 5 }, 'the recovery of "below 10" must not be below it: got 5'],
    [outside(1, 2), null],
    [outside(1, 2, 1.2, 1.8), null],
    [outside(1, 2, 1.5, 1.5), null],
    [outside(2, 1), 'low must be below high: got 2 and 1'],
    [outside(2, 2), 'low must be below high'],
    [outside(1, 2, 0.5), 'the recovery must lie in 1..2'],
    [outside(1, 2, null, 2.5), 'the recovery must lie in 1..2'],
    [outside(1, 2, 1.8, 1.2), 'the recovery must lie in 1..2'],
    [outside(1, Number.POSITIVE_INFINITY), 'limits are numbers'],
  ])('%o', (condition, problem) => {
    expect(conditionProblem(condition)).toEqual(problem === null ? null : expect.stringContaining(problem));
  });
});

describe('inputProblem()', () => {
  test.each<[RuleInput, string | null]>([
    [{ kind: 'value' }, null],
    [{ kind: 'average', windowMs: 2_000 }, null],
    [{ kind: 'rate', windowMs: 3_600_000 }, null],
    [{ kind: 'rate', windowMs: 1_999 }, 'a window is from 2 s to 3600 s: got 1.999 s'],
    [{ kind: 'average', windowMs: 3_600_001 }, 'a window is from'],
    [{ kind: 'average', windowMs: Number.NaN }, 'a window is from'],
  ])('%o', (input, problem) => {
    expect(inputProblem(input)).toEqual(problem === null ? null : expect.stringContaining(problem));
  });
});

describe('ruleProblems()', () => {
  const inverted: RuleCondition = { kind: 'above', threshold: 1, recovery: 2 };
  const silence: RuleSubject = { kind: 'silence', series: { patterns: [], labels: {} }, intervals: 3 };

  test.each<[string, Partial<RuleSpec>, readonly string[]]>([
    ['a plain one', {}, []],
    ['silence of any series', { subject: silence }, []],
    ['no duration at all', { forMs: 0, keepFiringMs: 0 }, []],
    ['a negative duration', { forMs: -1 }, ['for: a duration here is from 0 s']],
    ['a duration that is no number', { keepFiringMs: Number.NaN }, ['keep_firing: a duration here is']],
    ['a duration without end', { forMs: Number.POSITIVE_INFINITY }, ['for: a duration here is']],
    ['an inverted recovery', { subject: { ...values, condition: inverted } }, ['condition: the recovery of']],
    ['a short window', { subject: { ...values, input: { kind: 'rate', windowMs: 1 } } }, ['input: a window is']],
    ['no data after half an interval', { subject: { ...values, noDataIntervals: 0.5 } }, ['no_data: intervals are']],
    [
      'values of any series',
      { subject: { ...values, series: { patterns: [], labels: {} } } },
      ['metric: a rule on values'],
    ],
    ['silence after no interval', { subject: { ...silence, intervals: 0 } }, ['intervals: intervals are']],
    ['down at once', { subject: { kind: 'hostDown', afterMs: 0 } }, ['after: a duration here is from 1 s']],
    [
      'a clock off by nothing',
      { subject: { kind: 'clockSkew', thresholdMs: 0 } },
      ['threshold: a duration here is from 1 s'],
    ],
    ['told again each second', { repeatMs: 1_000 }, ['repeat: a duration here is from 60 s']],
    ['a template with an unknown name', { message: '{{x}}' }, ['message: a template may name']],
    [
      'escalations out of order',
      {
        escalations: [
          { afterMs: 2_000, channels: ['a'] },
          { afterMs: 2_000, channels: ['b'] },
          { afterMs: 9_000, channels: [] },
        ],
      },
      [
        'escalations.1: escalations come one after the other: got 2 s after 2 s',
        'escalations.2: an escalation must name',
      ],
    ],
    [
      'overrides',
      { overrides: [{ hosts: anyHost }, { hosts: anyHost, condition: inverted, forMs: -1 }] },
      ['overrides.1.condition: the recovery of', 'overrides.1.for: a duration here is'],
    ],
    [
      'a condition for a rule that has none',
      { subject: silence, overrides: [{ hosts: anyHost, condition: { ...inverted, recovery: null } }] },
      ['overrides.0.condition: only a rule on values has a condition'],
    ],
  ])('%s', (_what, parts, problems) => {
    expect(ruleProblems(rule(parts))).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });
});

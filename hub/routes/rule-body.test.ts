import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostSelector, RuleCondition, RuleSpec } from '#core/rule-spec.ts';
import { problemsOf } from '../json-body.ts';
import type { RuleDraft } from '../store/alerts/rules.ts';
import { ruleBody } from './alert-schemas.ts';
import { draftOf, patchedRuleBody, ruleBodyOf } from './rule-body.ts';

function parsed(body: unknown): RuleDraft {
  const drafted = draftOf(ruleBody.parse(body));
  if (drafted.kind === 'refused') throw new Error(drafted.problems.join('; '));
  return drafted.draft;
}

/** Everything that is wrong with it. */
function problems(body: unknown): readonly string[] {
  const checked = ruleBody.safeParse(body);
  if (!checked.success) return problemsOf(checked.error);
  const drafted = draftOf(checked.data);
  return drafted.kind === 'refused' ? drafted.problems : [];
}

const word = fc.stringMatching(/^[a-z*äß日 ._-]{1,20}$/);
const seconds = fc.integer({ min: 1_000, max: 100_000_000 });
const pairs = fc.dictionary(word, word, { maxKeys: 3 });
const hosts: fc.Arbitrary<HostSelector> = fc.record({
  names: fc.array(word, { maxLength: 3 }),
  tags: pairs,
  notNames: fc.array(word, { maxLength: 3 }),
  notTags: pairs,
});
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
/** Limits and where it is good again, in the order in which they make sense. */
const condition: fc.Arbitrary<RuleCondition> = fc
  .tuple(
    fc.uniqueArray(number, { minLength: 4, maxLength: 4 }),
    fc.constantFrom('above', 'below', 'outside'),
    fc.boolean(),
  )
  .map(([numbers, kind, hasRecovery]) => {
    const [a, b, c, d] = numbers.map((one) => (one === 0 ? 0 : one)).sort((x, y) => x - y) as [
      number,
      number,
      number,
      number,
    ];
    switch (kind) {
      case 'above':
        return { kind, threshold: b, recovery: hasRecovery ? a : null };
      case 'below':
        return { kind, threshold: a, recovery: hasRecovery ? b : null };
      default:
        return {
          kind: 'outside',
          low: a,
          high: d,
          recoveryLow: hasRecovery ? b : null,
          recoveryHigh: hasRecovery ? c : null,
        };
    }
  });
const series = fc.record({ patterns: fc.array(word, { minLength: 1, maxLength: 3 }), labels: pairs });
const windowMs = fc.integer({ min: 2_000, max: 3_600_000 });
const limits = fc.record({
  kind: fc.constant('series' as const),
  series,
  input: fc.oneof(
    fc.constant({ kind: 'value' as const }),
    fc.record({ kind: fc.constantFrom('average' as const, 'rate' as const), windowMs }),
  ),
  condition,
  noDataIntervals: maybe(fc.integer({ min: 1, max: 1_000 })),
});
const otherSubject = fc.oneof(
  fc.record({ kind: fc.constant('silence' as const), series, intervals: fc.integer({ min: 1, max: 1_000 }) }),
  fc.record({ kind: fc.constant('hostDown' as const), afterMs: seconds }),
  fc.record({ kind: fc.constant('clockSkew' as const), thresholdMs: seconds }),
);
const severity = fc.constantFrom('info' as const, 'warning' as const, 'critical' as const);
const overrideFields = { isEnabled: fc.boolean(), forMs: seconds, severity };
const common = {
  hosts,
  forMs: seconds,
  keepFiringMs: seconds,
  severity,
  summary: word,
  message: word,
  channels: maybe(fc.array(word, { maxLength: 3 })),
  groupBy: fc.array(word, { maxLength: 3 }),
  repeatMs: maybe(seconds.map((ms) => ms + 60_000)),
  escalations: fc
    .uniqueArray(fc.record({ afterMs: seconds, channels: fc.array(word, { minLength: 1, maxLength: 2 }) }), {
      maxLength: 3,
      selector: ({ afterMs }) => afterMs,
    })
    .map((list) => list.sort((a, b) => a.afterMs - b.afterMs)),
};
const overridesWith = (fields: object) =>
  fc.array(fc.record({ hosts, ...overrideFields, ...fields }, { requiredKeys: ['hosts'] }), { maxLength: 2 });
const spec = fc.oneof(
  fc.record({ subject: limits, ...common, overrides: overridesWith({ condition }) }),
  fc.record({ subject: otherSubject, ...common, overrides: overridesWith({}) }),
) as fc.Arbitrary<RuleSpec>;
const draft: fc.Arbitrary<RuleDraft> = fc.record({ name: word, spec, isEnabled: fc.boolean() });

describe('a rule as people write it', () => {
  test('is the same after there and back, over JSON', () => {
    fc.assert(
      fc.property(draft, (rule) => {
        expect(parsed(JSON.parse(JSON.stringify(ruleBodyOf(rule))))).toEqual(JSON.parse(JSON.stringify(rule)));
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test('needs nothing but what is looked at', () => {
    expect(parsed({ metric: 'cpu_used_percent', condition: 'above', threshold: 90 })).toEqual({
      name: 'cpu_used_percent above 90',
      isEnabled: true,
      spec: {
        subject: {
          kind: 'series',
          series: { patterns: ['cpu_used_percent'], labels: {} },
          input: { kind: 'value' },
          condition: { kind: 'above', threshold: 90, recovery: null },
          noDataIntervals: null,
        },
        hosts: { names: [], tags: {}, notNames: [], notTags: {} },
        forMs: 60_000,
        keepFiringMs: 60_000,
        severity: 'warning',
        summary: '',
        message: '',
        channels: null,
        groupBy: [],
        repeatMs: 14_400_000,
        escalations: [],
        overrides: [],
      },
    });
  });

  test.each([
    [{ kind: 'silence' }, { kind: 'silence', series: { patterns: [], labels: {} }, intervals: 30 }],
    [{ kind: 'host_down' }, { kind: 'hostDown', afterMs: 10_000 }],
    [{ kind: 'clock_skew' }, { kind: 'clockSkew', thresholdMs: 30_000 }],
  ])('of %j means %j', (body, subject) => {
    expect(parsed(body).spec.subject).toEqual(subject);
  });

  test('takes escalations in any order', () => {
    const { spec } = parsed({
      kind: 'host_down',
      escalations: [
        { after: 900, channels: ['phone'] },
        { after: 1.5, channels: ['mail'] },
      ],
    });

    expect(spec.escalations.map(({ afterMs }) => afterMs)).toEqual([1_500, 900_000]);
  });

  test('overrides a threshold without a word about its condition', () => {
    const { spec } = parsed({
      metric: 'x',
      condition: 'above',
      threshold: 90,
      recovery: 80,
      overrides: [{ hosts: { tags: { role: 'db' } }, threshold: 98 }],
    });

    expect(spec.overrides[0]!.condition).toEqual({ kind: 'above', threshold: 98, recovery: null });
  });

  test.each<[object, RegExp[]]>([
    [{ metric: 'x', condition: 'above' }, [/^threshold: "above" wants a number$/]],
    [{ metric: 'x', condition: 'outside', low: 1 }, [/^high: "outside" wants a number$/]],
    [
      { metric: 'x', condition: 'below', threshold: 1, low: 2, recovery_high: 3 },
      [/^low: "below" has no such field$/, /^recovery_high: /],
    ],
    [{ kind: 'host_down', overrides: [{ hosts: {}, threshold: 1 }] }, [/^overrides\.0\.condition: /]],
    [{ metric: 'x', condition: 'above', threshold: 9, recovery: 10 }, [/^condition: .*must not be above/]],
    [{ metric: 'x', condition: 'outside', low: 9, high: 1 }, [/^condition: low must be below high/]],
    [{ metric: [], condition: 'above', threshold: 9, input: { rate: 0.5 } }, [/^metric: /, /^input: /]],
    [{ kind: 'host_down', after: 0, repeat: 1, message: '{{x}}' }, [/^after: /, /^message: /, /^repeat: /]],
    [{ kind: 'host_down', metric: 'x' }, [/"metric"/]],
    [{ kind: 'nothing' }, [/^kind: series, silence, host_down or clock_skew is wanted$/]],
    [
      { metric: 5, condition: 'about', threshold: '9', for: -1, name: 'a\u0000b', severity: 'fatal' },
      [/^metric: /, /^condition: /, /^threshold: /, /^name: /, /^for: /, /^severity: /],
    ],
    [
      { metric: ['x'.repeat(1_101)], condition: 'above', threshold: Number.POSITIVE_INFINITY },
      [/^metric/, /^threshold/],
    ],
    [
      { metric: 'x', condition: 'above', threshold: 1, hosts: { tags: { 'a\u202eb': 'c' }, name: [] } },
      [/^hosts\.tags/, /"name"/],
    ],
  ])('is refused with everything that is wrong with it: %j', (body, expected) => {
    const found = problems(body);

    expect(found).toHaveLength(expected.length);
    for (const [index, problem] of found.entries()) expect(problem).toMatch(expected[index]!);
  });
});

describe('patchedRuleBody()', () => {
  const rule = parsed({ name: 'n', metric: 'x', condition: 'above', threshold: 90, recovery: 80, for: 5, no_data: 3 });

  test('changes what is given', () => {
    expect(parsed(patchedRuleBody(rule, { threshold: 95, enabled: false }))).toEqual(
      parsed({ ...ruleBodyOf(rule), threshold: 95, enabled: false }),
    );
  });

  test('takes no limits over to another condition, and no condition over to another kind', () => {
    expect(parsed(patchedRuleBody(rule, { condition: 'outside', low: 1, high: 2 })).spec).toMatchObject({
      subject: { condition: { kind: 'outside', recoveryHigh: null }, noDataIntervals: 3 },
    });
    expect(parsed(patchedRuleBody(rule, { kind: 'clock_skew' }))).toMatchObject({
      name: 'n',
      spec: { subject: { kind: 'clockSkew', thresholdMs: 30_000 }, forMs: 5_000 },
    });
  });
});

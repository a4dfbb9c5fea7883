/** Any rule that can be judged, for tests of what is written and read back. */
import fc from 'fast-check';
import { ruleProblems } from '#core/rule-check.ts';
import {
  type HostSelector,
  type RuleCondition,
  type RuleOverride,
  type RuleSpec,
  type RuleSubject,
  severities,
} from '#core/rule-spec.ts';
import type { RuleDraft } from '../model/rules/rule-draft.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9_*-]{0,11}$/);
const words = fc.uniqueArray(word, { maxLength: 3 });
const pairs = fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true });
const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }).map((value) => value + 0);
const durationMs = fc.integer({ min: 1_000, max: 86_400_000 });
const windowMs = fc.integer({ min: 2_000, max: 3_600_000 });

const selector: fc.Arbitrary<HostSelector> = fc.record({ names: words, tags: pairs, notNames: words, notTags: pairs });

const oneSided: fc.Arbitrary<RuleCondition> = fc
  .tuple(fc.constantFrom('above' as const, 'below' as const), number, fc.option(number))
  .map(([kind, a, b]) => {
    if (b === null) return { kind, threshold: a, recovery: null };
    const [low, high] = a < b ? [a, b] : [b, a];
    return kind === 'above' ? { kind, threshold: high, recovery: low } : { kind, threshold: low, recovery: high };
  });
const outside: fc.Arbitrary<RuleCondition> = fc
  .tuple(fc.uniqueArray(number, { minLength: 4, maxLength: 4 }), fc.boolean(), fc.boolean())
  .map(([values, hasLow, hasHigh]) => {
    const [low, recoveryLow, recoveryHigh, high] = values.sort((a, b) => a - b) as [number, number, number, number];
    return {
      kind: 'outside',
      low,
      high,
      recoveryLow: hasLow ? recoveryLow : null,
      recoveryHigh: hasHigh ? recoveryHigh : null,
    };
  });
const condition = fc.oneof(oneSided, outside);

const series = fc.record({ patterns: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }), labels: pairs });
const intervals = fc.integer({ min: 1, max: 1_000_000 });
const subject: fc.Arbitrary<RuleSubject> = fc.oneof(
  fc.record({
    kind: fc.constant('series' as const),
    series,
    input: fc.oneof(
      fc.constant({ kind: 'value' as const }),
      fc.record({ kind: fc.constantFrom('average' as const, 'rate' as const), windowMs }),
    ),
    condition,
    noDataIntervals: fc.option(intervals),
  }),
  fc.record({ kind: fc.constant('silence' as const), series, intervals }),
  fc.record({ kind: fc.constant('hostDown' as const), afterMs: durationMs }),
  fc.record({ kind: fc.constant('clockSkew' as const), thresholdMs: durationMs }),
);

function overrideOf(ruleSubject: RuleSubject): fc.Arbitrary<RuleOverride> {
  const parts = {
    hosts: selector,
    isEnabled: fc.boolean(),
    forMs: durationMs,
    severity: fc.constantFrom(...severities),
  };
  return ruleSubject.kind === 'series'
    ? fc.record({ ...parts, condition }, { requiredKeys: ['hosts'] })
    : fc.record(parts, { requiredKeys: ['hosts'] });
}

const spec: fc.Arbitrary<RuleSpec> = subject.chain((ruleSubject) =>
  fc.record({
    subject: fc.constant(ruleSubject),
    hosts: selector,
    forMs: durationMs,
    keepFiringMs: durationMs,
    severity: fc.constantFrom(...severities),
    summary: word,
    message: fc.constantFrom('', '{{host}}: {{value}}', 'two\nlines'),
    channels: fc.option(words),
    groupBy: words,
    repeatMs: fc.option(fc.integer({ min: 60_000, max: 86_400_000 })),
    escalations: fc
      .uniqueArray(durationMs, { maxLength: 3 })
      .map((afters) => afters.sort((a, b) => a - b).map((afterMs) => ({ afterMs, channels: ['phone'] }))),
    overrides: fc.array(overrideOf(ruleSubject), { maxLength: 2 }),
  }),
);

export const arbitraryRule: fc.Arbitrary<RuleDraft> = fc
  .record({ name: word, spec, isEnabled: fc.boolean() })
  .filter((draft) => ruleProblems(draft.spec).length === 0);

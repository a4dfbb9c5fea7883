import { expect, test } from 'vitest';
import { ruleProblems } from '#core/rule-check.ts';
import { ruleBody } from '../routes/alert-schemas.ts';
import { draftOf, ruleBodyOf } from '../routes/rule-body.ts';
import { defaultRules } from './default-rules.ts';

test.each(defaultRules)(
  'the default rule "$name" can be judged, written by hand, and says in one line what it is for',
  (rule) => {
    expect(ruleProblems(rule.spec)).toEqual([]);
    expect(draftOf(ruleBody.parse(ruleBodyOf(rule)))).toEqual({ kind: 'drafted', draft: rule });
    expect(rule.spec.summary).toMatch(/^\S.{20,120}\S$/);
    expect(rule.isEnabled).toBe(true);
  },
);

test('the default rules have names of their own, and each but silence and absence waits before it tells', () => {
  expect(new Set(defaultRules.map(({ name }) => name)).size).toBe(defaultRules.length);
  for (const { spec } of defaultRules)
    if (spec.subject.kind === 'series' || spec.subject.kind === 'clockSkew') {
      expect(spec.forMs).toBeGreaterThanOrEqual(60_000);
      expect(spec.keepFiringMs).toBeGreaterThanOrEqual(60_000);
    }
});

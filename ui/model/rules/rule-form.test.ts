import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ruleProblems } from '#core/rule-check.ts';
import { arbitraryRule } from '../../testing/arbitrary-rule.ts';
import { newRuleDraft } from './rule-draft.ts';
import { compareBy, formOf, newOverride, problemsOfRefusal, type RuleForm, readForm } from './rule-form.ts';

const draft = newRuleDraft({ host: '', metric: '' });
const form = formOf(draft);

/** What is wrong with the new rule when this is changed in it. */
function problemsWith(change: Partial<RuleForm>): Record<string, string> {
  return Object.fromEntries(readForm({ ...form, ...change }).problems);
}

describe('a rule as a form', () => {
  test('reads back as the same rule, whatever it says and whatever its unit', () => {
    const unit = fc.constantFrom('percent', 'bytes', 'bytes/s', '1', '', undefined);
    fc.assert(
      fc.property(arbitraryRule, unit, (rule, shownUnit) => {
        const read = readForm(formOf(rule, shownUnit));
        const { spec } = rule;
        // "Enabled" is what an override says by saying nothing.
        const overrides = spec.overrides.map(({ isEnabled, ...rest }) =>
          isEnabled === false ? { isEnabled, ...rest } : rest,
        );
        expect(read.draft).toEqual({ ...rule, spec: { ...spec, overrides } });
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('has no draft that the hub would refuse, whatever is typed', () => {
    const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('85', '2 m', '0', '-1', '5 MiB', ''));
    const typed = fc.record({
      comparison: fc.constantFrom('above' as const, 'below' as const, 'outside' as const),
      threshold: text,
      recovery: text,
      low: text,
      high: text,
      recoveryLow: text,
      hold: text,
      keepFiring: text,
      message: text,
      input: fc.constantFrom('value' as const, 'rate' as const),
      inputWindow: text,
      firesWithoutData: fc.boolean(),
      noData: text,
      repeat: text,
    });
    fc.assert(
      fc.property(typed, (change) => {
        const read = readForm({ ...form, ...change });
        expect(read.draft === null).toBe(read.problems.size > 0);
        if (read.draft !== null) expect(ruleProblems(read.draft.spec)).toEqual([]);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('readForm()', () => {
  test('says at each field what is wrong with it', () => {
    expect(problemsWith({ hold: 'soon', threshold: '', keepFiring: '400 d' })).toEqual({
      for: 'a duration is wanted, such as "2 m" or "90 s": got "soon"',
      threshold: 'a number is wanted',
      keep_firing: 'a duration here is from 0 s to 366 days: got 34560000 s',
    });
  });

  test("says in the hub's words that limits do not fit each other, and not while one cannot be read", () => {
    expect(problemsWith({ recovery: '90' })).toEqual({
      condition: 'the recovery of "above 85" must not be above it: got 90',
    });
    expect(problemsWith({ recovery: 'x' })).toEqual({ recovery: 'a number is wanted: got "x"' });
  });

  test('finds what is wrong in overrides and escalations', () => {
    const override = { ...newOverride(form), recovery: '99', hold: 'x' };
    const escalations = [{ after: '0 s', channels: [] }];
    expect(problemsWith({ overrides: [override], escalations })).toMatchObject({
      'overrides.0.condition': expect.stringContaining('must not be above it'),
      'overrides.0.for': expect.stringContaining('a duration is wanted'),
      'escalations.0.channels': 'at least one channel is wanted',
    });
  });

  test('asks for a metric, labels as pairs, and a template that names what there is', () => {
    expect(problemsWith({ patterns: [], message: '{{hots}}' })).toMatchObject({
      metric: expect.stringContaining('must say of which series'),
      message: expect.stringContaining('a template may name host'),
    });
    expect(problemsWith({ labels: ['vda'] })).toEqual({ labels: 'a label is wanted as name=value: got "vda"' });
  });

  test('looks only at the fields of its kind', () => {
    expect(readForm({ ...form, kind: 'hostDown', threshold: '', patterns: [] }).draft?.spec.subject).toEqual({
      kind: 'hostDown',
      afterMs: 10_000,
    });
  });
});

describe('compareBy()', () => {
  test('takes limits over to the other comparison', () => {
    expect(compareBy(form, 'outside')).toMatchObject({ comparison: 'outside', low: '75', high: '85' });
    expect(compareBy(form, 'below')).toMatchObject({ comparison: 'below', threshold: '85', recovery: '' });
  });
});

describe('problemsOfRefusal()', () => {
  test('gives each problem to its field', () => {
    const why =
      'Cannot change rule: for: Too small; overrides.0.condition: low must be below high: got 2 and 1; and 3 more';
    expect([...problemsOfRefusal(why)]).toEqual([
      ['for', 'Too small'],
      ['overrides.0.condition', 'low must be below high: got 2 and 1'],
      ['', why],
    ]);
  });

  test('knows the field of what the hub says without naming one', () => {
    expect([...problemsOfRefusal('Cannot create rule: a name is given once: got "a"')]).toEqual([
      ['name', 'a name is given once: got "a"'],
    ]);
  });

  test('keeps the whole sentence of what belongs to no field', () => {
    const why = 'Cannot change rule: it has been changed since: read it again';
    expect([...problemsOfRefusal(why)]).toEqual([['', why]]);
  });
});

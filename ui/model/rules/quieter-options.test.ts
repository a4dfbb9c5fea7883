import { describe, expect, test } from 'vitest';
import type { RuleCondition } from '#core/rule-spec.ts';
import { limitStep, quieterOptions, roundTo } from './quieter-options.ts';
import { newRuleDraft } from './rule-draft.ts';

const { spec } = newRuleDraft({ host: '', metric: '' });

function texts(condition: RuleCondition, { unit = 'percent', forMs = 120_000 } = {}): readonly string[] {
  const { subject } = spec;
  if (subject.kind !== 'series') return [];
  const options = quieterOptions({ ...spec, forMs, subject: { ...subject, condition } }, unit);
  return options.map(({ text }) => text.replaceAll('\u202f', ' '));
}

describe('quieterOptions()', () => {
  test('holds longer, moves the limit out, and does a little of both', () => {
    expect(texts({ kind: 'above', threshold: 85, recovery: 75 })).toEqual([
      'above 85 % for 5 m',
      'above 90 % for 2 m',
      'above 88 % for 5 m',
    ]);
  });

  test('moves the recovery along with its limit', () => {
    const far = quieterOptions(spec, 'percent')[1]!.spec.subject;
    expect(far).toMatchObject({ condition: { threshold: 90, recovery: 80 } });
  });

  test('offers nothing that no value can reach', () => {
    expect(texts({ kind: 'above', threshold: 98, recovery: null })).toEqual(['above 98 % for 5 m']);
  });

  test('moves limits below down, and those on both sides apart', () => {
    expect(texts({ kind: 'below', threshold: 20, recovery: 30 })[1]).toBe('below 15 % for 2 m');
    const outside: RuleCondition = { kind: 'outside', low: 10, high: 20, recoveryLow: null, recoveryHigh: null };
    expect(texts(outside, { unit: 'celsius', forMs: 0 })).toEqual([
      'outside 10 °C to 20 °C for 10 s',
      'outside 0 °C to 30 °C',
      'outside 5 °C to 25 °C for 10 s',
    ]);
  });

  test('offers nothing for a rule without limits', () => {
    expect(quieterOptions({ ...spec, subject: { kind: 'hostDown', afterMs: 10_000 } })).toEqual([]);
  });
});

test.each([
  [85, 'percent', 1],
  [80, '1', 1],
  [5_000_000, 'bytes/s', 100_000],
  [0.5, '', 0.01],
  [0, '', 1],
])('limitStep(%d, %j) is %d', (value, unit, step) => {
  expect(limitStep(value, unit)).toBeCloseTo(step, 12);
});

test('roundTo() leaves no dust of doubles', () => {
  expect(roundTo(0.1 + 0.2, 0.1)).toBe(0.3);
});

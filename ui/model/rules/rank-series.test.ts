import { describe, expect, test } from 'vitest';
import type { RuleCondition } from '#core/rule-spec.ts';
import { rankSeries, shownMax, unitOfFound } from './rank-series.ts';

const found = (host: string, lowest: number, highest: number, unit = 'percent') => {
  return { host, key: 'cpu', unit, newest: highest, lowest, highest };
};
const hosts = (condition: RuleCondition | null, ...all: ReturnType<typeof found>[]) =>
  rankSeries(all, condition).map(({ host }) => host);
const [calm, hot, cold] = [found('calm', 40, 50), found('hot', 45, 90), found('cold', 5, 60)];

describe('rankSeries()', () => {
  test('has those nearest to firing first, on the side on which the rule fires', () => {
    expect(hosts({ kind: 'above', threshold: 95, recovery: null }, calm, hot, cold)).toEqual(['hot', 'cold', 'calm']);
    expect(hosts({ kind: 'below', threshold: 1, recovery: null }, calm, hot, cold)).toEqual(['cold', 'calm', 'hot']);
    const outside: RuleCondition = { kind: 'outside', low: 10, high: 80, recoveryLow: null, recoveryHigh: null };
    expect(hosts(outside, calm, cold, hot)).toEqual(['hot', 'cold', 'calm']);
  });

  test('has those without a value last, equal ones in order of names, and no more than can be told apart', () => {
    expect(hosts(null, found('none', Number.NaN, Number.NaN), found('web-10', 1, 2), found('web-9', 1, 2))).toEqual([
      'web-9',
      'web-10',
      'none',
    ]);
    const many = Array.from({ length: shownMax + 5 }, (_, index) => found(`h${index}`, 0, index));
    expect(rankSeries(many, null)).toHaveLength(shownMax);
  });
});

test('unitOfFound() is the unit that all share', () => {
  expect([unitOfFound([calm, hot]), unitOfFound([calm, found('x', 0, 1, 'bytes')]), unitOfFound([])]).toEqual([
    'percent',
    undefined,
    undefined,
  ]);
});

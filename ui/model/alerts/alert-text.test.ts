import { describe, expect, test } from 'vitest';
import { alertItem, nowMs, ruleOf } from '../../testing/alert-samples.ts';
import { thinSpace } from '../format.ts';
import {
  alertValueText,
  badText,
  endWords,
  firingSummary,
  limitWords,
  quietWords,
  ruleWords,
  titleOf,
} from './alert-text.ts';

/** As it reads, with plain spaces. */
const plain = (text: string) => text.replaceAll(thinSpace, ' ');

test('a percentage has its tenth, so that it is seen beside its limit', () => {
  expect(plain(alertValueText(90.16, 'percent'))).toBe('90.2 %');
  expect(plain(alertValueText(-0.04, 'percent'))).toBe('0.0 %');
  expect(plain(alertValueText(48.2, 'ms'))).toBe('48.2 ms');
  expect(alertValueText(null, 'ms')).toBe('\u2013');
});

describe('badText() and limitWords()', () => {
  const none = { value: null, awayMs: null };

  test('of a value', () => {
    expect(plain(badText(alertItem(), { value: 51, awayMs: null }))).toBe('51.0 ms');
    expect(plain(limitWords(alertItem(), ruleOf()))).toBe('limit 20 ms');
    expect(limitWords(alertItem({ threshold: null }), null)).toBe('');
  });

  test('of two bounds', () => {
    const condition = { kind: 'outside', low: 10, high: 90, recoveryLow: null, recoveryHigh: null } as const;
    expect(plain(limitWords(alertItem({ condition, unit: 'percent' }), ruleOf()))).toBe('limit 10 to 90 %');
  });

  test('of a host that is silent', () => {
    const item = alertItem({ cause: 'hostDown', series: '' });
    const rule = ruleOf({ subject: { kind: 'hostDown', afterMs: 10_000 } });
    expect(plain(badText(item, { value: null, awayMs: 252_000 }))).toBe('4 m 12 s');
    expect(badText(item, none)).toBe('down');
    expect(plain(limitWords(item, rule))).toBe('limit 10 s');
  });

  test('of a series that is silent', () => {
    const item = alertItem({ cause: 'silence', value: null });
    const rule = ruleOf({ subject: { kind: 'silence', series: { patterns: [], labels: {} }, intervals: 30 } });
    expect(badText(item, none)).toBe('no value');
    expect(limitWords(item, rule)).toBe('limit 30 intervals');
  });
});

test('ruleWords() says condition, hold and when it clears, with what holds for this host', () => {
  expect(plain(ruleWords(alertItem(), ruleOf()))).toBe(
    'Disk write latency above 20 ms for 2 m, clears at 12 ms or below',
  );
  const condition = { kind: 'above', threshold: 40, recovery: null } as const;
  expect(plain(ruleWords(alertItem({ condition }), ruleOf()))).toBe('Disk write latency above 40 ms for 2 m');
});

test('endWords() says how it ended, or who took care of it', () => {
  const over = alertItem({ phase: 'resolved', endMs: nowMs, resolvedWhy: 'good' });
  expect(endWords(over)).toBe('recovered by itself');
  expect(endWords({ ...over, resolvedWhy: 'removed' })).toBe('host was removed');
  expect(endWords({ ...over, acknowledged: { atMs: 0, by: 'Jan', comment: '' } })).toBe('acknowledged by Jan');
});

test('quietWords() says why nobody was told, and nothing where somebody was', () => {
  expect(quietWords('downtime')).toBe('nobody told: downtime');
  expect(quietWords('told')).toBeNull();
});

test('titles name the rule and the host as people call it', () => {
  expect(titleOf(alertItem())).toBe('Disk write latency on Postgres');
  expect(titleOf(alertItem({ hostTitle: '' }))).toBe('Disk write latency');
});

test('firingSummary() counts what there is', () => {
  const items = [alertItem(), alertItem({ severity: 'warning', isAcknowledged: true }), alertItem()];
  expect(firingSummary(items)).toBe('2 critical, 1 warning, 1 acknowledged');
});

import { expect, test } from 'vitest';
import { coarserText, stepText, windowText } from './step-text.ts';

test('stepText() names the step and what a value is', () => {
  expect([stepText(0, 1_000), stepText(0, 100), stepText(300_000, 1_000), stepText(86_400_000, 1_000)]).toEqual([
    '1\u202fs raw',
    '100\u202fms raw',
    '5\u202fm min/avg/max',
    '1\u202fd min/avg/max',
  ]);
});

test('coarserText() says why it is not finer', () => {
  const sinceMs = { raw: Date.UTC(2026, 10, 4), minute: Date.UTC(2026, 7, 20), hour: null };
  const facts = { tier: 'minute', coarserBy: 'retention', sinceMs, stepMs: 60_000 } as const;
  expect(coarserText(null)).toBe('');
  expect(coarserText({ ...facts, coarserBy: null })).toBe('');
  expect(coarserText(facts)).toBe('raw since 4 Nov 2026');
  expect(coarserText({ ...facts, tier: 'hour' })).toBe('1 m since 20 Aug 2026');
  expect(coarserText({ ...facts, coarserBy: 'limit' })).toMatch(/more than one answer may read/);
});

test('windowText() says the day where it is not today', () => {
  const nowMs = Date.UTC(2026, 10, 18, 14, 32, 5);
  const hourMs = 3_600_000;
  const text = (fromMs: number, toMs: number) => windowText({ fromMs, toMs }, nowMs);
  expect(text(nowMs - 300_000, nowMs)).toBe('14:27:05 \u2013 14:32:05');
  expect(text(nowMs - 25 * hourMs, nowMs - 24 * hourMs)).toBe('17 Nov, 13:32:05 \u2013 14:32:05');
  expect(text(nowMs - 24 * hourMs, nowMs)).toBe('17 Nov, 14:32 \u2013 18 Nov, 14:32');
  expect(text(nowMs - 365 * 24 * hourMs, nowMs)).toBe('18 Nov 2025 \u2013 18 Nov 2026');
  expect(text(Date.UTC(2025, 4, 1, 10), Date.UTC(2025, 4, 1, 11))).toBe('1 May 2025, 10:00:00 \u2013 11:00:00');
});

import { expect, test } from 'vitest';
import { fileStem, formatFigures, formatNumber } from './report.ts';
import { scenarios } from './scenarios.ts';

test('formatNumber() keeps four digits that count', () => {
  expect([4_123_456.7, 0.123456, 12.3456, 7, Number.NaN].map(formatNumber)).toEqual([
    '4,123,457',
    '0.1235',
    '12.35',
    '7',
    'NaN',
  ]);
});

test('formatFigures() puts the values under each other', () => {
  expect(formatFigures('title', { long: 1_000, x: 2 })).toBe('title\n  long  1,000\n  x         2');
});

test('fileStem() names scenario, time and commit', () => {
  const scenario = scenarios.idle.full;

  expect(fileStem({ scenario, atMs: Date.UTC(2026, 0, 2, 3, 4, 5), commit: 'abc1234+' })).toBe(
    'idle-2026-01-02T030405-abc1234-changed',
  );
});

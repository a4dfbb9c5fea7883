import { expect, test } from 'vitest';
import { newestTimestamp } from './scenario-start.ts';

test('newestTimestamp() takes the newest tick of any host', () => {
  expect(newestTimestamp({ one: { timestamp: 10.5, metrics: { load: 99 } }, two: { timestamp: 11 } })).toBe(11);
});

test('newestTimestamp() is 0 before the first tick', () => {
  expect(newestTimestamp({})).toBe(0);
  expect(newestTimestamp({ one: { timestamp: null } })).toBe(0);
});

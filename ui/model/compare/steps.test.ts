import { expect, test } from 'vitest';
import { refreshMsOf, stepOf } from './steps.ts';

const minute = 60_000;
const day = 1_440 * minute;

test.each([
  [5 * minute, 3, false, 1_000],
  [5 * minute, 31, true, 5_000],
  [60 * minute, 5, false, 5_000],
  [60 * minute, 500, true, 30_000],
  [day, 8, false, 2 * minute],
  [7 * day, 8, false, 15 * minute],
  [365 * day, 8, false, 12 * 60 * minute],
  [3_650 * day, 500, false, 28 * day],
])('stepOf() of %i ms and %i lines (refreshed: %s) is %i ms', (spanMs, lineCount, isRefreshed, stepMs) => {
  expect(stepOf({ spanMs, lineCount, isRefreshed })).toBe(stepMs);
});

test('refreshMsOf() is a step, but never less than five seconds', () => {
  expect([refreshMsOf(1_000), refreshMsOf(60_000)]).toEqual([5_000, 60_000]);
});

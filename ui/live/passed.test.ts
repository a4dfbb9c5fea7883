import { expect, test } from 'vitest';
import { passedMs } from './passed.ts';

test('passedMs() takes what lies in the future for long ago: the clock was set back', () => {
  expect(passedMs(1_000, 3_500)).toBe(2_500);
  expect(passedMs(Number.NEGATIVE_INFINITY, 0)).toBe(Number.POSITIVE_INFINITY);
  expect(passedMs(3_600_000, 0)).toBe(Number.POSITIVE_INFINITY);
});

import { expect, test } from 'vitest';
import { clockShiftMs } from './clock-shift.ts';

const nowMs = 1_700_000_000_000;
const hourMs = 3_600_000;

/** A stream that started a minute ago by the monotonic clock; its wall clock was wrong by `wrongMs`. */
function shiftOf(wrongMs: number): number {
  const offer = { bootId: 'b', startWallMs: nowMs - 60_000 + wrongMs, startMonotonicMs: 40_000 };
  return clockShiftMs(offer, { bootId: 'b', monotonicMs: 100_000 }, nowMs);
}

test.each([
  ['a right clock', 0, 0],
  ['a clock within five minutes', 299_000, 0],
  ['a clock that is behind', -hourMs, hourMs],
  ['a clock that is ahead', hourMs + 400, -hourMs],
  ['a clock at 1970', -nowMs, nowMs],
])('clockShiftMs() of this boot corrects %s', (_, wrongMs, expected) => {
  expect(shiftOf(wrongMs)).toBe(expected);
});

test.each([
  ['the past', -1_000 * hourMs, 0],
  ['the near future', hourMs, 0],
  ['the far future', 2 * hourMs + 1, -2 * hourMs - 1_000],
])('clockShiftMs() of an earlier boot that started in %s', (_, aheadMs, expected) => {
  const offer = { bootId: 'earlier', startWallMs: nowMs + aheadMs, startMonotonicMs: 0 };
  expect(clockShiftMs(offer, { bootId: 'b', monotonicMs: 5 }, nowMs)).toBe(expected);
});

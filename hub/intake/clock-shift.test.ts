import { expect, test } from 'vitest';
import { clockShiftMs } from './clock-shift.ts';

const nowMs = 1_700_000_000_000;
const hourMs = 3_600_000;

/** A stream that started a minute ago by the monotonic clock; its wall clock was wrong by `wrongMs`. */
function shiftOf(wrongMs: number): number {
  const offer = { bootId: 'b', startWallMs: nowMs - 60_000 + wrongMs, startMonotonicMs: 40_000, next: 61 };
  return clockShiftMs(offer, { bootId: 'b', monotonicMs: 100_000, facts: {} }, nowMs);
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
  ['the past', -1_000 * hourMs, 1, {}, 0],
  ['the near future', hourMs, 3_600, {}, 0],
  ['the far future, which is put to end now', 2 * hourMs + 1, 601, {}, -2 * hourMs - 601_000],
  ['the far future, with an interval of its own', 2 * hourMs, 61, { interval_ms: '60000' }, -3 * hourMs],
  ['the far future, by more ticks than a week has', 2 * hourMs, 1e9, {}, -170 * hourMs],
])('clockShiftMs() of an earlier boot that started in %s', (_, aheadMs, next, facts, expected) => {
  const offer = { bootId: 'earlier', startWallMs: nowMs + aheadMs, startMonotonicMs: 0, next };
  expect(clockShiftMs(offer, { bootId: 'b', monotonicMs: 5, facts }, nowMs)).toBe(expected);
});

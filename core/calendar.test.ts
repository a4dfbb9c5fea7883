import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayMs, dayOf, dayStartMs, monthOf, nextMonthOf } from './calendar.ts';

test('dayOf() changes at midnight UTC, before 1970 too', () => {
  expect([-1, 0, dayMs - 1, dayMs].map(dayOf)).toEqual([-1, 0, 0, 1]);
  expect(dayStartMs(dayOf(Date.UTC(2026, 10, 26, 23, 59)))).toBe(Date.UTC(2026, 10, 26));
});

test('monthOf() and nextMonthOf() enclose every day of a month, leap years and turns of the year included', () => {
  const day = (...date: [number, number, number]) => dayOf(Date.UTC(...date));
  expect([monthOf(day(2024, 1, 29)), nextMonthOf(day(2024, 1, 29))]).toEqual([day(2024, 1, 1), day(2024, 2, 1)]);
  expect([monthOf(day(2025, 11, 31)), nextMonthOf(day(2025, 11, 31))]).toEqual([day(2025, 11, 1), day(2026, 0, 1)]);
  fc.assert(
    fc.property(fc.integer({ min: -200_000, max: 200_000 }), (any) => {
      const [from, to] = [monthOf(any), nextMonthOf(any)];
      expect(from <= any && any < to && to - from >= 28 && to - from <= 31).toBe(true);
      expect(monthOf(to)).toBe(to);
    }),
    { seed: 42 },
  );
});

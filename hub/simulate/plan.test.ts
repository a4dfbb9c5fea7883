import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayMs, dayOf, monthOf } from '#core/calendar.ts';
import { firstDayOf, isSamePlan, keptFrom, monthsOf, outlookOf, spanOf } from './plan.ts';

const plan = { hostCount: 100, dayCount: 30, perHour: 60, seed: 1 };
const nowMs = Date.UTC(2026, 10, 26, 18, 30, 12, 345);
const today = dayOf(nowMs);
const keepDays = { raw: 14, minute: 90, hour: 1_096 };
const floors = { raw: 0, minute: 0, hour: 0 };

describe('spanOf()', () => {
  test('ends at the last whole minute and has as many days as asked', () => {
    expect(spanOf(plan, nowMs)).toEqual({
      fleetSeed: 1,
      dayCount: 30,
      intervalMs: 60_000,
      fromMs: Date.UTC(2026, 9, 27, 18, 30),
      toMs: Date.UTC(2026, 10, 26, 18, 30),
    });
  });

  test('is the same plan whenever it is asked for, and another with any other answer', () => {
    const span = spanOf(plan, nowMs - 5 * dayMs);
    expect(isSamePlan(span, plan)).toBe(true);
    for (const change of [{ dayCount: 31 }, { perHour: 61 }, { seed: 2 }])
      expect(isSamePlan(span, { ...plan, ...change })).toBe(false);
    expect(isSamePlan(span, { ...plan, hostCount: 7 })).toBe(true);
  });
});

describe('keptFrom()', () => {
  test('is what age leaves, or what retention has left', () => {
    expect(keptFrom({ today, keepDays, floors })).toEqual({ raw: today - 14, minute: today - 90, hour: today - 1_096 });
    expect(keptFrom({ today, keepDays, floors: { ...floors, raw: today - 3 } }).raw).toBe(today - 3);
  });

  test('begins with the first month whose block the floor of hours keeps', () => {
    const floor = monthOf(today) + 5;
    const { hour } = keptFrom({ today, keepDays, floors: { ...floors, hour: floor } });
    expect([hour, monthOf(hour)]).toEqual([hour, hour]);
    expect(hour).toBeGreaterThan(floor);
  });
});

describe('monthsOf()', () => {
  test('covers the days from the next one to the end, each once, no two months in a part', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_200 }), fc.integer({ min: 0, max: 200 }), (dayCount, skipped) => {
        const span = spanOf({ ...plan, dayCount }, nowMs);
        const from = dayOf(span.fromMs) + skipped;
        const parts = monthsOf(span, from);
        const days = parts.flatMap((part) =>
          Array.from({ length: part.toDay - part.fromDay }, (_, index) => part.fromDay + index),
        );
        const count = dayCount === 0 ? 0 : Math.max(0, today + 1 - from);
        expect(days).toEqual(Array.from({ length: count }, (_, index) => from + index));
        for (const part of parts)
          expect([monthOf(part.fromDay), monthOf(part.toDay - 1)]).toEqual([part.month, part.month]);
      }),
      { seed: 3, numRuns: 100 },
    );
  });
});

describe('firstDayOf()', () => {
  test('leaves out days that no tier keeps', () => {
    const kept = keptFrom({ today, keepDays, floors });
    expect(firstDayOf(spanOf({ ...plan, dayCount: 1_126 }, nowMs), kept)).toBe(today - 1_096);
    expect(firstDayOf(spanOf(plan, nowMs), kept)).toBe(today - 30);
  });
});

describe('outlookOf()', () => {
  test('says what goes where', () => {
    const kept = keptFrom({ today, keepDays, floors });
    const outlook = outlookOf(spanOf(plan, nowMs), { hostCount: 100, kept });
    expect(outlook).toMatchObject({ tickCount: 43_200, sampleCount: 21_600_000, droppedDays: 0 });
    expect(outlook.rawDays).toBeCloseTo(14.77, 2);
    expect(outlook.rolledOnlyDays).toBeCloseTo(15.23, 2);
    const long = outlookOf(spanOf({ ...plan, dayCount: 1_126 }, nowMs), { hostCount: 1, kept });
    expect(long.droppedDays).toBeCloseTo(29.23, 2);
  });
});

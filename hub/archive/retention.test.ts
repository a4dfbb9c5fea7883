import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayMs, dayOf } from '#core/calendar.ts';
import {
  cleaningSteps,
  type KeptPartition,
  Retention,
  type RetentionFacts,
  type RetentionSettings,
} from './retention.ts';

const today = 20_800;
const nowMs = today * dayMs + 7 * 3_600_000;
const settings: RetentionSettings = { keepDays: { raw: 14, minute: 90, hour: 1_096 }, storageBytesMax: null };

function partition(fromDay: number, more: Partial<KeptPartition> = {}): KeptPartition {
  const width = { raw: 1, minute: 7, hour: 91 }[more.tier ?? 'raw'];
  return { tier: 'raw', fromDay, toDay: fromDay + width, state: 'attached', isEmpty: false, byteCount: 1_000, ...more };
}

/** Raw days, both included, each with data. */
function rawDays(first: number, last: number): KeptPartition[] {
  return Array.from({ length: last - first + 1 }, (_, index) => partition(first + index));
}

function facts(partitions: readonly KeptPartition[], more: Partial<RetentionFacts> = {}): RetentionFacts {
  const at = more.nowMs ?? nowMs;
  const floors = { raw: 0, minute: 0, hour: 0 };
  return { nowMs: at, nowMonotonicMs: 1_000, databaseMs: at, partitions, floors, databaseBytes: 50_000, ...more };
}

function raisesOf(given: RetentionFacts, chosen = settings): string[] {
  const { raises, hold } = new Retention(chosen).plan(given);
  return hold === null ? raises.map(({ tier, day, why }) => `${tier} ${day} ${why}`) : [hold];
}

describe('by age', () => {
  test('the day goes that is more than 14 days before today', () => {
    expect(raisesOf(facts(rawDays(today - 14, today)))).toEqual([]);
    expect(raisesOf(facts(rawDays(today - 15, today)))).toEqual([`raw ${today - 14} age`]);
  });

  test('at most two partitions of a tier go in one run, the oldest first', () => {
    expect(raisesOf(facts(rawDays(today - 30, today)))).toEqual([`raw ${today - 29} age`, `raw ${today - 28} age`]);
  });

  test('minutes and hours go by whole partitions, a month with the day it begins with', () => {
    const minutes = Array.from({ length: 15 }, (_, index) => partition(20_699 + index * 7, { tier: 'minute' }));
    const hours = Array.from({ length: 15 }, (_, index) => partition(19_565 + index * 91, { tier: 'hour' }));

    expect(raisesOf(facts([...minutes, ...hours]))).toEqual(['minute 20706 age', 'hour 19662 age']);
    expect(new Date(19_662 * dayMs).toISOString()).toBe('2023-11-01T00:00:00.000Z');
  });

  test('an empty day does not count as one that is kept', () => {
    const holes = rawDays(today - 15, today - 1).map((one, index) => ({ ...one, isEmpty: index > 0 && index < 4 }));

    expect(raisesOf(facts(holes))).toEqual([]);
  });

  test('nor does a day of the future', () => {
    const kept = [...rawDays(today - 15, today - 15), ...rawDays(today - 12, today), ...rawDays(today + 1, today + 9)];

    expect(raisesOf(facts(kept))).toEqual([]);
  });
});

describe('a wrong clock', () => {
  const atCentury = Date.UTC(2100, 0, 1, 12);

  test('of a hub that starts in 2100 makes nothing go while it has stored nothing there', () => {
    expect(raisesOf(facts(rawDays(today - 14, today), { nowMs: atCentury }))).toEqual([`raw ${today - 13} age`]);
    expect(raisesOf(facts(rawDays(today - 13, today), { nowMs: atCentury }))).toEqual([]);
  });

  test('of a hub that runs on in 2100 costs one day of raw for each that it stores data in', () => {
    const retention = new Retention(settings);
    let partitions = rawDays(today - 14, today);
    let raw = 0;
    for (let hour = 0; hour < 24 * 5; hour += 1) {
      const at = atCentury + hour * 3_600_000;
      if (!partitions.some(({ fromDay }) => fromDay === dayOf(at))) partitions.push(partition(dayOf(at)));
      const given = facts(partitions, {
        nowMs: at,
        nowMonotonicMs: hour * 3_600_000,
        floors: { raw, minute: 0, hour: 0 },
      });
      for (const { day } of retention.plan(given).raises) raw = day;
      partitions = partitions.filter(({ toDay }) => toDay > raw);
    }

    // 15 days were there and 6 have begun: the newest 14 are kept.
    expect(partitions.filter(({ fromDay }) => fromDay <= today)).toHaveLength(8);
  });

  test('that jumps against the monotonic clock holds everything for a run', () => {
    const retention = new Retention(settings);
    const hourMs = 3_600_000;
    const old = rawDays(today - 30, today);
    const at = (wallMs: number, monotonicMs: number) =>
      retention.plan(facts(old, { nowMs: nowMs + wallMs, nowMonotonicMs: monotonicMs })).hold;

    expect([
      at(0, 0),
      at(hourMs, hourMs),
      at(9 * hourMs, 2 * hourMs),
      at(10 * hourMs, 3 * hourMs),
      at(0, 4 * hourMs),
    ]).toEqual([null, null, 'clock-moved', null, 'clock-moved']);
  });

  test('that differs from the clock of the database holds everything', () => {
    const old = rawDays(today - 30, today);

    expect(raisesOf(facts(old, { databaseMs: nowMs - 3_600_001 }))).toEqual(['clocks-differ']);
    expect(raisesOf(facts(old, { databaseMs: nowMs + 3_500_000 }))).toHaveLength(2);
  });

  test('of the past makes nothing go', () => {
    expect(raisesOf(facts(rawDays(today - 30, today), { nowMs: dayMs }))).toEqual([]);
  });
});

test('whatever the clock says, as many days with data are kept as planned, and never more than two go at once', () => {
  const days = fc.uniqueArray(fc.integer({ min: today - 60, max: today + 5 }), { maxLength: 60 });
  const clock = fc.oneof(fc.constant(nowMs), fc.integer({ min: 0, max: 4 * nowMs }));
  fc.assert(
    fc.property(days, clock, fc.integer({ min: 1, max: 30 }), (held, at, keepDays) => {
      const partitions = held.sort((a, b) => a - b).map((day) => partition(day));
      const chosen = { ...settings, keepDays: { ...settings.keepDays, raw: keepDays } };
      const { raises } = new Retention(chosen).plan(facts(partitions, { nowMs: at }));
      const floor = raises.at(-1)?.day ?? 0;

      expect(raises.length).toBeLessThanOrEqual(2);
      if (floor > 0)
        expect(held.filter((day) => day >= floor && day <= dayOf(at)).length).toBeGreaterThanOrEqual(keepDays);
      expect(floor).toBeLessThanOrEqual(Math.max(0, dayOf(at) - keepDays));
    }),
    { seed: 7, numRuns: 500 },
  );
});

describe('by size', () => {
  const limited = { ...settings, storageBytesMax: 48_500 };

  test('the oldest raw goes early, as much as brings the database below the bound', () => {
    expect(raisesOf(facts(rawDays(today - 5, today)), limited)).toEqual([
      `raw ${today - 4} budget`,
      `raw ${today - 3} budget`,
    ]);
    expect(raisesOf(facts(rawDays(today - 5, today), { databaseBytes: 49_500 }), limited)).toEqual([
      `raw ${today - 4} budget`,
    ]);
    expect(raisesOf(facts(rawDays(today - 5, today), { databaseBytes: 48_500 }), limited)).toEqual([]);
  });

  test('yesterday and today stay, and so do minutes and hours', () => {
    const kept = [...rawDays(today - 1, today), partition(20_699, { tier: 'minute' })];

    expect(raisesOf(facts(kept), limited)).toEqual([]);
  });

  test('what is on its way out counts as gone', () => {
    const partitions = rawDays(today - 5, today);
    const given = facts(partitions, { databaseBytes: 49_000, floors: { raw: today - 4, minute: 0, hour: 0 } });

    expect(raisesOf(given, limited)).toEqual([]);
  });

  test('nothing goes by size in a run in which raw goes by age', () => {
    expect(raisesOf(facts(rawDays(today - 15, today)), limited)).toEqual([`raw ${today - 14} age`]);
  });
});

test('cleaningSteps() goes on wherever the last run stopped', () => {
  const partitions = [
    partition(1, { state: 'detached' }),
    partition(2, { state: 'detaching' }),
    partition(3),
    partition(4),
    partition(7, { tier: 'minute' }),
  ];

  const steps = cleaningSteps({ partitions, floors: { raw: 4, minute: 13, hour: 0 } });

  expect(steps.map(({ kind, partition: { tier, fromDay } }) => `${kind} ${tier} ${fromDay}`)).toEqual([
    'drop raw 1',
    'finalize raw 2',
    'drop raw 2',
    'detach raw 3',
    'drop raw 3',
  ]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRecurrence } from '#core/recurrence.ts';
import { type Repetition, repeatedOf, repetitionText, ruleOf } from './repetition.ts';

const start = { weekday: 6, monthDay: 22 };

describe('a repetition', () => {
  test.each<[Repetition, string, string, string]>([
    [{ kind: 'daily', every: 1 }, '', 'FREQ=DAILY', 'every day'],
    [{ kind: 'daily', every: 3 }, '', 'FREQ=DAILY;INTERVAL=3', 'every 3 days'],
    [{ kind: 'weekly', every: 1, weekdays: [6] }, '', 'FREQ=WEEKLY;BYDAY=SU', 'Sun'],
    [{ kind: 'weekly', every: 1, weekdays: [1, 3] }, '', 'FREQ=WEEKLY;BYDAY=TU,TH', 'Tue and Thu'],
    [
      { kind: 'weekly', every: 2, weekdays: [0] },
      '2027-03-01',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20270301T235959',
      'every 2 weeks on Mon until 1 Mar 2027',
    ],
    [{ kind: 'monthDay', every: 1, monthDay: 15 }, '', 'FREQ=MONTHLY;BYMONTHDAY=15', 'day 15 of the month'],
    [
      { kind: 'monthWeekday', every: 3, nth: -1, weekday: 4 },
      '',
      'FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR',
      'last Fri of every 3 months',
    ],
  ])('%j until %j is a rule and comes back from it', (repetition, until, rule, text) => {
    expect(ruleOf({ repetition, until })).toBe(rule);
    expect(repeatedOf(rule, start)).toEqual({ repetition, until });
    expect(repetitionText({ repetition, until })).toBe(text);
  });

  test.each([
    ['FREQ=WEEKLY', { kind: 'weekly', every: 1, weekdays: [6] }],
    ['FREQ=MONTHLY', { kind: 'monthDay', every: 1, monthDay: 22 }],
  ])('of %s is that of the first day', (rule, repetition) => {
    expect(repeatedOf(rule, start)).toEqual({ repetition, until: '' });
  });

  test.each([
    'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24',
    'FREQ=HOURLY;INTERVAL=6',
    'FREQ=DAILY;COUNT=5',
    'FREQ=DAILY;BYHOUR=2,14',
    'FREQ=MONTHLY;BYDAY=MO',
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    'FREQ=MONTHLY;BYDAY=1MO,3MO',
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU',
    'FREQ=DAILY;UNTIL=20270301T120000',
    'FREQ=DAILY;UNTIL=20270301T225959Z',
    'nonsense',
  ])('that the choices cannot say is kept: %s', (rule) => {
    expect(repeatedOf(rule, start)).toEqual({ repetition: { kind: 'rule', rule }, until: '' });
    expect(ruleOf(repeatedOf(rule, start))).toBe(rule.toUpperCase());
  });

  test('of any choice is a rule that the hub takes, and comes back as it was', () => {
    const every = fc.integer({ min: 1, max: 99 });
    const weekday = fc.integer({ min: 0, max: 6 });
    const repetition: fc.Arbitrary<Repetition> = fc.oneof(
      fc.record({ kind: fc.constant('daily' as const), every }),
      fc.record({
        kind: fc.constant('weekly' as const),
        every,
        weekdays: fc.uniqueArray(weekday, { minLength: 1 }).map((days) => days.sort((a, b) => a - b)),
      }),
      fc.record({ kind: fc.constant('monthDay' as const), every, monthDay: fc.integer({ min: 1, max: 31 }) }),
      fc.record({ kind: fc.constant('monthWeekday' as const), every, nth: fc.constantFrom(1, 2, 3, 4, -1), weekday }),
    );
    fc.assert(
      fc.property(repetition, fc.constantFrom('', '2028-02-29'), (chosen, until) => {
        const rule = ruleOf({ repetition: chosen, until });
        expect(parseRecurrence(rule).kind).toBe('rule');
        expect(repeatedOf(rule, start)).toEqual({ repetition: chosen, until });
      }),
      { seed: 11 },
    );
  });
});

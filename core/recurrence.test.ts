import { describe, expect, test } from 'vitest';
import { parseLocalTime, parseRecurrence, type Recurrence } from './recurrence.ts';

const daily: Recurrence = {
  frequency: 'DAILY',
  interval: 1,
  count: null,
  until: null,
  weekStart: 0,
  byMonth: [],
  byMonthDay: [],
  byYearDay: [],
  byWeekNumber: [],
  byDay: [],
  byHour: [],
  byMinute: [],
  bySecond: [],
  bySetPosition: [],
};

describe('parseRecurrence()', () => {
  test.each<[string, Partial<Recurrence>]>([
    ['FREQ=DAILY', {}],
    ['INTERVAL=3;FREQ=HOURLY', { frequency: 'HOURLY', interval: 3 }],
    ['FREQ=DAILY;COUNT=10', { count: 10 }],
    ['FREQ=DAILY;UNTIL=20261231', { until: { atMs: Date.UTC(2026, 11, 31, 23, 59, 59), isLocal: true } }],
    ['FREQ=DAILY;UNTIL=20261231T120000', { until: { atMs: Date.UTC(2026, 11, 31, 12), isLocal: true } }],
    ['FREQ=DAILY;UNTIL=20261231T120000Z', { until: { atMs: Date.UTC(2026, 11, 31, 12), isLocal: false } }],
    [
      'FREQ=MONTHLY;BYDAY=-1SU,+2MO;WKST=SU',
      {
        frequency: 'MONTHLY',
        weekStart: 6,
        byDay: [
          { weekday: 6, nth: -1 },
          { weekday: 0, nth: 2 },
        ],
      },
    ],
    [
      'FREQ=YEARLY;BYWEEKNO=53,-1;BYDAY=FR',
      { frequency: 'YEARLY', byWeekNumber: [53, -1], byDay: [{ weekday: 4, nth: null }] },
    ],
    ['FREQ=DAILY;BYHOUR=0,12;BYMINUTE=30;BYSECOND=0', { byHour: [0, 12], byMinute: [30], bySecond: [0] }],
    [
      'FREQ=MONTHLY;BYMONTHDAY=-1;BYMONTH=1,7;BYSETPOS=1',
      { frequency: 'MONTHLY', byMonthDay: [-1], byMonth: [1, 7], bySetPosition: [1] },
    ],
  ])('reads %s', (text, parts) => {
    expect(parseRecurrence(text)).toEqual({ kind: 'rule', recurrence: { ...daily, ...parts } });
  });

  test.each([
    ['', 'a recurrence rule is parts such as "FREQ=DAILY" between ";"'],
    ['RRULE:FREQ=DAILY', 'a recurrence rule is parts'],
    ['FREQ=DAILY;', 'a recurrence rule is parts'],
    ['freq=daily', 'a recurrence rule is parts'],
    ['DTSTART=20260101T000000Z;FREQ=DAILY', 'has no part "DTSTART"'],
    ['FREQ=DAILY;BYEASTER=1', 'has no part "BYEASTER"'],
    ['FREQ=DAILY;VALUEOF=1', 'has no part "VALUEOF"'],
    ['BYDAY=MO', 'must say FREQ'],
    ['FREQ=SECONDLY', 'FREQ is one of'],
    ['FREQ=MINUTELY', 'FREQ is one of'],
    ['FREQ=DAILY;FREQ=DAILY', 'may stand once'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL is a whole number in 1..1000'],
    ['FREQ=DAILY;INTERVAL=-1', 'INTERVAL is'],
    ['FREQ=DAILY;INTERVAL=1,2', 'INTERVAL is'],
    ['FREQ=DAILY;COUNT=1001', 'COUNT is a whole number in 1..1000'],
    ['FREQ=DAILY;COUNT=1;UNTIL=20261231', 'COUNT or UNTIL, not both'],
    ['FREQ=DAILY;UNTIL=20260230', 'UNTIL is such as'],
    ['FREQ=DAILY;UNTIL=NEVER', 'UNTIL is such as'],
    ['FREQ=DAILY;WKST=XX', 'WKST is one of'],
    ['FREQ=DAILY;BYDAY=XX', 'BYDAY is days'],
    ['FREQ=DAILY;BYDAY=MO,MO', 'BYDAY is days'],
    ['FREQ=MONTHLY;BYDAY=0MO', 'BYDAY is days'],
    ['FREQ=YEARLY;BYDAY=54MO', 'BYDAY is days'],
    ['FREQ=WEEKLY;BYDAY=1MO', 'BYDAY with a number needs'],
    ['FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO', 'BYDAY with a number needs'],
    ['FREQ=MONTHLY;BYMONTHDAY=0', 'BYMONTHDAY is whole numbers in -31..31 but 0'],
    ['FREQ=MONTHLY;BYMONTHDAY=32', 'BYMONTHDAY is'],
    ['FREQ=MONTHLY;BYMONTHDAY=1,1', 'BYMONTHDAY is'],
    ['FREQ=MONTHLY;BYMONTH=13', 'BYMONTH is whole numbers in 1..12'],
    ['FREQ=MONTHLY;BYWEEKNO=1', 'BYWEEKNO needs FREQ=YEARLY'],
    ['FREQ=DAILY;BYYEARDAY=1', 'BYYEARDAY needs FREQ=YEARLY'],
    ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY does not go'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS needs another part'],
    ['FREQ=HOURLY;INTERVAL=24;BYHOUR=5', 'BYHOUR does not go'],
    ['FREQ=HOURLY;BYMINUTE=0,1,2,3,4', 'BYMINUTE names at most 4 minutes: got 5'],
    ['FREQ=HOURLY;BYSECOND=0,1', 'BYSECOND names one second: got 2'],
    [`FREQ=DAILY;BYHOUR=${'1,'.repeat(400)}1`, 'at most 500 characters'],
  ])('refuses %s: %s', (text, problem) => {
    expect(parseRecurrence(text)).toEqual({ kind: 'problem', problem: expect.stringContaining(problem) });
  });
});

describe('parseLocalTime()', () => {
  test.each([
    ['2026-03-28T02:00:00', Date.UTC(2026, 2, 28, 2)],
    ['2024-02-29T23:59', Date.UTC(2024, 1, 29, 23, 59)],
    ['2026-02-29T00:00', null],
    ['2026-01-01T24:00', null],
    ['2026-13-01T00:00', null],
    ['2026-01-01T00:00:00Z', null],
    ['2026-01-01', null],
  ])('%s is %s', (text, atMs) => {
    expect(parseLocalTime(text)).toBe(atMs);
  });
});

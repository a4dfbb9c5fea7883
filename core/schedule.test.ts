import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Schedule } from './downtime.ts';
import {
  clockChangesBetween,
  instantMsOf,
  isWithin,
  localMsOf,
  nextWindow,
  ScheduleClock,
  type ScheduleWindow,
  scheduleProblem,
  windowsBetween,
} from './schedule.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

type Recurring = Extract<Schedule, { kind: 'recurring' }>;

function recurring(start: string, rule: string, parts: Partial<Recurring> = {}): Recurring {
  return { kind: 'recurring', start, rule, durationMs: hourMs, zone: 'Europe/Berlin', ...parts };
}

function startsOf(schedule: Schedule, from: string, to: string): readonly string[] {
  const range = { fromMs: Date.parse(from), toMs: Date.parse(to), countMax: 1_000 };
  return windowsBetween(schedule, range).map(({ startMs }) => new Date(startMs).toISOString().slice(0, 16));
}

function textOf(window: ScheduleWindow | null): string | null {
  return window === null
    ? null
    : `${new Date(window.startMs).toISOString().slice(0, 16)} to ${new Date(window.endMs).toISOString().slice(0, 16)}`;
}

describe('windowsBetween()', () => {
  test.each<[string, Recurring, string, string, readonly string[]]>([
    [
      'Berlin, spring: a time that is skipped moves behind the skip',
      recurring('2026-03-01T02:30', 'FREQ=DAILY'),
      '2026-03-28T00:00Z',
      '2026-03-31T00:00Z',
      ['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'],
    ],
    [
      'Berlin, autumn: a time that comes twice is the first',
      recurring('2026-03-01T02:30', 'FREQ=DAILY'),
      '2026-10-24T00:00Z',
      '2026-10-27T00:00Z',
      ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'New York, spring',
      recurring('2026-03-01T02:30', 'FREQ=DAILY', { zone: 'America/New_York' }),
      '2026-03-07T00:00Z',
      '2026-03-10T00:00Z',
      ['2026-03-07T07:30', '2026-03-08T07:30', '2026-03-09T06:30'],
    ],
    [
      'New York, autumn',
      recurring('2026-03-01T01:30', 'FREQ=DAILY', { zone: 'America/New_York' }),
      '2026-10-31T00:00Z',
      '2026-11-03T00:00Z',
      ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30'],
    ],
    [
      'Lord Howe, spring: half an hour is skipped',
      recurring('2026-09-01T02:15', 'FREQ=DAILY', { zone: 'Australia/Lord_Howe' }),
      '2026-10-02T00:00Z',
      '2026-10-05T00:00Z',
      ['2026-10-02T15:45', '2026-10-03T15:45', '2026-10-04T15:15'],
    ],
    [
      'Lord Howe, autumn: half an hour comes twice',
      recurring('2026-03-01T01:45', 'FREQ=DAILY', { zone: 'Australia/Lord_Howe' }),
      '2026-04-03T00:00Z',
      '2026-04-06T00:00Z',
      ['2026-04-03T14:45', '2026-04-04T14:45', '2026-04-05T15:15'],
    ],
    [
      'Kolkata, without changes',
      recurring('2026-03-01T02:30', 'FREQ=WEEKLY;BYDAY=SU', { zone: 'Asia/Kolkata' }),
      '2026-03-20T00:00Z',
      '2026-04-10T00:00Z',
      ['2026-03-21T21:00', '2026-03-28T21:00', '2026-04-04T21:00'],
    ],
    [
      'Apia, which skipped 30 December 2011: that day is the next one, and is not counted twice',
      recurring('2011-12-01T12:00', 'FREQ=DAILY', { zone: 'Pacific/Apia' }),
      '2011-12-29T00:00Z',
      '2012-01-01T00:00Z',
      ['2011-12-29T22:00', '2011-12-30T22:00', '2011-12-31T22:00'],
    ],
    [
      'the last Sunday of a month',
      recurring('2026-01-01T02:00', 'FREQ=MONTHLY;BYDAY=-1SU'),
      '2026-02-01T00:00Z',
      '2026-07-01T00:00Z',
      ['2026-02-22T01:00', '2026-03-29T01:00', '2026-04-26T00:00', '2026-05-31T00:00', '2026-06-28T00:00'],
    ],
    [
      'the day of the month of the start: months without it are left out',
      recurring('2026-01-31T12:00', 'FREQ=MONTHLY', { zone: 'UTC' }),
      '2026-01-01T00:00Z',
      '2026-06-30T00:00Z',
      ['2026-01-31T12:00', '2026-03-31T12:00', '2026-05-31T12:00'],
    ],
    [
      'each second week, with weeks that begin on Sunday',
      recurring('2026-01-06T00:00', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU', { zone: 'UTC' }),
      '2026-06-01T00:00Z',
      '2026-07-01T00:00Z',
      ['2026-06-07T00:00', '2026-06-09T00:00', '2026-06-21T00:00', '2026-06-23T00:00'],
    ],
    [
      'hours of the local clock: one is skipped',
      recurring('2026-03-29T00:00', 'FREQ=HOURLY'),
      '2026-03-28T23:00Z',
      '2026-03-29T03:00Z',
      ['2026-03-28T23:00', '2026-03-29T00:00', '2026-03-29T01:00', '2026-03-29T02:00'],
    ],
    [
      'hours of the local clock: the second of two is none',
      recurring('2026-10-25T00:00', 'FREQ=HOURLY', { durationMs: minuteMs }),
      '2026-10-24T23:00Z',
      '2026-10-25T03:30Z',
      ['2026-10-24T23:00', '2026-10-25T00:00', '2026-10-25T02:00', '2026-10-25T03:00'],
    ],
    [
      'so many times',
      recurring('2026-01-01T00:00', 'FREQ=DAILY;COUNT=3', { zone: 'UTC' }),
      '2026-01-02T12:00Z',
      '2026-02-01T00:00Z',
      ['2026-01-03T00:00'],
    ],
    [
      'until a moment, given in UTC',
      recurring('2026-06-01T02:00', 'FREQ=DAILY;UNTIL=20260603T000000Z'),
      '2026-01-01T00:00Z',
      '2027-01-01T00:00Z',
      ['2026-06-01T00:00', '2026-06-02T00:00', '2026-06-03T00:00'],
    ],
    [
      'until a local day, including it',
      recurring('2026-06-01T23:30', 'FREQ=DAILY;UNTIL=20260602'),
      '2026-01-01T00:00Z',
      '2027-01-01T00:00Z',
      ['2026-06-01T21:30', '2026-06-02T21:30'],
    ],
    [
      'a window that began before the time asked for',
      recurring('2026-06-01T00:00', 'FREQ=WEEKLY', { zone: 'UTC', durationMs: 2 * dayMs }),
      '2026-06-09T23:59Z',
      '2026-06-15T00:00Z',
      ['2026-06-08T00:00'],
    ],
    [
      'no window that ends when the time asked for begins',
      recurring('2026-06-01T00:00', 'FREQ=WEEKLY', { zone: 'UTC', durationMs: 2 * dayMs }),
      '2026-06-10T00:00Z',
      '2026-06-15T00:00Z',
      [],
    ],
    [
      'a 29 February',
      recurring('2024-02-29T00:00', 'FREQ=YEARLY', { zone: 'UTC' }),
      '2025-01-01T00:00Z',
      '2034-01-01T00:00Z',
      ['2028-02-29T00:00', '2032-02-29T00:00'],
    ],
  ])('%s', (_what, schedule, from, to, starts) => {
    expect(scheduleProblem(schedule)).toBe(null);
    expect(startsOf(schedule, from, to)).toEqual(starts);
  });

  test('answers the first so many of a span of decades', () => {
    const schedule = recurring('2026-01-01T00:00', 'FREQ=HOURLY;BYMINUTE=0,15,30,45', {
      zone: 'UTC',
      durationMs: minuteMs,
    });
    const range = { fromMs: Date.UTC(2030, 0, 1), toMs: Date.UTC(2090, 0, 1), countMax: 3 };
    expect(windowsBetween(schedule, range).map(textOf)).toEqual([
      '2030-01-01T00:00 to 2030-01-01T00:01',
      '2030-01-01T00:15 to 2030-01-01T00:16',
      '2030-01-01T00:30 to 2030-01-01T00:31',
    ]);
  });

  test('a window over a clock change is as long as any other', () => {
    const schedule = recurring('2026-03-01T01:00', 'FREQ=WEEKLY;BYDAY=SU', { durationMs: 2 * hourMs });
    expect(textOf(nextWindow(schedule, Date.parse('2026-03-28T12:00Z')))).toBe('2026-03-29T00:00 to 2026-03-29T02:00');
    expect(textOf(nextWindow(schedule, Date.parse('2026-10-24T12:00Z')))).toBe('2026-10-24T23:00 to 2026-10-25T01:00');
  });
});

describe('nextWindow()', () => {
  const once: Schedule = { kind: 'once', startMs: 1_000, endMs: 2_000 };

  test.each([
    [0, 1_000],
    [1_000, 1_000],
    [1_999, 1_000],
    [2_000, null],
  ])('once, from %s on: the window that starts at %s', (fromMs, startMs) => {
    expect(nextWindow(once, fromMs)?.startMs ?? null).toBe(startMs);
  });

  test('of windows that overlap it is the one that ends last', () => {
    const schedule = recurring('2026-06-01T00:00', 'FREQ=DAILY', { zone: 'UTC', durationMs: 36 * hourMs });
    expect(textOf(nextWindow(schedule, Date.parse('2026-06-03T06:00Z')))).toBe('2026-06-03T00:00 to 2026-06-04T12:00');
  });

  test('is null after the last occurrence', () => {
    const schedule = recurring('2026-06-01T00:00', 'FREQ=DAILY;COUNT=2', { zone: 'UTC' });
    expect(textOf(nextWindow(schedule, Date.parse('2026-06-02T00:59:59Z')))).toBe(
      '2026-06-02T00:00 to 2026-06-02T01:00',
    );
    expect(nextWindow(schedule, Date.parse('2026-06-02T01:00Z'))).toBe(null);
  });

  test('of what a skip has put out of order it is the first', () => {
    // 02:45 becomes 03:45 that day, behind 03:15.
    const schedule = recurring('2026-03-29T00:00', 'FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15,45', { durationMs: minuteMs });
    expect(startsOf(schedule, '2026-03-29T00:00Z', '2026-03-29T12:00Z')).toEqual([
      '2026-03-29T01:15',
      '2026-03-29T01:45',
    ]);
    expect(textOf(nextWindow(schedule, Date.parse('2026-03-29T00:00Z')))).toBe('2026-03-29T01:15 to 2026-03-29T01:16');
  });
});

/** Local time of an instant by another library than the one under test. */
function localTextOf(atMs: number, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(atMs);
}

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Sao_Paulo',
  'Pacific/Chatham',
];

describe('schedules agree with the slow and obvious', () => {
  /** Minutes of so many days whose local time is the one wanted, the first of each day: none on a day that skips it. */
  function obviousStarts(zone: string, time: string, { fromMs, days }: { fromMs: number; days: number }): number[] {
    const starts = new Map<string, number>();
    for (let atMs = fromMs; atMs < fromMs + days * dayMs; atMs += 15 * minuteMs) {
      const [day, clock] = localTextOf(atMs, zone).split(' ');
      if (clock === time && !starts.has(day!)) starts.set(day!, atMs);
    }
    return [...starts.values()];
  }

  test('a daily time is at that time each day, unless it is skipped', () => {
    const time = fc.record({ hour: fc.integer({ min: 0, max: 23 }), quarter: fc.integer({ min: 0, max: 3 }) });
    const day = fc.integer({ min: 0, max: 364 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), time, day, (zone, { hour, quarter }, day) => {
        const clock = `${String(hour).padStart(2, '0')}:${String(quarter * 15).padStart(2, '0')}`;
        const schedule = recurring(`2025-12-01T${clock}`, 'FREQ=DAILY', { zone, durationMs: minuteMs });
        const fromMs = Date.UTC(2026, 0, 1) + day * dayMs;
        const found = windowsBetween(schedule, { fromMs, toMs: fromMs + 3 * dayMs, countMax: 10 }).map(
          (it) => it.startMs,
        );
        const skipped = found.filter((startMs) => !localTextOf(startMs, zone).endsWith(clock));
        const expected = obviousStarts(zone, clock, { fromMs, days: 3 });
        // A second coming of the time just after `fromMs`, whose first was before, is found by the obvious one alone.
        const first = expected.filter((startMs) => startMs - fromMs >= hourMs || found.includes(startMs));
        expect(found.filter((startMs) => !skipped.includes(startMs))).toEqual(first);
        expect(found.length).toBeGreaterThanOrEqual(2);
      }),
      { seed: 20_261_127, numRuns: 30 },
    );
  });

  const rules = [
    'FREQ=HOURLY;INTERVAL=5',
    'FREQ=DAILY;INTERVAL=3',
    'FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15,45',
    'FREQ=WEEKLY;BYDAY=MO,SU',
    'FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,WE;WKST=SU',
    'FREQ=MONTHLY;BYDAY=-1SU',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
    'FREQ=YEARLY;BYWEEKNO=13,43;BYDAY=SU',
    'FREQ=DAILY;COUNT=400',
  ];
  const anySchedule = fc.record({
    kind: fc.constant('recurring' as const),
    start: fc.constantFrom('2025-03-01T02:30', '2025-10-01T01:45:30', '2026-03-28T23:59'),
    rule: fc.constantFrom(...rules),
    durationMs: fc.constantFrom(minuteMs, hourMs, 30 * hourMs),
    zone: fc.constantFrom(...zones),
  });

  test('next window, being within and the list of windows say the same', () => {
    fc.assert(
      fc.property(
        anySchedule,
        fc.integer({ min: Date.UTC(2026, 2, 1), max: Date.UTC(2026, 10, 10) }),
        (schedule, atMs) => {
          const all = windowsBetween(schedule, {
            fromMs: atMs - 40 * dayMs,
            toMs: atMs + 400 * dayMs,
            countMax: 10_000,
          });
          const holding = all.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
          const expected = holding.at(-1) ?? all.find(({ startMs }) => startMs > atMs) ?? null;
          expect(nextWindow(schedule, atMs)).toEqual(expected);
          expect(isWithin(schedule, atMs)).toBe(holding.length > 0);
          expect(all.every(({ startMs }, index) => index === 0 || startMs > all[index - 1]!.startMs)).toBe(true);
        },
      ),
      { seed: 20_261_127, numRuns: 60 },
    );
  });

  test('a clock says what is asked once each time, forwards and backwards', () => {
    const steps = fc.array(fc.integer({ min: -2 * dayMs, max: 4 * dayMs }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(anySchedule, steps, (schedule, steps) => {
        const clock = new ScheduleClock(schedule);
        let atMs = Date.UTC(2026, 2, 20);
        for (const step of steps) {
          atMs += step;
          expect([atMs, clock.isWithin(atMs)]).toEqual([atMs, isWithin(schedule, atMs)]);
        }
      }),
      { seed: 20_261_127, numRuns: 40 },
    );
  });
});

describe('scheduleProblem()', () => {
  const atMs = Date.UTC(2026, 0, 1);
  test.each<[string, Schedule, string | null]>([
    ['a window', { kind: 'once', startMs: atMs, endMs: atMs + hourMs }, null],
    ['a year', { kind: 'once', startMs: atMs, endMs: atMs + 366 * dayMs }, null],
    ['an end at the start', { kind: 'once', startMs: atMs, endMs: atMs }, 'the end must be after the start'],
    ['an end before the start', { kind: 'once', startMs: atMs, endMs: atMs - 1 }, 'the end must be after the start'],
    ['100 years', { kind: 'once', startMs: atMs, endMs: atMs + 36_525 * dayMs }, 'a window lasts'],
    ['half a second', { kind: 'once', startMs: atMs, endMs: atMs + 500 }, 'a window lasts'],
    ['no start', { kind: 'once', startMs: Number.NaN, endMs: atMs }, 'start and end must be times'],
    ['no end', { kind: 'once', startMs: atMs, endMs: Number.POSITIVE_INFINITY }, 'start and end must be times'],
    ['the year 1970', { kind: 'once', startMs: 0, endMs: hourMs }, 'start and end must be times'],
    ['a weekly one', recurring('2026-01-01T00:00', 'FREQ=WEEKLY;BYDAY=SU'), null],
    ['one that is over', recurring('2020-01-01T00:00', 'FREQ=DAILY;COUNT=1'), null],
    ['a start that is no time', recurring('2026-02-30T00:00', 'FREQ=DAILY'), 'the start must be a local time'],
    ['a start in 1999', recurring('1999-12-31T00:00', 'FREQ=DAILY'), 'the start must be a local time'],
    [
      'an unknown zone',
      recurring('2026-01-01T00:00', 'FREQ=DAILY', { zone: 'Europe/Atlantis' }),
      'the zone must be a name',
    ],
    ['an offset', recurring('2026-01-01T00:00', 'FREQ=DAILY', { zone: '+02:00' }), 'the zone must be a name'],
    [
      'a date with a zone',
      recurring('2026-01-01T00:00', 'FREQ=DAILY', { zone: '2026-01-01[UTC]' }),
      'the zone must be a name',
    ],
    ['each second', recurring('2026-01-01T00:00', 'FREQ=SECONDLY'), 'FREQ is one of'],
    ['no duration', recurring('2026-01-01T00:00', 'FREQ=DAILY', { durationMs: 0 }), 'the end must be after'],
    ['NaN for a duration', recurring('2026-01-01T00:00', 'FREQ=DAILY', { durationMs: Number.NaN }), 'a window lasts'],
    ['367 days', recurring('2026-01-01T00:00', 'FREQ=DAILY', { durationMs: 367 * dayMs }), 'a window lasts'],
    [
      'a day that never comes',
      recurring('2026-01-01T00:00', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'),
      'must occur at least once',
    ],
    ['an end before the first', recurring('2026-01-01T00:00', 'FREQ=DAILY;UNTIL=20251231'), 'must occur at least once'],
  ])('%s', (_what, schedule, problem) => {
    expect(scheduleProblem(schedule)).toEqual(problem === null ? null : expect.stringContaining(problem));
  });
});

describe('clocks of a zone', () => {
  test.each([
    ['Europe/Berlin', ['2026-03-29T01:00 +60', '2026-10-25T01:00 -60']],
    ['America/New_York', ['2026-03-08T07:00 +60', '2026-11-01T06:00 -60']],
    ['Australia/Lord_Howe', ['2026-04-04T15:00 -30', '2026-10-03T15:30 +30']],
    ['Asia/Tokyo', []],
    ['UTC', []],
  ])('of %s change at %j in 2026', (zone, expected) => {
    const changes = clockChangesBetween(zone, { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2027, 0, 1) });

    expect(
      changes.map(({ atMs, offsetBeforeMs, offsetAfterMs }) => {
        const minutes = (offsetAfterMs - offsetBeforeMs) / minuteMs;
        return `${new Date(atMs).toISOString().slice(0, 16)} ${minutes > 0 ? '+' : ''}${minutes}`;
      }),
    ).toEqual(expected);
  });

  test('give the instant back for every local time but those that come twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2026, 0, 1) / minuteMs, max: Date.UTC(2027, 0, 1) / minuteMs }),
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'),
        (minute, zone) => {
          const atMs = minute * minuteMs;
          const backMs = instantMsOf(localMsOf(atMs, zone), zone);
          expect(localMsOf(backMs, zone)).toBe(localMsOf(atMs, zone));
          expect(atMs - backMs === 0 || atMs - backMs === hourMs || atMs - backMs === hourMs / 2).toBe(true);
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  test('have no time that is skipped: it moves behind the skip', () => {
    expect(new Date(instantMsOf(Date.UTC(2026, 2, 29, 2, 30), 'Europe/Berlin')).toISOString()).toBe(
      '2026-03-29T01:30:00.000Z',
    );
  });
});

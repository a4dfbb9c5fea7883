import { describe, expect, test } from 'vitest';
import type { DowntimeSpec, Schedule } from '#core/downtime.ts';
import { type DowntimeDraft, draftOf, fullTimeOf, newDraft, noHost, readDraft, refusalsOf } from './draft.ts';
import { durationText, parseDuration } from './duration-text.ts';

const nowMs = Date.UTC(2026, 10, 18, 14, 32, 10);
const hourMs = 3_600_000;
const begun = newDraft({ zone: 'Europe/Berlin', nowMs, author: 'ann', host: 'db-01' });
const draft: DowntimeDraft = { ...begun, reason: 'New disks' };

function scheduleOf(changed: Partial<DowntimeDraft>): Schedule | null {
  const read = readDraft({ ...draft, ...changed }, nowMs);
  return read.kind === 'spec' ? read.spec.schedule : null;
}

function problemsOf(changed: Partial<DowntimeDraft>): Record<string, string> {
  const read = readDraft({ ...draft, ...changed }, nowMs);
  return read.kind === 'spec' ? {} : Object.fromEntries(read.problems);
}

describe('newDraft()', () => {
  test('is for two hours from the next full hour of the zone, for the host that was asked for', () => {
    expect(readDraft(draft, nowMs)).toEqual({
      kind: 'spec',
      spec: {
        hosts: { ...noHost, names: ['db-01'] },
        schedule: { kind: 'once', startMs: Date.UTC(2026, 10, 18, 15), endMs: Date.UTC(2026, 10, 18, 17) },
        author: 'ann',
        reason: 'New disks',
      },
    });
    expect([begun.startDay, begun.startTime, begun.endTime]).toEqual(['2026-11-18', '16:00', '18:00']);
  });

  test('names no host by itself, so that nothing is muted by mistake', () => {
    const empty = newDraft({ zone: 'UTC', nowMs, author: '', host: '' });

    expect(Object.keys(problemsOf(empty))).toEqual(['reason', 'hosts']);
    expect(readDraft({ ...empty, reason: 'x', isForAll: true }, nowMs)).toMatchObject({ spec: { hosts: noHost } });
  });
});

describe('readDraft()', () => {
  test('takes an end or a length, in the zone of the draft', () => {
    const times = { startDay: '2026-12-01', startTime: '22:00' };
    const startMs = Date.UTC(2026, 11, 1, 21);

    expect(scheduleOf({ ...times, duration: '90 m' })).toEqual({
      kind: 'once',
      startMs,
      endMs: startMs + 1.5 * hourMs,
    });
    expect(scheduleOf({ ...times, hasEnd: true, endDay: '2026-12-02', endTime: '06:00' })).toEqual({
      kind: 'once',
      startMs,
      endMs: Date.UTC(2026, 11, 2, 5),
    });
    expect(scheduleOf({ ...times, zone: 'UTC' })).toMatchObject({ startMs: startMs + hourMs });
  });

  test('starts one that starts now by the clock of the hub', () => {
    expect(scheduleOf({ when: 'now', duration: '2 h' })).toEqual({
      kind: 'once',
      startMs: nowMs,
      endMs: nowMs + 2 * hourMs,
    });
  });

  test('takes one that began in the past, and one that is over', () => {
    expect(scheduleOf({ startDay: '2026-11-18', startTime: '02:00' })).toMatchObject({
      startMs: Date.UTC(2026, 10, 18, 1),
    });
  });

  test('makes a rule of what is chosen', () => {
    const recurring = {
      when: 'recurring',
      startDay: '2026-11-22',
      startTime: '02:00',
      repetition: { kind: 'weekly', every: 1, weekdays: [6] },
    } as const;
    expect(scheduleOf({ ...recurring, until: '2027-01-31' })).toEqual({
      kind: 'recurring',
      start: '2026-11-22T02:00:00',
      rule: 'FREQ=WEEKLY;BYDAY=SU;UNTIL=20270131T235959',
      durationMs: 2 * hourMs,
      zone: 'Europe/Berlin',
    });
  });

  test.each<[Partial<DowntimeDraft>, string, RegExp]>([
    [{ reason: ' ' }, 'reason', /what is done/],
    [{ hosts: noHost }, 'hosts', /all hosts/],
    [{ startDay: '' }, 'start', /day and a time/],
    [{ startTime: '25:00' }, 'start', /day and a time/],
    [{ duration: '2' }, 'duration', /unit/],
    [{ duration: '2 years' }, 'duration', /unit/],
    [{ duration: '400 d' }, 'duration', /366 days/],
    [{ hasEnd: true, endDay: '2026-11-17' }, 'end', /after the start/],
    [{ hasEnd: true, endTime: '' }, 'end', /day and a time/],
    [{ zone: 'Europe/Nowhere' }, 'zone', /from the list/],
    [{ when: 'recurring', repetition: { kind: 'weekly', every: 1, weekdays: [] } }, 'rule', /one day/],
    [{ when: 'recurring', repetition: { kind: 'rule', rule: 'FREQ=SECONDLY' } }, 'rule', /FREQ is one of/],
    [{ when: 'recurring', repetition: { kind: 'daily', every: 0 } }, 'rule', /INTERVAL/],
    [{ when: 'recurring', until: '2020-01-01' }, 'until', /at least once/],
    [
      { when: 'recurring', repetition: { kind: 'rule', rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' } },
      'rule',
      /at least once/,
    ],
  ])('says of %j what is wrong at %s', (changed, field, problem) => {
    expect(problemsOf(changed)).toEqual({ [field]: expect.stringMatching(problem) });
  });
});

describe('draftOf()', () => {
  test.each<Schedule>([
    { kind: 'once', startMs: Date.UTC(2026, 10, 18, 1, 2, 3), endMs: Date.UTC(2026, 10, 19, 5) },
    { kind: 'recurring', start: '2026-03-28T02:00:00', rule: 'FREQ=DAILY', durationMs: 5_400_000, zone: 'Asia/Tokyo' },
    {
      kind: 'recurring',
      start: '2026-03-28T02:00:30',
      rule: 'FREQ=DAILY;COUNT=900',
      durationMs: 90_061_000,
      zone: 'UTC',
    },
  ])('comes back as it was: %j', (schedule) => {
    const spec: DowntimeSpec = { hosts: { ...noHost, names: ['a'] }, schedule, author: 'ann', reason: 'x\ny' };

    expect(readDraft(draftOf(spec, 'Europe/Berlin'), nowMs)).toEqual({ kind: 'spec', spec });
  });

  test('of one for all hosts has that said already', () => {
    const spec: DowntimeSpec = {
      hosts: noHost,
      schedule: { kind: 'once', startMs: nowMs - hourMs + 50_000, endMs: nowMs + 50_000 },
      author: '',
      reason: 'x',
    };
    expect(readDraft(draftOf(spec, 'UTC'), nowMs)).toEqual({ kind: 'spec', spec });
  });
});

describe('refusalsOf()', () => {
  test('shows what the hub says at its field', () => {
    const why =
      'Cannot create downtime: hosts.names.0: visible text in one line is wanted; schedule: the end must be after the start; body: x';

    expect([...refusalsOf(why, draft)]).toEqual([
      ['hosts', 'Visible text in one line is wanted.'],
      ['duration', 'The end must be after the start.'],
      [null, 'Body: x.'],
    ]);
    expect(refusalsOf(why, { ...draft, hasEnd: true }).has('end')).toBe(true);
  });

  test('shows what has no field in this form all the same', () => {
    expect([...refusalsOf('Cannot create downtime: zone: a zone is wanted', { ...draft, when: 'now' })]).toEqual([
      [null, 'Zone: a zone is wanted.'],
    ]);
  });

  test.each([
    ['The hub did not answer within 10 s. Try again.', 'The hub did not answer within 10 s. Try again.'],
    ['Cannot create downtime: the database is away', 'The database is away.'],
  ])('shows %s as a whole', (why, text) => {
    expect([...refusalsOf(why, draft)]).toEqual([[null, text]]);
  });
});

test.each([
  ['2 h', 2 * hourMs, '2 h'],
  ['1h30m', 1.5 * hourMs, '1 h 30 m'],
  ['1,5 hours', 1.5 * hourMs, '1 h 30 m'],
  ['90 min', 1.5 * hourMs, '1 h 30 m'],
  ['2 days and 3 hours', 51 * hourMs, '2 d 3 h'],
  ['26 h 1 s', 26 * hourMs + 1_000, '1 d 2 h 1 s'],
])('a length of %j', (text, durationMs, again) => {
  expect(parseDuration(text)).toBe(durationMs);
  expect(durationText(durationMs).replaceAll('\u202f', ' ')).toBe(again);
  expect(parseDuration(durationText(durationMs))).toBe(durationMs);
});

test.each(['', '2', 'soon', '0 h', '-2 h', '2 h x', '2 fortnights'])('no length: %j', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each([
  ['9', '09:00'],
  ['930', '09:30'],
  ['0200', '02:00'],
  [' 9:30 ', '09:30'],
  ['9.30', '09:30'],
  ['23:59:59', '23:59:59'],
  ['noon', 'noon'],
  ['', ''],
])('a time of day typed as %j is %j', (text, time) => {
  expect(fullTimeOf(text)).toBe(time);
});

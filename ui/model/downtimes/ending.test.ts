import { describe, expect, test } from 'vitest';
import type { Schedule } from '#core/downtime.ts';
import { isWithin, windowsBetween } from '#core/schedule.ts';
import { noHost } from './draft.ts';
import { endingOf } from './ending.ts';

const hourMs = 3_600_000;

function ended(schedule: Schedule, at: string) {
  return endingOf({ hosts: noHost, schedule, author: 'ann', reason: 'x' }, Date.parse(at));
}

function recurring(start: string, rule: string, hours = 2): Schedule {
  return { kind: 'recurring', start, rule, durationMs: hours * hourMs, zone: 'Europe/Berlin' };
}

describe('endingOf()', () => {
  test('ends one that is once now, but not before it began', () => {
    const schedule: Schedule = { kind: 'once', startMs: 10_000, endMs: 90_000 };

    expect(endingOf({ hosts: noHost, schedule, author: '', reason: '' }, 50_000)).toMatchObject({
      spec: { schedule: { kind: 'once', startMs: 10_000, endMs: 50_000 } },
    });
    expect(endingOf({ hosts: noHost, schedule, author: '', reason: '' }, 10_200)).toMatchObject({
      spec: { schedule: { endMs: 11_000 } },
    });
  });

  test.each<[string, Schedule, string, string, string]>([
    ['daily', recurring('2026-01-01T01:00:00', 'FREQ=DAILY'), '2026-11-18T00:30Z', '2026-11-19T01:00:00', 'FREQ=DAILY'],
    [
      'every other week, in the weeks that it has',
      recurring('2026-11-01T01:00:00', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU'),
      '2026-11-15T00:30Z',
      '2026-11-29T01:00:00',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU',
    ],
    [
      'so many times, of which two are gone',
      recurring('2026-11-17T01:00:00', 'FREQ=DAILY;COUNT=5'),
      '2026-11-18T00:30Z',
      '2026-11-19T01:00:00',
      'FREQ=DAILY;COUNT=3',
    ],
    [
      'daily, with its next time skipped by the clock: the rule keeps it',
      recurring('2027-03-01T02:30:00', 'FREQ=DAILY'),
      '2027-03-27T02:00Z',
      '2027-03-28T02:30:00',
      'FREQ=DAILY',
    ],
  ])('begins a recurring one anew with its next window: %s', (_, schedule, at, start, rule) => {
    const ending = ended(schedule, at);

    expect(ending).toMatchObject({ kind: 'change', spec: { schedule: { start, rule } } });
    if (ending.kind === 'remove') return;
    const { schedule: after } = ending.spec;
    expect([isWithin(schedule, Date.parse(at)), isWithin(after, Date.parse(at))]).toEqual([true, false]);
    const range = { fromMs: Date.parse(at) + 3 * hourMs, toMs: Date.parse(at) + 4_000 * hourMs, countMax: 50 };
    expect(windowsBetween(after, range)).toEqual(windowsBetween(schedule, range));
    expect(ending.next).toEqual(windowsBetween(schedule, range)[0]);
  });

  test('removes one that had its last window', () => {
    expect(ended(recurring('2026-11-17T01:00:00', 'FREQ=DAILY;COUNT=2'), '2026-11-18T00:30Z')).toEqual({
      kind: 'remove',
    });
  });
});

import { describe, expect, test } from 'vitest';
import type { Schedule } from '#core/downtime.ts';
import { clockWarnings } from './clock-warnings.ts';

const nowMs = Date.UTC(2026, 10, 18, 14, 32);
const hourMs = 3_600_000;

function weekly(start: string, zone: string, hours = 2, rule = 'FREQ=WEEKLY;BYDAY=SU'): Schedule {
  return { kind: 'recurring', start, rule, durationMs: hours * hourMs, zone };
}

function textsOf(schedule: Schedule, atMs = nowMs): readonly string[] {
  return clockWarnings(schedule, { nowMs: atMs, once: null }).map(({ text }) => text.replaceAll('\u202f', ' '));
}

describe('clockWarnings() of recurring downtimes', () => {
  test.each<[string, Schedule, readonly string[]]>([
    [
      'Berlin: skipped in spring, and over the change in autumn',
      weekly('2026-11-22T02:00:00', 'Europe/Berlin'),
      [
        'On 28 Mar 2027 clocks skip 02:00 to 03:00. That window starts at 03:00 and keeps its 2 h.',
        'On 31 Oct 2027 clocks go back from 03:00 to 02:00. 02:00 comes twice: that window starts at the first, keeps its 2 h and ends at 03:00, not 04:00.',
      ],
    ],
    [
      'New York: skipped in spring, twice in autumn',
      weekly('2026-11-22T02:30:00', 'America/New_York', 1),
      ['On 14 Mar 2027 clocks skip 02:00 to 03:00. That window starts at 03:30 and keeps its 1 h.'],
    ],
    [
      'New York: what begins before the change ends at another time than one thinks, both ways',
      weekly('2026-11-22T01:30:00', 'America/New_York', 1),
      [
        'On 14 Mar 2027 clocks skip 02:00 to 03:00. That window keeps its 1 h and ends at 03:30, not 02:30.',
        'On 7 Nov 2027 clocks go back from 02:00 to 01:00. 01:30 comes twice: that window starts at the first, keeps its 1 h and ends at 01:30, not 02:30.',
      ],
    ],
    [
      'a window over the night names the day of its end',
      weekly('2026-11-21T23:00:00', 'Europe/Berlin', 8, 'FREQ=WEEKLY;BYDAY=SA'),
      [
        'On 28 Mar 2027 clocks skip 02:00 to 03:00. That window keeps its 8 h and ends at 08:00 on 28 Mar 2027, not 07:00 on 28 Mar 2027.',
        'On 31 Oct 2027 clocks go back from 03:00 to 02:00. That window keeps its 8 h and ends at 06:00 on 31 Oct 2027, not 07:00 on 31 Oct 2027.',
      ],
    ],
    ['nothing for one that is far from the change', weekly('2026-11-22T04:00:00', 'Europe/Berlin'), []],
    ['nothing for one that ends when the change begins', weekly('2026-11-22T01:00:00', 'Europe/Berlin', 1), []],
    ['nothing on other days', weekly('2026-11-23T02:00:00', 'Europe/Berlin', 2, 'FREQ=WEEKLY;BYDAY=MO'), []],
    ['nothing in a zone without changes', weekly('2026-11-22T02:00:00', 'Asia/Tokyo'), []],
  ])('%s', (_, schedule, expected) => {
    expect(textsOf(schedule)).toEqual(expected);
  });

  test('name the window that they are about', () => {
    const [warning] = clockWarnings(weekly('2026-11-22T02:00:00', 'Europe/Berlin'), { nowMs, once: null });

    expect(new Date(warning!.startMs).toISOString()).toBe('2027-03-28T01:00:00.000Z');
    expect(warning!.endMs - warning!.startMs).toBe(2 * hourMs);
  });

  test('end with the rule', () => {
    expect(
      textsOf(weekly('2026-11-22T02:00:00', 'Europe/Berlin', 2, 'FREQ=WEEKLY;BYDAY=SU;UNTIL=20261231T235959')),
    ).toEqual([]);
  });
});

describe('clockWarnings() of downtimes that are once', () => {
  function warningsOf(startLocal: string, endLocal: string | null, [startMs, endMs]: readonly [string, string]) {
    const schedule = { kind: 'once', startMs: Date.parse(startMs), endMs: Date.parse(endMs) } as const;
    const local = (text: string) => Date.parse(`${text}Z`);
    const once = {
      zone: 'Europe/Berlin',
      startLocalMs: local(startLocal),
      endLocalMs: endLocal === null ? null : local(endLocal),
    };
    return clockWarnings(schedule, { nowMs, once }).map(({ text }) => text);
  }

  test('say when a typed time does not exist', () => {
    expect(warningsOf('2027-03-28T02:30', null, ['2027-03-28T01:30Z', '2027-03-28T03:30Z'])).toEqual([
      'On 28 Mar 2027 clocks skip 02:00 to 03:00. The window starts at 03:30.',
    ]);
  });

  test('say which of two times is meant', () => {
    expect(warningsOf('2027-10-30T22:00', '2027-10-31T02:30', ['2027-10-30T20:00Z', '2027-10-31T00:30Z'])).toEqual([
      'On 31 Oct 2027 clocks go back from 03:00 to 02:00. 02:30 comes twice, and the window ends at the first.',
    ]);
  });

  test('are silent on every other day', () => {
    expect(warningsOf('2027-03-27T02:30', '2027-03-27T03:30', ['2027-03-27T01:30Z', '2027-03-27T02:30Z'])).toEqual([]);
  });
});

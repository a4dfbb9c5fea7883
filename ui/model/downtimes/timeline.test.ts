import { describe, expect, test } from 'vitest';
import type { Downtime, Schedule } from '#core/downtime.ts';
import { downtimeRows, scheduleText } from './downtime-row.ts';
import { noHost } from './draft.ts';
import { shownSpan } from './shown-span.ts';
import { timelineGroups } from './timeline.ts';

const nowMs = Date.UTC(2026, 10, 18, 14, 32);
const hourMs = 3_600_000;
const zone = 'Europe/Berlin';
const shown = { zone, nowMs };
const hosts = ['cache-03', 'db-01', 'db-02', 'web-03'].map((name) => ({
  name,
  tags: { role: name.slice(0, name.indexOf('-')) },
}));

function downtime(id: number, reason: string, schedule: Schedule, parts: Partial<Downtime> = {}): Downtime {
  const names = ['cache-03'];
  return {
    id,
    name: '',
    spec: { hosts: { ...noHost, names }, schedule, author: 'ann', reason },
    origin: 'api',
    createdMs: 0,
    ...parts,
  };
}

function once(from: string, to: string): Schedule {
  return { kind: 'once', startMs: Date.parse(`${from}Z`), endMs: Date.parse(`${to}Z`) };
}

function recurring(start: string, rule: string, hours: number, inZone = zone): Schedule {
  return { kind: 'recurring', start, rule, durationMs: hours * hourMs, zone: inZone };
}

const active = downtime(1, 'Valkey upgrade', once('2026-11-18T13:00', '2026-11-18T16:00'));
const ended = downtime(2, 'Kernel update', once('2026-11-18T14:15', '2026-11-18T14:30'));
const planned = downtime(3, 'Move to iad2\nwith the rack', once('2026-11-21T19:00', '2026-11-22T21:00'));
const nightly = downtime(4, 'x', recurring('2026-01-01T01:00:00', 'FREQ=DAILY', 2), {
  name: 'Nightly backups',
  origin: 'file',
});
const later = downtime(5, 'Later', once('2027-01-01T00:00', '2027-01-02T00:00'));

function groupsOf(downtimes: readonly Downtime[], parts: Partial<Parameters<typeof timelineGroups>[0]> = {}) {
  const rows = downtimeRows(downtimes, { hosts, nowMs });
  const span = shownSpan({ span: 'week', at: '', zone, nowMs });
  return timelineGroups({ rows, span, shown, draft: null, trackPx: 740, ...parts });
}

function plain(text: string): string {
  return text.replaceAll('\u202f', ' ');
}

describe('downtimeRows()', () => {
  test('puts first what lasts, then what comes, then what is over', () => {
    const rows = downtimeRows([later, ended, nightly, planned, active], { hosts, nowMs });

    expect(rows.map(({ title, state, isReadOnly }) => [title, state, isReadOnly])).toEqual([
      ['Valkey upgrade', 'active', false],
      ['Nightly backups', 'scheduled', true],
      ['Move to iad2', 'scheduled', false],
      ['Later', 'scheduled', false],
      ['Kernel update', 'over', false],
    ]);
  });

  test('counts whom it is for', () => {
    const spec = { ...active.spec, hosts: { ...noHost, tags: { role: 'db' } } };
    const rows = downtimeRows([active, { ...active, spec }], { hosts, nowMs });

    expect(rows.map(({ applies, hostCount }) => [applies, hostCount])).toEqual([
      ['cache-03', 1],
      ['role=db, 2 hosts', 2],
    ]);
  });

  test('takes one whose rule cannot be read here for one that is over', () => {
    const odd = downtime(6, 'Odd', recurring('2026-01-01T01:00:00', 'FREQ=SOMETIMES', 2));

    expect(downtimeRows([odd], { hosts, nowMs })[0]).toMatchObject({ state: 'over', window: null });
    expect(groupsOf([odd])).toEqual([]);
  });
});

describe('timelineGroups()', () => {
  test('has what is active, once and recurring in the time that is shown', () => {
    const groups = groupsOf([later, ended, nightly, planned, active]);

    expect(
      groups.map(({ title, note, rows }) => [title, plain(note), rows.map((row) => [row.title, plain(row.below)])]),
    ).toEqual([
      ['Active now', '1 host muted, ends 17:00', [['Valkey upgrade', 'cache-03']]],
      [
        'One time',
        '',
        [
          ['Kernel update', 'cache-03, ended 15:30'],
          ['Move to iad2', 'cache-03'],
        ],
      ],
      ['Recurring', '', [['Nightly backups', 'cache-03, every day 01:00 for 2 h']]],
    ]);
  });

  test('lays bars by the clock of the zone, with a label where there is room', () => {
    const [, onceGroup, recurringGroup] = groupsOf([ended, nightly, planned, active]);
    const [past, move] = onceGroup!.rows.map(({ bars }) => bars[0]!);
    const nights = recurringGroup!.rows[0]!.bars;

    expect(move).toMatchObject({ phase: 'future', label: '20:00 to Sun 22:00', labelPlace: 'left' });
    expect([move!.left * 168, move!.width * 168].map(Math.round)).toEqual([5 * 24 + 20, 26]);
    expect(past).toMatchObject({ phase: 'past', labelPlace: 'right' });
    expect(nights.map(({ phase }) => phase)).toEqual(['past', 'past', 'past', 'future', 'future', 'future', 'future']);
    expect(nights[0]).toMatchObject({ label: '01:00', labelPlace: 'right', text: 'Mon 16 Nov, 01:00 to 03:00' });
  });

  test('leaves labels out when the track is narrow', () => {
    const nights = groupsOf([nightly], { trackPx: 200 })[0]!.rows[0]!.bars;

    expect(new Set(nights.map(({ labelPlace }) => labelPlace))).toEqual(new Set(['none']));
  });

  test('says how much is left of the active one', () => {
    const bar = groupsOf([active])[0]!.rows[0]!.bars[0]!;

    expect([bar.phase, plain(bar.label)]).toEqual(['active', '1 h 28 m left of 3 h']);
  });

  test('cuts bars at the edges', () => {
    const long = downtime(7, 'Long', once('2026-11-01T00:00', '2026-12-01T00:00'));
    const bar = groupsOf([long])[0]!.rows[0]!.bars[0]!;

    expect([bar.left, bar.width]).toEqual([0, 1]);
  });

  test('draws the draft in place of the one that is edited', () => {
    const schedule = once('2026-11-20T07:00', '2026-11-20T16:00');
    const groups = groupsOf([planned], { draft: { title: 'Move', applies: '2 hosts', schedule, id: 3 } });

    expect(groups.map(({ id, rows }) => [id, rows.map((row) => [row.title, row.below, row.bars[0]!.phase])])).toEqual([
      ['once', [['Move', '2 hosts, as changed', 'draft']]],
    ]);
  });
});

test.each<[Schedule, string]>([
  [once('2026-11-20T07:00', '2026-11-20T16:00'), 'Fri 20 Nov, 08:00 to 17:00'],
  [once('2026-12-31T22:00', '2027-01-01T01:00'), 'Thu 31 Dec, 23:00 to Fri 1 Jan 2027, 02:00'],
  [recurring('2026-11-17T21:00:00', 'FREQ=WEEKLY;BYDAY=TU,TH', 1.5), 'Tue and Thu 21:00 for 1 h 30 m'],
  [recurring('2026-11-22T02:00:00', 'FREQ=WEEKLY;BYDAY=SU', 2, 'America/New_York'), 'Sun 02:00 for 2 h in New York'],
  [
    recurring('2026-11-22T02:00:00', 'FREQ=DAILY;UNTIL=20270131T235959', 2),
    'every day 02:00 for 2 h, until 31 Jan 2027',
  ],
])('scheduleText(%j) is %j', (schedule, text) => {
  expect(plain(scheduleText(schedule, shown))).toBe(text);
});

import { describe, expect, test } from 'vitest';
import { placeOf, shiftedDay, shownSpan } from './shown-span.ts';

const nowMs = Date.UTC(2026, 10, 18, 14, 32);
const berlin = { at: '', zone: 'Europe/Berlin', nowMs };

describe('shownSpan()', () => {
  test('is the week of today from Monday on, by the clock of the zone', () => {
    const span = shownSpan({ ...berlin, span: 'week' });

    expect([span.title, new Date(span.fromMs).toISOString(), new Date(span.toMs).toISOString()]).toEqual([
      '16 to 22 Nov 2026',
      '2026-11-15T23:00:00.000Z',
      '2026-11-22T23:00:00.000Z',
    ]);
    expect(span.columns.map(({ head, label, isNow }) => `${head} ${label}${isNow ? ' now' : ''}`)).toEqual([
      'Mon 16 Nov',
      'Tue 17 Nov',
      'Wed 18 Nov now',
      'Thu 19 Nov',
      'Fri 20 Nov',
      'Sat 21 Nov',
      'Sun 22 Nov',
    ]);
  });

  test.each([
    ['week', '2026-12-31', '28 Dec 2026 to 3 Jan 2027'],
    ['week', '2026-12-01', '30 Nov to 6 Dec 2026'],
    ['month', '2027-02-10', 'February 2027'],
    ['day', '2026-11-18', 'Wed 18 Nov 2026'],
  ] as const)('of a %s at %s is called %s', (span, at, title) => {
    expect(shownSpan({ ...berlin, span, at }).title).toBe(title);
  });

  test.each([
    ['2027-03-28', 23, ['00:00', '01:00', '03:00']],
    ['2027-10-31', 25, ['00:00', '01:00', '02:00', '02:00']],
  ])('has as many hours on %s as pass', (at, count, first) => {
    const { columns } = shownSpan({ ...berlin, span: 'day', at });

    expect(columns).toHaveLength(count);
    expect(columns.slice(0, first.length).map(({ label }) => label)).toEqual(first);
  });

  test('today is another day in another zone', () => {
    const atMs = Date.UTC(2026, 10, 18, 23, 30);
    const days = ['UTC', 'Asia/Tokyo', 'America/New_York'].map(
      (zone) => shownSpan({ span: 'day', at: '', zone, nowMs: atMs }).columns[0]!.day,
    );
    expect(days).toEqual(['2026-11-18', '2026-11-19', '2026-11-18']);
  });
});

describe('placeOf()', () => {
  test('lays moments between the lines of their day, also when that has 23 hours', () => {
    const span = shownSpan({ ...berlin, span: 'week', at: '2027-03-28' });
    const at = (text: string) => placeOf(span, Date.parse(text)) * 7;

    expect(at('2027-03-21T23:00Z')).toBe(0);
    expect(at('2027-03-27T11:00Z')).toBeCloseTo(5.5);
    expect(at('2027-03-28T10:30Z')).toBeCloseTo(6.5);
    expect(at('2027-03-28T22:00Z')).toBeCloseTo(7);
    expect(at('2027-03-28T23:00Z')).toBeGreaterThan(7);
    expect(at('2027-03-21T22:00Z')).toBeLessThan(0);
  });
});

test.each([
  ['2026-11-30', 'day', 1, '2026-12-01'],
  ['2026-11-18', 'week', -1, '2026-11-11'],
  ['2026-01-31', 'month', 1, '2026-02-01'],
  ['2026-01-31', 'month', -1, '2025-12-01'],
] as const)('shiftedDay(%s) by a %s, %i times, is %s', (day, span, steps, expected) => {
  expect(shiftedDay(day, span, steps)).toBe(expected);
});

import { describe, expect, test } from 'vitest';
import { endIn, findZones, momentIn, windowIn, zoneCity, zoneText } from './zone-text.ts';

const nowMs = Date.UTC(2026, 10, 18, 14, 32);
const hourMs = 3_600_000;

describe('times in a zone', () => {
  test.each([
    ['UTC', 'Wed 18 Nov, 14:32'],
    ['Europe/Berlin', 'Wed 18 Nov, 15:32'],
    ['Asia/Kathmandu', 'Wed 18 Nov, 20:17'],
    ['Pacific/Auckland', 'Thu 19 Nov, 03:32'],
  ])('%s: %s', (zone, text) => {
    expect(momentIn(nowMs, { zone, nowMs })).toBe(text);
  });

  test('say the year when it is another one there', () => {
    const startMs = Date.UTC(2026, 11, 31, 22, 30);
    const window = { startMs, endMs: startMs + 2 * hourMs };

    expect(windowIn(window, { zone: 'UTC', nowMs })).toBe('Thu 31 Dec, 22:30 to Fri 1 Jan 2027, 00:30');
    expect(windowIn(window, { zone: 'Europe/Berlin', nowMs })).toBe('Thu 31 Dec, 23:30 to Fri 1 Jan 2027, 01:30');
    expect(windowIn(window, { zone: 'Asia/Tokyo', nowMs })).toBe('Fri 1 Jan 2027, 07:30 to 09:30');
  });

  test('say the day of an end only when it is another one', () => {
    const shown = { zone: 'Europe/Berlin', nowMs };

    expect([
      endIn(nowMs + hourMs, { fromMs: nowMs, shown }),
      endIn(nowMs + 12 * hourMs, { fromMs: nowMs, shown }),
    ]).toEqual(['16:32', 'Thu 19 Nov, 03:32']);
  });
});

describe('zones', () => {
  test('are called by their offset at that moment, and by their city', () => {
    expect([
      zoneText('Europe/Berlin', nowMs),
      zoneText('Europe/Berlin', Date.UTC(2026, 6, 1)),
      zoneText('UTC', nowMs),
    ]).toEqual(['Europe/Berlin, UTC+1', 'Europe/Berlin, UTC+2', 'UTC']);
    expect([zoneCity('America/Argentina/Buenos_Aires'), zoneCity('UTC')]).toEqual(['Buenos Aires', 'UTC']);
  });

  test.each([
    ['berlin', 'Europe/Berlin'],
    ['new york', 'America/New_York'],
    ['New_York', 'America/New_York'],
    ['+8:45', 'Australia/Eucla'],
    ['america -3:30', 'America/St_Johns'],
    ['utc', 'UTC'],
  ])('are found by %j', (query, zone) => {
    expect(findZones(query, nowMs).map((choice) => choice.zone)).toContain(zone);
  });

  test('are found by all words only, and UTC is always among them', () => {
    expect(findZones('berlin tokyo', nowMs)).toEqual([]);
    expect(findZones('', nowMs).length).toBeGreaterThan(300);
    expect(findZones('', nowMs).slice(0, 2)).toContainEqual({ zone: 'UTC', offset: 'UTC' });
  });
});

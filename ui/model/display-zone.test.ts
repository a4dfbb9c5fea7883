import { afterEach, describe, expect, test, vi } from 'vitest';
import { displayZoneName, displayZoneText, offsetText, setDisplayZone, shownOffsetMs } from './display-zone.ts';
import { formatClock, formatDate, formatMoment } from './format.ts';

/** 02:30 UTC on 29 March 2026: in Berlin summer time has begun at 01:00 UTC. */
const atMs = Date.UTC(2026, 2, 29, 2, 30);

afterEach(() => {
  setDisplayZone('utc');
  vi.unstubAllEnvs();
});

describe('the display zone', () => {
  test('is UTC until somebody switches', () => {
    expect([displayZoneName(), displayZoneText(atMs), shownOffsetMs(atMs)]).toEqual(['UTC', 'UTC', 0]);
    expect([formatClock(atMs), formatMoment(atMs), formatDate(atMs)]).toEqual([
      '02:30:00',
      '29 Mar, 02:30',
      '29 Mar 2026',
    ]);
  });

  test('follows the clock changes of the local zone', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    setDisplayZone('local');
    expect([formatClock(atMs), displayZoneText(atMs)]).toEqual(['04:30:00', 'UTC+2']);
    const beforeMs = atMs - 2 * 3_600_000;
    expect([formatClock(beforeMs), displayZoneText(beforeMs)]).toEqual(['01:30:00', 'UTC+1']);
  });

  test('may be on another day', () => {
    vi.stubEnv('TZ', 'America/St_Johns');
    setDisplayZone('local');
    expect([formatMoment(atMs), displayZoneText(atMs)]).toEqual(['29 Mar, 00:00', 'UTC−2:30']);
  });
});

test.each([
  [0, 'UTC'],
  [3_600_000, 'UTC+1'],
  [-12_600_000, 'UTC−3:30'],
  [20_700_000, 'UTC+5:45'],
])('offsetText(%i) is "%s"', (offsetMs, text) => {
  expect(offsetText(offsetMs)).toBe(text);
});

import { afterEach, expect, test } from 'vitest';
import { setDisplayZone } from './display-zone.ts';
import { formatWallTime, parseWallTime } from './wall-time.ts';

const zoneBefore = process.env['TZ'];

afterEach(() => {
  setDisplayZone('utc');
  if (zoneBefore === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneBefore;
});

test('times come back as they were written', () => {
  expect(formatWallTime(Date.UTC(2026, 10, 18, 14, 32, 5))).toBe('2026-11-18T14:32:05');
  expect(parseWallTime('2026-11-18T14:32:05')).toBe(Date.UTC(2026, 10, 18, 14, 32, 5));
  expect(parseWallTime('2026-11-18T14:32')).toBe(Date.UTC(2026, 10, 18, 14, 32));
  expect(['', '18 Nov', '2026-13-40T00:00'].map(parseWallTime)).toEqual([null, null, null]);
});

test('times are those of the display zone, on both sides of a change of the clocks', () => {
  process.env['TZ'] = 'Europe/Berlin';
  setDisplayZone('local');
  expect(parseWallTime('2026-10-25T01:30')).toBe(Date.UTC(2026, 9, 24, 23, 30));
  expect(parseWallTime('2026-10-25T12:00')).toBe(Date.UTC(2026, 9, 25, 11));
  expect(formatWallTime(Date.UTC(2026, 9, 25, 11))).toBe('2026-10-25T12:00:00');
});

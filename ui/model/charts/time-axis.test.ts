import { afterEach, describe, expect, test } from 'vitest';
import { setDisplayZone } from '../display-zone.ts';
import { cursorLabel, timeLabels, timeMarks } from './time-axis.ts';

const atMs = Date.UTC(2026, 10, 18, 14, 32, 5);
const hourMs = 3_600_000;

function labels(spanMs: number, countMax = 6): string[] {
  return timeLabels(timeMarks({ fromMs: atMs - spanMs, toMs: atMs }, countMax));
}

afterEach(() => setDisplayZone('utc'));

describe('time axis', () => {
  test.each([
    ['20 s', 20_000, ['14:31:45', '14:31:50', '14:31:55', '14:32:00', '14:32:05']],
    ['5 m', 300_000, ['14:28', '14:29', '14:30', '14:31', '14:32']],
    ['6 h', 6 * hourMs, ['09:00', '10:00', '11:00', '12:00', '13:00', '14:00']],
    ['24 h', 24 * hourMs, ['18:00', '18 Nov', '06:00', '12:00']],
    ['7 d', 7 * 24 * hourMs, ['13 Nov', '15 Nov', '17 Nov']],
    ['30 d', 30 * 24 * hourMs, ['21 Oct', '26 Oct', '1 Nov', '6 Nov', '11 Nov', '16 Nov']],
    ['1 y', 365 * 24 * hourMs, ['2026', 'Apr', 'Jul', 'Oct']],
    ['10 y', 3_650 * 24 * hourMs, ['2018', '2020', '2022', '2024', '2026']],
  ])('of %s has round marks', (_, spanMs, expected) => {
    expect(labels(spanMs)).toEqual(expected);
  });

  test('never has more marks than have room', () => {
    for (let spanMs = 5_000; spanMs < 4e11; spanMs *= 1.37)
      for (const countMax of [2, 4, 9]) expect(labels(spanMs, countMax).length).toBeLessThanOrEqual(countMax + 1);
  });

  test('follows the display zone', () => {
    const before = process.env['TZ'];
    process.env['TZ'] = 'Asia/Kolkata';
    setDisplayZone('local');
    // 20:02 on the 18th there.
    expect(labels(24 * hourMs)).toEqual(['18 Nov', '06:00', '12:00', '18:00']);
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
});

test('cursorLabel() says as much as can be told apart', () => {
  expect([
    cursorLabel(atMs, 300_000, 0),
    cursorLabel(atMs, 6 * hourMs, 60_000),
    cursorLabel(atMs, 24 * hourMs, 300_000),
    cursorLabel(atMs, 8_760 * hourMs, 24 * hourMs),
  ]).toEqual(['14:32:05', '14:32', '18 Nov, 14:32', '18 Nov']);
});

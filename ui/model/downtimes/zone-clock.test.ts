import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localMsOf } from '#core/schedule.ts';
import { localTimeOf } from './zone-clock.ts';

const minuteMs = 60_000;

test('localTimeOf() says what is so in the zone, in any year and order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2000, 0, 1) / minuteMs, max: Date.UTC(2099, 0, 1) / minuteMs }),
      fc.constantFrom(
        'Europe/Berlin',
        'America/New_York',
        'Australia/Lord_Howe',
        'Asia/Kathmandu',
        'Africa/Casablanca',
        'Pacific/Apia',
        'UTC',
      ),
      (minute, zone) => {
        const atMs = minute * minuteMs;
        expect(localTimeOf(atMs, zone)).toBe(localMsOf(atMs, zone));
      },
    ),
    { seed: 3, numRuns: 1_500 },
  );
});

test.each([
  ['the first moment of a year', Date.UTC(2027, 0, 1)],
  ['the last before a change', Date.UTC(2027, 2, 28, 1) - 1],
  ['a change', Date.UTC(2027, 2, 28, 1)],
  ['a change in the year before', Date.UTC(2026, 9, 25, 1)],
])('localTimeOf() is right at %s', (_, atMs) => {
  expect(localTimeOf(atMs, 'Europe/Berlin')).toBe(localMsOf(atMs, 'Europe/Berlin'));
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationText, parseDuration } from './duration-text.ts';

describe('parseDuration()', () => {
  test.each([
    ['2 m', 120_000],
    ['2m', 120_000],
    ['90 s', 90_000],
    ['90', 90_000],
    ['1 h 30 m', 5_400_000],
    ['1h30min', 5_400_000],
    ['0.5 s', 500],
    ['250 ms', 250],
    ['2 Days', 172_800_000],
    ['0', 0],
  ])('reads %j', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  test.each(['', '  ', 'm', 'two minutes', '2 x', '-5 s', '1 2', '5 m later', '1e3 s', 's'.repeat(100)])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});

test('durationText() reads back as the same duration', () => {
  fc.assert(
    fc.property(fc.nat({ max: 400 * 86_400_000 }), (durationMs) => {
      expect(parseDuration(durationText(durationMs))).toBe(durationMs);
    }),
    { seed: 7 },
  );
});

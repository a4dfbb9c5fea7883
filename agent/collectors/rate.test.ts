import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rate } from './rate.ts';

/** What `next` answers for readings of value and ms. */
function ratesOf(readings: readonly (readonly [number, number])[]): number[] {
  const rate = new Rate();
  return readings.map(([value, atMs]) => rate.next(value, atMs));
}

describe('Rate', () => {
  test.each([
    ['has no value at first', [[5, 0]], [Number.NaN]],
    [
      'is the rise per second of the time measured',
      [
        [5, 0],
        [8, 1_500],
      ],
      [Number.NaN, 2],
    ],
    [
      'is 0 when the counter stands',
      [
        [5, 0],
        [5, 1_000],
      ],
      [Number.NaN, 0],
    ],
    [
      'starts anew when the counter goes back',
      [
        [5, 0],
        [1, 1_000],
        [4, 2_000],
      ],
      [Number.NaN, Number.NaN, 3],
    ],
    [
      'starts anew when 32 bits wrap',
      [
        [2 ** 32 - 10, 0],
        [90, 1_000],
        [190, 2_000],
      ],
      [Number.NaN, Number.NaN, 100],
    ],
    [
      'starts anew when 64 bits wrap',
      [
        [2 ** 64, 0],
        [0, 1_000],
        [50, 2_000],
      ],
      [Number.NaN, Number.NaN, 50],
    ],
    [
      'starts anew at a jump that no device makes',
      [
        [1, 0],
        [2 ** 53, 1_000],
        [2 ** 53 + 8, 2_000],
      ],
      [Number.NaN, Number.NaN, 8],
    ],
    [
      'takes no notice of a reading at the same time',
      [
        [5, 0],
        [9, 0],
        [7, 1_000],
      ],
      [Number.NaN, Number.NaN, 2],
    ],
    [
      'has no value for a reading that is none',
      [
        [5, 0],
        [Number.NaN, 1_000],
        [7, 2_000],
        [8, 3_000],
      ],
      [Number.NaN, Number.NaN, Number.NaN, 1],
    ],
  ] as const)('%s', (_, readings, rates) => {
    expect(ratesOf(readings)).toEqual(rates);
  });

  test('is never negative and never more than a device can do', () => {
    const reading = fc.tuple(fc.double({ min: 0, max: 2 ** 64, noNaN: true }), fc.integer({ min: -5, max: 100_000 }));
    fc.assert(
      fc.property(fc.array(reading), (steps) => {
        let atMs = 0;
        const readings = steps.map(([value, stepMs]) => [value, (atMs += stepMs)] as const);
        const known = ratesOf(readings).filter((rate) => !Number.isNaN(rate));
        expect(known.every((rate) => rate >= 0 && rate <= 1e12)).toBe(true);
      }),
      { seed: 20_240_602, numRuns: 300 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rangePresets } from '../model/time-range.ts';
import { refreshMsOf, roundStepsMs, stepFor } from './steps.ts';

describe('stepFor()', () => {
  test.each([
    ['5m', 0],
    ['15m', 3_000],
    ['1h', 10_000],
    ['6h', 60_000],
    ['24h', 300_000],
    ['7d', 1_800_000],
    ['30d', 2 * 3_600_000],
    ['1y', 24 * 3_600_000],
  ])('of %s on 532 pixels is %i ms', (id, stepMs) => {
    const { spanMs } = rangePresets.find((preset) => preset.id === id)!;
    expect(stepFor({ spanMs, widthPx: 532, intervalMs: 1_000 })).toBe(stepMs);
  });

  test('is never finer than the samples, and 1 to 2 pixels wide', () => {
    const wishes = fc.record({
      spanMs: fc.integer({ min: 5_000, max: 5 * 365 * 86_400_000 }),
      widthPx: fc.integer({ min: 200, max: 3_600 }),
      intervalMs: fc.constantFrom(100, 1_000, 10_000, 60_000),
    });
    fc.assert(
      fc.property(wishes, (wish) => {
        const stepMs = stepFor(wish);
        if (stepMs === 0) return wish.spanMs / wish.intervalMs <= wish.widthPx * 1.5;
        const stepPx = (stepMs / wish.spanMs) * wish.widthPx;
        const isRound = roundStepsMs.includes(stepMs);
        return isRound && stepMs >= wish.intervalMs && (stepPx > 1 || stepMs === roundStepsMs.at(-1)) && stepPx <= 2;
      }),
      { seed: 5 },
    );
  });
});

test('refreshMsOf() lets what is shorter than a day follow each tick', () => {
  expect([refreshMsOf(21_600_000, 60_000), refreshMsOf(86_400_000, 300_000), refreshMsOf(86_400_000, 30_000)]).toEqual([
    0, 60_000, 30_000,
  ]);
});

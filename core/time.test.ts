import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, hash32, linkBackoff, nextTickMs, phaseMs } from './time.ts';

const runs = { seed: 20_261_122, numRuns: 500 };

describe('backoffMs()', () => {
  test('doubles its ceiling up to the cap, and never overflows', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 1_000_000].map((attempt) => backoffMs(attempt, linkBackoff, () => 1));
    expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  test('is uniform from 0', () => {
    expect([0, 0.25, 0.5].map((random) => backoffMs(2, linkBackoff, () => random))).toEqual([0, 1_000, 2_000]);
  });
});

describe('the tick grid', () => {
  test('hash32() is FNV-1a', () => {
    expect([hash32(''), hash32('a'), hash32('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });

  test('phaseMs() spreads agents over the interval', () => {
    const phases = Array.from({ length: 1_000 }, (_, index) => phaseMs(`agent ${index}`, 1_000));
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => phases.filter((phase) => Math.floor(phase / 100) === tenth).length,
    );
    expect(Math.min(...tenths)).toBeGreaterThan(60);
    expect(phases.every((phase) => phase >= 0 && phase < 1_000)).toBe(true);
  });

  test('nextTickMs() is the first instant after now on the grid', () => {
    const arbitrary = fc.record({
      atMs: fc.integer({ min: -1e6, max: 2e12 }),
      intervalMs: fc.integer({ min: 100, max: 3_600_000 }),
      phase: fc.nat(3_600_000),
    });
    fc.assert(
      fc.property(arbitrary, ({ atMs, intervalMs, phase }) => {
        const next = nextTickMs(atMs, { intervalMs, phaseMs: phase });
        expect(next).toBeGreaterThan(atMs);
        expect(next - atMs).toBeLessThanOrEqual(intervalMs);
        expect(Math.abs((next - phase) % intervalMs)).toBe(0);
      }),
      runs,
    );
  });

  test('nextTickMs() of an instant on the grid is one interval later', () => {
    expect(nextTickMs(1_250, { intervalMs: 1_000, phaseMs: 250 })).toBe(2_250);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Freshness } from './freshness.ts';

const wallMs = 1_700_000_000_000;
const intervalMs = 1_000;

/** A host whose link began at monotonic 0, when its clock said `wallMs`. */
function linked(otherMs = Number.NaN): Freshness {
  const freshness = new Freshness();
  freshness.seed(-wallMs, otherMs);
  return freshness;
}

/** A tick of `sinceMs` after the link began, which arrives `lateMs` later. */
function accept(freshness: Freshness, sinceMs: number, lateMs = 5, aheadMs = 0): boolean {
  return freshness.accept({ timeMs: wallMs + sinceMs + aheadMs, intervalMs }, sinceMs + lateMs);
}

/** One tick a second from `fromMs` to before `toMs`; the times since the link began of those that were fresh. */
function run(freshness: Freshness, fromMs: number, toMs: number, lateMs: number, aheadMs = 0): number[] {
  const fresh: number[] = [];
  for (let sinceMs = fromMs; sinceMs < toMs; sinceMs += intervalMs)
    if (accept(freshness, sinceMs, lateMs, aheadMs)) fresh.push(sinceMs);
  return fresh;
}

describe('accept()', () => {
  test.each([
    [0, true],
    [4_990, true],
    [5_100, false],
    [3_600_000, false],
  ])('a first tick that is %i ms late is fresh: %s', (lateMs, isFresh) => {
    expect(accept(linked(), 1_000, lateMs)).toBe(isFresh);
  });

  test('a slow host has three intervals of its own', () => {
    const freshness = linked();

    expect(freshness.accept({ timeMs: wallMs, intervalMs: 60_000 }, 181_000)).toBe(true);
    expect(freshness.accept({ timeMs: wallMs, intervalMs: 60_000 }, 183_000)).toBe(false);
  });

  test('is measured against the promptest tick so far', () => {
    const freshness = new Freshness();
    freshness.seed(-wallMs + 60_000, Number.NaN);

    expect(accept(freshness, 1_000, 30_000)).toBe(true);
    expect(accept(freshness, 2_000, 0)).toBe(true);
    expect(accept(freshness, 3_000, 30_000)).toBe(false);
  });

  test('a backlog that comes in a burst is not fresh but for its end', () => {
    const freshness = linked();
    run(freshness, 0, 60_000, 5);
    const arrivalMs = 180_000;
    const fresh = [];
    for (let sinceMs = 60_000; sinceMs <= arrivalMs; sinceMs += intervalMs)
      if (accept(freshness, sinceMs, arrivalMs - sinceMs)) fresh.push(sinceMs);

    expect(fresh[0]).toBe(175_000);
    expect(fresh.at(-1)).toBe(arrivalMs);
  });

  test('a clock that was set back within a stream stops judging for five minutes, no longer', () => {
    const freshness = linked();
    run(freshness, 0, 60_000, 5);
    const fresh = run(freshness, 60_000, 600_000, 5, -3_600_000);

    expect(fresh[0]).toBe(360_000);
    expect(fresh).toHaveLength(240);
  });

  test('a clock that was set forward within a stream stops nothing', () => {
    const freshness = linked();
    run(freshness, 0, 60_000, 5);

    expect(run(freshness, 60_000, 120_000, 5, 3_600_000)).toHaveLength(60);
  });

  test('a new stream is judged by its own start', () => {
    const freshness = linked();
    run(freshness, 0, 60_000, 5);
    freshness.seed(60_000 - (wallMs - 3_600_000 + 60_000), Number.NaN);

    expect(run(freshness, 60_000, 120_000, 5, -3_600_000)).toHaveLength(60);
  });

  test('either of two seeds can turn out to be right, and the other is forgotten then', () => {
    const hourMs = 3_600_000;
    const freshness = linked(-wallMs + hourMs);

    expect(accept(freshness, 1_000, 5, -hourMs)).toBe(true);
    expect(accept(freshness, 2_000, 5, -hourMs)).toBe(true);
    expect(accept(freshness, 3_000, 60_000, -hourMs)).toBe(false);
    const other = linked(-wallMs + hourMs);
    expect(accept(other, 1_000)).toBe(true);
    expect(accept(other, 2_000, hourMs)).toBe(false);
  });

  test.each([100, -100, 450, -450])('a clock that drifts by %i ppm is followed for days', (ppm) => {
    const freshness = linked();
    let staleCount = 0;
    for (let sinceMs = 0; sinceMs < 2 * 86_400_000; sinceMs += 10_000)
      if (!accept(freshness, sinceMs, 5 + (sinceMs * ppm) / 1e6)) staleCount += 1;

    expect(staleCount).toBe(0);
  });

  test('what waits longer and longer in a buffer is not taken for drift', () => {
    const freshness = linked();
    const fresh = [];
    for (let sinceMs = 0; sinceMs < 300_000; sinceMs += intervalMs)
      if (accept(freshness, sinceMs, sinceMs / 10)) fresh.push(sinceMs);

    expect(fresh.at(-1)).toBe(50_000);
  });

  test('whatever was before, prompt ticks are fresh again after five minutes', () => {
    const late = fc.record({
      lateMs: fc.integer({ min: 0, max: 10_000_000 }),
      aheadMs: fc.integer({ min: -1e9, max: 1e9 }),
    });
    fc.assert(
      fc.property(fc.array(late, { maxLength: 50 }), fc.integer({ min: -1e9, max: 1e9 }), (before, aheadMs) => {
        const freshness = linked();
        before.forEach((tick, index) => {
          accept(freshness, index * intervalMs, tick.lateMs, tick.aheadMs);
        });
        run(freshness, 20_000_000, 20_301_000, 5, aheadMs);
        expect(run(freshness, 20_301_000, 20_310_000, 5, aheadMs)).toHaveLength(9);
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Point, resample } from './resample.ts';

const runs = { seed: 20_261_122, numRuns: 400 };
const secondMs = 1_000;

/** Values one second apart from `startMs` on; null stands for "no value". */
function seconds(values: readonly (number | null)[], startMs = 0) {
  return {
    times: Float64Array.from(values, (_, index) => startMs + index * secondMs),
    values: Float64Array.from(values, (value) => value ?? Number.NaN),
  };
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const value = fc.oneof({ weight: 9, arbitrary: finite }, { weight: 1, arbitrary: fc.constant(null) });
const stretch = fc.record({
  values: fc.array(value, { minLength: 1, maxLength: 200 }),
  startSec: fc.integer({ min: 0, max: 100_000 }),
  pointsMax: fc.integer({ min: 1, max: 60 }),
});
const isPoint = (point: Point) => point.value !== null;

describe('resample()', () => {
  test('gives the samples themselves while they fit', () => {
    const points = resample(seconds([1, null, 3]), { startMs: 0, endMs: 2_000, pointsMax: 2, intervalMs: secondMs });

    expect(points).toEqual([
      { timeMs: 0, value: 1, min: 1, max: 1 },
      { timeMs: 2_000, value: 3, min: 3, max: 3 },
    ]);
  });

  test('gives average, minimum and maximum of aligned buckets when there are too many', () => {
    const points = resample(seconds([1, 2, 3, 4, 50, 6], 10_000), {
      startMs: 10_000,
      endMs: 15_000,
      pointsMax: 3,
      intervalMs: secondMs,
    });

    expect(points).toEqual([
      { timeMs: 9_000, value: 1.5, min: 1, max: 2 },
      { timeMs: 12_000, value: 19, min: 3, max: 50 },
      { timeMs: 15_000, value: 6, min: 6, max: 6 },
    ]);
  });

  test('marks a stretch without values by one null behind its last value', () => {
    const points = resample(seconds([1, null, null, null, null, 2]), {
      startMs: 0,
      endMs: 5_000,
      pointsMax: 10,
      intervalMs: secondMs,
    });

    expect(points.map(({ timeMs, value }) => [timeMs, value])).toEqual([
      [0, 1],
      [1_000, null],
      [5_000, 2],
    ]);
  });

  test('takes a pause of three intervals for no gap', () => {
    const points = resample(seconds([1, null, null, 2]), {
      startMs: 0,
      endMs: 3_000,
      pointsMax: 10,
      intervalMs: secondMs,
    });

    expect(points.every(isPoint)).toBe(true);
  });

  test('holds the average between minimum and maximum, at the edge of doubles too', () => {
    const [huge] = resample(seconds([1.7e308, 1.7e308]), {
      startMs: 0,
      endMs: 1_000,
      pointsMax: 1,
      intervalMs: secondMs,
    });
    expect(huge).toEqual({ timeMs: 0, value: 1.7e308, min: 1.7e308, max: 1.7e308 });

    fc.assert(
      fc.property(stretch, ({ values, startSec, pointsMax }) => {
        const startMs = startSec * secondMs;
        const endMs = startMs + (values.length - 1) * secondMs;
        for (const point of resample(seconds(values, startMs), { startMs, endMs, pointsMax, intervalMs: secondMs })) {
          if (point.value === null) continue;
          expect(point.min! <= point.value && point.value <= point.max!).toBe(true);
        }
      }),
      runs,
    );
  });

  test('loses no extreme, gives no more points than wanted, and they ascend', () => {
    fc.assert(
      fc.property(stretch, ({ values, startSec, pointsMax }) => {
        const startMs = startSec * secondMs;
        const endMs = startMs + (values.length - 1) * secondMs;
        const points = resample(seconds(values, startMs), { startMs, endMs, pointsMax, intervalMs: secondMs });
        const known = values.filter((one) => one !== null);
        const kept = points.filter(isPoint);
        expect(kept.length).toBeLessThanOrEqual(pointsMax);
        expect(points.every((point, index) => index === 0 || point.timeMs > points[index - 1]!.timeMs)).toBe(true);
        if (known.length === 0) return;
        expect(Math.max(...kept.map((point) => point.max!))).toBe(Math.max(...known));
        expect(Math.min(...kept.map((point) => point.min!))).toBe(Math.min(...known));
      }),
      runs,
    );
  });

  test('has a null exactly where values are missing for longer than both three intervals and two steps', () => {
    fc.assert(
      fc.property(stretch, ({ values, pointsMax }) => {
        const endMs = (values.length - 1) * secondMs;
        const options = { startMs: 0, endMs, pointsMax, intervalMs: secondMs };
        const known = values.flatMap((one, index) => (one === null ? [] : [index]));
        const isRaw = known.length <= pointsMax;
        const stepMs =
          isRaw || pointsMax === 1 ? 0 : Math.ceil(Math.max(1, endMs / (pointsMax - 1)) / secondMs) * secondMs;
        const gapMs = Math.max(3 * secondMs, stepMs * 2);
        const gaps = known.filter((at, index) => index > 0 && (at - known[index - 1]!) * secondMs > gapMs);
        const nulls = resample(seconds(values), options).filter((point) => point.value === null);
        // One bucket for everything has no place for a null.
        expect(nulls.length).toBe(pointsMax === 1 && !isRaw ? 0 : gaps.length);
      }),
      runs,
    );
  });

  test('keeps every whole bucket as it is while the window moves', () => {
    const all = seconds(Array.from({ length: 600 }, (_, index) => Math.sin(index) * 100));
    const windowMs = 300_000;
    const seen = new Map<number, Point>();
    for (let startMs = 0; startMs <= 290_000; startMs += 7_000) {
      const endMs = startMs + windowMs;
      const from = startMs / secondMs;
      const to = endMs / secondMs + 1;
      const samples = { times: all.times.subarray(from, to), values: all.values.subarray(from, to) };
      const points = resample(samples, { startMs, endMs, pointsMax: 40, intervalMs: secondMs });
      // The first and the last bucket are cut by the window.
      for (const point of points.slice(1, -1)) {
        expect(seen.get(point.timeMs) ?? point).toEqual(point);
        seen.set(point.timeMs, point);
      }
    }
    expect(seen.size).toBeGreaterThan(60);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillAbsence } from './absence.ts';
import { type Buckets, mergeBuckets, rollUp } from './rollup.ts';

const seed = 11;

/** What a bucket table is, written as a person would. */
function rowsOf({ starts, min, max, sum, count }: Buckets): number[][] {
  return Array.from(starts, (start, at) => [start, min[at]!, max[at]!, sum[at]!, count[at]!]);
}

function floats(...values: number[]): Float64Array {
  return Float64Array.from(values);
}

/** One bucket after the other, the plain way, with sums as exact as whole numbers of thousandths are. */
function rollUpSlowly(times: readonly number[], thousandths: readonly (number | null)[], stepMs: number): number[][] {
  const buckets = new Map<number, number[]>();
  times.forEach((time, index) => {
    const value = thousandths[index];
    if (value === null || value === undefined) return;
    const start = Math.floor(time / stepMs) * stepMs;
    buckets.set(start, [...(buckets.get(start) ?? []), value]);
  });
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([start, values]) => [
      start,
      Math.min(...values) / 1_000 + 0,
      Math.max(...values) / 1_000 + 0,
      values.reduce((sum, value) => sum + value, 0) / 1_000,
      values.length,
    ]);
}

const anySamples = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 20_000 }),
      fc.option(fc.oneof(fc.integer({ min: -2_000, max: 2_000 }), fc.integer({ min: -1e12, max: 1e12 })), { freq: 5 }),
    ),
    { maxLength: 120 },
  )
  .map((pairs) => ({ times: pairs.map(([time]) => time), thousandths: pairs.map(([, value]) => value) }));

/** Sums may differ by 1e-12 of the greatest magnitude in them, the rest not at all. */
function expectSameRows(actual: number[][], expected: number[][], magnitude: number): void {
  expect(actual.map((row) => row.toSpliced(3, 1))).toEqual(expected.map((row) => row.toSpliced(3, 1)));
  actual.forEach((row, at) => {
    expect(Math.abs(row[3]! - expected[at]![3]!)).toBeLessThanOrEqual(1e-12 * magnitude);
  });
}

function magnitudeOf(thousandths: readonly (number | null)[]): number {
  return thousandths.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0) / 1_000;
}

function valuesOf(thousandths: readonly (number | null)[]): Float64Array {
  return Float64Array.from(thousandths, (value) => (value === null ? Number.NaN : value / 1_000));
}

describe('rollUp()', () => {
  test('gives least, greatest, sum and count of each bucket that holds a number', () => {
    const times = floats(59_999, 60_000, 61_000, 119_999, 180_000, 240_000);
    const values = floats(1, 5, -2, 3, Number.NaN, 7);
    expect(rowsOf(rollUp(times, values, 60_000))).toEqual([
      [0, 1, 1, 1, 1],
      [60_000, -2, 5, 6, 3],
      [240_000, 7, 7, 7, 1],
    ]);
  });

  test('gives nothing of no samples, and of absences alone', () => {
    const absent = new Float64Array(3);
    fillAbsence(absent, 'failed');
    expect(rowsOf(rollUp(floats(), floats(), 1_000))).toEqual([]);
    expect(rowsOf(rollUp(floats(1, 2, 3), absent, 1_000))).toEqual([]);
  });

  test('adds a tenth six times to six tenths, beside a number that swallows it', () => {
    const tenths = floats(1e16, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, -1e16);
    expect(rollUp(floats(0, 1, 2, 3, 4, 5, 6, 7), tenths, 1_000).sum).toEqual(floats(0.6));
  });

  test('takes infinities as they are, and zeros without their sign', () => {
    const at = floats(0, 1, 1_000, 1_001, 2_000, 2_001);
    const values = floats(Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -0, -0);
    expect(rowsOf(rollUp(at, values, 1_000))).toEqual([
      [0, 1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 2],
      [1_000, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, 2],
      [2_000, 0, 0, 0, 2],
    ]);
  });

  test('takes samples in any order of time', () => {
    fc.assert(
      fc.property(anySamples, fc.constantFrom(1, 1_000, 7_000), ({ times, thousandths }, stepMs) => {
        expectSameRows(
          rowsOf(rollUp(Float64Array.from(times), valuesOf(thousandths), stepMs)),
          rollUpSlowly(times, thousandths, stepMs),
          magnitudeOf(thousandths),
        );
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('mergeBuckets()', () => {
  test('joins what falls into one bucket and leaves out slots that hold nothing', () => {
    const minutes: Buckets = {
      starts: floats(0, 60_000, 120_000, 3_600_000),
      min: floats(1, Number.NaN, -1, 5),
      max: floats(2, Number.NaN, 8, 5),
      sum: floats(3, Number.NaN, 7, 5),
      count: floats(2, 0, 2, 1),
    };
    expect(rowsOf(mergeBuckets([minutes], 3_600_000))).toEqual([
      [0, -1, 8, 10, 4],
      [3_600_000, 5, 5, 5, 1],
    ]);
  });

  test('leaves its parts as they are', () => {
    const part = rollUp(floats(0, 1_500), floats(1, 2), 1_000);
    const before = structuredClone(part);
    mergeBuckets([part, part], 2_000);
    expect(part).toEqual(before);
  });

  test('agrees with the samples, however they were dealt out, in whatever order, through whatever steps', () => {
    fc.assert(
      fc.property(
        anySamples,
        fc.array(fc.nat(3), { minLength: 1, maxLength: 120 }),
        fc.boolean(),
        ({ times, thousandths }, hands, turned) => {
          const parts = [0, 1, 2, 3].map((hand) => {
            const dealt = Array.from(times.keys()).filter((index) => hands[index % hands.length] === hand);
            return rollUp(
              Float64Array.from(dealt, (index) => times[index]!),
              valuesOf(dealt.map((index) => thousandths[index]!)),
              500,
            );
          });
          if (turned) parts.reverse();
          const between = mergeBuckets(parts.slice(0, 2), 1_000);
          expectSameRows(
            rowsOf(mergeBuckets([...parts.slice(2), between], 4_000)),
            rollUpSlowly(times, thousandths, 4_000),
            magnitudeOf(thousandths),
          );
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});

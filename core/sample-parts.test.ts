import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absenceAt, wordsOf, writeAbsence } from './absence.ts';
import { mergeParts, type SamplePart } from './sample-parts.ts';

const runs = { seed: 20_261_122, numRuns: 500 };
const everything = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };

function part(
  streamId: number,
  firstSeq: number,
  samples: readonly (readonly [timeMs: number, value: number])[],
): SamplePart {
  return {
    streamId,
    firstSeq,
    times: Float64Array.from(samples, ([timeMs]) => timeMs),
    values: Float64Array.from(samples, ([, value]) => value),
  };
}

function pairs({ times, values }: { readonly times: Float64Array; readonly values: Float64Array }) {
  return Array.from(times, (timeMs, index) => [timeMs, values[index]!]);
}

/** Streams of ticks whose times rise, each cut into overlapping pieces in any order. */
const streams = fc.array(
  fc.record({
    startMs: fc.integer({ min: 0, max: 500 }),
    stepsMs: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 }),
    cuts: fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { minLength: 1, maxLength: 6 }),
  }),
  { maxLength: 4 },
);

describe('mergeParts()', () => {
  test('joins what lies in memory to what is stored, each seq once', () => {
    const stored = part(1, 1, [
      [1_000, 10],
      [2_000, 20],
      [3_000, 30],
    ]);
    const flying = part(1, 3, [
      [3_000, 30],
      [4_000, 40],
    ]);
    const open = part(1, 5, [[5_000, 50]]);

    expect(pairs(mergeParts([open, stored, flying], everything))).toEqual([
      [1_000, 10],
      [2_000, 20],
      [3_000, 30],
      [4_000, 40],
      [5_000, 50],
    ]);
  });

  test('cuts to the span, both ends included', () => {
    const samples = part(1, 1, [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);

    expect(pairs(mergeParts([samples], { startMs: 2, endMs: 3 }))).toEqual([
      [2, 2],
      [3, 3],
    ]);
  });

  test('keeps the kind of an absence through sorting', () => {
    const early = part(2, 1, [
      [1, 0],
      [9, 0],
    ]);
    writeAbsence(wordsOf(early.values), 0, 'failed');
    writeAbsence(wordsOf(early.values), 1, 'gone');
    const merged = mergeParts([part(1, 1, [[5, 5]]), early], everything);

    expect(Array.from(merged.times)).toEqual([1, 5, 9]);
    expect([0, 1, 2].map((index) => absenceAt(wordsOf(merged.values), index))).toEqual(['failed', null, 'gone']);
  });

  test('answers what a table by (stream, seq), sorted by time, answers', () => {
    fc.assert(
      fc.property(streams, fc.nat(800), fc.nat(800), (all, one, other) => {
        const span = { startMs: Math.min(one, other), endMs: Math.max(one, other) };
        const parts: SamplePart[] = [];
        const table = new Map<string, [number, number]>();
        all.forEach(({ startMs, stepsMs, cuts }, streamId) => {
          let timeMs = startMs;
          const samples = stepsMs.map((stepMs, index) => [(timeMs += stepMs), streamId * 100 + index] as const);
          for (const [a, b] of cuts) {
            const from = Math.min(a, b, samples.length - 1);
            const cut = samples.slice(from, Math.max(a, b) + 1);
            parts.push(part(streamId, from + 1, cut));
            for (const [index, [atMs, value]] of cut.entries()) table.set(`${streamId}/${from + index}`, [atMs, value]);
          }
        });
        const expected = [...table.values()]
          .filter(([atMs]) => atMs >= span.startMs && atMs <= span.endMs)
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const merged = pairs(mergeParts(parts, span)).sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
        expect(merged).toEqual(expected);
      }),
      runs,
    );
  });

  test('is in order of time when streams overlap', () => {
    fc.assert(
      fc.property(streams, (all) => {
        const parts = all.map(({ startMs, stepsMs }, streamId) => {
          let timeMs = startMs;
          return part(
            streamId,
            1,
            stepsMs.map((stepMs) => [(timeMs += stepMs), 0] as const),
          );
        });
        const { times } = mergeParts(parts, everything);
        expect(Array.from(times)).toEqual(Array.from(times).sort((a, b) => a - b));
      }),
      runs,
    );
  });
});

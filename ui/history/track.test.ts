import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rollUp } from '#core/rollup.ts';
import { joinTracks, newestOf, type Track, trimTrack } from './track.ts';

function trackOf(times: readonly number[], fromMs: number, toMs: number, stepMs: number): Track {
  const inside = Float64Array.from(times.filter((timeMs) => timeMs >= fromMs && timeMs < toMs));
  const values = inside.map((timeMs) => (timeMs * 7) % 101);
  return {
    fromMs,
    toMs,
    intervalMs: 1_000,
    content:
      stepMs === 0
        ? { kind: 'samples', samples: { times: inside, values } }
        : { kind: 'buckets', stepMs, buckets: rollUp(inside, values, stepMs) },
  };
}

const cases = fc.record({
  times: fc
    .uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 80 })
    .map((list) => list.sort((a, b) => a - b)),
  stepMs: fc.constantFrom(0, 10, 70),
  cut: fc.integer({ min: 1, max: 999 }),
  overlap: fc.integer({ min: 0, max: 40 }),
});

test('joinTracks() gives what one answer would have given, on either side and over what is known', () => {
  fc.assert(
    fc.property(cases, ({ times, stepMs, cut, overlap }) => {
      const whole = trackOf(times, 0, 1_000, stepMs);
      const left = trackOf(times, 0, cut, stepMs);
      const right = trackOf(times, cut, 1_000, stepMs);
      // As the window asks: from the beginning of the bucket that was cut.
      const aligned = stepMs === 0 ? Math.max(0, cut - overlap) : Math.floor(cut / stepMs) * stepMs;
      const longer = trackOf(times, aligned, 1_000, stepMs);
      for (const joined of [
        joinTracks(left, right),
        joinTracks(right, left),
        joinTracks(left, longer),
        joinTracks(whole, longer),
      ])
        expect(plain(joined)).toEqual(plain(whole));
    }),
    { seed: 7, numRuns: 300 },
  );
});

function plain({ content, ...span }: Track) {
  const columns = content.kind === 'samples' ? content.samples : content.buckets;
  return { ...span, columns: Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, [...column]])) };
}

test('trimTrack() lets go of what lies before, in whole buckets', () => {
  const times = [1, 12, 23, 34];
  expect(plain(trimTrack(trackOf(times, 0, 40, 0), 20)).columns).toMatchObject({ times: [23, 34] });
  expect(trimTrack(trackOf(times, 0, 40, 10), 25)).toMatchObject({ fromMs: 20, toMs: 40 });
  expect(plain(trimTrack(trackOf(times, 0, 40, 10), 25)).columns).toMatchObject({ starts: [20, 30] });
});

test('newestOf() is the last sample, or the average of the last bucket', () => {
  expect(newestOf(trackOf([1, 2], 0, 10, 0))).toBe(14);
  expect(newestOf(trackOf([1, 2], 0, 10, 10))).toBe(10.5);
  expect(newestOf(trackOf([], 0, 10, 10))).toBe(Number.NaN);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rollUp } from '#core/rollup.ts';
import type { Layout } from '#core/series.ts';
import { HostRing } from '../live/ring.ts';
import { createChartData, type Window } from '../model/charts/chart-data.ts';
import type { Chart } from '../model/charts/charts.ts';
import { fillBuckets, fillSamples, type LineInput } from './fill.ts';
import type { Track } from './track.ts';

const layout: Layout = {
  id: 'one',
  intervalMs: 1_000,
  series: [
    { key: 'a', unit: '1', kind: 'gauge', every: 1 },
    { key: 'b', unit: '1', kind: 'gauge', every: 1 },
  ],
};

function chartOf(...keys: readonly string[]): Chart {
  return {
    id: 'chart',
    title: 'Chart',
    note: '',
    kind: 'line',
    unit: '1',
    factor: 1,
    min: null,
    max: null,
    maxKey: null,
    lines: keys.map((key) => ({ key, host: null, name: key, color: 'c1', dash: 0, isBelow: false })),
  };
}

interface Sample {
  readonly timeMs: number;
  readonly value: number;
}

function ringOf(samples: readonly Sample[]): HostRing {
  const ring = new HostRing(1_000);
  for (const [index, { timeMs, value }] of samples.entries())
    ring.push({ ordinal: 1, seq: index + 1, timeMs }, layout, Float64Array.of(value, -value));
  return ring;
}

/** What storage answers for `[fromMs, toMs)`. */
function trackOf(samples: readonly Sample[], span: { fromMs: number; toMs: number }, stepMs: number): Track {
  const inside = samples.filter(({ timeMs }) => timeMs >= span.fromMs && timeMs < span.toMs);
  const times = Float64Array.from(inside, ({ timeMs }) => timeMs);
  const values = Float64Array.from(inside, ({ value }) => value);
  return {
    ...span,
    intervalMs: 1_000,
    content:
      stepMs === 0
        ? { kind: 'samples', samples: { times, values } }
        : { kind: 'buckets', stepMs, buckets: rollUp(times, values, stepMs) },
  };
}

function filled(
  chart: Chart,
  inputs: readonly LineInput[],
  options: { window: Window; nowMs: number; stepMs: number },
) {
  const data = createChartData(chart);
  if (options.stepMs === 0) fillSamples(data, chart, inputs, { ...options, lost: [] });
  else fillBuckets(data, chart, inputs, { ...options, lost: [] });
  return data;
}

/** Ticks each second or so, some missing, one value each. */
const samplesArbitrary = fc
  .array(fc.record({ skip: fc.constantFrom(1, 1, 1, 1, 2, 7), value: fc.integer({ min: -1_000, max: 1_000 }) }), {
    minLength: 2,
    maxLength: 300,
  })
  .map((rows) => {
    let timeMs = 1_000_000_000;
    return rows.map(({ skip, value }): Sample => {
      timeMs += skip * 1_000;
      return { timeMs, value };
    });
  });

describe('history and ring together', () => {
  test('give the same buckets as all samples at once, wherever one ends and the other begins', () => {
    const cases = fc.record({
      samples: samplesArbitrary,
      stepMs: fc.constantFrom(2_000, 3_000, 10_000, 60_000),
      seam: fc.double({ min: 0, max: 1, noNaN: true }),
      ringFrom: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ samples, stepMs, seam, ringFrom }) => {
        const firstMs = samples[0]!.timeMs;
        const lastMs = samples.at(-1)!.timeMs;
        const seamMs = Math.floor(firstMs + (lastMs - firstMs) * seam) + 1;
        // The ring reaches back to somewhere before the seam.
        const ringFromMs = firstMs + (seamMs - firstMs) * ringFrom;
        const ring = ringOf(samples.filter(({ timeMs }) => timeMs >= ringFromMs));
        const track = trackOf(samples, { fromMs: firstMs - 120_000, toMs: seamMs }, stepMs);
        const window = { fromMs: firstMs, toMs: lastMs };
        const data = filled(chartOf('a'), [{ track, ring }], { window, nowMs: lastMs, stepMs });

        const whole = rollUp(
          Float64Array.from(samples, ({ timeMs }) => timeMs),
          Float64Array.from(samples, ({ value }) => value),
          stepMs,
        );
        const expected = [...whole.starts].map((start, index) => [
          start,
          whole.sum[index]! / whole.count[index]!,
          whole.min[index]!,
          whole.max[index]!,
        ]);
        const got = data.times.flatMap((timeMs, slot) => {
          const value = data.values[0]![slot]!;
          return value === null ? [] : [[timeMs, value, data.lows[0]![slot]!, data.highs[0]![slot]!]];
        });
        expect(got.map(([start]) => start)).toEqual(expected.map(([start]) => start));
        for (const [index, row] of got.entries())
          for (const [at, value] of row.entries()) expect(value! + 0).toBeCloseTo(expected[index]![at]! + 0, 9);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('give every sample once, wherever one ends and the other begins', () => {
    fc.assert(
      fc.property(samplesArbitrary, fc.double({ min: 0, max: 1, noNaN: true }), (samples, seam) => {
        const firstMs = samples[0]!.timeMs;
        const lastMs = samples.at(-1)!.timeMs;
        const seamMs = Math.floor(firstMs + (lastMs - firstMs) * seam);
        const track = trackOf(samples, { fromMs: firstMs - 5_000, toMs: seamMs }, 0);
        const data = filled(chartOf('a'), [{ track, ring: ringOf(samples) }], {
          window: { fromMs: firstMs, toMs: lastMs },
          nowMs: lastMs,
          stepMs: 0,
        });
        const got = data.times.flatMap((timeMs, index) => {
          const value = data.values[0]![index]!;
          return value === null ? [] : [{ timeMs, value }];
        });
        expect(got).toEqual(samples);
        // Where ticks are missing stands a gap, and nowhere else.
        const apart = samples.flatMap(({ timeMs }, index) => {
          const before = samples[index - 1];
          return before !== undefined && timeMs - before.timeMs > 1_750
            ? [{ fromMs: before.timeMs, toMs: timeMs }]
            : [];
        });
        expect(data.gaps).toEqual(apart);
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});

describe('fillBuckets()', () => {
  const second = (index: number, value: number): Sample => ({ timeMs: index * 1_000, value });

  test('turns lines that are drawn below zero over, bands included', () => {
    const samples = [second(10, 1), second(11, 3)];
    const base = chartOf('a');
    const chart: Chart = { ...base, factor: 8, lines: [{ ...base.lines[0]!, isBelow: true }] };
    const track = trackOf(samples, { fromMs: 0, toMs: 20_000 }, 10_000);
    const data = filled(chart, [{ track, ring: null }], {
      window: { fromMs: 10_000, toMs: 19_000 },
      nowMs: 19_000,
      stepMs: 10_000,
    });

    expect([data.values[0]![1], data.lows[0]![1], data.highs[0]![1]]).toEqual([-16, -24, -8]);
  });

  test('draws wider buckets of a slow series through all slots that they cover', () => {
    const track = trackOf([second(0, 1), second(20, 2)], { fromMs: 0, toMs: 40_000 }, 20_000);
    const data = filled(chartOf('a'), [{ track, ring: null }], {
      window: { fromMs: 0, toMs: 35_000 },
      nowMs: 60_000,
      stepMs: 5_000,
    });

    expect(data.times.slice(1)).toEqual([0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000]);
    expect(data.values[0]!.slice(1)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, null]);
  });

  test('hatches where nothing is known to have come, not what was not asked for and not the future', () => {
    const samples = [second(100, 1), second(110, 1), second(150, 1)];
    const track = trackOf(samples, { fromMs: 60_000, toMs: 160_000 }, 10_000);
    const data = filled(chartOf('a'), [{ track, ring: null }], {
      window: { fromMs: 0, toMs: 300_000 },
      nowMs: 200_000,
      stepMs: 10_000,
    });

    expect(data.gaps).toEqual([
      { fromMs: 60_000, toMs: 100_000 },
      { fromMs: 120_000, toMs: 150_000 },
    ]);
  });

  test('takes ticks that were given up for gaps, too', () => {
    const track = trackOf([second(10, 1), second(30, 1)], { fromMs: 10_000, toMs: 40_000 }, 10_000);
    const chart = chartOf('a');
    const data = createChartData(chart);
    fillBuckets(data, chart, [{ track, ring: null }], {
      window: { fromMs: 10_000, toMs: 39_000 },
      nowMs: 39_000,
      stepMs: 10_000,
      lost: [{ fromMs: 12_000, toMs: 25_000 }],
    });

    expect(data.gaps).toEqual([{ fromMs: 12_000, toMs: 30_000 }]);
  });
});

describe('fillSamples()', () => {
  test('hatches what lies before the first sample, as far as it was asked for', () => {
    const samples = [100_000, 101_000].map((timeMs) => ({ timeMs, value: 1 }));
    const options = { window: { fromMs: 0, toMs: 101_000 }, nowMs: 101_000, stepMs: 0 };
    const known = trackOf(samples, { fromMs: 40_000, toMs: 102_000 }, 0);

    expect(filled(chartOf('a'), [{ track: known, ring: null }], options).gaps).toEqual([
      { fromMs: 40_000, toMs: 99_000 },
    ]);
    expect(filled(chartOf('a'), [{ track: null, ring: ringOf(samples) }], options).gaps).toEqual([]);
    expect(
      filled(chartOf('a'), [{ track: trackOf([], { fromMs: 0, toMs: 90_000 }, 0), ring: null }], options).gaps,
    ).toEqual([{ fromMs: 0, toMs: 101_000 }]);
  });

  test('does not hatch the interval that the first sample tells of', () => {
    const track = {
      ...trackOf([{ timeMs: 300_000, value: 3.5 }], { fromMs: 0, toMs: 300_001 }, 0),
      intervalMs: 60_000,
    };
    const options = { window: { fromMs: 0, toMs: 300_000 }, nowMs: 300_000, stepMs: 0 };
    expect(filled(chartOf('a'), [{ track, ring: null }], options).gaps).toEqual([{ fromMs: 0, toMs: 240_000 }]);
  });

  test('shows the lines of two hosts whose ticks come at different moments', () => {
    const one = Array.from({ length: 4 }, (_, index) => ({ timeMs: 10_000 + index * 1_000, value: index }));
    const other = one.map(({ timeMs, value }) => ({ timeMs: timeMs + 400, value: value + 10 }));
    const span = { fromMs: 0, toMs: 20_000 };
    const data = filled(
      chartOf('a', 'b'),
      [
        { track: trackOf(one, span, 0), ring: null },
        { track: trackOf(other, span, 0), ring: null },
      ],
      { window: { fromMs: 10_000, toMs: 13_400 }, nowMs: 13_400, stepMs: 0 },
    );

    expect(data.times).toEqual([10_000, 10_400, 11_000, 11_400, 12_000, 12_400, 13_000, 13_400]);
    expect(data.values).toEqual([
      [0, 0, 1, 1, 2, 2, 3, 3],
      [null, 10, 10, 11, 11, 12, 12, 13],
    ]);
    expect(data.gaps).toEqual([]);
  });

  test('breaks no line of a host when another host ticks shortly before it', () => {
    const one = Array.from({ length: 4 }, (_, index) => ({ timeMs: 10_000 + index * 1_000, value: index }));
    const other = one.map(({ timeMs, value }) => ({ timeMs: timeMs + 980, value }));
    const span = { fromMs: 0, toMs: 20_000 };
    const both = chartOf('a', 'b');
    const chart = { ...both, lines: both.lines.map((line, index) => ({ ...line, host: `host-${index}` })) };
    const data = filled(
      chart,
      [
        { track: trackOf(one, span, 0), ring: null },
        { track: trackOf(other, span, 0), ring: null },
      ],
      { window: { fromMs: 10_000, toMs: 13_000 }, nowMs: 13_000, stepMs: 0 },
    );

    expect(data.values[0]!.slice(0, 7)).toEqual([0, 0, 1, 1, 2, 2, 3]);
  });

  test('leaves a hole where one line failed and the other did not', () => {
    const all = Array.from({ length: 4 }, (_, index) => ({ timeMs: 10_000 + index * 1_000, value: index }));
    const span = { fromMs: 0, toMs: 20_000 };
    const data = filled(
      chartOf('a', 'b'),
      [
        { track: trackOf(all, span, 0), ring: null },
        { track: trackOf([all[0]!, all[1]!, all[3]!], span, 0), ring: null },
      ],
      { window: { fromMs: 10_000, toMs: 13_000 }, nowMs: 13_000, stepMs: 0 },
    );

    expect(data.values[1]).toEqual([0, 1, null, 3]);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { QueriedSeries } from '#core/query-columns.ts';
import { alertItem, nowMs } from '../../testing/alert-samples.ts';
import {
  extended,
  judgedValue,
  lifeSeries,
  queriesOf,
  type SparkWant,
  sparkRange,
  trackOf,
  wantOf,
} from './spark-plan.ts';

const minuteMs = 60_000;

describe('wantOf()', () => {
  test('shows what was usual before an open alert, up to now', () => {
    const want = wantOf(alertItem({ sinceMs: nowMs - 20 * minuteMs }), nowMs)!;
    expect(want).toMatchObject({ host: 'db-02', toMs: null, spanMs: 30 * minuteMs, fromMs: nowMs - 30 * minuteMs });
  });

  test('stands still around one that is over, and does not look into the future', () => {
    const item = alertItem({ phase: 'resolved', sinceMs: nowMs - 20 * minuteMs, endMs: nowMs - minuteMs });
    const want = wantOf(item, nowMs)!;
    expect(want.fromMs).toBeLessThan(item.sinceMs);
    expect(want.toMs).toBe(nowMs);
  });

  test('takes a sign of life for a host that is silent, and nothing for the fleet', () => {
    expect(wantOf(alertItem({ series: '', cause: 'hostDown' }), nowMs)?.series).toBe(lifeSeries);
    expect(wantOf(alertItem({ series: '', host: '', cause: 'massOutage' }), nowMs)).toBeNull();
  });
});

describe('queriesOf()', () => {
  const wantFor = (host: string, series: string, key = `${host} ${series}`): SparkWant => {
    return { key, host, series, fromMs: 0, toMs: null, spanMs: 1, isRate: false, averageMs: 0 };
  };

  test('asks once for a series of many hosts', () => {
    const wants = ['a', 'b', 'c'].map((host) => wantFor(host, 'load_1m'));
    expect(queriesOf(wants)).toEqual([{ hosts: ['a', 'b', 'c'], series: ['load_1m'], wants }]);
  });

  test('asks for everything that is wanted, and for nothing else', () => {
    const pair = fc.record({ host: fc.constantFrom('a', 'b', 'c'), series: fc.constantFrom('x', 'y', 'z') });
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), (pairs) => {
        const wants = pairs.map(({ host, series }, at) => wantFor(host, series, String(at)));
        const queries = queriesOf(wants);
        const asked = queries.flatMap(({ hosts, series }) =>
          hosts.flatMap((host) => series.map((key) => `${host} ${key}`)),
        );
        const wanted = new Set(wants.map(({ host, series }) => `${host} ${series}`));
        expect(asked.length).toBe(wanted.size);
        expect(new Set(asked)).toEqual(wanted);
        expect(queries.flatMap((query) => query.wants).length).toBe(wants.length);
      }),
    );
  });
});

const samples = (times: number[], values: number[]): QueriedSeries => ({
  ...{ host: 'a', series: 'x', unit: '', kind: 'gauge', intervalMs: 1_000 },
  content: { kind: 'samples', samples: { times: Float64Array.from(times), values: Float64Array.from(values) } },
});

describe('trackOf()', () => {
  test('gives the average of a bucket in its middle', () => {
    const of = (value: number) => Float64Array.of(value);
    const buckets = { starts: of(10_000), min: of(1), max: of(5), sum: of(12), count: of(4) };
    const series = { ...samples([], []), content: { kind: 'buckets', stepMs: 2_000, buckets } } as const;
    expect(trackOf(series, false)).toEqual({ times: [11_000], values: [3], gapMs: 5_000 });
  });

  test('gives change per second where the rule judges that', () => {
    expect(trackOf(samples([0, 2_000, 3_000], [10, 20, 50]), true)).toMatchObject({
      times: [2_000, 3_000],
      values: [5, 30],
    });
  });
});

test('extended() adds what is newer and leaves what has left the window', () => {
  const track = { times: [1, 2, 3], values: [10, 20, 30], gapMs: 4 };
  const newer = { times: [3, 4], values: [31, 40], gapMs: 4 };
  expect(extended(track, newer, 2)).toEqual({ times: [1, 2, 3, 4], values: [10, 20, 30, 40], gapMs: 4 });
  expect(extended(track, newer, 3)).toEqual({ times: [2, 3, 4], values: [20, 30, 40], gapMs: 4 });
  expect(extended(track, { times: [3], values: [31], gapMs: 4 }, 2)).toBe(track);
});

test('judgedValue() is the newest, or the average that the rule judges', () => {
  const track = { times: [1_000, 2_000, 3_000, 4_000], values: [10, 20, 30, 40], gapMs: 4_000 };
  expect(judgedValue(track, 0)).toBe(40);
  expect(judgedValue(track, 2_000)).toBe(35);
  expect(judgedValue({ ...track, times: [], values: [] }, 2_000)).toBeUndefined();
});

test('sparkRange() holds values and limit, and begins at zero where that is near', () => {
  const track = { times: [1, 2], values: [30, 95], gapMs: 1 };
  const low = sparkRange(track, 90);
  expect(low.low).toBe(0);
  expect(low.high).toBeGreaterThan(95);
  const near = sparkRange({ ...track, values: [91, 95] }, 90);
  expect(near.low).toBeGreaterThan(80);
  expect(near.low).toBeLessThan(90);
  expect(sparkRange({ ...track, values: [] }, null)).toEqual({ low: 0, high: 1 });
});

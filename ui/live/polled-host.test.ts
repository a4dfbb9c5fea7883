import { describe, expect, test } from 'vitest';
import type { HostSeriesList } from '../api/series.ts';
import { polledTickOf } from './polled-host.ts';

function list(keys: readonly string[], change: Partial<HostSeriesList> = {}): HostSeriesList {
  const series = keys.map((key, index) => ({
    ...{ key, unit: 'bytes', kind: 'counter' as const, intervalMs: 1_000, value: index },
  }));
  return { intervalMs: 1_000, timeMs: 9_000, source: 'memory', series, ...change };
}

const roundMs = 5_000;

describe('polledTickOf()', () => {
  test('is a tick of a layout with units and kinds, one round behind the other', () => {
    const slow = { key: 'slow', unit: '', kind: 'gauge', intervalMs: 60_000, value: null } as const;
    const series = [...list(['a']).series, slow];
    expect(polledTickOf(list([], { series }), { layout: null, roundMs })).toMatchObject({
      timeMs: 9_000,
      layout: {
        intervalMs: 5_000,
        series: [
          { key: 'a', unit: 'bytes', kind: 'counter', every: 1 },
          { key: 'slow', kind: 'gauge', every: 12 },
        ],
      },
      values: Float64Array.of(0, Number.NaN),
    });
  });

  test('keeps the layout while the series are the same', () => {
    const { layout } = polledTickOf(list(['a', 'b']), { layout: null, roundMs })!;
    expect(polledTickOf(list(['a', 'b'], { timeMs: 14_000 }), { layout, roundMs })!.layout).toBe(layout);
    expect(polledTickOf(list(['a', 'c']), { layout, roundMs })!.layout).not.toBe(layout);
  });

  test('is none while the host has no tick', () => {
    expect(polledTickOf(list([], { timeMs: null }), { layout: null, roundMs })).toBeNull();
  });
});

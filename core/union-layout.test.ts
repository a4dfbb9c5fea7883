import { expect, test } from 'vitest';
import type { Series } from './series.ts';
import { unionSeries } from './union-layout.ts';

const one = (key: string, unit = ''): Series => ({ key, unit, kind: 'gauge', every: 1 });

test('unionSeries() has every series once in order of first appearance, described as the newest layout does', () => {
  const { series, places } = unionSeries([
    { series: [one('a'), one('b', 'old')] },
    { series: [one('c'), one('b', 'new')] },
    { series: [] },
  ]);
  expect(series).toEqual([one('a'), one('b', 'new'), one('c')]);
  expect(places).toEqual([Int32Array.of(0, 1, -1), Int32Array.of(-1, 1, 0), Int32Array.of(-1, -1, -1)]);
});

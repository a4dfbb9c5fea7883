import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { columnOf, createDataset } from './dataset.ts';

describe('createDataset()', () => {
  test('shapes values by the place of their metric', () => {
    const { values } = createDataset({ hostCount: 3, metricCount: 7, tickCount: 4 });

    expect([...values.subarray(0, 14)]).toEqual([
      2.7, 1.35, 499978.31557944976, 63, 91.00295137614012, 10.94, 50.29, 4.52, 1.53, 1167240.3155794498, 63,
      91.00295137614012, 11.43, 48.94,
    ]);
  });

  test('makes the values that the scripts of the peers make', () => {
    const shape = { hostCount: 20, metricCount: 50, tickCount: 40 };
    const dataset = createDataset(shape);
    const hash = createHash('sha256');
    for (let tick = 0; tick < shape.tickCount; tick += 1)
      for (let host = 0; host < shape.hostCount; host += 1) hash.update(columnOf(dataset, host, tick));

    expect(hash.digest('hex')).toBe('b4dd08308e9fd67c9d5eb9628c57ec823924c9813141c494a62519ae189cd6d6');
  });
});

test('columnOf() goes round after the last tick', () => {
  const dataset = createDataset({ hostCount: 2, metricCount: 5, tickCount: 3 });

  expect(columnOf(dataset, 1, 4)).toEqual(columnOf(dataset, 1, 1));
});

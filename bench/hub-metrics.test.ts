import { describe, expect, test } from 'vitest';
import { counterBetween, parseMetrics, quantileBetween } from './hub-metrics.ts';

const before = parseMetrics('# HELP x y\nx_total 3\nd_bucket{le="1"} 1\nd_bucket{le="2"} 1\nd_bucket{le="+Inf"} 1\n');
const after = parseMetrics('x_total 5\nd_bucket{le="1"} 3\nd_bucket{le="2"} 9\nd_bucket{le="+Inf"} 11\n');

test('counterBetween() is what has come since', () => {
  expect(counterBetween(before, after, 'x_total')).toBe(2);
  expect(counterBetween(before, after, 'y_total')).toBe(Number.NaN);
});

describe('quantileBetween()', () => {
  test('lies inside its bucket in proportion to the rank', () => {
    expect(quantileBetween(before, after, { name: 'd', ratio: 0.1 })).toBe(0.5);
    expect(quantileBetween(before, after, { name: 'd', ratio: 0.5 })).toBe(1.5);
  });

  test('is the highest bound where it lies above', () => {
    expect(quantileBetween(before, after, { name: 'd', ratio: 0.99 })).toBe(2);
  });

  test('is none when nothing has come', () => {
    expect(quantileBetween(after, after, { name: 'd', ratio: 0.5 })).toBe(Number.NaN);
  });
});

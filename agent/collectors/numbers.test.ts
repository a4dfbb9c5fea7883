import { describe, expect, test } from 'vitest';
import { numberAfter, percentOf, roundTo, scanNumbers } from './numbers.ts';

describe('scanNumbers()', () => {
  test.each([
    ['fills what there is and says how much', ' 1  22\t333\n4', 0, [1, 22, 333, 0, 0], 3],
    ['stops when the array is full', '1 2 3 4 5 6 7', 0, [1, 2, 3, 4, 5], 5],
    ['stops at what is no number', '1 x 3', 0, [1, 0, 0, 0, 0], 1],
    ['reads negative numbers', '-1 5', 0, [-1, 5, 0, 0, 0], 2],
    ['starts where it is told', 'cpu0 7 8', 5, [7, 8, 0, 0, 0], 2],
    ['finds nothing in nothing', '', 0, [0, 0, 0, 0, 0], 0],
    ['reads the largest counter as the nearest double', '18446744073709551615', 0, [2 ** 64, 0, 0, 0, 0], 1],
  ])('%s', (_, text, start, numbers, count) => {
    const into = new Float64Array(5);
    expect(scanNumbers(text, start, into)).toBe(count);
    expect([...into]).toEqual(numbers);
  });
});

describe('numberAfter()', () => {
  test('finds a label at the start of a line only', () => {
    const text = 'Cached: 1 kB\nSwapCached: 2 kB\nDirty:     3 kB\n';
    expect([numberAfter(text, 'Cached:'), numberAfter(text, 'Dirty:')]).toEqual([1, 3]);
    expect(numberAfter('SwapCached: 2 kB\nCached: 1 kB\n', 'Cached:')).toBe(1);
  });

  test('is NaN without the label or without a number', () => {
    expect([numberAfter('', 'a'), numberAfter('b 1', 'a'), numberAfter('a x', 'a')]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });
});

test('roundTo() keeps the decimals asked for', () => {
  expect([roundTo(1.256, 0), roundTo(1.256, 1), roundTo(1.256, 2)]).toEqual([1, 1.3, 1.26]);
});

test('percentOf() is rounded to 0.01, and NaN of nothing', () => {
  expect([percentOf(1, 3), percentOf(0, 5), percentOf(0, 0), percentOf(1, Number.NaN)]).toEqual([
    33.33,
    0,
    Number.NaN,
    Number.NaN,
  ]);
});

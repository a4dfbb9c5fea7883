import { expect, test } from 'vitest';
import { parseSize, parseStat, treeOf } from './usage.ts';

test('parseStat() counts fields from the last parenthesis of the name', () => {
  const text = '42 (a ) (b) S 7 42 42 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 1 0 5 6 7';

  expect(parseStat(text)).toEqual({ parent: 7, ownTicks: 33, childTicks: 77 });
});

test('parseSize() takes the line of that very name', () => {
  const text = 'Rss:    900 kB\nPss:    300 kB\nPss_Anon:   20 kB\n';

  expect(parseSize(text, 'Pss')).toBe(300 * 1_024);
  expect(parseSize(text, 'Pss_Anon')).toBe(20 * 1_024);
  expect(parseSize('', 'Pss')).toBe(0);
});

test('treeOf() finds children of children and leaves strangers out', () => {
  const parents = new Map([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 9],
  ]);

  expect(treeOf(1, parents)).toEqual([1, 2, 3]);
});

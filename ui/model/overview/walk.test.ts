import { describe, expect, test } from 'vitest';
import { walk } from './walk.ts';

/** Two groups, under a head each: a b c / d e, and f. */
const lines = [[], ['a', 'b', 'c'], ['d', 'e'], [], ['f']].map((hosts) => ({ hosts }));
const go = (from: string | null, key: string, pageLines = 2) => walk(lines, from, { key, pageLines })?.host ?? null;

describe('walk()', () => {
  test.each([
    ['a', 'ArrowRight', 'b'],
    ['c', 'ArrowRight', 'd'],
    ['e', 'ArrowRight', 'f'],
    ['f', 'ArrowRight', null],
    ['d', 'ArrowLeft', 'c'],
    ['f', 'ArrowLeft', 'e'],
    ['a', 'ArrowLeft', null],
    ['b', 'ArrowDown', 'e'],
    ['c', 'ArrowDown', 'e'],
    ['e', 'ArrowDown', 'f'],
    ['f', 'ArrowDown', null],
    ['f', 'ArrowUp', 'd'],
    ['e', 'ArrowUp', 'b'],
    ['a', 'ArrowUp', null],
    ['b', 'Home', 'a'],
    ['b', 'End', 'f'],
    ['a', 'PageDown', 'f'],
    ['f', 'PageUp', 'a'],
    ['d', 'PageUp', 'a'],
    ['a', 'x', null],
  ])('from %s by %s is %s', (from, key, expected) => {
    expect(go(from, key)).toBe(expected);
  });

  test.each(['ArrowRight', 'ArrowDown', 'PageDown', 'Home'])('begins at the first by %s', (key) => {
    expect([go(null, key), go('gone', key)]).toEqual(['a', 'a']);
  });

  test('tells the line, to be scrolled to', () => {
    expect(walk(lines, 'e', { key: 'ArrowDown', pageLines: 1 })).toEqual({ host: 'f', line: 4 });
  });

  test('leads nowhere in an empty list', () => {
    expect(walk([], null, { key: 'End', pageLines: 1 })).toBeNull();
  });
});

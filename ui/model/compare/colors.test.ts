import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coloredMax, colorSlots, lookOf } from './colors.ts';

describe('colorSlots()', () => {
  test('gives a colour to the first eight', () => {
    const slots = colorSlots([4, 9, 2, 30, 1, 5, 6, 7, 8, 3], new Map());
    expect([...slots]).toEqual([4, 9, 2, 30, 1, 5, 6, 7].map((line, slot) => [line, slot]));
  });

  test('lets a line keep its colour while it leads, and gives that of one that fell behind to one that rose', () => {
    const before = colorSlots([0, 1, 2, 3, 4, 5, 6, 7], new Map());
    expect([...colorSlots([7, 9, 0, 1, 2, 3, 4, 6, 5], before)].sort(([a], [b]) => a - b)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [6, 6],
      [7, 7],
      [9, 5],
    ]);
  });

  test('never gives a colour twice, and every leading line one', () => {
    const ranking = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(ranking, { minLength: 1, maxLength: 6 }), (rankings) => {
        let slots = new Map<number, number>();
        for (const ranked of rankings) {
          slots = colorSlots(ranked, slots);
          expect(new Set(slots.values()).size).toBe(slots.size);
          expect([...slots.keys()].sort()).toEqual(ranked.slice(0, coloredMax).sort());
          expect(Math.max(-1, ...slots.values())).toBeLessThan(coloredMax);
        }
      }),
      { seed: 8, numRuns: 200 },
    );
  });
});

test('lookOf() differs in colour for each slot, and in dash from one to the next', () => {
  const looks = Array.from({ length: coloredMax }, (_, slot) => lookOf(slot));
  expect(new Set(looks.map(({ color }) => color)).size).toBe(coloredMax);
  expect(looks.every(({ dash }, slot) => slot === 0 || dash !== looks[slot - 1]!.dash)).toBe(true);
});

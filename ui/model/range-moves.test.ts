import { expect, test } from 'vitest';
import { fixedRange, panned, zoomedBy } from './range-moves.ts';

test.each([
  ['to whole seconds', { fromMs: 1_234.5, toMs: 601_234.5 }, { fromMs: 1_000, toMs: 601_000 }],
  ['to tenths where seconds are wide', { fromMs: 1_234, toMs: 31_234 }, { fromMs: 1_200, toMs: 31_200 }],
  ['and never shorter than five seconds', { fromMs: 10_000, toMs: 10_400 }, { fromMs: 7_700, toMs: 12_700 }],
])('fixedRange() rounds %s', (_, window, expected) => {
  expect(fixedRange(window)).toEqual({ kind: 'fixed', ...expected });
});

test('panned() moves by a share of the window, and stops at the present', () => {
  const window = { fromMs: 1_000, toMs: 2_000 };
  expect(panned(window, -0.5, 9_000)).toEqual({ fromMs: 500, toMs: 1_500 });
  expect(panned(window, 0.5, 9_000)).toEqual({ fromMs: 1_500, toMs: 2_500 });
  expect(panned(window, 0.5, 2_100)).toEqual({ fromMs: 1_100, toMs: 2_100 });
  expect(panned(window, 0.5, 1_500)).toEqual(window);
});

test('zoomedBy() keeps the centre, unless that is past the present', () => {
  const window = { fromMs: 100_000, toMs: 200_000 };
  expect(zoomedBy(window, 0.5, 900_000)).toEqual({ fromMs: 125_000, toMs: 175_000 });
  expect(zoomedBy(window, 2, 900_000)).toEqual({ fromMs: 50_000, toMs: 250_000 });
  expect(zoomedBy(window, 2, 210_000)).toEqual({ fromMs: 10_000, toMs: 210_000 });
  expect(zoomedBy({ fromMs: 0, toMs: 6_000 }, 0.1, 900_000)).toEqual({ fromMs: 500, toMs: 5_500 });
});

import { expect, test } from 'vitest';
import { frameFigures, medianOf, shortLatencies } from './figures.ts';

test('frameFigures() counts frames by the time between them', () => {
  const figures = frameFigures('scroll', [...Array.from({ length: 98 }, () => 10), 20, 40]);
  expect(figures['scrollFramesPerSec']).toBeCloseTo(100 / 1.04);
  expect(figures['scrollFrameP50Ms']).toBeCloseTo(10, 1);
  expect(figures['scrollFrameMaxMs']).toBeCloseTo(40, 1);
});

test('shortLatencies() names what it gives', () => {
  const names = Object.keys(shortLatencies('tick', [1, 2, 3]));
  expect(names).toEqual(['tickP50Ms', 'tickP99Ms', 'tickMaxMs', 'tickCount']);
});

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 3],
  [[7], 7],
  [[], Number.NaN],
])('medianOf(%j) is %d', (values, median) => {
  expect(medianOf(values)).toBe(median);
});

import { expect, test } from 'vitest';
import { ActiveClock } from './active-clock.ts';

test('advance() counts what passes between two looks', () => {
  const clock = new ActiveClock();
  for (const nowMs of [5_000, 5_100, 6_000, 8_000]) expect(clock.advance(nowMs)).toBe(0);

  expect(clock.activeMs).toBe(3_000);
});

test('advance() leaves a pause out and says how long it was', () => {
  const clock = new ActiveClock();
  clock.advance(1_000);
  clock.advance(1_500);

  expect(clock.advance(121_500)).toBe(120_000);
  expect(clock.activeMs).toBe(500);
  clock.advance(122_000);
  expect(clock.activeMs).toBe(1_000);
});

test('advance() never goes back', () => {
  const clock = new ActiveClock();
  for (const nowMs of [1_000, 2_000, 1_500, 2_100]) clock.advance(nowMs);

  expect(clock.activeMs).toBe(1_100);
});

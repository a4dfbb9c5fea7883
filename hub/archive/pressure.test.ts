import { expect, test } from 'vitest';
import { Pressure, type ProcessorTimes } from './pressure.ts';

test('isBusy() says whether little idle time was left since the last look, and looks four times a second', () => {
  let times: ProcessorTimes = { idleMs: 1_000, totalMs: 10_000 };
  const pressure = new Pressure(() => times, 0);
  times = { idleMs: 1_010, totalMs: 10_500 };
  expect(pressure.isBusy(249)).toBe(false);
  expect(pressure.isBusy(250)).toBe(true);
  times = { idleMs: 1_400, totalMs: 11_000 };
  expect(pressure.isBusy(400)).toBe(true);
  expect(pressure.isBusy(500)).toBe(false);
  // Clocks of processors that have not moved say nothing.
  expect(pressure.isBusy(800)).toBe(false);
});

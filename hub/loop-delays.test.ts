import { expect, test } from 'vitest';
import { LoopDelays } from './loop-delays.ts';

test('LoopDelays knows the last minute and nothing before', () => {
  const delays = new LoopDelays();
  expect(delays.read()).toBeNull();
  delays.add(4);
  expect(delays.read()).toEqual({ p50Ms: 4, p99Ms: 4, maxMs: 4 });
  delays.add(5_000);
  for (let delayMs = 1; delayMs <= 600; delayMs += 1) delays.add(delayMs);
  expect(delays.read()).toEqual({ p50Ms: 301, p99Ms: 595, maxMs: 600 });
});

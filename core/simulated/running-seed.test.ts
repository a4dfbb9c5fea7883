import { expect, test } from 'vitest';
import { runningSeed } from './running-seed.ts';
import { SimulatedHost } from './simulated-host.ts';

test.each([0, 1_795_817_000_000, 1_900_000_000_000])(
  'runningSeed() gives a fleet of which nobody is away at %d',
  (nowMs) => {
    const seed = runningSeed(120, nowMs);
    const away = Array.from({ length: 120 }, (_, index) => new SimulatedHost(seed, index)).flatMap((host, index) =>
      [0, 60_000, 300_000, 530_000].every((ms) => host.isUpAt(nowMs + ms)) ? [] : [index],
    );
    expect(away).toEqual([]);
  },
);

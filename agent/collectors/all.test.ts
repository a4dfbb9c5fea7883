import { describe, expect, test } from 'vitest';
import { Sampler } from '../sampler.ts';
import { createHostCollectors } from './all.ts';
import { hostWith } from './testing/host.ts';

function samplerOf(collectors: ConstructorParameters<typeof Sampler>[0]['collectors']): Sampler {
  return new Sampler({ collectors, intervalMs: 1_000, seriesMax: 4_000, sha256: () => new Uint8Array(32) });
}

describe('createHostCollectors()', () => {
  test('does not stop at a host that has none of the files: each collector skips or is counted', () => {
    const { collectors, top } = createHostCollectors(hostWith({}).folders);
    const sampler = samplerOf(collectors);
    const { layout } = sampler.tick({ tickMs: 0, nowMonotonicMs: 0 });
    expect(layout.series).toEqual([]);
    expect(Object.fromEntries(sampler.failureCounts)).toEqual({
      cpu: 1,
      load: 1,
      memory: 1,
      swap: 0,
      pressure: 0,
      disk: 1,
      filesystem: 1,
      network: 1,
      tcp: 1,
      process: 1,
      uptime: 1,
      users: 0,
      temperature: 0,
    });
    expect(top()).toBeNull();
  });

  test.runIf(process.platform === 'linux')('reads this machine into one layout of finite values', () => {
    const { collectors, top } = createHostCollectors();
    const sampler = samplerOf(collectors);
    for (const second of [0, 1, 2, 3]) sampler.tick({ tickMs: second * 1_000, nowMonotonicMs: second * 1_000 });
    const keys = sampler.tick({ tickMs: 4_000, nowMonotonicMs: 4_000 }).layout.series.map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(['cpu_used_percent', 'memory_used_bytes', 'process_count']));
    expect(sampler.nonFiniteCount).toBe(0);
    expect(top()?.processes.length).toBeGreaterThan(0);
  });
});

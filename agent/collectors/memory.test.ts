import { describe, expect, test } from 'vitest';
import { memoryCollector, parseMemory } from './memory.ts';
import { hostWith, runOf } from './testing/host.ts';

const captured = `MemTotal:       1000 kB
MemFree:         400 kB
MemAvailable:    600 kB
Buffers:          50 kB
Cached:          100 kB
SwapCached:      777 kB
SwapTotal:       200 kB
SwapFree:        150 kB
SReclaimable:     20 kB
`;

test('parseMemory() reads bytes, with reclaimable slab as cache', () => {
  expect(parseMemory(captured)).toEqual({
    total: 1_024_000,
    free: 409_600,
    available: 614_400,
    buffers: 51_200,
    cached: 122_880,
    swapTotal: 204_800,
    swapFree: 153_600,
  });
});

test('parseMemory() estimates what is available where the kernel does not say', () => {
  expect(parseMemory(captured.replace(/MemAvailable.*\n/, '')).available).toBe(570 * 1_024);
});

test.each(['', 'MemTotal: 5 kB\n', 'MemTotal: many kB\nMemFree: 1 kB\n'])('parseMemory() refuses %j', (text) => {
  expect(() => parseMemory(text)).toThrow(SyntaxError);
});

describe('memoryCollector()', () => {
  test('writes used as what is not available', () => {
    const run = runOf(memoryCollector(hostWith({ 'proc/meminfo': captured }).folders));
    expect(run.at(0)).toEqual({
      memory_total_bytes: 1_024_000,
      memory_used_bytes: 409_600,
      memory_used_percent: 40,
      memory_available_bytes: 614_400,
      memory_free_bytes: 409_600,
      memory_buffers_bytes: 51_200,
      memory_cached_bytes: 122_880,
      swap_total_bytes: 204_800,
      swap_used_bytes: 51_200,
      swap_used_percent: 25,
    });
  });

  test('has 0 percent of swap used where there is none', () => {
    const text = captured.replace(/Swap.*\n/g, '');
    const run = runOf(memoryCollector(hostWith({ 'proc/meminfo': text }).folders));
    expect(run.at(0)).toMatchObject({ swap_total_bytes: 0, swap_used_bytes: 0, swap_used_percent: 0 });
  });
});

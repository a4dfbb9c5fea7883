import { expect, test } from 'vitest';
import type { HostState } from '#core/message.ts';
import { newestOf, pulseOf } from './pulse.ts';

const now = { nowMs: 100_000, nowMonotonicMs: 50_000 };

/** A host whose newest tick is `ageMs` old and came `agoMs` ago. */
function host(state: HostState, ageMs: number, agoMs = ageMs) {
  return { state, heardMs: 50_000 - agoMs, lastMs: 100_000 - ageMs, identity: { intervalMs: 1_000 } };
}

test('pulseOf() tells the share of hosts on time, and the ages that ticks have when they come', () => {
  const quick = Array.from({ length: 98 }, () => host('up', 900, 600));
  const hosts = [...quick, host('up', 1_200, 300), host('up', 2_600, 2_500), host('down', 90_000)];
  expect(pulseOf(hosts, now)).toEqual({ onTimeRatio: 0.99, ageMsMedian: 300, ageMsSlow: 2_600 });
});

test('pulseOf() waits for stale hosts, which have no age, and is nothing when no host is waited for', () => {
  expect(pulseOf([host('stale', 9_000)], now)).toEqual({ onTimeRatio: 0, ageMsMedian: null, ageMsSlow: null });
  expect(pulseOf([host('down', 90_000), host('never', 100_000)], now)).toBeNull();
});

test('pulseOf() does not take a clock that is ahead for a negative age', () => {
  expect(pulseOf([host('up', -5_000, 100)], now)).toEqual({ onTimeRatio: 1, ageMsMedian: 0, ageMsSlow: 0 });
});

test('newestOf() is the newest tick of any host, 0 without one', () => {
  expect([newestOf([host('down', 9_000), host('up', 400)]), newestOf([])]).toEqual([99_600, 0]);
});

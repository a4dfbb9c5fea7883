import { describe, expect, test } from 'vitest';
import { limitKeyOf, TryLimiter } from './try-limiter.ts';

const limits = { burst: 3, refillMs: 1_000, keysMax: 4 };

describe('TryLimiter', () => {
  test('gives so many tries at once, then one each time it has refilled', () => {
    const limiter = new TryLimiter(limits);
    const waits = [0, 0, 0, 0, 500, 999, 1_000, 1_000].map((nowMs) => limiter.take('ann', nowMs));
    expect(waits).toEqual([0, 0, 0, 1_000, 500, 1, 0, 1_000]);
    expect(limiter.refusedCount).toBe(4);
  });

  test('counts each key by itself, and takes nothing for a try that was refused', () => {
    const limiter = new TryLimiter(limits);
    for (let tries = 0; tries < 10_000; tries += 1) limiter.take('ann', 0);
    expect(limiter.take('bob', 0)).toBe(0);
    expect(limiter.take('ann', 1_000)).toBe(0);
  });

  test('takes a try back that was no wrong one', () => {
    const limiter = new TryLimiter(limits);
    for (let tries = 0; tries < 100; tries += 1) {
      expect(limiter.take('ann', 0)).toBe(0);
      limiter.giveBack('ann');
    }
    limiter.giveBack('nobody');
  });

  test('holds no more keys than it may, and forgets first who has waited longest', () => {
    const limiter = new TryLimiter(limits);
    for (let tries = 0; tries < 3; tries += 1) limiter.take('ann', 0);
    for (let stranger = 0; stranger < 1_000; stranger += 1) limiter.take(`stranger ${stranger}`, 0);
    expect(limiter.keyCount).toBe(4);
    expect(limiter.take('ann', 0)).toBe(0);
    limiter.take('bob', 5_000);
    expect(limiter.keyCount).toBeLessThanOrEqual(4);
  });

  test('forgets whoever has all tries again before somebody who has not, though that one has waited longer', () => {
    const limiter = new TryLimiter(limits);
    for (let tries = 0; tries < 3; tries += 1) limiter.take('ann', 0);
    for (const name of ['bob', 'carl', 'dan']) limiter.take(name, 0);
    limiter.take('erin', 1_000);
    expect([limiter.keyCount, limiter.take('ann', 1_000), limiter.take('ann', 1_000)]).toEqual([2, 0, 1_000]);
  });
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['0000:0000:0000:0000:0000:ffff:0a01:0203', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('limitKeyOf() takes %j for %j', (address, key) => {
  expect(limitKeyOf(address)).toBe(key);
});

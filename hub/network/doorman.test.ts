import { beforeEach, describe, expect, test } from 'vitest';
import { addressesMax, type DoorLimits, Doorman, type LimitName } from './doorman.ts';
import { burstSec, RateBucket } from './rate-bucket.ts';

const limits: DoorLimits = {
  connectionsMax: 100,
  connectionsPerAddressMax: 3,
  connectionsPerAddressPerSecMax: 2,
  requestsPerAddressPerSecMax: 2,
  agentMessagesPerSecMax: 2,
  agentBytesPerSecMax: 1_000,
  viewersPerPersonMax: 2,
  viewerMessagesPerSecMax: 2,
};
const stranger = '203.0.113.9';
const direct = { isProxied: false };

let nowMs = 0;
let limited: [LimitName, string][] = [];

beforeEach(() => {
  nowMs = 0;
  limited = [];
});

function doormanOf(change: Partial<DoorLimits> = {}): Doorman {
  return new Doorman({
    limits: { ...limits, ...change },
    nowMs: () => nowMs,
    onLimited: (limit, address) => limited.push([limit, address]),
  });
}

const times = <T>(count: number, act: () => T): T[] => Array.from({ length: count }, act);
/** How many of so many are allowed before the first that is not. */
const allowedOf = (count: number, act: () => boolean) => {
  const answers = times(count, act);
  const first = answers.indexOf(false);
  return first === -1 ? count : first;
};

describe('RateBucket', () => {
  test('gives ten seconds at once, then so much a second, and never saves more', () => {
    const bucket = new RateBucket(2, 0);
    expect(allowedOf(100, () => bucket.take(1, 0))).toBe(2 * burstSec);
    expect(allowedOf(100, () => bucket.take(1, 1_500))).toBe(3);
    expect(allowedOf(100, () => bucket.take(1, 1e9))).toBe(2 * burstSec);
  });

  test('takes nothing of what it refuses, nor when the clock goes back', () => {
    const bucket = new RateBucket(1, 1_000);
    expect(bucket.take(11, 1_000)).toBe(false);
    expect(bucket.take(4, 0)).toBe(true);
    expect(bucket.take(6, 0)).toBe(true);
    expect(bucket.take(1, 0)).toBe(false);
  });
});

describe('Doorman', () => {
  test('cuts connections beyond the total, from wherever they come', () => {
    const doorman = doormanOf();
    expect(allowedOf(101, () => doorman.connected('127.0.0.1', { isTrusted: false }))).toBe(100);
    doorman.disconnected();
    expect(doorman.connected('127.0.0.1', { isTrusted: true })).toBe(false);
    doorman.disconnected();
    doorman.disconnected();
    expect(doorman.connected('127.0.0.1', { isTrusted: false })).toBe(true);
    expect(limited).toEqual([
      ['connections', '127.0.0.1'],
      ['connections', '127.0.0.1'],
    ]);
  });

  test('cuts connections that one address makes too fast, but no proxy and not this machine', () => {
    const doorman = doormanOf({ connectionsMax: 1_000 });
    const connect =
      (address: string, isTrusted = false) =>
      () =>
        doorman.connected(address, { isTrusted });
    expect(allowedOf(50, connect(stranger))).toBe(20);
    expect(allowedOf(50, connect('203.0.113.10'))).toBe(20);
    expect(allowedOf(50, connect('203.0.113.11', true))).toBe(50);
    expect(allowedOf(50, connect('127.0.0.1'))).toBe(50);
    nowMs = 1_000;
    expect(allowedOf(50, connect(stranger))).toBe(2);
  });

  test('refuses sockets of one address beyond its number until one closes', () => {
    const doorman = doormanOf();
    expect(allowedOf(4, () => doorman.opened(stranger, direct))).toBe(3);
    expect(doorman.addressSocketsMost).toBe(3);
    doorman.closed(stranger);
    expect(doorman.opened(stranger, direct)).toBe(true);
    expect(doorman.opened('203.0.113.10', direct)).toBe(true);
    expect(allowedOf(5_000, () => doorman.opened('::1', direct))).toBe(5_000);
    expect(limited).toEqual([['address_connections', stranger]]);
  });

  test('counts what comes through a proxy by the address behind it', () => {
    const doorman = doormanOf({ connectionsPerAddressMax: 1_000 });
    expect(allowedOf(50, () => doorman.opened(stranger, { isProxied: true }))).toBe(20);
    expect(limited[0]).toEqual(['address_connection_rate', stranger]);
  });

  test('counts a /64 of IPv6 as one', () => {
    const doorman = doormanOf();
    let last = 0;
    expect(allowedOf(10, () => doorman.opened(`2001:db8::${(last += 1)}`, direct))).toBe(3);
    doorman.closed('2001:db8::99');
    expect(doorman.opened('2001:db8::5', direct)).toBe(true);
  });

  test('refuses requests of one address beyond its rate', () => {
    const doorman = doormanOf();
    expect(allowedOf(50, () => doorman.requested(stranger))).toBe(20);
    expect(doorman.requested('203.0.113.10')).toBe(true);
    nowMs = 500;
    expect(allowedOf(50, () => doorman.requested(stranger))).toBe(1);
    expect(allowedOf(50, () => doorman.requested('127.0.0.1'))).toBe(50);
  });

  test('names what an agent sends too much of', () => {
    const doorman = doormanOf();
    const chatty = doorman.agentAllowance(stranger);
    expect(times(21, () => chatty.take(1)).at(-1)).toBe('agent_messages');
    const heavy = doorman.agentAllowance(stranger);
    expect([heavy.take(10_000), heavy.take(1)]).toEqual([null, 'agent_bytes']);
    nowMs = 1_000;
    expect([chatty.take(1), heavy.take(1)]).toEqual([null, null]);
  });

  test('bounds messages of a viewer, and dashboards of a person', () => {
    const doorman = doormanOf();
    const allowance = doorman.viewerAllowance(stranger);
    expect(times(21, () => allowance.take(64)).at(-1)).toBe('viewer_messages');
    expect(allowedOf(3, () => doorman.viewerOpened('person 1', stranger))).toBe(2);
    expect(doorman.viewerOpened('person 2', stranger)).toBe(true);
    doorman.viewerClosed('person 1');
    expect(doorman.viewerOpened('person 1', stranger)).toBe(true);
  });

  test('forgets quiet addresses beyond ten thousand, and none that has a socket open', () => {
    const doorman = doormanOf();
    for (let index = 0; index < 3; index += 1) doorman.opened(stranger, direct);
    for (let index = 0; index < addressesMax + 500; index += 1)
      doorman.requested(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    expect(doorman.addressCount).toBe(addressesMax);
    expect(doorman.opened(stranger, direct)).toBe(false);
  });
});

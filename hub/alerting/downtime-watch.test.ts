import { describe, expect, test } from 'vitest';
import type { Downtime, Schedule } from '#core/downtime.ts';
import { anyHost, type HostSelector } from '#core/rule-spec.ts';
import { Registry } from '../registry.ts';
import { hostIdentity } from '../testing/host-identity.ts';
import { DowntimeWatch, matchesPerPoll } from './downtime-watch.ts';

let downtimeCount = 0;

function downtime(schedule: Schedule, hosts: Partial<HostSelector> = {}): Downtime {
  downtimeCount += 1;
  const spec = { hosts: { ...anyHost, ...hosts }, schedule, author: 'ann', reason: '' };
  return { id: downtimeCount, name: '', spec, origin: 'api', createdMs: 0 };
}

const once = (startMs: number, endMs: number): Schedule => ({ kind: 'once', startMs, endMs });

/** A registry with hosts 1..count, named host-1 and so on, and its watch. */
function fleetOf(hostCount: number) {
  const registry = new Registry({ ringBytesMax: 1e9, ringWindowMsMax: 60_000 });
  for (let hostId = 1; hostId <= hostCount; hostId += 1) registry.put(hostIdentity(hostId));
  const watch = new DowntimeWatch(registry);
  registry.takeChanges();
  /** What viewers are told of after a poll: the ends by host. */
  const told = (nowMs: number) => {
    watch.poll(nowMs);
    const rows = registry.takeChanges()?.hosts ?? [];
    return Object.fromEntries(rows.map(({ name, downtimeUntilMs }) => [name, downtimeUntilMs]));
  };
  return { registry, watch, told };
}

describe('DowntimeWatch', () => {
  test('tells of a host when its downtime begins and when it ends, and not in between', () => {
    const { watch, told } = fleetOf(2);
    watch.set([downtime(once(100, 200), { names: ['host-1'] })], 50);

    expect([99, 100, 150, 199, 200, 300].map(told)).toEqual([{}, { 'host-1': 200 }, {}, {}, { 'host-1': 0 }, {}]);
  });

  test('tells of one that is made while it lasts, changed and removed', () => {
    const { watch, told } = fleetOf(1);
    const other = downtime(once(0, 5_000), { names: ['other'] });
    watch.set([other, downtime(once(0, 1_000))], 100);
    expect(told(100)).toEqual({ 'host-1': 1_000 });
    watch.set([other, downtime(once(0, 3_000))], 200);
    expect(told(200)).toEqual({ 'host-1': 3_000 });
    watch.set([other], 300);
    expect(told(300)).toEqual({ 'host-1': 0 });
  });

  test('gives of several the one that ends last, and the other when that one is gone', () => {
    const { watch, told } = fleetOf(1);
    const [short, long] = [downtime(once(0, 1_000)), downtime(once(500, 800))];
    watch.set([long, short, downtime(once(0, 9_000), { names: ['other'] })], 0);
    expect(told(0)).toEqual({ 'host-1': 1_000 });
    expect(told(500)).toEqual({});
    watch.set([long], 600);
    expect(told(600)).toEqual({ 'host-1': 800 });
  });

  test('follows recurring ones from window to window', () => {
    const { watch, told } = fleetOf(1);
    const firstMs = Date.UTC(2026, 2, 28, 1);
    const hourMs = 3_600_000;
    const rule = { rule: 'FREQ=DAILY', start: '2026-03-28T02:00:00', durationMs: hourMs, zone: 'Europe/Berlin' };
    watch.set([downtime({ kind: 'recurring', ...rule })], firstMs - 1);

    expect(told(firstMs)).toEqual({ 'host-1': firstMs + hourMs });
    expect(told(firstMs + hourMs)).toEqual({ 'host-1': 0 });
    // The night that is an hour shorter, in which 02:00 is 03:00.
    expect(told(firstMs + 24 * hourMs)).toEqual({ 'host-1': firstMs + 25 * hourMs });
  });

  test('knows at once of a host that is new, or has another name or tags, whether it is in one', () => {
    const { registry, watch } = fleetOf(1);
    watch.set([downtime(once(0, 1_000), { tags: { site: 'north' } })], 0);
    const untilOf = (hostId: number) => registry.host(hostId)?.downtimeUntilMs;
    registry.put(hostIdentity(2, { tags: { site: 'north' } }));
    watch.hostChanged(2);
    expect([1, 2].map(untilOf)).toEqual([0, 1_000]);
    registry.put(hostIdentity(2, { version: 2, tags: { site: 'south' } }));
    watch.hostChanged(2);
    expect(untilOf(2)).toBe(0);
  });

  test('looks again when the clock of the hub is set back into a window', () => {
    const { watch, told } = fleetOf(1);
    watch.set([downtime(once(100, 200))], 150);
    expect(told(150)).toEqual({ 'host-1': 200 });
    expect(told(250)).toEqual({ 'host-1': 0 });
    expect(told(120)).toEqual({ 'host-1': 200 });
  });

  test('goes through a large fleet in portions, and passes over hosts removed meanwhile', () => {
    const { registry, watch, told } = fleetOf(matchesPerPoll / 100 + 5);
    watch.set(
      Array.from({ length: 100 }, (_, index) => downtime(once(0, 1_000 + index))),
      0,
    );
    const last = matchesPerPoll / 100 + 5;
    registry.remove(last);

    expect(Object.keys(told(1))).toHaveLength(matchesPerPoll / 100);
    expect(Object.keys(told(2))).toEqual([4, 3, 2, 1].map((back) => `host-${last - back}`));
    expect(told(3)).toEqual({});
  });

  test('asks nothing of hosts and of schedules between two ends', () => {
    const { registry, watch, told } = fleetOf(3);
    let readCount = 0;
    const counted = downtime(once(0, 1_000), { names: ['nobody'] });
    Object.defineProperty(counted.spec, 'schedule', { get: () => (readCount += 1) && once(0, 1_000) });
    watch.set([counted], 0);
    told(0);
    registry.host(1)!.downtimeUntilMs = 7;
    for (let nowMs = 100; nowMs < 1_000; nowMs += 100) told(nowMs);

    expect([registry.host(1)!.downtimeUntilMs, readCount]).toEqual([7, 1]);
  });
});

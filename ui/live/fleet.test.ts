import { describe, expect, test } from 'vitest';
import type { HostRow } from '#core/message.ts';
import { overviewKeys } from '../model/overview/metrics.ts';
import { Fleet } from './fleet.ts';

function row(hostId: number, name: string, said: Partial<HostRow> = {}): HostRow {
  return {
    hostId,
    name,
    alias: '',
    state: 'up',
    intervalMs: 1_000,
    lastMs: 0,
    downtimeUntilMs: 0,
    tags: {},
    facts: {},
    ...said,
  };
}

function fleetOf(...hosts: readonly HostRow[]): Fleet {
  const fleet = new Fleet();
  fleet.acceptHosts({ kind: 'hosts', hosts, removed: [] });
  return fleet;
}

describe('acceptHosts()', () => {
  test('shows a host by its alias, in the place of that, and still knows it by its name', () => {
    const fleet = fleetOf(row(1, 'a'), row(2, 'b', { alias: 'Zoo' }), row(3, 'c'));

    expect(fleet.hosts.map(({ title }) => title)).toEqual(['a', 'c', 'Zoo']);
    expect([fleet.byName('b')?.title, fleet.byName('Zoo')]).toEqual(['Zoo', null]);
  });

  test('knows of downtimes from both the socket and polling', () => {
    const fleet = fleetOf(row(1, 'a', { downtimeUntilMs: 9_000 }));
    expect(fleet.byName('a')?.downtimeUntilMs).toBe(9_000);
    const { hostId: id, ...said } = row(7, 'a', { alias: 'Shop' });
    const polled = { id, ...said };
    fleet.acceptPolled({ hosts: new Map([['a', polled]]), latest: new Map(), alerts: null, hubMs: null });

    expect(fleet.hosts.map(({ title, downtimeUntilMs }) => [title, downtimeUntilMs])).toEqual([['Shop', 0]]);
  });

  test('follows hosts that swap their names', () => {
    const fleet = fleetOf(row(1, 'a'), row(2, 'b'));
    fleet.acceptHosts({ kind: 'hosts', hosts: [row(1, 'tmp')], removed: [] });
    fleet.acceptHosts({ kind: 'hosts', hosts: [row(2, 'a'), row(1, 'b')], removed: [] });

    expect(fleet.hosts.map(({ id, name }) => [id, name])).toEqual([
      [2, 'a'],
      [1, 'b'],
    ]);
  });

  test('lets go of a removed host, whose name another may have', () => {
    const fleet = fleetOf(row(1, 'a', { alias: 'Shop' }));
    fleet.acceptHosts({ kind: 'hosts', hosts: [], removed: [1] });
    expect([fleet.hosts, fleet.byId(1)]).toEqual([[], null]);
    fleet.acceptHosts({ kind: 'hosts', hosts: [row(7, 'a')], removed: [] });

    expect(fleet.hosts.map(({ id, title }) => [id, title])).toEqual([[7, 'a']]);
  });
});

describe('the list', () => {
  test('sorts numbers in titles by their value, whatever the case, and keeps its array while nobody moves', () => {
    const fleet = fleetOf(row(1, 'web-10'), row(2, 'Web-2'), row(3, 'web-1'), row(4, 'Éclair'), row(5, 'db-007'));
    const { hosts, version } = fleet;
    expect(hosts.map(({ title }) => title)).toEqual(['db-007', 'Éclair', 'web-1', 'Web-2', 'web-10']);

    fleet.acceptHosts({ kind: 'hosts', hosts: [row(3, 'web-1', { state: 'down' })], removed: [] });
    expect([fleet.hosts === hosts, fleet.version > version]).toEqual([true, true]);
    fleet.acceptHosts({ kind: 'hosts', hosts: [row(3, 'web-1', { alias: 'zebra' })], removed: [] });
    expect(fleet.hosts.at(-1)?.title).toBe('zebra');
  });

  test('is searched by name, alias, tags and facts as they are now', () => {
    const fleet = fleetOf(row(1, 'a', { tags: { env: 'Prod' }, facts: { os: 'Debian' } }));
    const host = fleet.byId(1)!;
    expect(host.searchText).toBe('a\n\nprod\ndebian');
    fleet.acceptHosts({ kind: 'hosts', hosts: [row(1, 'a', { alias: 'Shop' })], removed: [] });
    expect(host.searchText).toBe('a\nshop');
  });

  test('counts hosts by what people see: a downtime wins', () => {
    const fleet = fleetOf(
      row(1, 'a'),
      row(2, 'b', { state: 'down' }),
      row(3, 'c', { state: 'down', downtimeUntilMs: 9_000 }),
    );
    expect(fleet.counts()).toEqual({ all: 3, up: 1, stale: 0, down: 1, never: 0, downtime: 1 });
  });
});

describe('acceptOverview()', () => {
  const bytes = (array: Uint32Array | Float32Array | Float64Array) => new Uint8Array(array.buffer);
  function say(fleet: Fleet, hostIds: readonly number[], timeMs: number, value: number): void {
    fleet.acceptOverview(
      {
        kind: 'overview',
        nowMs: timeMs,
        hostIds: bytes(Uint32Array.from(hostIds)),
        timesMs: bytes(new Float64Array(hostIds.length).fill(timeMs)),
        values: bytes(new Float32Array(hostIds.length * overviewKeys.length).fill(value)),
      },
      timeMs + 300,
    );
  }

  test('keeps the last minute of hosts that are watched, and the newest values of the others', () => {
    const fleet = fleetOf(row(1, 'a'), row(2, 'b'));
    fleet.watched = new Set([fleet.byId(1)!]);
    for (const second of [1, 2, 3]) say(fleet, [1, 2], second * 1_000, second);
    expect([1, 2].map((id) => [fleet.byId(id)!.spark.count, fleet.byId(id)!.values[0]])).toEqual([
      [3, 3],
      [0, 3],
    ]);
  });

  test('fills the past of a host that came into sight, without taking old values for new ones', () => {
    const fleet = fleetOf(row(1, 'a'));
    const host = fleet.byId(1)!;
    for (const second of [1, 2, 9, 3, 4, 5, 6, 7, 8, 9]) say(fleet, [1], second * 1_000, second);
    const times = Array.from({ length: host.spark.count }, (_, age) => host.spark.times[host.spark.slot(age)]! / 1_000);
    expect([times, host.values[0], host.lastMs]).toEqual([[9, 8, 7, 6, 5, 4, 3, 2, 1], 9, 9_000]);
  });
});

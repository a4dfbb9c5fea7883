import { describe, expect, test } from 'vitest';
import type { HostRow } from '#core/message.ts';
import { Fleet } from './fleet.ts';

function row(hostId: number, name: string, said: Partial<HostRow> = {}): HostRow {
  return { hostId, name, alias: '', state: 'up', intervalMs: 1_000, lastMs: 0, tags: {}, facts: {}, ...said };
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

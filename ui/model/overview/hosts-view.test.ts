import { describe, expect, test } from 'vitest';
import type { HostState } from '#core/message.ts';
import type { Severity } from '#core/rule-spec.ts';
import type { HostSort, HostStatus } from '../route.ts';
import { attentionRank, defaultGroup, filterHosts, groupHosts, quietRank, tagChoices, tagNames } from './hosts-view.ts';

interface Said {
  readonly state?: HostState;
  readonly status?: HostStatus;
  readonly worst?: Severity;
  /** CPU, and what is received. */
  readonly cpu?: number;
  readonly receive?: number;
}

function host(name: string, tags: Readonly<Record<string, string>> = {}, said: Said = {}) {
  const state = said.state ?? 'up';
  return {
    name,
    state,
    status: said.status ?? state,
    worst: said.worst ?? null,
    tags,
    searchText: [name, ...Object.values(tags), 'Debian 12'].join('\n').toLowerCase(),
    values: Float32Array.of(said.cpu ?? Number.NaN, Number.NaN, said.receive ?? Number.NaN, Number.NaN, 0, 0, 0, 0),
  };
}
type Host = ReturnType<typeof host>;

function grouped(hosts: readonly Host[], sort: HostSort, { groupBy = 'role', hasAttentionGroup = true } = {}) {
  const groups = groupHosts(hosts, { sort, groupBy, worstOf: ({ worst }: Host) => worst, hasAttentionGroup });
  return groups.map(({ title, hosts: members }) => `${title}: ${members.map(({ name }) => name).join()}`);
}

describe('filterHosts()', () => {
  const web = host('web-01', { env: 'prod', role: 'web', alias: 'Shop front' });

  test.each([
    ['', [], true],
    ['WEB', [], true],
    ['web prod', [], true],
    ['debian', [], true],
    ['front', [], true],
    ['web staging', [], false],
    ['env=pr', [], true],
    ['env=web', [], false],
    ['', ['env=prod', 'role=web'], true],
    ['', ['env=pro'], false],
  ])('of %j and %j is right', (query, tags, expected) => {
    expect(filterHosts([web], { query, tags }).length === 1).toBe(expected);
  });
});

describe('attentionRank()', () => {
  test.each<[HostStatus, Severity | null, number]>([
    ['down', 'critical', 0],
    ['up', 'critical', 1],
    ['stale', 'critical', 1],
    ['up', 'warning', 2],
    ['stale', null, 3],
    ['downtime', 'critical', 4],
    ['up', 'info', quietRank],
    ['up', null, quietRank],
    ['never', null, quietRank + 1],
  ])('of %s with %s is %i', (status, worst, expected) => {
    expect(attentionRank(status, worst)).toBe(expected);
  });
});

describe('groupHosts()', () => {
  const hosts = [
    host('a', { role: 'web' }, { cpu: 10 }),
    host('b', {}, { cpu: 90 }),
    host('c', { role: 'db' }, { cpu: 20, receive: 5 }),
    host('d', {}, { state: 'stale' }),
    host('e', { role: 'db' }, { state: 'down', cpu: 50 }),
    host('f', { role: 'db' }, { worst: 'warning', cpu: 99, receive: 1 }),
    host('g', { role: 'web' }, { worst: 'critical' }),
    host('h', { role: 'web' }, { status: 'downtime', state: 'down' }),
  ];

  test('puts what needs attention first, the worst of it before the rest, and hosts without the tag last', () => {
    expect(grouped(hosts, 'attention')).toEqual(['Needs attention: e,g,f,d,h', 'db: c', 'web: a', 'no role: b']);
  });

  test('leaves hosts that need attention in their group where they are seen there, the worst first', () => {
    expect(grouped(hosts, 'attention', { hasAttentionGroup: false })).toEqual([
      'db: e,f,c',
      'web: g,h,a',
      'no role: d,b',
    ]);
  });

  test('keeps the order of titles when that is asked for', () => {
    expect(grouped(hosts, 'name', { groupBy: '' })).toEqual(['All hosts: a,b,c,d,e,f,g,h']);
  });

  test('orders by a metric, the highest first and hosts without a value last', () => {
    expect(grouped(hosts, 'cpu', { groupBy: '' })).toEqual(['All hosts: f,b,e,c,a,d,g,h']);
    expect(grouped(hosts, 'network', { groupBy: '' })).toEqual(['All hosts: c,f,a,b,d,e,g,h']);
  });
});

test('tagNames() and tagChoices() list what hosts have', () => {
  const hosts = [host('a', { env: 'prod', dc: 'x' }), host('b', { env: 'test' })];
  expect([tagNames(hosts), tagChoices(hosts)]).toEqual([
    ['env', 'dc'],
    ['dc=x', 'env=prod', 'env=test'],
  ]);
});

test('tagChoices() leaves out a tag that is another on each host', () => {
  const hosts = Array.from({ length: 80 }, (_, index) => host(`h${index}`, { id: `n${index}`, env: 'prod' }));
  expect(tagChoices(hosts)).toEqual(['env=prod']);
});

test('defaultGroup() takes a tag that parts the fleet into a few groups', () => {
  const hosts = Array.from({ length: 8 }, (_, index) =>
    host(`h${index}`, { id: String(index), dc: index < 4 ? 'a' : 'b' }),
  );
  expect([defaultGroup(hosts), defaultGroup(hosts.slice(0, 3))]).toEqual(['dc', '']);
});

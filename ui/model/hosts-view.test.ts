import { describe, expect, test } from 'vitest';
import type { HostState } from '#core/message.ts';
import { defaultGroup, groupHosts, matchesFilter, tagChoices, tagNames } from './hosts-view.ts';
import { formatRoute, parseRoute } from './route.ts';

function host(name: string, tags: Readonly<Record<string, string>> = {}, state: HostState = 'up') {
  return { name, alias: '', state, tags, facts: { os: 'Debian 12' } };
}

describe('matchesFilter()', () => {
  const web = host('web-01', { env: 'prod', role: 'web' });

  test.each([
    ['', [], true],
    ['WEB', [], true],
    ['web prod', [], true],
    ['debian', [], true],
    ['web staging', [], false],
    ['env=pr', [], true],
    ['env=web', [], false],
    ['', ['env=prod', 'role=web'], true],
    ['', ['env=pro'], false],
  ])('of %j and %j is right', (query, tags, expected) => {
    expect(matchesFilter(web, { query, tags })).toBe(expected);
  });

  test('finds a host by its alias and by its name', () => {
    const shop = { ...web, alias: 'Shop front' };
    expect(['front', 'web-01', 'back'].map((query) => matchesFilter(shop, { query, tags: [] }))).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('groupHosts()', () => {
  test('puts what needs attention first, the worst of it before the rest, and hosts without the tag last', () => {
    const hosts = [
      host('a', { role: 'web' }),
      host('b'),
      host('c', { role: 'db' }),
      host('d', {}, 'stale'),
      host('e', {}, 'down'),
    ];
    expect(
      groupHosts(hosts, 'role').map(({ title, hosts: members }) => [title, members.map(({ name }) => name).join()]),
    ).toEqual([
      ['Needs attention', 'e,d'],
      ['db', 'c'],
      ['web', 'a'],
      ['no role', 'b'],
    ]);
  });

  test('makes one group when there is nothing to group by', () => {
    expect(groupHosts([host('a'), host('b')], '').map(({ title }) => title)).toEqual(['All hosts']);
  });
});

test('tagNames() and tagChoices() list what hosts have', () => {
  const hosts = [host('a', { env: 'prod', dc: 'x' }), host('b', { env: 'test' })];
  expect([tagNames(hosts), tagChoices(hosts)]).toEqual([
    ['env', 'dc'],
    ['dc=x', 'env=prod', 'env=test'],
  ]);
});

test('defaultGroup() takes a tag that parts the fleet into a few groups', () => {
  const hosts = Array.from({ length: 8 }, (_, index) =>
    host(`h${index}`, { id: String(index), dc: index < 4 ? 'a' : 'b' }),
  );
  expect([defaultGroup(hosts), defaultGroup(hosts.slice(0, 3))]).toEqual(['dc', '']);
});

describe('routes', () => {
  test.each([
    '',
    '?q=web&tag=env%3Dprod&tag=role%3Dweb&status=down&group=dc',
    '?host=web-01',
    '?host=a%26b&find=disk+busy&cols=3',
    '?admin=storage',
  ])('formatRoute() writes what parseRoute() read from %j', (search) => {
    expect(formatRoute(parseRoute(search))).toBe(search);
  });

  test('parseRoute() leaves out what it does not understand', () => {
    expect(formatRoute(parseRoute('?status=odd&tag=novalue&cols=7&other=1'))).toBe('');
  });
});

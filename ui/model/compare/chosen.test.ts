import { describe, expect, test } from 'vitest';
import { chooseHosts, comparedHostsMax, exampleTags, type KnownHost, tagsOf } from './chosen.ts';

function host(name: string, tags: Record<string, string> = {}): KnownHost {
  return { name, title: name, tags };
}

const fleet = [
  host('api-01', { role: 'api', env: 'prod' }),
  host('web-01', { role: 'web', env: 'prod' }),
  host('web-02', { role: 'web', env: 'staging' }),
  host('db-01', { role: 'db', env: 'prod' }),
];

function names(hosts: readonly KnownHost[]): string[] {
  return hosts.map(({ name }) => name);
}

describe('chooseHosts()', () => {
  test('takes named hosts in their order, then those of the tags, each once', () => {
    const chosen = chooseHosts({ hosts: ['web-02', 'db-01', 'web-02'], tags: ['role=web', 'env=prod'] }, fleet);
    expect(names(chosen.hosts)).toEqual(['web-02', 'db-01', 'web-01', 'api-01']);
    expect(chosen).toMatchObject({ count: 4, unknown: [], tagCounts: [2, 3] });
  });

  test('takes a host that comes with the tag later', () => {
    const later = [...fleet, host('web-03', { role: 'web' })];
    expect(names(chooseHosts({ hosts: [], tags: ['role=web'] }, later).hosts)).toEqual(['web-01', 'web-02', 'web-03']);
  });

  test('names those that are not there', () => {
    expect(chooseHosts({ hosts: ['gone', 'db-01'], tags: ['role=none'] }, fleet)).toMatchObject({
      unknown: ['gone'],
      tagCounts: [0],
      count: 1,
    });
  });

  test('takes the value of a tag as it is, with the signs in it', () => {
    const odd = [host('a', { url: 'x=y' }), host('b', { url: 'x' })];
    expect(names(chooseHosts({ hosts: [], tags: ['url=x=y'] }, odd).hosts)).toEqual(['a']);
  });

  test('stops at its limit and says how many there are', () => {
    const many = Array.from({ length: comparedHostsMax + 7 }, (_, index) => host(`h${index}`, { env: 'prod' }));
    const chosen = chooseHosts({ hosts: [], tags: ['env=prod'] }, many);
    expect([chosen.hosts.length, chosen.count]).toEqual([comparedHostsMax, comparedHostsMax + 7]);
  });
});

test('tagsOf() counts the hosts of each tag', () => {
  expect(tagsOf(fleet)).toEqual([
    { tag: 'env=prod', count: 3 },
    { tag: 'env=staging', count: 1 },
    { tag: 'role=api', count: 1 },
    { tag: 'role=db', count: 1 },
    { tag: 'role=web', count: 2 },
  ]);
});

test('exampleTags() gives tags of several hosts, but not of all', () => {
  const all = fleet.map((one) => host(one.name, { ...one.tags, dc: 'fra' }));
  expect(exampleTags(all, 5).map(({ tag }) => tag)).toEqual(['env=prod', 'role=web']);
});

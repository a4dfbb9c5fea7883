import { describe, expect, test } from 'vitest';
import type { HostTags } from '../hosts/tag-sides.ts';
import { afterAct, fleetTagsOf, hostsOfAct } from './tag-fleet.ts';

const hosts: ReadonlyMap<string, HostTags> = new Map([
  ['web-1', { agentTags: { os: 'debian' }, peopleTags: { role: 'web' } }],
  ['web-2', { agentTags: { os: 'debian', role: 'www' }, peopleTags: {} }],
  ['web-10', { agentTags: {}, peopleTags: { role: 'web', site: 'north' } }],
  ['db-1', { agentTags: { role: 'db' }, peopleTags: { role: null } }],
]);

test('fleetTagsOf() counts the hosts of each value that is shown, and says who says the tag', () => {
  expect(fleetTagsOf(hosts)).toEqual([
    { name: 'os', hostCount: 2, from: 'agents', values: [{ value: 'debian', hosts: ['web-1', 'web-2'] }] },
    {
      ...{ name: 'role', hostCount: 3, from: 'both' },
      values: [
        { value: 'web', hosts: ['web-1', 'web-10'] },
        { value: 'www', hosts: ['web-2'] },
      ],
    },
    { name: 'site', hostCount: 1, from: 'people', values: [{ value: 'north', hosts: ['web-10'] }] },
  ]);
});

describe('afterAct()', () => {
  const of = (name: string) => hosts.get(name)!;

  test('merges a value into another, also where the agent says it', () => {
    const act = { kind: 'revalue', name: 'role', value: 'www', to: 'web' } as const;
    expect(afterAct(of('web-2'), act)).toEqual({ role: 'web' });
    expect(afterAct(of('web-1'), act)).toBeNull();
    expect(hostsOfAct(hosts, act)).toEqual(['web-2']);
  });

  test('renames a tag: what the agent says is hidden behind it', () => {
    const act = { kind: 'rename', name: 'role', to: 'duty' } as const;
    expect(afterAct(of('web-1'), act)).toEqual({ duty: 'web' });
    expect(afterAct(of('web-2'), act)).toEqual({ role: null, duty: 'www' });
    expect(hostsOfAct(hosts, act)).toEqual(['web-1', 'web-2', 'web-10']);
  });

  test('renames a tag into one that the host has: that one stays', () => {
    expect(afterAct(of('web-10'), { kind: 'rename', name: 'role', to: 'site' })).toEqual({ site: 'north' });
  });

  test('takes a tag away, of one value or of all', () => {
    expect(afterAct(of('web-1'), { kind: 'remove', name: 'role', value: null })).toEqual({});
    expect(afterAct(of('web-2'), { kind: 'remove', name: 'role', value: null })).toEqual({ role: null });
    expect(hostsOfAct(hosts, { kind: 'remove', name: 'role', value: 'web' })).toEqual(['web-1', 'web-10']);
  });

  test('leaves alone what is hidden already', () => {
    expect(afterAct(of('db-1'), { kind: 'remove', name: 'role', value: null })).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HostTags, hiddenTags, parseTag, shownTags, withAgentTag, withoutTag, withTag } from './tag-sides.ts';

const host: HostTags = {
  agentTags: { env: 'prod', os: 'linux', role: 'web' },
  peopleTags: { env: 'test', role: null, site: 'north', gone: null },
};

function textOf(tags: HostTags): string {
  return shownTags(tags)
    .map(({ name, value }) => `${name}=${value}`)
    .join(' ');
}

describe('tags of a host', () => {
  test('are those of the agent with those of people over them', () => {
    expect(shownTags(host)).toEqual([
      { name: 'env', value: 'test', from: 'people', agentValue: 'prod' },
      { name: 'os', value: 'linux', from: 'agent', agentValue: null },
      { name: 'site', value: 'north', from: 'people', agentValue: null },
    ]);
    expect(hiddenTags(host)).toEqual([{ name: 'role', value: 'web' }]);
  });

  test.each([
    ['a new one', withTag(host, 'rack', 'b4'), 'env=test os=linux rack=b4 site=north'],
    ['one of people', withTag(host, 'site', 'south'), 'env=test os=linux site=south'],
    ['one of the agent', withTag(host, 'os', 'bsd'), 'env=test os=bsd site=north'],
    ['a hidden one', withTag(host, 'role', 'web'), 'env=test os=linux role=web site=north'],
  ])('take %s', (_, peopleTags, text) => {
    expect(textOf({ ...host, peopleTags })).toBe(text);
  });

  test.each([
    ['one of people', withoutTag(host, 'site'), 'env=test os=linux'],
    ['one of the agent', withoutTag(host, 'os'), 'env=test site=north'],
    ['one of the agent that people have changed', withoutTag(host, 'env'), 'os=linux site=north'],
    ['one that is not there', withoutTag(host, 'rack'), 'env=test os=linux site=north'],
  ])('lose %s', (_, peopleTags, text) => {
    expect(textOf({ ...host, peopleTags })).toBe(text);
  });

  test('follow the agent again', () => {
    expect(textOf({ ...host, peopleTags: withAgentTag(host, 'env') })).toBe('env=prod os=linux site=north');
    expect(withTag(host, 'env', 'prod')).not.toHaveProperty('env');
  });

  test('are as asked, whatever both sides say, also by names that objects know', () => {
    const names = fc.constantFrom('env', 'role', 'constructor', 'toString', 'hasOwnProperty');
    const sides = fc.record({
      agentTags: fc.dictionary(names, fc.constantFrom('a', 'b'), { noNullPrototype: true }),
      peopleTags: fc.dictionary(names, fc.constantFrom('a', 'b', null), { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(sides, names, fc.constantFrom('a', 'b'), (tags, name, value) => {
        const valueIn = (peopleTags: HostTags['peopleTags']) =>
          shownTags({ ...tags, peopleTags }).find((tag) => tag.name === name)?.value;
        expect(valueIn(withTag(tags, name, value))).toBe(value);
        expect(valueIn(withoutTag(tags, name))).toBeUndefined();
      }),
      { seed: 5 },
    );
  });
});

test.each([
  ['env=prod', { name: 'env', value: 'prod' }],
  [' env = prod ', { name: 'env', value: 'prod' }],
  ['a=b=c', { name: 'a', value: 'b=c' }],
  ['env=', { name: 'env', value: '' }],
  ['=x', null],
  ['env', null],
])('parseTag(%j)', (text, tag) => {
  expect(parseTag(text)).toEqual(tag);
});

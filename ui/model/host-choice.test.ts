import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { chipsOf, matchingHosts, namesText, selectorText, withChip, withoutChip } from './host-choice.ts';

const wanted = (text: string) => ({ text, isLeftOut: false });
const leftOut = (text: string) => ({ text, isLeftOut: true });
const host = (name: string, tags: Readonly<Record<string, string>> = {}) => ({ name, tags });

describe('withChip()', () => {
  test('takes names, globs and tags, wanted or left out', () => {
    const chips = [wanted('web-*'), wanted('role=web'), leftOut('web-09'), leftOut('env=dev')];
    const selector = chips.reduce(withChip, anyHost);
    expect(selector).toEqual({
      names: ['web-*'],
      tags: { role: 'web' },
      notNames: ['web-09'],
      notTags: { env: 'dev' },
    });
    expect(chips.reduce(withoutChip, selector)).toEqual(anyHost);
  });

  test('gives a tag its new value, and no name twice', () => {
    const selector = [wanted('role=web'), wanted('role=db'), wanted('a'), wanted('a')].reduce(withChip, anyHost);
    expect(chipsOf(selector)).toEqual([wanted('role=db'), wanted('a')]);
  });
});

describe('matchingHosts()', () => {
  test('gives those that are meant, by name', () => {
    const hosts = [host('web-10', { role: 'web' }), host('web-2', { role: 'web' }), host('db-1', { role: 'db' })];
    expect(matchingHosts(hosts, { ...anyHost, tags: { role: 'web' } }).map(({ name }) => name)).toEqual([
      'web-2',
      'web-10',
    ]);
    expect(matchingHosts(hosts, anyHost)).toHaveLength(3);
  });
});

test.each([
  [anyHost, 'all hosts'],
  [{ ...anyHost, tags: { role: 'db', env: 'prod' }, notNames: ['db-09'] }, 'role=db env=prod, not db-09'],
  [{ ...anyHost, notTags: { env: 'dev' } }, 'all hosts, not env=dev'],
])('selectorText(%j) is "%s"', (selector, text) => {
  expect(selectorText(selector)).toBe(text);
});

test('namesText() says how many it leaves out', () => {
  const hosts = [host('a'), host('b'), host('c')];
  expect([namesText(hosts, 2), namesText(hosts, 3)]).toEqual(['a, b and 1 more', 'a, b, c']);
});

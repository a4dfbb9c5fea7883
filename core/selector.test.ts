import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyHost, type HostSelector, type SeriesSelector } from './rule-spec.ts';
import { hostMatcherOf, type SelectableHost, seriesMatcherOf } from './selector.ts';
import { formatSeriesKey } from './series.ts';

function selector(parts: Partial<HostSelector>): HostSelector {
  return { ...anyHost, ...parts };
}

/** The obvious one. Texts of these tests have no signs that mean something in a regular expression. */
function isLike(text: string | undefined, pattern: string): boolean {
  return text !== undefined && new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text);
}

const host: SelectableHost = { name: 'web-1', tags: { env: 'prod', site: 'berlin-2' } };

describe('hostMatcherOf()', () => {
  test.each<[string, Partial<HostSelector>, boolean]>([
    ['nothing at all', {}, true],
    ['its name', { names: ['db-1', 'web-1'] }, true],
    ['the start of its name', { names: ['web'] }, false],
    ['a glob of its name', { names: ['web-*'] }, true],
    ['its name in capitals', { names: ['WEB-1'] }, false],
    ['a tag', { tags: { env: 'prod' } }, true],
    ['a glob of a tag', { tags: { site: 'berlin-*' } }, true],
    ['one tag of two', { tags: { env: 'prod', site: 'paris' } }, false],
    ['a tag it has not, whatever its value', { tags: { role: '*' } }, false],
    ['a tag named as something every object has', { tags: { constructor: '*' } }, false],
    ['its name, but not this one', { names: ['web-*'], notNames: ['web-1'] }, false],
    ['any but a glob that does not mean it', { notNames: ['db-*'] }, true],
    ['any but those with a tag it has', { notTags: { env: '*' } }, false],
    ['any but those with one of two tags', { notTags: { role: 'db', env: 'prod' } }, false],
    ['any but those with a tag it has not', { notTags: { role: '*' } }, true],
  ])('%s: %o means the host: %s', (_what, parts, isMeant) => {
    expect(hostMatcherOf(selector(parts))(host)).toBe(isMeant);
  });

  test('agrees with a matcher that is slow and obvious', () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 });
    const names = fc.array(glob, { maxLength: 2 });
    const tagName = fc.constantFrom('x', 'y', 'toString');
    const spec = fc.record({
      names,
      notNames: names,
      tags: fc.dictionary(tagName, glob, { maxKeys: 2 }),
      notTags: fc.dictionary(tagName, glob, { maxKeys: 2 }),
    });
    const anyTags = fc.dictionary(tagName, value, { maxKeys: 2 });
    fc.assert(
      fc.property(spec, fc.record({ name: value, tags: anyTags }), (given, it) => {
        const hasTag = ([name, pattern]: [string, string]) =>
          Object.keys(it.tags).includes(name) && isLike(it.tags[name], pattern);
        const expected =
          (given.names.length === 0 || given.names.some((pattern) => isLike(it.name, pattern))) &&
          !given.notNames.some((pattern) => isLike(it.name, pattern)) &&
          Object.entries(given.tags).every(hasTag) &&
          !Object.entries(given.notTags).some(hasTag);
        expect(hostMatcherOf(given)(it)).toBe(expected);
      }),
      { seed: 20_261_127, numRuns: 3_000 },
    );
  });
});

describe('seriesMatcherOf()', () => {
  const root = 'filesystem_used_percent{device="vda1",mount="/"}';
  test.each<[string, Partial<SeriesSelector>, string, boolean]>([
    ['nothing at all', {}, root, true],
    ['a key', { patterns: [root] }, root, true],
    ['a name, with every label set', { patterns: ['filesystem_used_percent'] }, root, true],
    ['a name of a series without labels', { patterns: ['load1'] }, 'load1', true],
    ['the start of a name', { patterns: ['load'] }, 'load1', false],
    ['a glob of a name', { patterns: ['filesystem_*'] }, root, true],
    ['a glob of a key', { patterns: ['*{*mount="/"}'] }, root, true],
    ['one pattern of two', { patterns: ['load1', '*_percent'] }, root, true],
    ['a label', { labels: { mount: '/' } }, root, true],
    ['a glob of a label', { labels: { device: 'vd*' } }, root, true],
    ['a label of another value', { labels: { mount: '/home' } }, root, false],
    ['one label of two', { labels: { mount: '/', device: 'vdb*' } }, root, false],
    ['a label it has not', { labels: { fstype: '*' } }, root, false],
    ['a name and a label', { patterns: ['load1'], labels: { mount: '/' } }, root, false],
    ['a label of what has none', { labels: { mount: '/' } }, 'load1', false],
    ['a label named as something every object has', { labels: { constructor: '*' } }, root, false],
    ['a label of what is no key', { labels: { mount: '/' } }, 'x{mount="/"', false],
  ])('%s: %o means %s: %s', (_what, parts, key, isMeant) => {
    expect(seriesMatcherOf({ patterns: [], labels: {}, ...parts })(key)).toBe(isMeant);
  });

  test('compares label values as they are, not as they are written in the key', () => {
    const key = formatSeriesKey('x', { path: 'a"b\\c\nd' });
    expect(seriesMatcherOf({ patterns: [], labels: { path: 'a"b\\c\n*' } })(key)).toBe(true);
  });

  test('agrees with a matcher that is slow and obvious', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 });
    const label = fc.constantFrom('x', 'y');
    fc.assert(
      fc.property(
        fc.record({ patterns: fc.array(glob, { maxLength: 3 }), labels: fc.dictionary(label, glob, { maxKeys: 2 }) }),
        word,
        fc.dictionary(label, word, { maxKeys: 2 }),
        (given, name, labels) => {
          const key = formatSeriesKey(name, labels);
          const isMeant =
            given.patterns.length === 0 ||
            given.patterns.some((pattern) => isLike(name, pattern) || isLike(key, pattern));
          const hasLabels = Object.entries(given.labels).every(([each, pattern]) => isLike(labels[each], pattern));
          expect(seriesMatcherOf(given)(key)).toBe(isMeant && hasLabels);
        },
      ),
      { seed: 20_261_127, numRuns: 3_000 },
    );
  });
});

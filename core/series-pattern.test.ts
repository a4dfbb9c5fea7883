import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matcherOf } from './series-pattern.ts';

describe('matcherOf()', () => {
  test.each([
    ['load1', 'load1', true],
    ['load1', 'load15', false],
    ['load*', 'load15', true],
    ['*', 'anything{a="b"}', true],
    ['disk_*_bytes', 'disk_used_bytes{device="vda"}', true],
    ['disk_*{device="vda"}', 'disk_used_bytes{device="vda"}', true],
    ['disk_*{device="vdb"}', 'disk_used_bytes{device="vda"}', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['**', '', true],
    ['a.c', 'abc', false],
  ])('%s means %s: %s', (pattern, key, isMeant) => {
    expect(matcherOf([pattern])(key)).toBe(isMeant);
  });

  test('agrees with a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, key) => {
        expect(matcherOf([pattern])(key)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(key));
      }),
      { seed: 20_261_126, numRuns: 2_000 },
    );
  });
});

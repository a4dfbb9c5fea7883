import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globMatcherOf, globsMatcherOf } from './glob.ts';

/** The obvious one: slow on hostile patterns, and therefore only here. */
function regexOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^]*')}$`);
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '{', '\n'), maxLength: 10 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '{', '\n', '*', '*'), maxLength: 8 });

describe('globMatcherOf()', () => {
  test('agrees with a regular expression', () => {
    fc.assert(
      fc.property(pattern, text, (glob, name) => {
        expect(globMatcherOf(glob)(name)).toBe(regexOf(glob).test(name));
      }),
      { seed: 20_261_127, numRuns: 5_000 },
    );
  });

  test('answers a pattern that makes regular expressions explode', () => {
    const hostile = 'a*'.repeat(2_000);
    expect(globMatcherOf(`${hostile}b`)('a'.repeat(20_000))).toBe(false);
    expect(globMatcherOf(hostile)('a'.repeat(20_000))).toBe(true);
  });
});

describe('globsMatcherOf()', () => {
  test('means what one of its patterns means, and nothing without any', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), text, (globs, name) => {
        expect(globsMatcherOf(globs)(name)).toBe(globs.some((glob) => regexOf(glob).test(name)));
      }),
      { seed: 20_261_127, numRuns: 2_000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRowElement, parseCopyLine } from './rows.ts';

describe('parseCopyLine()', () => {
  test('undoes the escapes of COPY', () => {
    expect(parseCopyLine('a\\tb\t\\N\t\\\\N\t\\n\\r\\b\\f\\v\t', 5)).toEqual(['a\tb', null, '\\N', '\n\r\b\f\v', '']);
  });

  test('a row of no columns is an empty line', () => {
    expect(parseCopyLine('', 0)).toEqual([]);
    expect(parseCopyLine('', 1)).toEqual(['']);
  });

  test('refuses a line with another number of values', () => {
    expect(() => parseCopyLine('1\t2', 3)).toThrow('Cannot read row: it must have 3 values: got 2');
  });
});

describe('formatRowElement()', () => {
  test('quotes for the row and again for the array', () => {
    expect(formatRowElement(['1', null, 'say "hi"', 'a\\b', ''])).toBe(
      String.raw`"(\"1\",,\"say \\\"hi\\\"\",\"a\\\\b\",\"\")"`,
    );
  });

  test('nothing is lost by both quotings', () => {
    const unquote = (text: string) => text.slice(1, -1).replace(/\\(.)/gs, '$1');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(unquote(unquote(formatRowElement([value])).slice(1, -1))).toBe(value);
      }),
      { seed: 1 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limitParts, limitText, parseLimit } from './limit-text.ts';

describe('parseLimit()', () => {
  test.each([
    ['85', 85],
    ['85 %', 85],
    ['−1.5', -1.5],
    ['5 MiB/s', 5 * 1024 ** 2],
    ['5 mb', 5e6],
    ['1.5 k', 1_500],
    ['10 000', 10_000],
    ['1e6', 1e6],
    ['.5', 0.5],
    ['40 °C', 40],
  ])('reads %j', (text, value) => {
    expect(parseLimit(text)).toBe(value);
  });

  test.each(['', 'high', '1,000', '5 apples', '1e999', '--2', '1 2', '0x10'])('refuses %j', (text) => {
    expect(parseLimit(text)).toBeNull();
  });
});

describe('limitText()', () => {
  test.each([
    [85, 'percent', '85 %'],
    [5 * 1024 ** 2, 'bytes/s', '5 MiB/s'],
    [5e6, 'bytes/s', '5 MB/s'],
    [1024, 'bytes', '1 KiB'],
    [1_000, 'bytes', '1000 B'],
    [8, '1', '8'],
    [-3.5, 'celsius', '−3.5 °C'],
    [0, 'bytes', '0 B'],
    [12, '1/s', '12/s'],
  ])('writes %d of %s', (value, unit, text) => {
    expect(limitText(value, unit).replaceAll('\u202f', ' ')).toBe(text);
  });
});

test('a limit that is written reads back as the same number, whatever its unit', () => {
  const units = fc.constantFrom('percent', 'bytes', 'bytes/s', 'bits/s', 'ms', 's', 'celsius', '1', '1/s', '');
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), units, (value, unit) => {
      expect(parseLimit(limitParts(value, unit).figure)).toBe(value === 0 ? 0 : value);
    }),
    { seed: 7 },
  );
});

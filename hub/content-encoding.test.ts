import { describe, expect, test } from 'vitest';
import { chooseEncoding, matchesTag } from './content-encoding.ts';

describe('chooseEncoding()', () => {
  test.each([
    ['', null],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZip ; Q=0.5', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0, gzip;q=0.000', null],
    ['*', 'br'],
    ['*;q=0', null],
    ['*;q=0, gzip', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['identity', null],
    ['identity, br', 'br'],
    ['identity, br;q=0.9', null],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['identity;q=0', null],
    ['brotli, gzipped', null],
    ['br;q=2, gzip;q=x', null],
    ['br;level=11', 'br'],
    [',;q=1,, gzip', 'gzip'],
  ])('takes of "%s" %s', (header, encoding) => {
    expect(chooseEncoding(header, ['br', 'gzip'])).toBe(encoding);
  });

  test('gives nothing that is not there', () => {
    expect(chooseEncoding('br, gzip;q=0.5', ['gzip'])).toBe('gzip');
    expect(chooseEncoding('br, gzip', [])).toBeNull();
  });
});

describe('matchesTag()', () => {
  test.each([
    ['W/"a"', true],
    ['"a"', true],
    ['"b", W/"a"', true],
    ['*', true],
    ['"b"', false],
    ['a', false],
    ['', false],
  ])('%s', (header, isSame) => {
    expect(matchesTag(header, 'W/"a"')).toBe(isSame);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

describe('crc32c()', () => {
  // RFC 3720 prints the four bytes of each CRC in the order in which they are sent, least significant first.
  test.each([
    ['32 zero bytes', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['32 rising bytes', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ['32 falling bytes', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
    ['nothing', new Uint8Array(0), 0],
    ['"123456789"', Uint8Array.from('123456789', (digit) => digit.charCodeAt(0)), 0xe3069283],
  ])('gives the published value for %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test('goes on from the CRC of what came before, wherever the cut is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
      }),
      { seed: 1 },
    );
  });
});

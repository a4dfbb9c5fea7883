import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { messageDepthMax, messageElementsMax } from './limits.ts';
import { checkMessageBytes } from './msgpack-guard.ts';

const packr = new Packr({ useRecords: false });

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}

/** Why the guard refuses, without the place; null when it does not. */
function problemOf(bytes: Uint8Array): string | null {
  try {
    checkMessageBytes(bytes);
    return null;
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'ERR_MESSAGE_MALFORMED') throw error;
    return error.message.slice('Cannot decode message: '.length).split(': ')[0]!;
  }
}

/** `depth` arrays of one element, the innermost empty. */
function nested(depth: number): Uint8Array {
  return new Uint8Array(depth).fill(0x91, 0, depth - 1).fill(0x90, depth - 1);
}

function nils(count: number): Uint8Array {
  const bytes = new Uint8Array(5 + count).fill(0xc0);
  bytes[0] = 0xdd;
  new DataView(bytes.buffer).setUint32(1, count);
  return bytes;
}

describe('checkMessageBytes()', () => {
  test('takes whatever the library packs from arrays, numbers, texts and bins', () => {
    const leaf = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 20 })), { maxLength: 40 }), (value) => {
        expect(problemOf(packr.pack(value))).toBeNull();
      }),
      { seed: 20_261_122, numRuns: 300 },
    );
  });

  test.each([
    ['nothing', ''],
    ['an array without its element', '91'],
    ['an array16 without its length', 'dc00'],
    ['a float64 of 7 bytes', '91cb00000000000000'],
    ['a text of 3 bytes that says 4', '91a4616263'],
    ['an array32 of 4 GB', 'ddffffffff'],
    ['an array32 of 4 GB inside', '91ddffffffff'],
    ['a str32 of 4 GB', '91dbffffffff'],
    ['a bin32 of 4 GB', '91c6ffffffff'],
    ['an ext32 of 4 GB', '91c9ffffffff01'],
    ['a map32 of 4 GB', 'dfffffffff'],
    ['an empty map', '9180'],
    ['a map with the key __proto__', `9181a9${Buffer.from('__proto__').toString('hex')}c0`],
    ['a map16', '91de0000'],
    ['the unused byte', '91c1'],
    ['a timestamp of 4 bytes', '91d6ff00000000'],
    ["the library's own extension 0x70", '91d57000 00'],
    ['its record definition', '91d4724091a161'],
    ['ext8', '91c7010000'],
    ['a number alone', '01'],
    ['a text alone', 'a161'],
    ['bytes after the array', '90c0'],
    ['a second array', '9090'],
    ['text that is not UTF-8', '91a2c328'],
    ['an overlong slash', '91a2c0af'],
    ['a surrogate in UTF-8', '91a3eda080'],
    ['text that ends inside a character', '92a1e2a28228'],
  ])('refuses %s', (_what, hex) => {
    expect(problemOf(bytesOf(hex))).not.toBeNull();
  });

  test.each([10, 1_000, 60_000])('refuses %i levels at the first too many', (depth) => {
    expect(problemOf(nested(depth))).toBe(`at most ${messageDepthMax} levels are allowed`);
  });

  test('takes as many levels and elements as are allowed, and no more', () => {
    // The message itself stands on a level of its own.
    expect(problemOf(nested(messageDepthMax - 1))).toBeNull();
    expect(problemOf(nested(messageDepthMax))).not.toBeNull();
    expect(problemOf(nils(messageElementsMax - 1))).toBeNull();
    expect(problemOf(nils(messageElementsMax))).toBe(`at most ${messageElementsMax} elements are allowed`);
  });

  test('refuses a million nils and a quarter million maps without walking them', () => {
    expect(problemOf(nils(1_000_000))).toBe(`at most ${messageElementsMax} elements are allowed`);
    const maps = nils(250_000).fill(0x80, 5);
    expect(problemOf(maps)).toMatch(/^maps, extensions/);
  });
});

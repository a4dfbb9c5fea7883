import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from './errors.ts';
import { decodeUtf8, encodeUtf8, malformedUtf8At, utf8ByteCount, wellFormed } from './utf8.ts';

const runs = { seed: 20_261_122, numRuns: 500 };
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function platformDecode(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

describe('UTF-8', () => {
  test('encodeUtf8() gives the bytes of TextEncoder, lone surrogates as U+FFFD', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const text = String.fromCharCode(...units);
        const bytes = encodeUtf8(text);
        expect(bytes).toEqual(new Uint8Array(new TextEncoder().encode(text)));
        expect(utf8ByteCount(text)).toBe(bytes.length);
        expect(decodeUtf8(bytes)).toBe(wellFormed(text));
      }),
      runs,
    );
  });

  test('decodeUtf8() takes and refuses what a strict TextDecoder does', () => {
    // Bytes from the places where the table of well-formed sequences has its edges.
    const edge = fc.constantFrom(
      0x00,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 6 }), (values) => {
        const bytes = Uint8Array.from(values);
        const expected = platformDecode(bytes);
        expect(malformedUtf8At(bytes, 0, bytes.length) < 0).toBe(expected !== null);
        if (expected === null) expect(() => decodeUtf8(bytes)).toThrow(DecodeError);
        else expect(decodeUtf8(bytes)).toBe(expected);
      }),
      { ...runs, numRuns: 5_000 },
    );
  });

  test('malformedUtf8At() looks at its range alone', () => {
    const bytes = Uint8Array.of(0xff, 0x61, 0xe2, 0x82, 0xac);
    expect([malformedUtf8At(bytes, 1, 5), malformedUtf8At(bytes, 1, 4), malformedUtf8At(bytes, 0, 5)]).toEqual([
      -1, 2, 0,
    ]);
  });

  test('decodeUtf8() joins long texts', () => {
    const text = 'häuser-€-😀 '.repeat(2_000);
    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from './base64url.ts';

describe('base64url', () => {
  test('is what Node makes of any bytes, and comes back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64url(text)).toEqual(bytes);
      }),
      { seed: 6 },
    );
  });

  test('no two texts mean the same bytes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const bytes = decodeBase64url(text);
        if (bytes !== null) expect(encodeBase64url(bytes)).toBe(text);
      }),
      { seed: 6 },
    );
  });

  test.each(['A', 'AB', 'AA=', 'AA==', 'A+', 'A/', 'A A', 'AAAAA', 'é'])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBeNull();
  });
});

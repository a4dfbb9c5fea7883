/**
 * Public keys of publishers: Ed25519 (RFC 8032), written `ed25519:` and 32 bytes in base64url.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodeBase64url } from '#core/base64url.ts';
import { type SignedText, signedBytesOf } from '#core/signed-script.ts';

export const publisherKeyPrefix = 'ed25519:';

/** The base64url of a key as it stands in a settings file; null when it is none. */
export function parsePublisherKey(text: string): string | null {
  if (!text.startsWith(publisherKeyPrefix)) return null;
  const key = text.slice(publisherKeyPrefix.length);
  return decodeBase64url(key)?.length === 32 && toKeyObject(key) !== null ? key : null;
}

/** Whether the holder of the key that the manifest names has signed it. Does not say whether that key is to be trusted. */
export function isSignedByItsKey({ manifest, signature }: Pick<SignedText, 'manifest' | 'signature'>): boolean {
  const key = toKeyObject(manifest.key);
  return key !== null && verify(null, signedBytesOf(manifest), key, signature);
}

function toKeyObject(key: string): KeyObject | null {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

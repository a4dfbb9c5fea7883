/**
 * Whether a signed text is signed by the key that it names. Tells a mistake early; what runs, each agent decides by the keys
 * in its own settings.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type SignedText, signedBytesOf } from '#core/signed-script.ts';

/** Why it is not, as "x must be y"; null when it is. */
export function signatureProblem({ manifest, signature, code }: SignedText): string | null {
  const key = toKeyObject(manifest.key);
  if (key === null || !verify(null, signedBytesOf(manifest), key, signature))
    return 'its signature must be that of the key which it names';
  if (manifest.kind === 'revocation') return null;
  const sha256 = createHash('sha256').update(code, 'utf8').digest('hex');
  return sha256 === manifest.sha256 ? null : 'its code must be the one that was signed: it has been changed since';
}

function toKeyObject(key: string): KeyObject | null {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

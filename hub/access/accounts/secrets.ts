/**
 * Secrets that the hub gives out: 256 random bits each, of which only the SHA-256 is kept.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const secretBytes = 32;
/** By which people, and those who look for leaked secrets, know what it is. */
export const apiTokenPrefix = 'pw_';

export function makeSecret(prefix = ''): { readonly secret: string; readonly hash: string } {
  const secret = prefix + randomBytes(secretBytes).toString('base64url');
  return { secret, hash: hashOf(secret) };
}

/** SHA-256 in hex. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * What a page has to send along with a change: it can read it only from the hub's own answer, and no page of another site can.
 * Follows from the secret in the cookie, so that nothing has to be kept.
 */
export function csrfTokenOf(cookieSecret: string): string {
  return createHmac('sha256', cookieSecret).update('pulsewire csrf token').digest('base64url');
}

/** Takes as long for every text of that length. */
export function isSame(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

/**
 * Who sends a request, by what it brings: a bearer token or the cookie of a session.
 *
 * The sockets ask at every request and at every upgrade of a viewer, so whoever is known is told without a wait.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Actor } from './actor.ts';

/** What a request says of its sender. */
export interface Credentials {
  /** The header `authorization`; empty for none. */
  readonly authorization: string;
  /** The header `cookie`; empty for none. */
  readonly cookie: string;
  /** Where it comes from: the peer, or what a trusted proxy says. */
  readonly address: string;
  /** Whether it came over TLS, here or at a trusted proxy. */
  readonly isSecure: boolean;
}

export interface Gate {
  /** Throws or rejects with HttpError: 401 for credentials that are none here, 429 for too many tries, 503 while it cannot be known. */
  identify(credentials: Credentials): Actor | Promise<Actor>;
  /** Throws HttpError 403 for a change that a page of another site may have made somebody's browser ask for. `csrf`: the header x-csrf-token. */
  checkChange(actor: Actor, credentials: Credentials, csrf: string): void;
}

/** Whether a text is the secret with this SHA-256; takes as long for every other text. */
export function matchesHash(text: string, hash: Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(text).digest(), hash);
}

/** The token of `authorization: Bearer …`; null when there is none. */
export function bearerOf(authorization: string): string | null {
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1] ?? null;
}

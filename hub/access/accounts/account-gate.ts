/**
 * Tells who sends a request, from memory. What is not known here is looked for in the database once, as another hub may have
 * given it out a moment ago; while that cannot be done, it is nobody's (503).
 *
 * A cookie that means nothing (any more) is no fault of a browser: then nobody is signed in. A bearer token that means nothing
 * is told so.
 */
import { HttpError } from '../../http.ts';
import type { Actor } from '../actor.ts';
import { bearerOf, type Credentials, type Gate, matchesHash } from '../gate.ts';
import type { AccessBook } from './access-book.ts';
import { cookieSecretOf } from './cookies.ts';
import { csrfTokenOf, hashOf, isSame } from './secrets.ts';
import { limitKeyOf, TryLimiter } from './try-limiter.ts';

export interface AccountGateOptions {
  readonly book: AccessBook;
  /** SHA-256 of the operator's key; null before it has been read. */
  readonly operatorHash: () => Uint8Array | null;
  /** Whether strangers may look. */
  readonly anonymousView: boolean;
  readonly nowMonotonicMs: () => number;
}

/** Secrets that mean nothing, from one address: a page with an old cookie asks for a dozen files. */
export const unknownLimits = { burst: 120, refillMs: 500, keysMax: 20_000 } as const;

export class AccountGate implements Gate {
  readonly #options: AccountGateOptions;
  readonly limiter = new TryLimiter(unknownLimits);

  constructor(options: AccountGateOptions) {
    this.#options = options;
  }

  identify(credentials: Credentials): Actor | Promise<Actor> {
    const bearer = bearerOf(credentials.authorization);
    const known = bearer === null ? this.#byCookie(credentials) : this.#byBearer(bearer);
    if (known === 'idle' || known === null) return this.#look(credentials, bearer, known === 'idle');
    this.#options.book.used(known);
    return known;
  }

  checkChange(actor: Actor, credentials: Credentials, csrf: string): void {
    // Only a cookie is sent along by a browser that its person has not asked.
    if (actor.kind !== 'person') return;
    const expected = this.csrfOf(credentials);
    if (expected !== null && isSame(csrf, expected)) return;
    throw new HttpError(
      403,
      'Cannot change anything by a cookie alone: the header x-csrf-token must be what /api/v1/session answers as "csrf"',
    );
  }

  /** What a page has to send along with changes; null without a cookie. */
  csrfOf(credentials: Credentials): string | null {
    if (bearerOf(credentials.authorization) !== null) return null;
    const secret = cookieSecretOf(credentials.cookie, credentials.isSecure);
    return secret === null ? null : csrfTokenOf(secret);
  }

  #byBearer(bearer: string): Actor | null {
    const { operatorHash, book } = this.#options;
    const hash = operatorHash();
    if (hash !== null && matchesHash(bearer, hash)) return { kind: 'operator' };
    return book.tokenActor(hashOf(bearer));
  }

  #byCookie({ cookie, isSecure }: Credentials): Actor | 'idle' | null {
    const secret = cookieSecretOf(cookie, isSecure);
    return secret === null ? this.#stranger : this.#options.book.sessionActor(hashOf(secret));
  }

  get #stranger(): Actor {
    return { kind: 'anonymous', canRead: this.#options.anonymousView };
  }

  async #look(credentials: Credentials, bearer: string | null, isIdle: boolean): Promise<Actor> {
    const { book, nowMonotonicMs } = this.#options;
    const key = limitKeyOf(credentials.address);
    const waitMs = this.limiter.take(key, nowMonotonicMs());
    if (waitMs > 0) {
      if (bearer === null) return this.#stranger;
      throw tooManyError('Cannot answer: too many tokens from this address are not known here', waitMs);
    }
    try {
      if (isIdle) await book.revive(hashOf(cookieSecretOf(credentials.cookie, credentials.isSecure) ?? ''));
      else await book.refresh();
    } catch {
      throw new HttpError(503, 'Cannot tell who asks: the database is away', { 'retry-after': '5' });
    }
    const found = bearer === null ? this.#byCookie(credentials) : this.#byBearer(bearer);
    if (found !== null && found !== 'idle') {
      this.limiter.giveBack(key);
      book.used(found);
      return found;
    }
    if (bearer === null) return this.#stranger;
    throw new HttpError(401, 'Cannot answer: the token is not known here, or has expired', {
      'www-authenticate': 'Bearer realm="pulsewire", error="invalid_token"',
    });
  }
}

export function tooManyError(what: string, waitMs: number): HttpError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new HttpError(429, `${what}: try again in ${seconds} s`, { 'retry-after': String(seconds) });
}

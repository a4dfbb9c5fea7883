/**
 * Passwords as they are kept and checked: scrypt (RFC 7914) in Node's thread pool, normalised before, so that the same keys
 * on another keyboard are the same password.
 *
 * One at a time: each takes 128 MiB and a core for a third of a second, and live viewing is to notice nothing. Those who wait
 * are bounded, in all and for each address (an IPv6 network is one), so that one stranger cannot keep everybody waiting.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { HttpError } from '../../http.ts';
import { limitKeyOf } from './try-limiter.ts';

export interface PasswordCost {
  /** log2 of N. */
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelism: number;
}

/** OWASP's password storage cheat sheet, scrypt: N = 2^17 (128 MiB), r = 8, p = 1. */
export const currentCost: PasswordCost = { costLog2: 17, blockSize: 8, parallelism: 1 };

export const passwordBytesMin = 12;
export const passwordBytesMax = 1_024;
export const waitingMax = 32;
export const waitingPerAddressMax = 4;
const saltBytes = 16;
const hashBytes = 32;
/** A row that somebody has written by hand must not take all memory: N ≤ 2^20, r ≤ 16, p ≤ 4. */
const costLog2Max = 20;
const blockSizeMax = 16;
const parallelismMax = 4;

export class Passwords {
  readonly #cost: PasswordCost;
  readonly #waiting: { readonly key: string; readonly run: () => void }[] = [];
  #isBusy = false;
  checkedCount = 0;
  refusedCount = 0;

  /** `cost`: of what is hashed from now on. */
  constructor(cost: PasswordCost = currentCost) {
    this.#cost = cost;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** For the database: method, cost, salt and hash. Rejects with HttpError 503 while too many wait. */
  async hash(password: string, address: string): Promise<string> {
    const salt = randomBytes(saltBytes);
    const hash = await this.#derive(password, { cost: this.#cost, salt, address });
    const { costLog2, blockSize, parallelism } = this.#cost;
    return ['scrypt', costLog2, blockSize, parallelism, salt.toString('base64url'), hash.toString('base64url')].join(
      '$',
    );
  }

  /** Takes as long for `stored` null, which is nobody's, as for somebody's. Rejects with HttpError 503 while too many wait. */
  async matches(password: string, stored: string | null, address: string): Promise<boolean> {
    const parts = stored === null ? null : parseHash(stored);
    const { cost, salt, hash } = parts ?? {
      cost: this.#cost,
      salt: randomBytes(saltBytes),
      hash: randomBytes(hashBytes),
    };
    const derived = await this.#derive(password, { cost, salt, address });
    return timingSafeEqual(derived, hash) && parts !== null;
  }

  /** Whether it was made at another cost than is asked for now, and is to be made anew while the password is known. */
  isOutdated(stored: string): boolean {
    const { cost } = parseHash(stored) ?? { cost: null };
    const { costLog2, blockSize, parallelism } = this.#cost;
    return cost?.costLog2 !== costLog2 || cost.blockSize !== blockSize || cost.parallelism !== parallelism;
  }

  async #derive(
    password: string,
    options: { readonly cost: PasswordCost; readonly salt: Uint8Array; readonly address: string },
  ): Promise<Buffer> {
    await this.#turn(options.address);
    try {
      this.checkedCount += 1;
      return await derive(normalised(password), options);
    } finally {
      this.#isBusy = false;
      this.#waiting.shift()?.run();
    }
  }

  /** Settles when it is this one's turn. */
  async #turn(address: string): Promise<void> {
    if (!this.#isBusy) {
      this.#isBusy = true;
      return;
    }
    const key = limitKeyOf(address);
    const ofAddress = this.#waiting.filter((waiting) => waiting.key === key).length;
    if (this.#waiting.length >= waitingMax || ofAddress >= waitingPerAddressMax) {
      this.refusedCount += 1;
      throw new HttpError(503, 'Cannot check password: too many are being checked: try again in a moment', {
        'retry-after': '5',
      });
    }
    await new Promise<void>((resolve) => {
      const run = () => {
        this.#isBusy = true;
        resolve();
      };
      this.#waiting.push({ key, run });
    });
  }
}

/** Why a text cannot be a new password; null when it can. */
export function passwordProblem(password: string, name: string): string | null {
  const { byteLength } = Buffer.from(normalised(password));
  if (byteLength < passwordBytesMin || byteLength > passwordBytesMax)
    return `password: ${passwordBytesMin} to ${passwordBytesMax.toLocaleString('en')} bytes are wanted: got ${byteLength}`;
  if (nameKeyOf(password) === nameKeyOf(name)) return 'password: something else than the name is wanted';
  if (new Set(normalised(password)).size < 4) return 'password: at least four different characters are wanted';
  return null;
}

/** A password that nobody has thought of: 20 letters and digits that are not mistaken for others, of some 98 bits. */
export function madePassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const text = Array.from(randomBytes(20), (byte) => letters[byte % letters.length]).join('');
  return text.replace(/.{5}(?=.)/g, '$&-');
}

/** A name as it is compared: names that are written alike are one. */
export function nameKeyOf(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

/** NFKC, as NIST SP 800-63B 3.1.1.2 asks for. */
function normalised(password: string): string {
  return password.normalize('NFKC');
}

function parseHash(
  stored: string,
): { readonly cost: PasswordCost; readonly salt: Buffer; readonly hash: Buffer } | null {
  const match = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d)\$([\w-]{16,64})\$([\w-]{43})$/.exec(stored);
  if (match === null) return null;
  const [costLog2, blockSize, parallelism] = match.slice(1, 4).map(Number) as [number, number, number];
  if (costLog2 < 1 || costLog2 > costLog2Max || blockSize < 1 || blockSize > blockSizeMax) return null;
  if (parallelism < 1 || parallelism > parallelismMax) return null;
  const [salt, hash] = [Buffer.from(match[4]!, 'base64url'), Buffer.from(match[5]!, 'base64url')];
  return hash.byteLength === hashBytes ? { cost: { costLog2, blockSize, parallelism }, salt, hash } : null;
}

function derive(
  password: string,
  { cost, salt }: { readonly cost: PasswordCost; readonly salt: Uint8Array },
): Promise<Buffer> {
  const { costLog2, blockSize, parallelism } = cost;
  const options: ScryptOptions = {
    cost: 2 ** costLog2,
    blockSize,
    parallelization: parallelism,
    // 128 × N × r is what it takes; Node counts a little more.
    maxmem: 128 * 2 ** costLog2 * blockSize + 1024 * 1024 * (1 + parallelism),
  };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hashBytes, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

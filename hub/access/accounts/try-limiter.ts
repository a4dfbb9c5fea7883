/**
 * Bounds how often somebody may be wrong: a bucket of tries for each key, which fills again with time. Pure; the clock
 * is an argument. Bounded itself: beyond `keysMax` those go that have waited longest for a try.
 */

export interface TryLimits {
  /** Tries at once. */
  readonly burst: number;
  /** Until one more. */
  readonly refillMs: number;
  readonly keysMax: number;
}

interface Bucket {
  /** When it is full again, monotonic ms: each try taken moves it on. */
  fullAtMs: number;
}

export class TryLimiter {
  readonly #limits: TryLimits;
  /** In the order of the last try. */
  readonly #buckets = new Map<string, Bucket>();
  #sweptMs = Number.NEGATIVE_INFINITY;
  refusedCount = 0;

  constructor(limits: TryLimits) {
    this.#limits = limits;
  }

  get keyCount(): number {
    return this.#buckets.size;
  }

  get keysMax(): number {
    return this.#limits.keysMax;
  }

  /** Takes one try; 0, or how long to wait, ms, when there is none. */
  take(key: string, nowMs: number): number {
    const { burst, refillMs, keysMax } = this.#limits;
    const fullAtMs = Math.max(this.#buckets.get(key)?.fullAtMs ?? nowMs, nowMs) + refillMs;
    const waitMs = fullAtMs - nowMs - burst * refillMs;
    if (waitMs > 0) {
      this.refusedCount += 1;
      return waitMs;
    }
    this.#buckets.delete(key);
    this.#buckets.set(key, { fullAtMs });
    if (this.#buckets.size > keysMax) this.#forget(nowMs);
    return 0;
  }

  /** Gives one back: it was no wrong one. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.fullAtMs -= this.#limits.refillMs;
  }

  /** Lets go of buckets that are full again, of some at least. All are looked through once in a refill: sooner hardly one is full. */
  #forget(nowMs: number): void {
    if (nowMs - this.#sweptMs >= this.#limits.refillMs) {
      this.#sweptMs = nowMs;
      for (const [key, { fullAtMs }] of this.#buckets) if (fullAtMs <= nowMs) this.#buckets.delete(key);
    }
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#limits.keysMax) return;
      this.#buckets.delete(key);
    }
  }
}

/** An IPv6 network gives each of its hosts 2^64 addresses: they count as one. IPv4 within IPv6 is IPv4. */
export function limitKeyOf(address: string): string {
  const text = address.toLowerCase().replace(/%.*$/, '');
  if (!text.includes(':')) return text;
  const dotted = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const [a = 0, b = 0, c = 0, d = 0] = (dotted?.slice(2) ?? []).map(Number);
  const plain = dotted === null ? text : `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const [left = '', right] = plain.split('::');
  const [head, tail] = [left, right ?? ''].map((half) => half.split(':').filter((group) => group !== '')) as [
    string[],
    string[],
  ];
  const zeros = right === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16) || 0);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0))
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/**
 * Who comes with tokens that are none here: an address that does so too often is sent away before the database is asked.
 * Whoever comes with a token that is known is never counted. IPv6 is counted by its /64. Bounded: beyond `addressesMax` the
 * oldest are forgotten.
 */
import { addressGroup } from '../network/peer-address.ts';

/** Unknown tokens of one address in a minute: a fleet behind one address that has to enrol anew comes through in turns. */
const triesMax = 120;
const windowMs = 60_000;
const addressesMax = 10_000;

interface Tries {
  readonly sinceMs: number;
  count: number;
}

export class Strangers {
  readonly #tries = new Map<string, Tries>();

  /** Addresses that are remembered now. */
  get count(): number {
    return this.#tries.size;
  }

  /** Whether this address has to wait. */
  isTooMany(address: string, nowMs: number): boolean {
    const tries = this.#tries.get(addressGroup(address));
    return tries !== undefined && nowMs - tries.sinceMs < windowMs && tries.count >= triesMax;
  }

  /** A token from this address was none. */
  failed(address: string, nowMs: number): void {
    const group = addressGroup(address);
    const tries = this.#tries.get(group);
    if (tries !== undefined && nowMs - tries.sinceMs < windowMs) {
      tries.count += 1;
      return;
    }
    // At the end of the order again: the first is the oldest.
    this.#tries.delete(group);
    this.#tries.set(group, { sinceMs: nowMs, count: 1 });
    if (this.#tries.size <= addressesMax) return;
    const [oldest] = this.#tries.keys();
    this.#tries.delete(oldest!);
  }
}

/**
 * Which item makes the hub close the link, found by sending less at once.
 *
 * A close that blames a message does not say which one. Each such close leaves a quarter of the ticks under way, down
 * to one; an item that was alone on its way at its third close is given up. Each ack lets twice as many go again.
 *
 * Invariant: an item is never given up for a close at which another one was under way, too. Outlives the link.
 */
import type { Id128 } from '../message.ts';
import type { SpoolStream } from './item.ts';

/** Closes by the hub at the same item before the item is given up. */
const closesMax = 3;
const suspiciousCloseCodes: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009, 4400]);

export class Suspicion {
  /** Trials of more ticks than this are none. */
  readonly #tickCountMax: number;
  /** The oldest unacknowledged item at the last suspicious close, and how often it was that. */
  #suspect: { readonly epoch: Id128; readonly seq: number; readonly closes: number } | null = null;
  #trialTicks = Number.POSITIVE_INFINITY;

  constructor(tickCountMax: number) {
    this.#tickCountMax = tickCountMax;
  }

  /** Ticks that may be under way at once; infinite without a suspicion. */
  get trialTicks(): number {
    return this.#trialTicks;
  }

  /** While true, nothing is added to what is outstanding. */
  get isTrying(): boolean {
    return this.#trialTicks < Number.POSITIVE_INFINITY;
  }

  /**
   * The hub has closed the link over something that was sent of this stream, up to `sentSeq`. Answers the seq to give
   * up, or null.
   */
  closedAt(stream: SpoolStream, sentSeq: number): number | null {
    const { epoch, acked, next } = stream;
    const seq = acked + 1;
    const isSame = this.#suspect !== null && this.#suspect.epoch === epoch && this.#suspect.seq === seq;
    const closes = isSame ? this.#suspect!.closes + 1 : 1;
    this.#suspect = { epoch, seq, closes };
    const wasAlone = this.#trialTicks === 1;
    this.#trialTicks = Math.max(1, Math.min(this.#trialTicks, sentSeq - acked) >> 2);
    if (!wasAlone || closes < closesMax || seq >= next) return null;
    this.#suspect = null;
    return seq;
  }

  /** The hub has stored items up to `storedSeq` that it had not. */
  ackedAt(epoch: Id128, storedSeq: number): void {
    this.#trialTicks = this.#trialTicks * 2 > this.#tickCountMax ? Number.POSITIVE_INFINITY : this.#trialTicks * 2;
    if (this.#suspect !== null && this.#suspect.epoch === epoch && storedSeq >= this.#suspect.seq) this.#suspect = null;
  }
}

/** Whether a close with this code says that something we sent is at fault. */
export function isSuspiciousClose(code: number): boolean {
  return suspiciousCloseCodes.has(code);
}

/**
 * How far one stream has got on the current link: sent, outstanding, and whether it is being compared with
 * what the hub has stored. Everything here is lost with the link and rebuilt from the next welcome.
 */
import { assert } from '../errors.ts';
import type { Id128 } from '../message.ts';
import type { LayoutId } from '../series.ts';

export interface StoredPoint {
  readonly seq: number;
  readonly gapTicks: number;
  /** The item there is known to be another one than the agent's. */
  readonly isForeign: boolean;
}

export class Lane {
  readonly epoch: Id128;
  /** The hub's name for the stream; null until the welcome that answers it. */
  ordinal: number | null = null;
  /** The last frame sent on this link, which the next one may lean on. */
  lastFrame: { readonly seq: number; readonly timeMs: number; readonly layoutId: LayoutId } | null = null;
  /** Seqs of held ticks that the hub has not stored, or has stored differently; filled while verifying. */
  readonly differingSeqs: number[] = [];
  /** While verifying: what the hub has stored. */
  #stored: StoredPoint | null = null;
  #sentSeq = 0;
  /** Bytes in (acked, sent], each item once, by the last seq of each message. */
  readonly #outstanding: { readonly lastSeq: number; readonly bytes: number }[] = [];
  #outstandingBytes = 0;

  constructor(epoch: Id128) {
    this.epoch = epoch;
  }

  get sentSeq(): number {
    return this.#sentSeq;
  }

  get outstandingBytes(): number {
    return this.#outstandingBytes;
  }

  get isVerifying(): boolean {
    return this.#stored !== null;
  }

  /** What the hub has stored, while verifying. */
  get stored(): StoredPoint {
    assert(this.#stored !== null, 'the lane is not verifying');
    return this.#stored;
  }

  startVerifying(stored: StoredPoint): void {
    this.#stored = stored;
  }

  endVerifying(): void {
    this.#stored = null;
  }

  /** Items up to `lastSeq` have been handed to the socket. */
  sent(lastSeq: number, bytes: number): void {
    assert(lastSeq > this.#sentSeq, `sent(${lastSeq}) after ${this.#sentSeq}`);
    this.#sentSeq = lastSeq;
    this.#outstanding.push({ lastSeq, bytes });
    this.#outstandingBytes += bytes;
  }

  /** Everything up to `seq` is stored. It may be more than was sent on this link. */
  acked(seq: number): void {
    while (this.#outstanding.length > 0 && this.#outstanding[0]!.lastSeq <= seq) {
      this.#outstandingBytes -= this.#outstanding.shift()!.bytes;
    }
    if (this.#sentSeq < seq) this.#sentSeq = seq;
  }

  /** The next item to send is the one behind `seq`, whatever was sent before. */
  rewind(seq: number): void {
    while (this.#outstanding.length > 0 && this.#outstanding.at(-1)!.lastSeq > seq) {
      this.#outstandingBytes -= this.#outstanding.pop()!.bytes;
    }
    this.#sentSeq = seq;
    this.lastFrame = null;
  }
}

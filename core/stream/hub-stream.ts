/**
 * The hub's end of one stream: what it has accepted, what is stored, and what it asks for again.
 *
 *   stored ≤ accepted: everything up to `accepted` is in memory or in the database, everything up to
 *   `stored` is committed. Only what starts right behind `accepted` is taken; what lies below is a
 *   duplicate; a jump is refused by one nack, and until the wanted seq comes the rest is dropped in silence.
 *   `forget` is for batches that were given up: the agent still holds them.
 *
 * Each link holds its streams by a lease. What came over an earlier link and is not stored when a new one is
 * admitted counts for nothing, here and in the database: the agent sends it again. So everything stored after
 * a welcome came over that welcome's link, and the checksum in the welcome tells for certain whether agent
 * and database mean the same history.
 */
import { assert } from '../errors.ts';
import { nackRepeatMs } from '../limits.ts';
import type { Id128 } from '../message.ts';

/** What to do with an item that covers seqs first..last. */
export type Offer =
  /** Take it from `fromSeq` on; what lies before is a duplicate. */
  | { readonly kind: 'take'; readonly fromSeq: number }
  | { readonly kind: 'duplicate' }
  /** Tell the agent to send again from `seq`. */
  | { readonly kind: 'nack'; readonly seq: number }
  /** A nack is under way: drop it in silence. */
  | { readonly kind: 'awaiting' };

const duplicate: Offer = { kind: 'duplicate' };
const awaiting: Offer = { kind: 'awaiting' };

export interface HubStreamShape {
  /** Key of the stream's row in the database. */
  readonly id: number;
  readonly epoch: Id128;
  readonly ordinal: number;
  readonly storedSeq: number;
  readonly storedCrc: number | null;
  readonly gapTicks: number;
  /** Added to every time of the stream, ms: set once, when the agent's clock was found wrong. */
  readonly shiftMs: number;
  /** Random number of the admission that opened the stream last. The database takes no batch with another one. */
  readonly lease: number;
}

export class HubStream {
  readonly id: number;
  readonly epoch: Id128;
  readonly ordinal: number;
  readonly shiftMs: number;
  /** Time of the newest accepted tick on the agent's clock, epoch ms; -Infinity before the first of this hub run. */
  lastMs = Number.NEGATIVE_INFINITY;
  #storedSeq: number;
  #storedCrc: number | null;
  #gapTicks: number;
  #acceptedSeq: number;
  #lease: number;
  /** The seq that was last asked for by a nack, and when; 0 when none is awaited. */
  #nackedSeq = 0;
  #nackedMs = 0;

  constructor(shape: HubStreamShape) {
    this.id = shape.id;
    this.epoch = shape.epoch;
    this.ordinal = shape.ordinal;
    this.shiftMs = shape.shiftMs;
    this.#storedSeq = shape.storedSeq;
    this.#storedCrc = shape.storedCrc;
    this.#gapTicks = shape.gapTicks;
    this.#acceptedSeq = shape.storedSeq;
    this.#lease = shape.lease;
  }

  get lease(): number {
    return this.#lease;
  }

  get storedSeq(): number {
    return this.#storedSeq;
  }

  /** CRC of the item at `storedSeq`; null when nothing of the stream is stored or this hub run has not been told. */
  get storedCrc(): number | null {
    return this.#storedCrc;
  }

  get gapTicks(): number {
    return this.#gapTicks;
  }

  get acceptedSeq(): number {
    return this.#acceptedSeq;
  }

  /** Judges an item by its seqs alone. Nothing is taken until `accept`. */
  offer(range: { readonly firstSeq: number; readonly lastSeq: number }, nowMs: number): Offer {
    const wanted = this.#acceptedSeq + 1;
    if (range.lastSeq < wanted) return duplicate;
    if (range.firstSeq <= wanted) return { kind: 'take', fromSeq: wanted };
    return this.#ask(wanted, nowMs);
  }

  /** Takes everything up to `lastSeq`, as `offer` allowed. */
  accept(lastSeq: number): void {
    assert(lastSeq > this.#acceptedSeq, `accept(${lastSeq}) after ${this.#acceptedSeq}`);
    this.#acceptedSeq = lastSeq;
    this.#nackedSeq = 0;
  }

  /**
   * The next item cannot be taken for a reason of its own (unknown layout, refused content, no room): a nack to
   * send, or null while one for the same seq is under way.
   */
  refuse(nowMs: number): number | null {
    const offer = this.#ask(this.#acceptedSeq + 1, nowMs);
    return offer.kind === 'nack' ? offer.seq : null;
  }

  /**
   * The database holds everything up to `storedSeq` under this lease. It is `rewound` when the database has been
   * restored from a backup under our feet: then what it has lost is wanted again. It is never beyond what was
   * accepted, but for batches that were forgotten after they had been handed over.
   */
  settle(stored: {
    readonly storedSeq: number;
    readonly storedCrc: number | null;
    readonly gapTicks: number;
  }): 'advanced' | 'same' | 'rewound' {
    const before = this.#storedSeq;
    this.#storedSeq = stored.storedSeq;
    this.#storedCrc = stored.storedCrc;
    this.#gapTicks = stored.gapTicks;
    if (stored.storedSeq < before) {
      this.forget();
      return 'rewound';
    }
    if (this.#acceptedSeq < stored.storedSeq) this.#acceptedSeq = stored.storedSeq;
    return stored.storedSeq === before ? 'same' : 'advanced';
  }

  /** Everything accepted and not stored has been given up: from now on the seq behind the stored one is wanted. */
  forget(): void {
    this.#acceptedSeq = this.#storedSeq;
    this.#nackedSeq = 0;
    this.lastMs = Number.NEGATIVE_INFINITY;
  }

  /** A new link starts with what the database holds: the agent sends from there by itself. */
  relink(shape: HubStreamShape): void {
    assert(shape.id === this.id, 'a stream is linked again under its own key');
    this.#lease = shape.lease;
    this.#storedSeq = shape.storedSeq;
    this.#storedCrc = shape.storedCrc;
    this.#gapTicks = shape.gapTicks;
    this.forget();
  }

  #ask(seq: number, nowMs: number): Offer {
    if (this.#nackedSeq === seq && nowMs - this.#nackedMs < nackRepeatMs) return awaiting;
    this.#nackedSeq = seq;
    this.#nackedMs = nowMs;
    return { kind: 'nack', seq };
  }
}

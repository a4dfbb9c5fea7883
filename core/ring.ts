/**
 * The newest ticks of one host in bounded memory, in the order of (ordinal, seq) whatever lane brought them.
 *
 * Rows of float64 written in a circle. Memory follows use: capacity doubles up to the bound, rows widen when
 * a wider layout comes. Appending is a copy of one row; a tick that belongs further back (a replay) moves
 * those behind it, which is rare and bounded by the capacity. A tick without a place in its stream (ordinal
 * or seq 0) is ordered by time. Hot path, guarded by `bench steady`.
 */
import { assert } from './errors.ts';
import type { Layout } from './series.ts';

export interface RingTick {
  readonly ordinal: number;
  readonly seq: number;
  readonly timeMs: number;
  readonly layout: Layout;
  /** Bytes of the row: little-endian float64, one a series. */
  readonly column: Uint8Array;
}

export interface RingBounds {
  /** Span of time kept behind the newest tick, ms. */
  readonly windowMs: number;
  readonly ticksMax: number;
}

const startCapacity = 8;
/** Shared by all rings that are empty: a typed array of no length costs 200 bytes all the same. */
const noRows = new Uint8Array(0);
const noNumbers = new Float64Array(0);

export class Ring {
  #bounds: RingBounds;
  #capacity = 0;
  #rowBytes = 0;
  #rows = noRows;
  #times = noNumbers;
  #ordinals = noNumbers;
  #seqs = noNumbers;
  #layouts: (Layout | null)[] = [];
  #oldest = 0;
  #count = 0;

  constructor(bounds: RingBounds) {
    assert(
      bounds.ticksMax >= 1 && bounds.windowMs > 0,
      `ring bounds are ${bounds.ticksMax} ticks and ${bounds.windowMs} ms`,
    );
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of memory behind the rows. */
  get byteCount(): number {
    return this.#rows.byteLength + this.#capacity * 32;
  }

  /** Takes new bounds; ticks beyond them go, and so does the memory that they took. */
  resize(bounds: RingBounds): void {
    this.#bounds = bounds;
    while (this.#count > bounds.ticksMax) this.#dropOldest();
    this.#dropBeyondWindow();
    if (this.#capacity <= bounds.ticksMax) return;
    this.#reallocate(Math.min(bounds.ticksMax, Math.max(startCapacity, this.#count)), this.#rowBytes);
  }

  /** The i-th tick from the oldest; `column` is a view, valid until the next push. */
  at(index: number): RingTick {
    assert(index >= 0 && index < this.#count, `ring index ${index} of ${this.#count}`);
    const slot = this.#slot(index);
    const layout = this.#layouts[slot]!;
    const start = slot * this.#rowBytes;
    return {
      ordinal: this.#ordinals[slot]!,
      seq: this.#seqs[slot]!,
      timeMs: this.#times[slot]!,
      layout,
      column: this.#rows.subarray(start, start + layout.series.length * 8),
    };
  }

  /** The newest tick; null while empty. Valid until the next push. */
  newest(): RingTick | null {
    return this.#count === 0 ? null : this.at(this.#count - 1);
  }

  /** Index of the first tick at or behind `sinceMs`; `count` when there is none. */
  indexSince(sinceMs: number): number {
    let index = this.#count;
    while (index > 0 && this.#times[this.#slot(index - 1)]! >= sinceMs) index -= 1;
    return index;
  }

  /**
   * Takes a copy of the tick. `newest`: it is now the last; `inserted`: it went further back; `duplicate`: known;
   * `late`: older than all that is kept, or than the window.
   */
  push(tick: RingTick): 'newest' | 'inserted' | 'duplicate' | 'late' {
    const { windowMs, ticksMax } = this.#bounds;
    let index = this.#count;
    while (index > 0) {
      const order = this.#compare(tick, this.#slot(index - 1));
      if (order === 0) return 'duplicate';
      if (order > 0) break;
      index -= 1;
    }
    const isNewest = index === this.#count;
    if (!isNewest) {
      const newestMs = this.#times[this.#slot(this.#count - 1)]!;
      if (tick.timeMs < newestMs - windowMs || (index === 0 && this.#count >= ticksMax)) return 'late';
    }
    this.#makeRoom(tick.layout.series.length * 8);
    if (this.#count >= ticksMax) {
      this.#dropOldest();
      index -= 1;
    }
    if (!isNewest) this.#openGapAt(index);
    this.#write(this.#slot(index), tick);
    this.#count += 1;
    this.#dropBeyondWindow();
    return isNewest ? 'newest' : 'inserted';
  }

  /** Order of `tick` against the one in `slot`: by (ordinal, seq) when both have a place, else by time. */
  #compare(tick: RingTick, slot: number): number {
    const ordinal = this.#ordinals[slot]!;
    const seq = this.#seqs[slot]!;
    const isPlaced = tick.ordinal > 0 && tick.seq > 0 && ordinal > 0 && seq > 0;
    if (!isPlaced) return tick.timeMs - this.#times[slot]!;
    return tick.ordinal - ordinal || tick.seq - seq;
  }

  #slot(index: number): number {
    const slot = this.#oldest + index;
    return slot < this.#capacity ? slot : slot - this.#capacity;
  }

  #dropBeyondWindow(): void {
    if (this.#count === 0) return;
    const oldestKeptMs = this.#times[this.#slot(this.#count - 1)]! - this.#bounds.windowMs;
    while (this.#count > 1 && this.#times[this.#oldest]! < oldestKeptMs) this.#dropOldest();
  }

  #dropOldest(): void {
    this.#layouts[this.#oldest] = null;
    this.#oldest = this.#slot(1);
    this.#count -= 1;
  }

  #write(slot: number, tick: RingTick): void {
    this.#times[slot] = tick.timeMs;
    this.#ordinals[slot] = tick.ordinal;
    this.#seqs[slot] = tick.seq;
    this.#layouts[slot] = tick.layout;
    this.#rows.set(tick.column, slot * this.#rowBytes);
  }

  /** Moves the ticks from `index` on one slot further. There is room for one more. */
  #openGapAt(index: number): void {
    for (let moved = this.#count; moved > index; moved -= 1) {
      const from = this.#slot(moved - 1);
      const to = this.#slot(moved);
      this.#times[to] = this.#times[from]!;
      this.#ordinals[to] = this.#ordinals[from]!;
      this.#seqs[to] = this.#seqs[from]!;
      this.#layouts[to] = this.#layouts[from]!;
      this.#rows.copyWithin(to * this.#rowBytes, from * this.#rowBytes, (from + 1) * this.#rowBytes);
    }
  }

  /** Makes sure that one more row of `rowBytes` fits, copying everything when memory has to grow. */
  #makeRoom(rowBytes: number): void {
    const isFull = this.#count >= this.#capacity && this.#count < this.#bounds.ticksMax;
    if (rowBytes <= this.#rowBytes && !isFull && this.#capacity > 0) return;
    const capacity =
      isFull || this.#capacity === 0
        ? Math.min(this.#bounds.ticksMax, Math.max(startCapacity, this.#capacity * 2))
        : this.#capacity;
    this.#reallocate(capacity, Math.max(rowBytes, this.#rowBytes));
  }

  /** Moves everything into memory for `capacity` rows of `widest` bytes; all that is held must fit. */
  #reallocate(capacity: number, widest: number): void {
    const rows = new Uint8Array(capacity * widest);
    const times = new Float64Array(capacity);
    const ordinals = new Float64Array(capacity);
    const seqs = new Float64Array(capacity);
    const layouts = new Array<Layout | null>(capacity).fill(null);
    for (let index = 0; index < this.#count; index += 1) {
      const slot = this.#slot(index);
      times[index] = this.#times[slot]!;
      ordinals[index] = this.#ordinals[slot]!;
      seqs[index] = this.#seqs[slot]!;
      layouts[index] = this.#layouts[slot]!;
      rows.set(this.#rows.subarray(slot * this.#rowBytes, (slot + 1) * this.#rowBytes), index * widest);
    }
    this.#rows = rows;
    this.#times = times;
    this.#ordinals = ordinals;
    this.#seqs = seqs;
    this.#layouts = layouts;
    this.#capacity = capacity;
    this.#rowBytes = widest;
    this.#oldest = 0;
  }
}

/**
 * The browser's ring: the newest ticks of one host, a column of doubles for each series and one shared column of
 * times, ordered by (ordinal, seq). Hot path: one `push` a tick and host that is looked at; no object is made per
 * sample.
 *
 * Columns are twice as long as the ring and filled from the left; when the end is reached the newest half moves to
 * the front. So a window is always one contiguous range `[start, end)` of every column, and charts read it in place.
 *
 * What stands in a column is what is shown: *notDue* repeats the value before, *failed* and *gone* are NaN.
 */
import { absenceAt, wordsOf } from '#core/absence.ts';
import type { Layout } from '#core/series.ts';

/** Where a tick stands in its host's history. `seq` 0: not numbered, ordered by its time. */
export interface TickPlace {
  readonly ordinal: number;
  readonly seq: number;
  readonly timeMs: number;
}

/** `appended`: the newest; `inserted`: between older ones; `known`: it is there already; `old`: older than a full ring. */
export type Pushed = 'appended' | 'inserted' | 'known' | 'old';

export class HostRing {
  readonly capacity: number;
  readonly #columns = new Map<string, Float64Array>();
  readonly #ordinals: Float64Array;
  readonly #seqs: Float64Array;
  /** Columns by position in a layout, for each layout that has been met. */
  readonly #columnsOf = new Map<string, readonly Float64Array[]>();
  readonly #times: Float64Array;
  #start = 0;
  #end = 0;
  #layout: Layout | null = null;
  #version = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#times = new Float64Array(capacity * 2);
    this.#ordinals = new Float64Array(capacity * 2);
    this.#seqs = new Float64Array(capacity * 2);
  }

  /** First index of the ticks in every column. */
  get start(): number {
    return this.#start;
  }

  /** Index behind the newest tick in every column. */
  get end(): number {
    return this.#end;
  }

  /** Epoch ms, valid in `[start, end)`. Not strictly rising: a clock that was set back shows here. */
  get times(): Float64Array {
    return this.#times;
  }

  /** Layout of the newest tick; null while empty. */
  get layout(): Layout | null {
    return this.#layout;
  }

  /** Rises whenever `layout` changes. */
  get version(): number {
    return this.#version;
  }

  /** Time of the newest tick, epoch ms; null while empty. */
  get newestMs(): number | null {
    return this.#end > this.#start ? this.#times[this.#end - 1]! : null;
  }

  get newestOrdinal(): number {
    return this.#end > this.#start ? this.#ordinals[this.#end - 1]! : 0;
  }

  /** Values of a series, valid in `[start, end)`; null when no tick in the ring has had it. */
  column(key: string): Float64Array | null {
    return this.#columns.get(key) ?? null;
  }

  /** Newest value of a series, NaN when there is none. */
  newest(key: string): number {
    const column = this.#columns.get(key);
    return column === undefined || this.#end === this.#start ? Number.NaN : column[this.#end - 1]!;
  }

  clear(): void {
    this.#start = this.#end = 0;
    this.#columns.clear();
    this.#columnsOf.clear();
    this.#layout = null;
    this.#version += 1;
  }

  /** Takes one tick. `values` are in the order of `layout.series`; its NaN payloads say what kind of "no value". */
  push(place: TickPlace, layout: Layout, values: Float64Array): Pushed {
    if (this.#end === this.#times.length) this.#makeRoom();
    let at = this.#end;
    while (at > this.#start && this.#isBefore(place, at - 1)) at -= 1;
    if (at > this.#start && this.#isSame(place, at - 1)) return 'known';
    const isNewest = at === this.#end;
    const isFull = this.#end - this.#start === this.capacity;
    if (at === this.#start && isFull) return 'old';

    if (!isNewest) this.#shift(at);
    this.#end += 1;
    if (isFull) this.#start += 1;
    this.#times[at] = place.timeMs;
    this.#ordinals[at] = place.ordinal;
    this.#seqs[at] = place.seq;
    if (isNewest && layout.id !== this.#layout?.id) this.#adopt(layout);
    this.#write(at, layout, values);
    return isNewest ? 'appended' : 'inserted';
  }

  /** Forgets every tick that `keep` refuses; the order stays. */
  retain(keep: (place: TickPlace) => boolean): void {
    let to = this.#start;
    for (let from = this.#start; from < this.#end; from += 1) {
      const place = { ordinal: this.#ordinals[from]!, seq: this.#seqs[from]!, timeMs: this.#times[from]! };
      if (!keep(place)) continue;
      if (to !== from) for (const column of this.#allColumns()) column[to] = column[from]!;
      to += 1;
    }
    this.#end = to;
  }

  #write(at: number, layout: Layout, values: Float64Array): void {
    const columns = this.#columnsFor(layout);
    for (const column of this.#columns.values()) column[at] = Number.NaN;
    const words = wordsOf(values);
    for (let index = 0; index < columns.length; index += 1) {
      const value = values[index]!;
      const column = columns[index]!;
      if (!Number.isNaN(value)) column[at] = value;
      else if (at > this.#start && absenceAt(words, index) === 'notDue') column[at] = column[at - 1]!;
    }
  }

  #columnsFor(layout: Layout): readonly Float64Array[] {
    const known = this.#columnsOf.get(layout.id);
    if (known !== undefined) return known;
    const columns = layout.series.map((series) => {
      const existing = this.#columns.get(series.key);
      if (existing !== undefined) return existing;
      const column = new Float64Array(this.capacity * 2).fill(Number.NaN);
      this.#columns.set(series.key, column);
      return column;
    });
    this.#columnsOf.set(layout.id, columns);
    return columns;
  }

  #adopt(layout: Layout): void {
    this.#layout = layout;
    this.#version += 1;
  }

  /** Moves the ticks to the front, and lets go of series that have no value left in the ring. */
  #makeRoom(): void {
    for (const column of this.#allColumns()) column.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const current = new Set(this.#layout?.series.map((series) => series.key));
    for (const [key, column] of this.#columns) {
      if (!current.has(key) && column.subarray(0, this.#end).every(Number.isNaN)) this.#columns.delete(key);
    }
    this.#columnsOf.clear();
  }

  #shift(at: number): void {
    for (const column of this.#allColumns()) column.copyWithin(at + 1, at, this.#end);
  }

  *#allColumns(): Iterable<Float64Array> {
    yield this.#times;
    yield this.#ordinals;
    yield this.#seqs;
    yield* this.#columns.values();
  }

  #isBefore(place: TickPlace, index: number): boolean {
    const ordinal = this.#ordinals[index]!;
    if (place.ordinal !== ordinal) return place.ordinal < ordinal;
    const seq = this.#seqs[index]!;
    return place.seq > 0 && seq > 0 ? place.seq < seq : place.timeMs < this.#times[index]!;
  }

  #isSame(place: TickPlace, index: number): boolean {
    return (
      place.ordinal === this.#ordinals[index]! &&
      place.seq === this.#seqs[index]! &&
      (place.seq > 0 || place.timeMs === this.#times[index]!)
    );
  }
}

/**
 * Newest values of a few series of one host, for sparklines: a true ring, since they are drawn row by row.
 * Float32, as the hub sends them.
 */
export class SparkRing {
  readonly capacity: number;
  readonly width: number;
  readonly times: Float64Array;
  /** `width` values a tick. */
  readonly values: Float32Array;
  #next = 0;
  #count = 0;

  constructor(capacity: number, width: number) {
    this.capacity = capacity;
    this.width = width;
    this.times = new Float64Array(capacity);
    this.values = new Float32Array(capacity * width);
  }

  get count(): number {
    return this.#count;
  }

  /** Slot of the tick that is `age` ticks older than the newest; `age` in 0..count−1, and −1 for the one to come. */
  slot(age: number): number {
    return (this.#next - 1 - age + this.capacity * 2) % this.capacity;
  }

  get newestMs(): number | null {
    return this.#count === 0 ? null : this.times[this.slot(0)]!;
  }

  /** Newest value of a column; NaN when there is none. */
  newest(column: number): number {
    return this.#count === 0 ? Number.NaN : this.values[this.slot(0) * this.width + column]!;
  }

  /**
   * Takes `width` values from `source` at `offset`, in the place of their time: what a host had while it was out of
   * sight comes after its newest tick. False when it is known, or older than a full ring.
   */
  push(timeMs: number, source: Float32Array, offset: number): boolean {
    let age = 0;
    while (age < this.#count && this.times[this.slot(age)]! > timeMs) age += 1;
    if (age < this.#count && this.times[this.slot(age)] === timeMs) return false;
    if (age === this.capacity) return false;
    for (let younger = 0; younger < age; younger += 1) this.#copy(this.slot(younger), this.slot(younger - 1));
    const slot = this.slot(age - 1);
    this.times[slot] = timeMs;
    this.values.set(source.subarray(offset, offset + this.width), slot * this.width);
    this.#next = (this.#next + 1) % this.capacity;
    this.#count = Math.min(this.#count + 1, this.capacity);
    return true;
  }

  #copy(from: number, to: number): void {
    this.times[to] = this.times[from]!;
    this.values.copyWithin(to * this.width, from * this.width, (from + 1) * this.width);
  }
}

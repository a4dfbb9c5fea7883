/**
 * What a rule compares when it is not the value itself: the average, or the change per second, over a window of tick
 * time. One of these for each rule and series that has such an input; fed with every value, in order.
 *
 * Exactly: time is cut into slots of 1/60 of the window, aligned to 0. With a value in slot k the window is the slots
 * k − 59 … k, so it is between 59/60 of the window and all of it long, and a value leaves with its slot. What comes out:
 *
 *   average  sum of the values in the window by their number
 *   rate     (this value − v) / (its time − that of v), v being the first value in the window; NaN when it is alone
 *
 * A window is at least two intervals of its series, else nothing could be said of a series of few values.
 * NaN until values reach back over the whole window, that is until the run of values began in slot k − 59 or before. A
 * hole that leaves the window empty ends the run. A new stream runs on another clock: an average goes on as if no time
 * had passed in between, a rate begins anew, since nobody knows how long the change across the two took.
 *
 * Memory: 60 slots, whatever the window and however many values.
 */
import type { RuleInput } from './rule-spec.ts';

export const slotsPerWindow = 60;

export interface WindowedValue {
  readonly timeMs: number;
  readonly ordinal: number;
  /** A number: what is absent is not fed. */
  readonly value: number;
}

export type WindowInput = Exclude<RuleInput, { kind: 'value' }>;

/** null for the value itself, which needs no window. `intervalMs`: expected time between values of the series. */
export function windowOf(input: RuleInput, intervalMs: number): RuleWindow | null {
  return input.kind === 'value' ? null : new RuleWindow(input, intervalMs);
}

export class RuleWindow {
  readonly #isRate: boolean;
  readonly #slotMs: number;
  /** The slots of the window that hold values, oldest first: a queue in a circle. */
  readonly #slots = new Float64Array(slotsPerWindow);
  /** Of an average: sum of the values of each. Of a rate: the first of them. */
  readonly #values = new Float64Array(slotsPerWindow);
  /** Of an average: their number. Of a rate: the time of the first. */
  readonly #marks = new Float64Array(slotsPerWindow);
  #head = 0;
  #count = 0;
  /** The slot in which the run began; NaN before the first value. */
  #startSlot = Number.NaN;
  /** Of the slots before the newest. */
  #olderSum = 0;
  #olderCount = 0;
  #ordinal = 0;
  /** Added to times of the stream, so that they go on where those of the one before ended. */
  #shiftMs = 0;
  #lastMs = 0;

  constructor(input: WindowInput, intervalMs: number) {
    this.#isRate = input.kind === 'rate';
    this.#slotMs = Math.max(input.windowMs, 2 * intervalMs) / slotsPerWindow;
  }

  /** Takes the next value and says what the input is now; NaN while the window is not filled. */
  push({ timeMs, ordinal, value }: WindowedValue): number {
    if (ordinal !== this.#ordinal) this.#beginStream(timeMs, ordinal);
    const atMs = Math.max(this.#lastMs, timeMs + this.#shiftMs);
    this.#lastMs = atMs;
    const slot = Math.floor(atMs / this.#slotMs);
    if (this.#count === 0 || slot !== this.#slots[this.#placeAt(this.#count - 1)]!) this.#advance(slot, atMs, value);
    const newest = this.#placeAt(this.#count - 1);
    if (!this.#isRate) {
      this.#values[newest] = this.#values[newest]! + value;
      this.#marks[newest] = this.#marks[newest]! + 1;
    }
    if (slot - this.#startSlot < slotsPerWindow - 1) return Number.NaN;
    if (!this.#isRate) return (this.#olderSum + this.#values[newest]!) / (this.#olderCount + this.#marks[newest]!);
    const firstMs = this.#marks[this.#head]!;
    return firstMs < atMs ? ((value - this.#values[this.#head]!) * 1_000) / (atMs - firstMs) : Number.NaN;
  }

  #placeAt(index: number): number {
    const place = this.#head + index;
    return place < slotsPerWindow ? place : place - slotsPerWindow;
  }

  /** Lets go of the slots that have left the window, and begins the newest. */
  #advance(slot: number, atMs: number, value: number): void {
    while (this.#count > 0 && this.#slots[this.#head]! <= slot - slotsPerWindow) {
      this.#head = this.#placeAt(1);
      this.#count -= 1;
    }
    if (this.#count === 0) this.#startSlot = slot;
    if (!this.#isRate) this.#sumUp();
    const place = this.#placeAt(this.#count);
    this.#slots[place] = slot;
    this.#values[place] = this.#isRate ? value : 0;
    this.#marks[place] = this.#isRate ? atMs : 0;
    this.#count += 1;
  }

  /** Anew with each slot, so that rounding does not add up. */
  #sumUp(): void {
    let sum = 0;
    let count = 0;
    for (let index = 0; index < this.#count; index += 1) {
      const place = this.#placeAt(index);
      sum += this.#values[place]!;
      count += this.#marks[place]!;
    }
    this.#olderSum = sum;
    this.#olderCount = count;
  }

  #beginStream(timeMs: number, ordinal: number): void {
    const isFirst = this.#ordinal === 0;
    this.#ordinal = ordinal;
    if (isFirst || this.#isRate) {
      this.#count = 0;
      this.#shiftMs = 0;
      this.#lastMs = timeMs;
    } else this.#shiftMs = this.#lastMs - timeMs;
  }
}

/**
 * The ticks of one series as they are read, absences among them with what they mean, in any order; at the end in order
 * of time. Absences are NaNs told apart by their bits, so values are copied as memory and never one by one as numbers.
 */
import { wordsOf } from '#core/absence.ts';
import { assert } from '#core/errors.ts';
import type { Buckets } from '#core/rollup.ts';
import type { Samples } from '#core/sample-parts.ts';
import type { BlockReading } from './block-reading.ts';
import type { TrialTicks } from './series-trial.ts';

const firstCapacity = 1_024;
/** Shorter pieces are copied word by word: a view of each costs more than their values. */
const viewCountMin = 64;

export class TickRun implements BlockReading {
  #times = new Float64Array(firstCapacity);
  #values = new Float64Array(firstCapacity);
  #words = wordsOf(this.#values);
  #count = 0;
  #tickMs = 0;
  #intervalMs = 0;

  get count(): number {
    return this.#count;
  }

  /** Notes the interval of a layout, and how seldom the series comes in it: the longest count. */
  meet(tickMs: number, every: number): void {
    this.#tickMs = Math.max(this.#tickMs, tickMs);
    this.#intervalMs = Math.max(this.#intervalMs, tickMs * every);
  }

  addSamples({ times, values }: Samples, from = 0, to: number = times.length): void {
    const count = this.#count + to - from;
    if (count > this.#times.length) this.#grow(count);
    if (to - from >= viewCountMin) {
      this.#times.set(times.subarray(from, to), this.#count);
      this.#values.set(values.subarray(from, to), this.#count);
    } else {
      const words = wordsOf(values);
      for (let index = from, at = this.#count; index < to; index += 1, at += 1) {
        this.#times[at] = times[index]!;
        this.#words[at * 2] = words[index * 2]!;
        this.#words[at * 2 + 1] = words[index * 2 + 1]!;
      }
    }
    this.#count = count;
  }

  addBuckets(_: Buckets): void {
    assert(false, 'ticks are read of raw alone');
  }

  /** What was found. Valid until ticks are added again. */
  inOrder(): TrialTicks {
    const times = this.#times.subarray(0, this.#count);
    const values = this.#values.subarray(0, this.#count);
    const intervals = { tickMs: this.#tickMs, intervalMs: this.#intervalMs };
    if (isRising(times)) return { times, values, words: wordsOf(values), ...intervals };
    const order = Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
    const sorted = new Float64Array(this.#count);
    const words = wordsOf(sorted);
    for (let at = 0; at < order.length; at += 1) {
      words[at * 2] = this.#words[order[at]! * 2]!;
      words[at * 2 + 1] = this.#words[order[at]! * 2 + 1]!;
    }
    return { times: Float64Array.from(order, (index) => times[index]!), values: sorted, words, ...intervals };
  }

  #grow(count: number): void {
    const capacity = Math.max(count, this.#times.length * 2);
    const { times, values } = { times: this.#times, values: this.#values };
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
    this.#words = wordsOf(this.#values);
    this.#times.set(times.subarray(0, this.#count));
    this.#values.set(values.subarray(0, this.#count));
  }
}

function isRising(times: Float64Array): boolean {
  for (let index = 1; index < times.length; index += 1) if (times[index]! < times[index - 1]!) return false;
  return true;
}

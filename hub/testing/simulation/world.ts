/**
 * The simulated world of one seed: a clock that jumps from event to event, and all the randomness there is. The
 * same seed gives the same run, event by event.
 */
import { assert } from '#core/errors.ts';
import { Tally } from './tally.ts';

interface Event {
  readonly atMs: number;
  /** Ties go in the order in which they were planned. */
  readonly order: number;
  readonly run: () => void;
}

/** Events of one seed; a run that needs more goes in circles. A quiet seed takes about 5,000, the busiest seen 60,000. */
const eventsMax = 300_000;

export class World {
  readonly seed: number;
  readonly tally = new Tally();
  /** When a failure is repeated by hand: what happened, line by line. */
  readonly log: ((line: string) => void) | null;
  #nowMs = 1_700_000_000_000;
  #heap: Event[] = [];
  #order = 0;
  #eventCount = 0;
  #state: number;

  constructor(seed: number, log: ((line: string) => void) | null = null) {
    this.seed = seed;
    this.log = log;
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Uniform in 0..1. Mulberry32 (Tommy Ettinger, 2017, public domain). */
  random = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };

  /** A whole number in min..max. */
  between(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.between(0, list.length - 1)];
    assert(picked !== undefined, 'something is picked from a list that is not empty');
    return picked;
  }

  /** 16 random bytes as hex. */
  id128(): string {
    let id = '';
    for (let part = 0; part < 4; part += 1)
      id += Math.floor(this.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return id;
  }

  note(line: string): void {
    this.log?.(`${((this.#nowMs - 1_700_000_000_000) / 1_000).toFixed(3)} ${line}`);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order, run };
    this.#order += 1;
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  /** Runs events until `atMs`, or until `isDone`. Answers whether it was done. */
  runUntil(atMs: number, isDone: () => boolean = () => false): boolean {
    while (!isDone()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > atMs) {
        this.#nowMs = Math.max(this.#nowMs, atMs);
        return isDone();
      }
      this.#pop();
      this.#nowMs = next.atMs;
      this.#eventCount += 1;
      assert(this.#eventCount < eventsMax, `a seed ends within ${eventsMax} events`);
      next.run();
    }
    return true;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

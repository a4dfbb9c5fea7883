/**
 * Calls things at fixed times, open loop: what is late is called at once and its lateness is told, so that
 * neither a slow hub nor a slow generator can hide a stall.
 *
 * A timer of the event loop fires up to a millisecond late, as much as the latency that is measured. The last
 * two milliseconds before a due time are therefore slept through with `Atomics.wait`, which is late by 0.1 ms
 * (measured), and which blocks this thread: nothing that answers may be measured in it.
 */
import type { Clock } from '../clock.ts';

export interface PacerEntry {
  /** Due times are ≡ phase (mod interval). */
  readonly phaseMs: number;
  readonly call: (dueMs: number, lateMs: number) => void;
}

const sleepMsMax = 2;

export class Pacer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #entries: readonly PacerEntry[];
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  #next = 0;
  #roundMs = 0;
  #isRunning = false;

  constructor(clock: Clock, options: { readonly intervalMs: number; readonly entries: readonly PacerEntry[] }) {
    this.#clock = clock;
    this.#intervalMs = options.intervalMs;
    this.#entries = options.entries.toSorted((first, second) => first.phaseMs - second.phaseMs);
  }

  /** Starts with the first due times at or after `fromMs`, a multiple of the interval. */
  start(fromMs: number): void {
    this.#roundMs = fromMs;
    this.#next = 0;
    this.#isRunning = true;
    this.#turn();
  }

  stop(): void {
    this.#isRunning = false;
  }

  #turn(): void {
    if (!this.#isRunning || this.#entries.length === 0) return;
    let waitMs = this.#dueMs() - this.#clock.nowMs();
    if (waitMs > sleepMsMax) {
      setTimeout(() => this.#turn(), Math.floor(waitMs - sleepMsMax) + 1);
      return;
    }
    if (waitMs > 0) Atomics.wait(this.#cell, 0, 0, waitMs);
    let nowMs = this.#clock.nowMs();
    for (waitMs = this.#dueMs() - nowMs; waitMs <= 0; waitMs = this.#dueMs() - nowMs) {
      this.#entries[this.#next]!.call(nowMs + waitMs, -waitMs);
      this.#advance();
      nowMs = this.#clock.nowMs();
    }
    // Sockets have their turn between two due times.
    setImmediate(() => this.#turn());
  }

  #dueMs(): number {
    return this.#roundMs + this.#entries[this.#next]!.phaseMs;
  }

  #advance(): void {
    this.#next += 1;
    if (this.#next < this.#entries.length) return;
    this.#next = 0;
    this.#roundMs += this.#intervalMs;
  }
}

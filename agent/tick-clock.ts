/**
 * When ticks are due, and what time they carry. Pure: both clocks come in as arguments.
 *
 * Tick time is the stream's start on the wall clock plus monotonic time since, on the grid of the interval and the
 * agent's own phase: within a stream it only rises and is evenly spaced, whatever is done to the wall clock. When
 * the two clocks have come apart by more than `clockStepMs` a new epoch begins, at most one a minute; until then the
 * stream keeps the time it began with. Ticks that nobody was there to make (the process was stopped) are counted
 * and never made up: a reading of now is no reading of then.
 */
import { clockStepMs, epochsPerMinuteMax } from '#core/limits.ts';
import type { Id128 } from '#core/message.ts';
import { nextTickMs, phaseMs } from '#core/time.ts';

/** One reading of both clocks. */
export interface ClockReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * `wait`: nothing is due for so long. `step`: the wall clock was set, call `startEpoch` and poll again.
 * `tick`: make the tick of this instant; `missedCount` ticks before it were not made.
 */
export type TickDue =
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'step'; readonly stepMs: number }
  | { readonly kind: 'tick'; readonly tickMs: number; readonly missedCount: number };

const epochMsMin = 60_000 / epochsPerMinuteMax;

export class TickClock {
  readonly #agentId: Id128;
  #intervalMs: number;
  #start: ClockReading;
  #dueMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** The first epoch begins at `start`. */
  constructor(options: { readonly agentId: Id128; readonly intervalMs: number; readonly start: ClockReading }) {
    this.#agentId = options.agentId;
    this.#intervalMs = options.intervalMs;
    this.#start = options.start;
    this.#dueMs = this.#after(options.start.wallMs);
  }

  /** Both clocks at the start of the current stream. */
  get start(): ClockReading {
    return this.#start;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** A new stream begins: its first tick is the first on the grid after now. */
  startEpoch(now: ClockReading): void {
    this.#start = now;
    this.#lastMs = Number.NEGATIVE_INFINITY;
    this.#dueMs = this.#after(now.wallMs);
  }

  /** From now on ticks lie on the grid of this interval. */
  changeInterval(intervalMs: number, now: ClockReading): void {
    this.#intervalMs = intervalMs;
    this.#dueMs = this.#after(Math.max(this.#streamMs(now), this.#lastMs));
  }

  /** What to do now; a tick that is answered counts as made. */
  poll(now: ClockReading): TickDue {
    const streamMs = this.#streamMs(now);
    const stepMs = now.wallMs - streamMs;
    const isEpochOld = now.monotonicMs - this.#start.monotonicMs >= epochMsMin;
    if (Math.abs(stepMs) > clockStepMs && isEpochOld) return { kind: 'step', stepMs };
    if (streamMs < this.#dueMs) return { kind: 'wait', waitMs: this.#dueMs - streamMs };

    const missedCount = Math.floor((streamMs - this.#dueMs) / this.#intervalMs);
    const tickMs = this.#dueMs + missedCount * this.#intervalMs;
    this.#lastMs = tickMs;
    this.#dueMs = tickMs + this.#intervalMs;
    return { kind: 'tick', tickMs, missedCount };
  }

  #streamMs(now: ClockReading): number {
    return this.#start.wallMs + (now.monotonicMs - this.#start.monotonicMs);
  }

  /** Whole ms, since the grid and the phase are. */
  #after(atMs: number): number {
    const intervalMs = this.#intervalMs;
    return nextTickMs(Math.floor(atMs), { intervalMs, phaseMs: phaseMs(this.#agentId, intervalMs) });
  }
}

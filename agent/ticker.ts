/**
 * Makes the ticks: wakes when one is due, samples, commits, and only then hands it on. See docs/life-of-a-tick.md.
 *
 * Invariants: a tick is in the spool before anyone hears of it, or it has no seq; a layout is in the spool before the
 * first tick that uses it; one timer is armed at any time between `start` and `stop`.
 */
import type { Id128 } from '#core/message.ts';
import { encodeLayout, type LayoutId } from '#core/series.ts';
import type { NewTick } from '#core/stream/agent-link.ts';
import type { SampledTick } from './sampler.ts';
import type { SqliteSpool } from './spool.ts';
import { type ClockReading, TickClock } from './tick-clock.ts';

export interface TickerOptions {
  /** Decides the phase inside the interval. */
  readonly agentId: Id128;
  readonly bootId: Id128;
  readonly intervalMs: number;
  readonly readClocks: () => ClockReading;
  readonly newEpoch: () => Id128;
  readonly sampler: {
    tick(clock: { readonly tickMs: number; readonly nowMonotonicMs: number }): SampledTick;
    changeInterval(intervalMs: number): void;
  };
  readonly spool: Pick<SqliteSpool, 'openEpoch' | 'addLayout' | 'append'>;
  /** A tick, valid until the next one: its column belongs to the sampler. */
  readonly onTick: (tick: NewTick) => void;
  /** The wall clock was set, and a new epoch has begun in the spool. */
  readonly onStep: (stepMs: number) => void;
}

export interface TickerCounters {
  readonly tickCount: number;
  /** Ticks that were due while the process stood still. */
  readonly missedCount: number;
  readonly epochCount: number;
}

export class Ticker {
  readonly #options: TickerOptions;
  readonly #clock: TickClock;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;
  #epoch: Id128 = '';
  #layout: { readonly id: LayoutId; readonly bytes: Uint8Array } = { id: '', bytes: new Uint8Array() };
  #tickCount = 0;
  #missedCount = 0;
  #epochCount = 0;

  constructor(options: TickerOptions) {
    this.#options = options;
    const { agentId, intervalMs } = options;
    this.#clock = new TickClock({ agentId, intervalMs, start: options.readClocks() });
  }

  get counters(): TickerCounters {
    return { tickCount: this.#tickCount, missedCount: this.#missedCount, epochCount: this.#epochCount };
  }

  get intervalMs(): number {
    return this.#clock.intervalMs;
  }

  /** Opens the first epoch and waits for its first tick. */
  start(): void {
    this.openEpoch();
    this.#turn();
  }

  /** No tick is made after this. */
  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Ends the current stream and begins a new one in the spool. */
  openEpoch(): void {
    const now = this.#options.readClocks();
    this.#clock.startEpoch(now);
    this.#epoch = this.#options.newEpoch();
    this.#epochCount += 1;
    const { wallMs: startWallMs, monotonicMs: startMonotonicMs } = now;
    this.#options.spool.openEpoch({ epoch: this.#epoch, bootId: this.#options.bootId, startWallMs, startMonotonicMs });
  }

  /** From the next tick on. */
  changeInterval(intervalMs: number): void {
    if (intervalMs === this.#clock.intervalMs) return;
    this.#clock.changeInterval(intervalMs, this.#options.readClocks());
    this.#options.sampler.changeInterval(intervalMs);
    if (this.#timer !== null) this.#turn();
  }

  #turn(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isStopped) return;
    const now = this.#options.readClocks();
    const due = this.#clock.poll(now);
    switch (due.kind) {
      case 'tick':
        this.#missedCount += due.missedCount;
        this.#tick(due.tickMs, now.monotonicMs);
        break;
      case 'step':
        this.openEpoch();
        this.#options.onStep(due.stepMs);
        break;
      case 'wait':
        // Timers have whole ms and may come a fraction early: then the next turn waits the rest.
        this.#timer = setTimeout(() => this.#turn(), Math.ceil(due.waitMs));
        return;
    }
    this.#turn();
  }

  #tick(tickMs: number, nowMonotonicMs: number): void {
    const { sampler, spool, onTick } = this.#options;
    const { layout, column: values } = sampler.tick({ tickMs, nowMonotonicMs });
    if (layout.id !== this.#layout.id) this.#layout = { id: layout.id, bytes: encodeLayout(layout) };
    const { id: layoutId, bytes: layoutBytes } = this.#layout;
    spool.addLayout(layoutId, layoutBytes);

    const column = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const seq = spool.append({ timeMs: tickMs, layoutId, column });
    this.#tickCount += 1;
    const { intervalMs } = layout;
    onTick({ epoch: this.#epoch, seq, timeMs: tickMs, layoutId, layoutBytes, intervalMs, column });
  }
}

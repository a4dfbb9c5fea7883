/**
 * A simulated host as a source of ticks: those of any span of its past for the history, or that of one instant for a
 * live agent. Both come from the same curves.
 */
import { phaseMs } from '../time.ts';
import { HostCurves, simulatedSeries } from './curves.ts';
import { createHostNature, type HostNature } from './host-nature.ts';
import { upSpans } from './uptime.ts';

/** Consecutive ticks of one run of the machine, that is, of one stream. */
export interface SimulatedRun {
  readonly bootMs: number;
  /** Index of the first tick. */
  readonly first: number;
  /** At least 1. */
  readonly count: number;
}

export interface SimulatedTicks {
  readonly count: number;
  /** Rising, each ≡ the host's phase (mod interval). At least `count` long. */
  readonly times: Float64Array;
  /** values[series × stride + tick] */
  readonly values: Float64Array;
  readonly stride: number;
  /** In order of time; together all ticks. */
  readonly runs: readonly SimulatedRun[];
}

export interface TickSpan {
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
  readonly intervalMs: number;
}

const seriesCount = simulatedSeries.length;

export class SimulatedHost {
  readonly nature: HostNature;
  readonly #curves: HostCurves;
  #times = new Float64Array(0);
  #values = new Float64Array(0);

  /** Number `index`, from 0, of the fleet of `fleetSeed`. */
  constructor(fleetSeed: number, index: number) {
    this.nature = createHostNature(fleetSeed, index);
    this.#curves = new HostCurves(this.nature);
  }

  /** Whether the machine runs at that instant. */
  isUpAt(timeMs: number): boolean {
    return upSpans(this.nature, { fromMs: timeMs, toMs: timeMs + 1 }).length > 0;
  }

  /** The ticks of a span. Valid until the next call. */
  ticks({ fromMs, toMs, intervalMs }: TickSpan): SimulatedTicks {
    const stride = Math.ceil((toMs - fromMs) / intervalMs);
    if (this.#times.length < stride) this.#times = new Float64Array(stride);
    if (this.#values.length < stride * seriesCount) this.#values = new Float64Array(stride * seriesCount);
    const times = this.#times;
    const values = this.#values;
    const phase = phaseMs(`${this.nature.seed}`, intervalMs);
    const runs: SimulatedRun[] = [];
    let count = 0;
    for (const up of upSpans(this.nature, { fromMs, toMs })) {
      const first = count;
      let timeMs = up.fromMs + ((((phase - up.fromMs) % intervalMs) + intervalMs) % intervalMs);
      for (; timeMs < up.toMs; timeMs += intervalMs) {
        times[count] = timeMs;
        count += 1;
      }
      if (count === first) continue;
      runs.push({ bootMs: up.bootMs, first, count: count - first });
      this.#curves.fill(times, values, { first, count: count - first, stride, bootMs: up.bootMs });
    }
    return { count, times, values, stride, runs };
  }

  /** The column of one instant, in the order of `simulatedSeries`; null while the machine is down. The caller owns the result. */
  columnAt(timeMs: number): Float64Array | null {
    const up = upSpans(this.nature, { fromMs: timeMs, toMs: timeMs + 1 })[0];
    if (up === undefined) return null;
    const column = new Float64Array(seriesCount);
    this.#curves.fill(Float64Array.of(timeMs), column, { first: 0, count: 1, stride: 1, bootMs: up.bootMs });
    return column;
  }
}

/**
 * What a collector is and where it puts its values: the seam between `collectors/`, `scripts/` and the sampler.
 *
 * A collector declares each series once and keeps the slot; each tick it writes numbers into slots, with no
 * key built and nothing allocated. The sampler owns the column behind the slots, the layout, rounding of
 * ±Infinity to *failed*, and what happens to slots that were not written.
 */
import type { SeriesKind } from '#core/series.ts';

/** Index of a series in the current column; -1 when the host has as many series as it may (`set` ignores it). */
export type Slot = number;

export interface SeriesShape {
  /** `percent`, `bytes`, `bytes/s`, `1/s`, `s`, `ms`, `celsius`, `1` …; empty when unknown. */
  readonly unit: string;
  /** `counter` when the value is a rate made of a counter. Default `gauge`. */
  readonly kind?: SeriesKind;
}

export interface Readings {
  /** Slot of the series with this canonical key (see `formatSeriesKey`), declared when it is new. Keep the result. */
  slot(key: string, shape: SeriesShape): Slot;
  /** Writes the value of this tick. NaN and ±Infinity become *failed* and are counted. */
  set(slot: Slot, value: number): void;
  /** The series has ended (device removed, file system unmounted, script deleted): *gone* from this tick on. A later `set` revives it. */
  end(slot: Slot): void;
}

export interface CollectContext {
  /** Monotonic ms since this collector's previous run; NaN at its first. Rates divide by it. */
  readonly elapsedMs: number;
  /** Scheduled instant of the tick, epoch ms. */
  readonly tickMs: number;
}

/** Reads one subsystem of the host. Synchronous: /proc and /sys do not block, and promises cost more than the read. */
export interface Collector {
  /** Lower-case noun; label of the self-metrics and name in the settings. */
  readonly name: string;
  /** How often it runs: 0 each tick, else at the next tick after so many ms. Becomes the `every` of its series. */
  readonly everyMs: number;
  /** A throw marks every series that this collector declared as *failed* for the tick, is counted, and is logged when it starts. */
  collect(readings: Readings, context: CollectContext): void;
}

/** One row of the newest process list. */
export interface TopProcess {
  readonly pid: number;
  readonly name: string;
  /** Share of one core over the measured interval, percent; may exceed 100. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly user: string;
}

/** The leading processes of the last scan: at most 5 by CPU, then at most 5 by memory, without repeats. */
export interface TopProcesses {
  readonly atMs: number;
  readonly processes: readonly TopProcess[];
}

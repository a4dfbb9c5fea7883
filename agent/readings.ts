/**
 * What a collector is and where it puts its values: the seam between `collectors/`, `scripts/` and the sampler.
 *
 * A collector declares each series once and keeps the slot; each tick it writes numbers into slots, with no
 * key built and nothing allocated. The sampler owns the column behind the slots, the layout, rounding of
 * ±Infinity to *failed*, and what happens to slots that were not written.
 */
import type { Absence } from '#core/absence.ts';
import type { SeriesKind } from '#core/series.ts';

/**
 * Handle of a declared series, good until `end`; -1 when the series was refused: the host has as many as it may, the
 * key is not canonical, or another collector declared it first. Writing to a handle that is not good does nothing.
 */
export type Slot = number;

export interface SeriesShape {
  /** `percent`, `bytes`, `bytes/s`, `1/s`, `s`, `ms`, `celsius`, `1` …; empty when unknown. */
  readonly unit: string;
  /** `counter` when the value is a rate made of a counter. Default `gauge`. */
  readonly kind?: SeriesKind;
  /**
   * Own interval where it is longer than the collector's, which then runs in between without writing it. Default: the
   * collector's. Becomes the `every` of the series.
   */
  readonly everyMs?: number;
}

/**
 * What the sampler offers a collector while it runs. A slot that the collector leaves unwritten is *failed*, or
 * *notDue* where its own interval is longer than the collector's.
 */
export interface Readings {
  /** Slot of the series with this canonical key (see `formatSeriesKey`), declared when it is new, revived when it has ended. Keep the result. */
  slot(key: string, shape: SeriesShape): Slot;
  /** Writes the value of this tick. NaN and ±Infinity become *failed* and are counted. */
  set(slot: Slot, value: number): void;
  /** States that this tick has no value: *notDue* where none was to be had (a rate's first reading), *failed* where it could not be read. */
  setAbsent(slot: Slot, absence: Exclude<Absence, 'gone'>): void;
  /** The series has ended (device removed, file system unmounted, script deleted): *gone* from this tick on. `slot` with its key revives it. */
  end(slot: Slot): void;
}

export interface CollectContext {
  /** Monotonic ms since this collector's previous run; NaN at its first. */
  readonly elapsedMs: number;
  /** Monotonic ms of this run: rates divide by what passed since the reading they compare with (see `Rate`). */
  readonly nowMonotonicMs: number;
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

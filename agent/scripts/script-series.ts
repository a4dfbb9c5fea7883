/**
 * The series of one script: which slots it has, and what each answer does to them.
 *
 * A series that a good answer leaves out has ended. A failed run makes all of them *failed* and ends none; a
 * tick without an answer makes them *notDue*.
 * A key belongs to the script that had it first, for as long as its series lives. Running totals become
 * rates per second here; a total that fell started again at zero.
 */
import { layoutCleanMsMin } from '#core/limits.ts';
import { seriesProblem } from '#core/series.ts';
import type { Readings, SeriesShape, Slot } from '../readings.ts';
import { seriesPerScriptMax } from './bounds.ts';
import { quote, type ScriptReading } from './script-result.ts';

/** File name of the script that has a key, by key; shared by all scripts. */
export type KeyOwners = Map<string, string>;

export interface ScriptSeriesOptions {
  /** File name of the script. */
  readonly name: string;
  readonly owners: KeyOwners;
}

export interface WriteOptions {
  /** When the answer was taken, monotonic ms. */
  readonly takenMs: number;
  /** Interval of the script; 0 for each tick. */
  readonly everyMs: number;
}

interface KnownSeries {
  slot: Slot;
  shape: SeriesShape;
  /** Number of the answer it stood in last. */
  answer: number;
  /** Monotonic ms; null while it lives. */
  endedMs: number | null;
  /** Last running total and when it was taken; NaN before the first. */
  total: number;
  totalMs: number;
}

export class ScriptSeries {
  readonly #options: ScriptSeriesOptions;
  readonly #known = new Map<string, KnownSeries>();
  #answer = 0;
  #liveCount = 0;

  constructor(options: ScriptSeriesOptions) {
    this.#options = options;
  }

  /** Series that have not ended. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /**
   * Writes an answer. What cannot be written is left out and is the result, as a full sentence; null when
   * all was written.
   */
  write(readings: Readings, answer: readonly ScriptReading[], options: WriteOptions): string | null {
    const { takenMs } = options;
    this.#answer += 1;
    this.#forget(takenMs);
    let problem: string | null = null;
    for (const reading of answer) {
      const known = this.#take(readings, reading, shapeOf(reading, options.everyMs));
      if (typeof known === 'string') {
        problem ??= known;
        continue;
      }
      known.answer = this.#answer;
      if (reading.kind === 'gauge') readings.set(known.slot, reading.value);
      else writeRate(readings, known, { total: reading.value, takenMs });
    }
    for (const [key, known] of this.#known) {
      if (known.endedMs === null && known.answer !== this.#answer) this.#end(readings, { key, known, atMs: takenMs });
    }
    return problem;
  }

  /** No answer came since the last tick: the script is still at work, or its turn has not come. */
  idle(readings: Readings): void {
    this.#setAllAbsent(readings, 'notDue');
  }

  /** Every series was due and could not be read. */
  fail(readings: Readings): void {
    this.#setAllAbsent(readings, 'failed');
  }

  /** The script is gone, and its series and keys with it. */
  endAll(readings: Readings): void {
    for (const [key, known] of this.#known) {
      if (known.endedMs === null) this.#end(readings, { key, known, atMs: 0 });
    }
    this.#known.clear();
  }

  #setAllAbsent(readings: Readings, absence: 'notDue' | 'failed'): void {
    for (const known of this.#known.values()) {
      if (known.endedMs === null) readings.setAbsent(known.slot, absence);
    }
  }

  /** The living series of a reading, declared, revived or reshaped; or why it cannot be had. */
  #take(readings: Readings, { key }: ScriptReading, shape: SeriesShape): KnownSeries | string {
    const known = this.#known.get(key);
    const isLive = known !== undefined && known.endedMs === null;
    if (isLive && isSameShape(known.shape, shape)) return known;

    const { name, owners } = this.#options;
    const owner = owners.get(key);
    if (owner !== undefined && !isLive) {
      return `Cannot use series ${quote(key)}: one script may have it: got it from ${owner} as well`;
    }
    if (known === undefined && this.#known.size >= seriesPerScriptMax) {
      return `Cannot use series ${quote(key)}: at most ${seriesPerScriptMax} are allowed, with those that ended in the last ten minutes: got one more`;
    }
    if (isLive) readings.end(known.slot); // the file was edited: a series takes a new shape when it comes back
    const slot = readings.slot(key, shape);
    if (slot < 0) {
      if (isLive) this.#forgetLive(key);
      return `Cannot use series ${quote(key)}: it must not be one of the agent's own, and the host must have room for it: got a refusal`;
    }
    owners.set(key, name);
    if (!isLive) this.#liveCount += 1;
    const taken = known ?? { slot, shape, answer: 0, endedMs: null, total: Number.NaN, totalMs: Number.NaN };
    Object.assign(taken, { slot, shape, endedMs: null, total: Number.NaN });
    this.#known.set(key, taken);
    return taken;
  }

  #forgetLive(key: string): void {
    this.#known.delete(key);
    this.#options.owners.delete(key);
    this.#liveCount -= 1;
  }

  #end(readings: Readings, ended: { readonly key: string; readonly known: KnownSeries; readonly atMs: number }): void {
    ended.known.endedMs = ended.atMs;
    this.#options.owners.delete(ended.key);
    this.#liveCount -= 1;
    readings.end(ended.known.slot);
  }

  /** Series that ended count against the script for as long as they may still stand in the layout. */
  #forget(nowMs: number): void {
    for (const [key, known] of this.#known) {
      if (known.endedMs !== null && nowMs - known.endedMs > layoutCleanMsMin) this.#known.delete(key);
    }
  }
}

function writeRate(
  readings: Readings,
  known: KnownSeries,
  { total, takenMs }: { readonly total: number; readonly takenMs: number },
): void {
  const elapsedMs = takenMs - known.totalMs;
  if (Number.isNaN(total)) readings.setAbsent(known.slot, 'failed');
  else if (Number.isNaN(known.total) || elapsedMs <= 0) readings.setAbsent(known.slot, 'notDue');
  else {
    const grown = total >= known.total ? total - known.total : total;
    readings.set(known.slot, (grown * 1_000) / elapsedMs);
  }
  known.total = total;
  known.totalMs = takenMs;
}

function shapeOf({ key, unit, kind }: ScriptReading, everyMs: number): SeriesShape {
  const own = everyMs > 0 ? { everyMs } : {};
  if (kind === 'gauge') return { unit, kind, ...own };
  const rateUnit = `${unit === '' ? '1' : unit}/s`;
  return { unit: seriesProblem(key, rateUnit) === null ? rateUnit : '1/s', kind, ...own };
}

function isSameShape(one: SeriesShape, other: SeriesShape): boolean {
  return one.unit === other.unit && one.kind === other.kind && one.everyMs === other.everyMs;
}

/**
 * The series of one thing (the memory, one disk) by short names, and tables of things that come and go.
 *
 * A series is declared when its first value is written: a file system without inodes never shows an inode series.
 * Each group belongs to the sampler it first wrote to, since it keeps the slots.
 */
import { cleanLabelValue, formatSeriesKey, type Labels, type SeriesKind } from '#core/series.ts';
import type { Readings, Slot } from '../readings.ts';
import { roundTo } from './numbers.ts';
import { Rate } from './rate.ts';

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly kind?: SeriesKind;
  readonly everyMs?: number;
}

/** Metrics of one kind of thing, by the word under which its collector writes them. */
export type Metrics<Word extends string> = Readonly<Record<Word, Metric>>;

const undeclared: Slot = -2;

export class SeriesGroup<Word extends string> {
  readonly #metrics: Metrics<Word>;
  readonly #labels: Labels;
  readonly #slots = new Map<Word, Slot>();
  readonly #rates = new Map<Word, Rate>();

  constructor(metrics: Metrics<Word>, labels: Labels = {}) {
    this.#metrics = metrics;
    this.#labels = labels;
  }

  /** Writes the value; NaN means that there was none to be had in this interval, and is *notDue*. */
  write(readings: Readings, word: Word, value: number): void {
    let slot = this.#slots.get(word) ?? undeclared;
    if (slot === undeclared) {
      const metric = this.#metrics[word];
      slot = readings.slot(formatSeriesKey(metric.name, this.#labels), metric);
      this.#slots.set(word, slot);
    }
    if (Number.isNaN(value)) readings.setAbsent(slot, 'notDue');
    else readings.set(slot, value);
  }

  /** Writes the rise of a counter per second, rounded, and returns it unrounded. */
  writeRate(readings: Readings, word: Word, reading: RateReading): number {
    const perSecond = this.rate(word, reading);
    this.write(readings, word, roundTo(perSecond, reading.decimals));
    return perSecond;
  }

  /** The rise of a counter per second without writing it; NaN as in `Rate`. */
  rate(word: Word, { counter, nowMonotonicMs }: Omit<RateReading, 'decimals'>): number {
    let rate = this.#rates.get(word);
    if (rate === undefined) this.#rates.set(word, (rate = new Rate()));
    return rate.next(counter, nowMonotonicMs);
  }

  /** All series of the group are *gone*. */
  end(readings: Readings): void {
    for (const slot of this.#slots.values()) readings.end(slot);
  }
}

export interface RateReading {
  readonly counter: number;
  readonly nowMonotonicMs: number;
  readonly decimals: 0 | 1 | 2;
}

export interface SeriesTableOptions<Word extends string> {
  readonly metrics: Metrics<Word>;
  /** Name of the label that tells the things apart. */
  readonly label: string;
  /** Things beyond this many have no series until another has gone. */
  readonly thingsMax: number;
}

/** Groups by the name of their thing. Each run: `touch` what is there, then `sweep` ends what was not touched. */
export class SeriesTable<Word extends string> {
  readonly #options: SeriesTableOptions<Word>;
  readonly #groups = new Map<string, { readonly group: SeriesGroup<Word>; seenAt: number }>();
  #round = 0;

  constructor(options: SeriesTableOptions<Word>) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  /** The group of this thing, made when it is new; null when the table is full. */
  touch(name: string): SeriesGroup<Word> | null {
    const known = this.#groups.get(name);
    if (known !== undefined) {
      known.seenAt = this.#round;
      return known.group;
    }
    if (this.#groups.size >= this.#options.thingsMax) return null;
    const group = new SeriesGroup(this.#options.metrics, { [this.#options.label]: cleanLabelValue(name) });
    this.#groups.set(name, { group, seenAt: this.#round });
    return group;
  }

  sweep(readings: Readings): void {
    for (const [name, { group, seenAt }] of this.#groups) {
      if (seenAt === this.#round) continue;
      group.end(readings);
      this.#groups.delete(name);
    }
    this.#round += 1;
  }
}

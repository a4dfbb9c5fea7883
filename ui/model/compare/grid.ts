/**
 * Values of several lines on one grid of time: what makes hosts comparable whose ticks come at other moments, in other
 * intervals, from buckets of other widths. Cells begin at multiples of the step since 1970, as the hub's buckets do.
 * Hot path: written each second for each line that is followed live.
 *
 * A sample stands for its interval and a bucket for its width: cells that have nothing of their own and whose middle
 * lies in it hold its value, and make room for one that is their own. Nothing reaches farther, so a tick that is
 * missing is a gap, and one that is a little late is none.
 */

export interface GridLine {
  readonly host: string;
  readonly key: string;
  readonly unit: string;
}

/** A sample, or a bucket of several. */
export interface Put {
  readonly atMs: number;
  /** Time that it stands for, ms. */
  readonly widthMs: number;
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

export type GridStat = 'avg' | 'min' | 'max';

interface Row {
  readonly sum: Float64Array;
  /** Samples in a cell; 0: it holds the value of a cell before it, or is empty (`min` is NaN). */
  readonly count: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

export class CompareGrid {
  readonly stepMs: number;
  readonly lines: GridLine[] = [];
  readonly #rows: Row[] = [];
  readonly #places = new Map<string, number>();
  /** Number of the first cell: its start ÷ step. */
  #first: number;
  #count: number;

  /** Covers at least `[fromMs, toMs)`. */
  constructor(stepMs: number, fromMs: number, toMs: number) {
    this.stepMs = stepMs;
    this.#first = Math.floor(fromMs / stepMs);
    this.#count = Math.max(1, Math.ceil(toMs / stepMs) - this.#first);
  }

  get cellCount(): number {
    return this.#count;
  }

  /** Start of a cell, epoch ms. */
  startOf(cell: number): number {
    return (this.#first + cell) * this.stepMs;
  }

  get endMs(): number {
    return this.startOf(this.#count);
  }

  /** Cell in which an instant lies; may be outside of 0..cellCount−1. */
  cellAt(atMs: number): number {
    return Math.floor(atMs / this.stepMs) - this.#first;
  }

  /** Index of the line; −1 when there is none. */
  find(host: string, key: string): number {
    return this.#places.get(placeOf(host, key)) ?? -1;
  }

  /** Adds a line without values; the result is its index. */
  add(line: GridLine): number {
    const column = (fill: number) => new Float64Array(this.#count).fill(fill);
    this.#rows.push({ sum: column(0), count: column(0), min: column(Number.NaN), max: column(Number.NaN) });
    this.#places.set(placeOf(line.host, line.key), this.lines.length);
    return this.lines.push(line) - 1;
  }

  /** Moves the grid on so that its last cell has `toMs − 1`; what leaves at the left is forgotten. Never back. */
  slideTo(toMs: number): void {
    const by = Math.ceil(toMs / this.stepMs) - this.#first - this.#count;
    if (by <= 0) return;
    this.#first += by;
    const from = Math.max(0, this.#count - by);
    for (const { sum, count, min, max } of this.#rows) {
      for (const column of [sum, count, min, max]) column.copyWithin(0, by);
      sum.fill(0, from);
      count.fill(0, from);
      min.fill(Number.NaN, from);
      max.fill(Number.NaN, from);
    }
  }

  /** Forgets what a line has from the cell of `fromMs` on. */
  clear(line: number, fromMs: number): void {
    const from = Math.max(0, this.cellAt(fromMs));
    const row = this.#rows[line]!;
    row.sum.fill(0, from);
    row.count.fill(0, from);
    row.min.fill(Number.NaN, from);
    row.max.fill(Number.NaN, from);
  }

  /** Forgets what a line has in one cell. */
  clearCell(line: number, cell: number): void {
    const row = this.#rows[line]!;
    row.sum[cell] = row.count[cell] = 0;
    row.min[cell] = row.max[cell] = Number.NaN;
  }

  /** Adds a sample or bucket to its cell, and lets the cells that it stands for hold its value. */
  put(line: number, { atMs, widthMs, sum, count, min, max }: Put): void {
    if (count === 0 || Number.isNaN(sum)) return;
    const row = this.#rows[line]!;
    const cell = this.cellAt(atMs);
    if (cell >= 0 && cell < this.#count) {
      const isFirst = row.count[cell] === 0;
      row.sum[cell] = isFirst ? sum : row.sum[cell]! + sum;
      row.count[cell] = isFirst ? count : row.count[cell]! + count;
      row.min[cell] = isFirst ? min : Math.min(row.min[cell]!, min);
      row.max[cell] = isFirst ? max : Math.max(row.max[cell]!, max);
    }
    for (let next = Math.max(0, cell + 1); next < this.#count; next += 1) {
      if (this.startOf(next) + this.stepMs / 2 >= atMs + widthMs || !Number.isNaN(row.min[next]!)) break;
      row.sum[next] = sum / count;
      row.min[next] = min;
      row.max[next] = max;
    }
  }

  /** NaN where there is none; also of a line that is not there. */
  value(line: number, cell: number, stat: GridStat): number {
    const row = this.#rows[line];
    if (row === undefined) return Number.NaN;
    const { sum, count, min, max } = row;
    if (stat === 'min') return min[cell]!;
    if (stat === 'max') return max[cell]!;
    if (Number.isNaN(min[cell]!)) return Number.NaN;
    return sum[cell]! / Math.max(1, count[cell]!);
  }
}

/** No name and no key has a line feed in it. */
function placeOf(host: string, key: string): string {
  return `${host}\n${key}`;
}

/**
 * Makes the tick: runs the collectors that are due and holds the column they write into and the layout that
 * says what the column means. First stage of the data path (docs/life-of-a-tick.md); a hot path, without allocation per series.
 *
 * Invariants: the order of the column is the order of the layout; within a run series are only appended, except
 * that those that are gone are cleaned out at most every 10 minutes; at most 6 layouts a minute; a series that
 * cannot enter the layout yet waits, and its values are dropped and counted. Every place of the column is written
 * in every tick: with a number or with the reason why there is none.
 *
 * A slot is position + generation × 8,192: the generation moves on when a cleaned position is given to another
 * series, so that a handle kept too long can never write into a stranger.
 */
import { wordsOf, writeAbsence } from '#core/absence.ts';
import { assert } from '#core/errors.ts';
import {
  layoutBytesMax,
  layoutCleanMsMin,
  layoutsPerMinuteMax,
  seriesEveryMax,
  seriesPerLayoutMax,
} from '#core/limits.ts';
import { createLayout, encodeLayout, type Layout, type Series, type Sha256, seriesProblem } from '#core/series.ts';
import type { CollectContext, Collector, Readings, SeriesShape, Slot } from './readings.ts';

/** Above `seriesPerLayoutMax`, a power of two. */
const positionCount = 8_192;
/** Keeps every slot a small integer: 8,192 × 131,072 = 2^30. */
const generationCount = 131_072;
const minuteMs = 60_000;
/** Equal layouts that come back (a device unplugged, cleaned away, plugged in) are the same object as before. */
const layoutsKeptMax = 16;

export interface SamplerOptions {
  /** In the order in which their series shall stand in the layout. They belong to this sampler: they keep its slots. */
  readonly collectors: readonly Collector[];
  readonly intervalMs: number;
  readonly seriesMax: number;
  readonly sha256: Sha256;
  /** A collector that worked has thrown; called once until it works again. */
  readonly onFailing?: (collector: string, error: unknown) => void;
  readonly onRecovered?: (collector: string) => void;
  /** Default: all on, at their own pace. */
  readonly plan?: SamplerPlan;
}

/** What may be changed of a running sampler. */
export interface SamplerPlan {
  /** By name of the collector; those that are not named are on, at their own pace. `every` counts ticks. */
  readonly collectors: Readonly<Record<string, { readonly isOn: boolean; readonly every: number | null }>>;
  /** Ticks from one value of a series to the next; null: as its collector has it. */
  readonly everyOf: (key: string) => number | null;
}

export interface TickClock {
  /** Scheduled instant of the tick, epoch ms. */
  readonly tickMs: number;
  readonly nowMonotonicMs: number;
}

export interface SampledTick {
  readonly layout: Layout;
  /** In layout order. Belongs to the sampler and holds until the next tick. */
  readonly column: Float64Array;
}

/** One declared series. `index` is its place in the column, -1 while it waits for a layout. */
interface Cell {
  readonly key: string;
  shape: SeriesShape;
  readonly run: Run;
  readonly bytes: number;
  readonly slot: Slot;
  every: number;
  index: number;
  isGone: boolean;
  /** It is to have a value less often than its collector writes one: not before `dueTick`. */
  isThinned: boolean;
  dueTick: number;
}

/** One collector and when it runs, in numbers of ticks. */
interface Run {
  readonly collector: Collector;
  readonly order: number;
  every: number;
  dueTick: number;
  ranAtMs: number;
  isDue: boolean;
  isFailing: boolean;
  isOn: boolean;
  /** It is off, and a tick has said so of its series. */
  isShownOff: boolean;
}

const ownPlan: SamplerPlan = { collectors: {}, everyOf: () => null };

export class Sampler implements Readings {
  readonly #seriesMax: number;
  readonly #sha256: Sha256;
  readonly #runs: readonly Run[];
  readonly #onFailing: (collector: string, error: unknown) => void;
  readonly #onRecovered: (collector: string) => void;
  #plan: SamplerPlan;

  readonly #column: Float64Array;
  readonly #words: Uint32Array;
  readonly #cells: (Cell | undefined)[] = [];
  readonly #generations = new Uint32Array(positionCount);
  readonly #freePositions: number[] = [];
  readonly #cellOf = new Map<string, Cell>();
  #order: Cell[] = [];
  #waiting: Cell[] = [];
  #bytes = 0;

  readonly #layouts = new Map<string, Layout>();
  #layoutAtMs: number[] = [];
  #isLayoutOld = true;
  #intervalMs: number;
  #startMs = Number.NaN;
  #cleanedAtMs = Number.NaN;
  #nowMs = Number.NaN;
  #tickNumber = 0;
  #running: Run | null = null;
  #tick: { layout: Layout; column: Float64Array } | null = null;

  readonly #failureCounts = new Map<string, number>();
  #nonFiniteCount = 0;
  #seriesRefusedCount = 0;
  #valuesDroppedCount = 0;
  #layoutCount = 0;

  constructor(options: SamplerOptions) {
    assert(options.seriesMax <= seriesPerLayoutMax, 'a host has no more series than a layout may hold');
    this.#intervalMs = options.intervalMs;
    this.#seriesMax = options.seriesMax;
    this.#sha256 = options.sha256;
    this.#onFailing = options.onFailing ?? (() => {});
    this.#onRecovered = options.onRecovered ?? (() => {});
    this.#plan = options.plan ?? ownPlan;
    this.#column = new Float64Array(options.seriesMax);
    this.#words = wordsOf(this.#column);
    this.#runs = options.collectors.map((collector, order) => ({
      collector,
      order,
      every: this.#everyOfCollector(collector),
      dueTick: 0,
      ranAtMs: Number.NaN,
      isDue: false,
      isFailing: false,
      isOn: this.#plan.collectors[collector.name]?.isOn ?? true,
      isShownOff: false,
    }));
    for (const { collector } of this.#runs) this.#failureCounts.set(collector.name, 0);
  }

  /** Throws of each collector, by its name. */
  get failureCounts(): ReadonlyMap<string, number> {
    return this.#failureCounts;
  }

  /** Values that were NaN or ±Infinity and became *failed*. */
  get nonFiniteCount(): number {
    return this.#nonFiniteCount;
  }

  /** Declarations answered with -1. */
  get seriesRefusedCount(): number {
    return this.#seriesRefusedCount;
  }

  /** Values of series that wait for a layout. */
  get valuesDroppedCount(): number {
    return this.#valuesDroppedCount;
  }

  /** Declared series, the waiting and the not yet cleaned ones included: what `seriesMax` bounds. */
  get seriesCount(): number {
    return this.#cellOf.size;
  }

  /** Layouts made since the start. */
  get layoutCount(): number {
    return this.#layoutCount;
  }

  /** The next tick has this interval and a layout of its own; all collectors run in it. */
  changeInterval(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.#begin();
  }

  /**
   * From the next tick on. The series of a collector that is turned off are *gone*; they leave the layout when it is
   * cleaned, and come back into it, under their slots, when the collector is turned on.
   */
  changePlan(plan: SamplerPlan): void {
    this.#plan = plan;
    for (const run of this.#runs) {
      run.isOn = plan.collectors[run.collector.name]?.isOn ?? true;
      run.isShownOff &&= !run.isOn;
    }
    this.#begin();
    const waiting = new Set(this.#waiting);
    for (const cell of this.#cellOf.values())
      if (cell.index < 0 && cell.run.isOn && !waiting.has(cell)) this.#append(cell);
  }

  /** Names of the collectors with their pace, in ticks, and whether they run: what is in force. */
  get collectors(): readonly { readonly name: string; readonly isOn: boolean; readonly every: number }[] {
    return this.#runs.map(({ collector, isOn, every }) => ({ name: collector.name, isOn, every }));
  }

  /** All that depends on interval and plan; all collectors that are on run in the next tick, so that it has one layout. */
  #begin(): void {
    this.#startMs = Number.NaN;
    this.#isLayoutOld = true;
    for (const run of this.#runs) {
      run.every = this.#everyOfCollector(run.collector);
      run.dueTick = 0;
    }
    for (const cell of this.#cellOf.values()) this.#pace(cell);
  }

  /** Runs what is due and returns the tick; the result is one object that the next call changes. */
  tick(clock: TickClock): SampledTick {
    this.#nowMs = clock.nowMonotonicMs;
    if (Number.isNaN(this.#startMs)) this.#startMs = this.#nowMs;
    if (Number.isNaN(this.#cleanedAtMs)) this.#cleanedAtMs = this.#nowMs;
    this.#cleanLayout();
    this.#admitWaiting();

    const tickNumber = Math.round((this.#nowMs - this.#startMs) / this.#intervalMs);
    this.#tickNumber = tickNumber;
    for (const run of this.#runs) run.isDue = run.isOn && (run.every === 1 || tickNumber >= run.dueTick);
    this.#fillColumn();
    for (const run of this.#runs) {
      run.isShownOff = !run.isOn;
      if (!run.isDue) continue;
      this.#collect(run, clock.tickMs);
      run.dueTick = this.#dueAfter(tickNumber, run);
    }
    return this.#finishTick();
  }

  slot(key: string, shape: SeriesShape): Slot {
    const run = this.#running;
    assert(run !== null, 'series are declared while a collector runs');
    const known = this.#cellOf.get(key);
    if (known !== undefined && known.run === run) {
      if (known.isGone) this.#revive(known, shape);
      return known.slot;
    }

    const bytes = seriesBytes(key, shape);
    const isRefused =
      known !== undefined ||
      this.#cellOf.size >= this.#seriesMax ||
      this.#bytes + bytes > layoutBytesMax ||
      seriesProblem(key, shape.unit) !== null;
    if (isRefused) {
      this.#seriesRefusedCount += 1;
      return -1;
    }
    const cell = this.#createCell(key, { shape, run, bytes });
    if (this.#mayChangeLayout()) this.#append(cell);
    else this.#waiting.push(cell);
    return cell.slot;
  }

  set(slot: Slot, value: number): void {
    const cell = this.#cellAt(slot);
    if (cell === null || cell.isGone) return;
    if (cell.index < 0) {
      this.#valuesDroppedCount += 1;
    } else if (cell.isThinned && !this.#takesTurn(cell)) {
      // It stands as not due.
    } else if (Number.isFinite(value)) {
      this.#column[cell.index] = value;
    } else {
      this.#nonFiniteCount += 1;
      writeAbsence(this.#words, cell.index, 'failed');
    }
  }

  setAbsent(slot: Slot, absence: 'notDue' | 'failed'): void {
    const cell = this.#cellAt(slot);
    if (cell === null || cell.isGone || cell.index < 0) return;
    // What was not to be had now may be had at the next run.
    if (cell.isThinned && absence !== 'notDue' && !this.#takesTurn(cell)) return;
    writeAbsence(this.#words, cell.index, absence);
  }

  end(slot: Slot): void {
    const cell = this.#cellAt(slot);
    if (cell === null) return;
    cell.isGone = true;
    if (cell.index >= 0) {
      writeAbsence(this.#words, cell.index, 'gone');
    } else {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== cell);
      this.#forget(cell);
    }
  }

  #cellAt(slot: Slot): Cell | null {
    const cell = this.#cells[slot & (positionCount - 1)];
    return cell !== undefined && cell.slot === slot ? cell : null;
  }

  #createCell(key: string, { shape, run, bytes }: Pick<Cell, 'shape' | 'run' | 'bytes'>): Cell {
    const position = this.#freePositions.pop() ?? this.#cells.length;
    const slot = position + this.#generations[position]! * positionCount;
    const pace = { every: 1, isThinned: false, dueTick: 0 };
    const cell: Cell = { key, shape, run, bytes, slot, ...pace, index: -1, isGone: false };
    this.#pace(cell);
    this.#cells[position] = cell;
    this.#cellOf.set(key, cell);
    this.#bytes += bytes;
    return cell;
  }

  #append(cell: Cell): void {
    cell.index = this.#order.length;
    this.#order.push(cell);
    this.#isLayoutOld = true;
    this.#writeUnwritten(cell);
  }

  /** A series may come back with another unit or interval (a script that was edited). */
  #revive(cell: Cell, shape: SeriesShape): void {
    cell.isGone = false;
    const { unit, kind, everyMs } = cell.shape;
    const isSame = unit === shape.unit && kind === shape.kind && everyMs === shape.everyMs;
    if (!isSame && seriesProblem(cell.key, shape.unit) === null && this.#mayChangeLayout()) {
      cell.shape = shape;
      this.#pace(cell);
      this.#isLayoutOld = true;
    }
    this.#writeUnwritten(cell);
  }

  #forget(cell: Cell): void {
    const position = cell.slot & (positionCount - 1);
    this.#cells[position] = undefined;
    this.#generations[position] = (this.#generations[position]! + 1) % generationCount;
    this.#freePositions.push(position);
    this.#cellOf.delete(cell.key);
    this.#bytes -= cell.bytes;
  }

  #everyOf(everyMs: number): number {
    return Math.min(seriesEveryMax, Math.max(1, Math.round(everyMs / this.#intervalMs)));
  }

  #everyOfCollector(collector: Collector): number {
    return this.#plan.collectors[collector.name]?.every ?? this.#everyOf(collector.everyMs);
  }

  /** How often the series has a value: never more often than its collector writes one. */
  #pace(cell: Cell): void {
    const { shape, run } = cell;
    const own = shape.everyMs === undefined ? run.every : Math.max(run.every, this.#everyOf(shape.everyMs));
    const wanted = this.#plan.everyOf(cell.key) ?? 1;
    cell.isThinned = wanted > own;
    // A multiple of what the collector has, so that its turns meet those of the collector.
    cell.every = cell.isThinned ? Math.min(seriesEveryMax, Math.ceil(wanted / own) * own) : own;
    cell.dueTick = 0;
  }

  /** Whether a thinned series may have a value now: its next turn is on the grid of its own interval. */
  #takesTurn(cell: Cell): boolean {
    if (this.#tickNumber < cell.dueTick) return false;
    cell.dueTick = (Math.floor(this.#tickNumber / cell.every) + 1) * cell.every;
    return true;
  }

  /** The slow collectors stand at different ticks of their interval; the first tick runs them all, so that it has one layout. */
  #dueAfter(tickNumber: number, run: Run): number {
    const slow = this.#runs.filter(({ every }) => every > 1);
    const phase = Math.floor((slow.indexOf(run) * run.every) / Math.max(1, slow.length));
    return tickNumber + run.every - ((tickNumber - phase + run.every) % run.every);
  }

  #fillColumn(): void {
    for (const cell of this.#order) this.#writeUnwritten(cell);
  }

  /** What stands in the column if nobody writes it in this tick. */
  #writeUnwritten(cell: Cell): void {
    const isExpected = cell.run.isDue && cell.every <= cell.run.every;
    const isGone = cell.isGone || !cell.run.isOn;
    writeAbsence(this.#words, cell.index, isGone ? 'gone' : isExpected ? 'failed' : 'notDue');
  }

  #collect(run: Run, tickMs: number): void {
    const { collector } = run;
    const context: CollectContext = { elapsedMs: this.#nowMs - run.ranAtMs, nowMonotonicMs: this.#nowMs, tickMs };
    run.ranAtMs = this.#nowMs;
    this.#running = run;
    try {
      collector.collect(this, context);
      if (run.isFailing) this.#onRecovered(collector.name);
      run.isFailing = false;
    } catch (error) {
      // Whatever a collector throws, the tick goes on: the others' values are as good as before.
      this.#failureCounts.set(collector.name, this.#failureCounts.get(collector.name)! + 1);
      for (const cell of this.#order) {
        if (cell.run !== run || cell.isGone || (cell.isThinned && this.#tickNumber < cell.dueTick)) continue;
        writeAbsence(this.#words, cell.index, 'failed');
      }
      if (!run.isFailing) this.#onFailing(collector.name, error);
      run.isFailing = true;
    } finally {
      this.#running = null;
    }
  }

  #finishTick(): SampledTick {
    if (this.#tick === null || this.#isLayoutOld) {
      this.#isLayoutOld = false;
      this.#tick = { layout: this.#createLayout(), column: this.#column.subarray(0, this.#order.length) };
    }
    return this.#tick;
  }

  #createLayout(): Layout {
    const series = this.#order.map(toSeries);
    const made = createLayout({ intervalMs: this.#intervalMs, series }, this.#sha256);
    const layout = this.#layouts.get(made.id) ?? made;
    this.#layouts.delete(layout.id);
    this.#layouts.set(layout.id, layout);
    if (this.#layouts.size > layoutsKeptMax) this.#layouts.delete(this.#layouts.keys().next().value!);
    this.#layoutAtMs.push(this.#nowMs);
    this.#layoutCount += 1;
    return layout;
  }

  #mayChangeLayout(): boolean {
    if (this.#isLayoutOld) return true;
    this.#layoutAtMs = this.#layoutAtMs.filter((atMs) => this.#nowMs - atMs < minuteMs);
    return this.#layoutAtMs.length < layoutsPerMinuteMax;
  }

  #admitWaiting(): void {
    if (this.#waiting.length === 0 || !this.#mayChangeLayout()) return;
    for (const cell of this.#waiting) this.#append(cell);
    this.#waiting = [];
  }

  /**
   * Removes the series that are gone. They have been *gone* in a tick at least, as they end while a collector runs. Those of
   * a collector that is off are kept aside.
   */
  #cleanLayout(): void {
    if (this.#nowMs - this.#cleanedAtMs < layoutCleanMsMin || !this.#mayChangeLayout()) return;
    this.#cleanedAtMs = this.#nowMs;
    const kept = this.#order.filter((cell) => !cell.isGone && !cell.run.isShownOff);
    if (kept.length === this.#order.length) return;
    for (const cell of this.#order) {
      if (cell.isGone) this.#forget(cell);
      else if (cell.run.isShownOff) cell.index = -1;
    }
    for (const [index, cell] of kept.entries()) cell.index = index;
    this.#order = kept;
    this.#isLayoutOld = true;
  }
}

function toSeries(cell: Cell): Series {
  return { key: cell.key, unit: cell.shape.unit, kind: cell.shape.kind ?? 'gauge', every: cell.every };
}

/** Bytes of one series in the canonical bytes of a layout, with room for the longest `every`. */
function seriesBytes(key: string, shape: SeriesShape): number {
  const series: Series = { key, unit: shape.unit, kind: shape.kind ?? 'gauge', every: seriesEveryMax };
  return encodeLayout({ intervalMs: 1, series: [series] }).byteLength;
}

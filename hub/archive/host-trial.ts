/**
 * One rule on one host of the past: its blocks, piece after piece in order of time, into the trials of its series.
 */
import type { Series } from '#core/series.ts';
import type { BacktestAnswer, BacktestedHost } from './backtest-request.ts';
import { type BacktestResult, commonSpans } from './backtest-result.ts';
import { addBlock, type BlockReading } from './block-reading.ts';
import { unstoredOf } from './known-blocks.ts';
import { coverOf, type DayCover, type QueryPlan } from './query-plan.ts';
import type { MemoryPart, Span } from './query-request.ts';
import type { SeriesNumbering } from './series-numbering.ts';
import { SeriesReading } from './series-reading.ts';
import { SeriesTrial, type TrialRule } from './series-trial.ts';
import type { StoredBlock, StoredBlocks } from './stored-blocks.ts';
import { TickRun } from './tick-run.ts';

/** Ticks judged before the turn is looked at: 2 ms. */
const ticksPerTurn = 65_536;

/** What was read of one host. */
export interface HostPiece {
  readonly tier: BacktestAnswer['tier'];
  readonly plan: QueryPlan;
  readonly stored: StoredBlocks;
  readonly blocks: readonly StoredBlock[];
  /** Of memory: any series of the host. */
  readonly parts: readonly MemoryPart[];
}

type GiveWay = () => Promise<void>;

export class HostTrial {
  readonly host: BacktestedHost;
  readonly #rule: TrialRule;
  readonly #numbering: SeriesNumbering;
  readonly #span: Span;
  /** By number of the series. */
  readonly #trials = new Map<number, { readonly key: string; readonly trial: SeriesTrial }>();

  constructor(shape: {
    readonly host: BacktestedHost;
    readonly rule: TrialRule;
    readonly numbering: SeriesNumbering;
    readonly span: Span;
  }) {
    this.host = shape.host;
    this.#rule = shape.rule;
    this.#numbering = shape.numbering;
    this.#span = shape.span;
  }

  get seriesCount(): number {
    return this.#trials.size;
  }

  async judge(piece: HostPiece, giveWay: GiveWay): Promise<void> {
    if (piece.tier === 'raw') await this.#judgeTicks(piece, giveWay);
    else await this.#judgeBuckets(piece, giveWay);
  }

  /** Hands in what was found. */
  end(result: BacktestResult): void {
    const { name } = this.host;
    const { startMs, endMs } = this.#span;
    const all = [...this.#trials.values()];
    for (const { key, trial } of all) {
      trial.end(endMs);
      result.add({ host: name, series: key }, trial.firings);
    }
    result.addHoles(name, all.length === 0 ? [{ startMs, endMs }] : commonSpans(all.map(({ trial }) => trial.holes)));
  }

  async #judgeTicks(piece: HostPiece, giveWay: GiveWay): Promise<void> {
    const runs = new Map<number, TickRun>();
    const meet = (series: Series, tickMs: number) => {
      const number = this.#numbering.numberOf(series.key);
      const run = runs.get(number) ?? new TickRun();
      runs.set(number, run);
      this.#meet(number, series.key);
      run.meet(tickMs, series.every);
      return run;
    };
    this.#eachColumn(piece, (series, { tickMs }) => meet(series, tickMs));
    await this.#addBlocks(piece, runs, giveWay);
    for (const parts of this.#meantParts(piece)) {
      const samples = unstoredOf(parts, { stored: piece.stored, span: piece.plan });
      for (const { series, intervalMs } of parts) meet(series, intervalMs);
      meet(parts[0]!.series, parts[0]!.intervalMs).addSamples(samples);
    }
    for (const [number, run] of runs) {
      const { trial } = this.#trials.get(number)!;
      const ticks = run.inOrder();
      for (let from = 0; from < ticks.times.length; from += ticksPerTurn) {
        trial.addTicks(ticks, from, Math.min(ticks.times.length, from + ticksPerTurn));
        await giveWay();
      }
    }
  }

  async #judgeBuckets(piece: HostPiece, giveWay: GiveWay): Promise<void> {
    const { hostId, intervalMs, everyOf } = this.host;
    const readings = new Map<number, SeriesReading>();
    const readingOf = (series: Series) => {
      const number = this.#numbering.numberOf(series.key);
      let reading = readings.get(number);
      if (reading === undefined) {
        const ownMs = intervalMs * (everyOf?.get(series.key) ?? series.every);
        reading = new SeriesReading({ hostId, series, intervalMs: ownMs }, piece.plan);
        readings.set(number, reading);
        this.#meet(number, series.key);
      }
      return reading;
    };
    this.#eachColumn(piece, (series, { tickMs, isOfTicks }) => {
      const reading = readingOf(series);
      if (isOfTicks) reading.meet(tickMs * series.every);
    });
    await this.#addBlocks(piece, readings, giveWay);
    for (const parts of this.#meantParts(piece))
      readingOf(parts[0]!.series).addSamples(unstoredOf(parts, { stored: piece.stored, span: piece.plan }));
    for (const [number, reading] of readings) {
      const { content, intervalMs: ownMs } = reading.end({ samplesMax: 0 });
      if (content.kind === 'buckets')
        this.#trials.get(number)!.trial.addBuckets(content.buckets, { stepMs: content.stepMs, intervalMs: ownMs });
      await giveWay();
    }
  }

  #meet(number: number, key: string): void {
    if (!this.#trials.has(number))
      this.#trials.set(number, { key, trial: new SeriesTrial(this.#rule, this.#span.startMs) });
  }

  #eachColumn(
    { blocks }: HostPiece,
    see: (series: Series, layout: { readonly tickMs: number; readonly isOfTicks: boolean }) => void,
  ): void {
    for (const { kind, layoutId, columns } of blocks) {
      const { layout, places } = this.#numbering.layout(layoutId);
      const shape = { tickMs: layout.intervalMs, isOfTicks: kind === 'batch' || kind === 'raw' };
      // Columns come in the order of the places that were asked for.
      for (let index = 0; index < columns.length; index += 1) see(layout.series[places.places[index]!]!, shape);
    }
  }

  async #addBlocks(
    { blocks, plan, stored }: HostPiece,
    readings: ReadonlyMap<number, BlockReading>,
    giveWay: GiveWay,
  ): Promise<void> {
    const covers = new Map<number, DayCover>();
    for (const day of stored.days.get(this.host.hostId) ?? []) covers.set(day.day, coverOf(plan, day, stored.floors));
    for (const block of blocks) {
      addBlock(block, { readings, covers, span: plan });
      await giveWay();
    }
  }

  /** Those of each series together. Whoever took them from memory may have taken too many. */
  #meantParts({ parts }: HostPiece): readonly MemoryPart[][] {
    const bySeries = new Map<string, MemoryPart[]>();
    for (const part of parts) {
      const { key } = part.series;
      const known = bySeries.get(key);
      if (known !== undefined) known.push(part);
      else if (this.#numbering.means(key)) bySeries.set(key, [part]);
    }
    return [...bySeries.values()];
  }
}

/**
 * Answers a query: plans, reads what is stored in one snapshot, and joins it with what memory holds.
 *
 * Whoever asks has taken the open and sealed batches of main first and the flights of the storage thread second; the
 * snapshot is third. Ticks only move that way, so each is met at least once. A tick is stored if and only if its
 * seq is at most the stored seq of its stream in the snapshot, so what memory has up to there is left out: it is
 * in a batch, a chunk or already in a rollup, and in one of them only.
 */
import { dayOf } from '#core/calendar.ts';
import { blockTicksMax } from '#core/limits.ts';
import { mergeBuckets } from '#core/rollup.ts';
import type { Series } from '#core/series.ts';
import { matcherOf } from '#core/series-pattern.ts';
import { type Tier, tiers } from '#core/tier.ts';
import { addBlock } from './block-reading.ts';
import { QueryLimitError, type QueryPorts, readKnown, unstoredOf } from './known-blocks.ts';
import { coverOf, type DayCover, type Floors, planQuery, type QueryPlan } from './query-plan.ts';
import type { QueriedHost, QueryRequest, Span } from './query-request.ts';
import { SeriesNumbering } from './series-numbering.ts';
import { type SeriesAnswer, SeriesReading } from './series-reading.ts';
import type { StoredBlock, StoredBlocks, StoredGap } from './stored-blocks.ts';
import { Turn } from './turn.ts';

export interface QueryAnswer extends Span {
  readonly tier: Tier;
  /** Why the tier is coarser than the step asked for; null when it is not. */
  readonly coarserBy: 'retention' | 'limit' | null;
  readonly floors: Floors;
  readonly series: readonly SeriesAnswer[];
  readonly gaps: readonly StoredGap[];
}

/** Values read from blocks for one answer: 20 ns each. */
const readSamplesMax = 20_000_000;
/** Samples of one answer that gives them as they are. */
export const rawSamplesMax = 1_000_000;
/** Series of all hosts together in one answer. */
export const answerSeriesMax = 1_000;
/** Points of all series together: 40 bytes each. */
export const answerPointsMax = 1_000_000;

/** Rejects with QueryLimitError, with the signal's reason once it is aborted, or as the store does. */
export async function runQuery(ports: QueryPorts, request: QueryRequest, signal: AbortSignal): Promise<QueryAnswer> {
  const { resolution } = request;
  let tierMin: Tier = 'raw';
  let coarserBy: QueryAnswer['coarserBy'] = null;
  for (;;) {
    const plan = planQuery({ ...request, tierMin, rawSamples: rawSamplesOf(request) });
    const reading = await readSnapshot(ports, { request, plan }, signal);
    const next = coarser(plan, reading.stored);
    if (next !== null && resolution.kind !== 'raw') {
      ({ tierMin, coarserBy } = next);
      continue;
    }
    if (reading.stored.sampleCount > reading.samplesMax) {
      throw new QueryLimitError(
        `Cannot answer query: at most ${reading.samplesMax} stored values may be read for it: got ${reading.stored.sampleCount}: ask for fewer series or a shorter span`,
      );
    }
    const found = await new Answering({ request, plan, ...reading }, signal).run();
    const series = resolution.kind === 'points' && resolution.pointsMax === 1 ? found.map(inOne) : found;
    if (resolution.kind === 'points' && resolution.prefersSamples && plan.tier !== 'raw') {
      const samples = await samplesInstead(ports, { request, series, floors: reading.stored.floors }, signal);
      if (samples !== null) return samples;
    }
    checkSize(series);
    const { startMs, endMs, tier } = plan;
    const { floors, gaps } = reading.stored;
    return { startMs, endMs, tier, coarserBy: coarserBy ?? (plan.isCoarser ? 'limit' : null), floors, series, gaps };
  }
}

/** All buckets of a series in one: two may be needed to reach over a span, and one was asked for. */
function inOne(answer: SeriesAnswer): SeriesAnswer {
  const { content } = answer;
  if (content.kind === 'samples' || content.buckets.starts.length < 2) return answer;
  const { starts } = content.buckets;
  const stepMs = starts[starts.length - 1]! - starts[0]! + content.stepMs;
  const whole = mergeBuckets([content.buckets], Number.MAX_SAFE_INTEGER);
  return { ...answer, content: { kind: 'buckets', stepMs, buckets: { ...whole, starts: starts.slice(0, 1) } } };
}

/** The few samples of a sparse series are a better answer than buckets with one sample each, while raw still has them. */
async function samplesInstead(
  ports: QueryPorts,
  found: { readonly request: QueryRequest; readonly series: readonly SeriesAnswer[]; readonly floors: Floors },
  signal: AbortSignal,
): Promise<QueryAnswer | null> {
  const { request, series, floors } = found;
  const { resolution } = request;
  if (resolution.kind !== 'points' || dayOf(request.startMs) < floors.raw) return null;
  const isSparse = ({ content }: SeriesAnswer) =>
    content.kind === 'samples' || content.buckets.count.reduce((sum, count) => sum + count, 0) <= resolution.pointsMax;
  if (!series.every(isSparse)) return null;
  return await runQuery(ports, { ...request, resolution: { kind: 'raw' } }, signal);
}

function rawSamplesOf({ hosts, patterns, startMs, endMs }: QueryRequest): number {
  let ticks = 0;
  for (const { intervalMs } of hosts) ticks += (endMs - startMs) / intervalMs;
  return ticks * patterns.length;
}

/** The next tier up when this one has lost days of the span, or has more than may be read; null when it will do. */
function coarser(
  plan: QueryPlan,
  stored: StoredBlocks,
): { readonly tierMin: Tier; readonly coarserBy: 'retention' | 'limit' } | null {
  const next = tiers[tiers.indexOf(plan.tier) + 1];
  if (next === undefined) return null;
  const floor = stored.floors[plan.tier];
  for (const days of stored.days.values())
    if (days.some(({ day }) => day < floor)) return { tierMin: next, coarserBy: 'retention' };
  return stored.sampleCount > readSamplesMax ? { tierMin: next, coarserBy: 'limit' } : null;
}

function checkSize(series: readonly SeriesAnswer[]): void {
  let samples = 0;
  let points = 0;
  for (const { content } of series) {
    if (content.kind === 'samples') samples += content.samples.times.length;
    else points += content.buckets.starts.length;
  }
  if (samples > rawSamplesMax)
    throw new QueryLimitError(
      `Cannot answer query: at most ${rawSamplesMax} samples are given as they are: got ${samples}: ask for points, a shorter span, or CSV`,
    );
  if (points > answerPointsMax)
    throw new QueryLimitError(
      `Cannot answer query: at most ${answerPointsMax} points in all are given: got ${points}: ask for fewer points or fewer series`,
    );
}

interface Snapshot {
  readonly stored: StoredBlocks;
  readonly numbering: SeriesNumbering;
  readonly samplesMax: number;
}

async function readSnapshot(
  ports: QueryPorts,
  { request, plan }: { readonly request: QueryRequest; readonly plan: QueryPlan },
  signal: AbortSignal,
): Promise<Snapshot> {
  const numbering = new SeriesNumbering(matcherOf(request.patterns));
  const hostIds = request.hosts.map(({ hostId }) => hostId);
  const streamIds = [...new Set(request.parts.map(({ streamId }) => streamId))];
  let samplesMax = 0;
  const ask = () => {
    const seriesCount = numbering.count * hostIds.length;
    if (numbering.count > answerSeriesMax)
      throw new QueryLimitError(
        `Cannot answer query: at most ${answerSeriesMax} series are given at once: got ${numbering.count}`,
      );
    // Blocks reach over both ends of the span.
    samplesMax =
      request.resolution.kind === 'raw' ? rawSamplesMax + 2 * blockTicksMax * Math.max(1, seriesCount) : readSamplesMax;
    return { plan, streamIds, wantsGaps: request.wantsGaps, samplesMax };
  };
  const stored = await readKnown(ports, { numbering, hostIds, ask }, signal);
  return { stored, numbering, samplesMax };
}

/** Blocks and memory to answers, host by host, so that only one host's samples are held at a time. */
class Answering {
  readonly #request: QueryRequest;
  readonly #plan: QueryPlan;
  readonly #snapshot: Snapshot;
  readonly #signal: AbortSignal;
  readonly #turn = new Turn();

  constructor(input: Snapshot & { readonly request: QueryRequest; readonly plan: QueryPlan }, signal: AbortSignal) {
    this.#request = input.request;
    this.#plan = input.plan;
    this.#snapshot = input;
    this.#signal = signal;
  }

  async run(): Promise<SeriesAnswer[]> {
    const byHost = new Map<number, StoredBlock[]>(this.#request.hosts.map(({ hostId }) => [hostId, []]));
    for (const block of this.#snapshot.stored.blocks) byHost.get(block.hostId)?.push(block);
    const answers: SeriesAnswer[] = [];
    for (const host of this.#request.hosts) answers.push(...(await this.#host(host, byHost.get(host.hostId) ?? [])));
    return answers;
  }

  async #giveWay(): Promise<void> {
    await this.#turn.yield();
    this.#signal.throwIfAborted();
  }

  async #host({ hostId, intervalMs, everyOf }: QueriedHost, blocks: readonly StoredBlock[]): Promise<SeriesAnswer[]> {
    const readings = new Map<number, SeriesReading>();
    const readingOf = (number: number, series: Series) => {
      let reading = readings.get(number);
      if (reading === undefined) {
        const every = everyOf?.get(series.key) ?? series.every;
        reading = new SeriesReading({ hostId, series, intervalMs: intervalMs * every }, this.#plan);
        readings.set(number, reading);
      }
      return reading;
    };
    const { numbering, stored } = this.#snapshot;
    for (const { kind, layoutId, columns } of blocks) {
      const { layout, places } = numbering.layout(layoutId);
      // Columns come in the order of the places that were asked for.
      for (const [index, { number }] of columns.entries()) {
        const series = layout.series[places.places[index]!]!;
        const reading = readingOf(number, series);
        if (kind === 'batch' || kind === 'raw') reading.meet(layout.intervalMs * series.every);
      }
    }
    const parts = this.#request.parts.filter((part) => part.hostId === hostId);
    for (const part of parts)
      readingOf(numbering.numberOf(part.series.key), part.series).meet(part.intervalMs * part.series.every);

    const covers = new Map<number, DayCover>();
    for (const day of stored.days.get(hostId) ?? []) covers.set(day.day, coverOf(this.#plan, day, stored.floors));
    for (const block of blocks) {
      await this.#giveWay();
      addBlock(block, { readings, covers, span: this.#plan });
    }
    for (const [number, reading] of readings) {
      const own = parts.filter((part) => numbering.numberOf(part.series.key) === number);
      if (own.length > 0) reading.addSamples(unstoredOf(own, { stored, span: this.#plan }));
    }
    const { resolution } = this.#request;
    const samplesMax = resolution.kind === 'points' && resolution.prefersSamples ? resolution.pointsMax : 0;
    const answers: SeriesAnswer[] = [];
    for (const reading of readings.values()) {
      await this.#giveWay();
      answers.push(reading.end({ samplesMax }));
    }
    return answers;
  }
}

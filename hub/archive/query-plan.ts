/**
 * From a span and a wish to a tier and a step, and which part of each day comes from which tier. Pure.
 *
 * Buckets begin at multiples of their step since 1970, so the same data gives the same buckets while the span moves.
 * A sample belongs to the answer if it lies in the span, so whole buckets of a rollup are used only where they lie
 * in it whole; what is left at both edges comes from the tier below:
 *
 *   start      hours from     minutes from          hours to  minutes to  end
 *     ├──raw──┼───minute───┼──────── hour ─────────────┼──minute──┼──raw──┤
 *          minutes.start  hours.start              hours.end   minutes.end
 *
 * Where the tier below has gone by retention, a bucket that the edge cuts is taken whole.
 */
import { bucketMs, type Tier, tiers } from '#core/tier.ts';
import type { Resolution, Span } from './query-request.ts';

/** A step this much wider than wanted is worth reading the finer tier for. */
const roundingMax = 1.25;
/** Samples that may be read for that: a tenth of a second. */
const finerSamplesMax = 4_000_000;

export interface QueryPlan extends Span {
  readonly tier: Tier;
  /** Width of a bucket before a series' own interval is looked at; 0 for samples. */
  readonly stepMs: number;
  /** Whether the step is longer than asked for by more than rounding. */
  readonly isCoarser: boolean;
  /** Whole minutes and hours of the span that rollups may answer; empty where the tier is finer. */
  readonly minutes: Span;
  readonly hours: Span;
}

export interface PlanInput extends Span {
  readonly resolution: Resolution;
  /** No finer than this. */
  readonly tierMin: Tier;
  /** What reading the whole span raw would cost, as far as that is known. */
  readonly rawSamples: number;
}

/** The coarsest tier that gives the step asked for, or nearly; a multiple of that tier's buckets. */
export function planQuery({ startMs, endMs, resolution, tierMin, rawSamples }: PlanInput): QueryPlan {
  const span = { startMs, endMs };
  if (resolution.kind === 'raw') return { ...span, tier: 'raw', stepMs: 0, isCoarser: false, ...edgesOf(span, 'raw') };
  const wantedMs = resolution.kind === 'step' ? resolution.stepMs : stepFor(span, resolution.pointsMax);
  const tier = tierFor(wantedMs, { tierMin, isRawCheap: rawSamples <= finerSamplesMax });
  const stepMs = stepIn(tier, wantedMs);
  return { ...span, tier, stepMs, isCoarser: stepMs > wantedMs * roundingMax, ...edgesOf(span, tier) };
}

/** A span of n − 1 steps touches at most n buckets wherever it begins. Whole ms. */
function stepFor({ startMs, endMs }: Span, pointsMax: number): number {
  return Math.max(1, Math.ceil((endMs - startMs) / Math.max(1, pointsMax - 1)));
}

function tierFor(wantedMs: number, options: { readonly tierMin: Tier; readonly isRawCheap: boolean }): Tier {
  const from = tiers.indexOf(options.tierMin);
  for (let index = tiers.length - 1; index > from; index -= 1) {
    const tier = tiers[index]!;
    if (tier === 'raw' || bucketMs[tier] > wantedMs) continue;
    const isClose = stepIn(tier, wantedMs) <= wantedMs * roundingMax;
    const isFinerCheap = tier === 'hour' || options.isRawCheap;
    if (isClose || !isFinerCheap) return tier;
  }
  return options.tierMin;
}

function stepIn(tier: Tier, wantedMs: number): number {
  return tier === 'raw' ? wantedMs : Math.ceil(wantedMs / bucketMs[tier]) * bucketMs[tier];
}

/** The step of a series with ticks `intervalMs` apart: whole intervals, so that all its buckets hold as many. */
export function ownStep(plan: Pick<QueryPlan, 'tier' | 'stepMs'>, intervalMs: number): number {
  const { tier, stepMs } = plan;
  if (stepMs === 0 || intervalMs <= 0) return stepMs;
  if (tier === 'raw') return Math.ceil(stepMs / intervalMs) * intervalMs;
  return Math.ceil(Math.max(stepMs, intervalMs) / stepMs) * stepMs;
}

function edgesOf(span: Span, tier: Tier): { readonly minutes: Span; readonly hours: Span } {
  const minutes = tier === 'raw' ? emptyAt(span.endMs) : wholeIn(span, bucketMs.minute);
  const hours = tier === 'hour' ? wholeIn(span, bucketMs.hour) : emptyAt(minutes.endMs);
  return { minutes, hours: hours.startMs < hours.endMs ? hours : emptyAt(minutes.endMs) };
}

function wholeIn({ startMs, endMs }: Span, widthMs: number): Span {
  const from = Math.ceil(startMs / widthMs) * widthMs;
  const to = Math.floor(endMs / widthMs) * widthMs;
  return from < to ? { startMs: from, endMs: to } : emptyAt(endMs);
}

function emptyAt(atMs: number): Span {
  return { startMs: atMs, endMs: atMs };
}

/** The pieces of the span that whole buckets do not cover, by the tier that has them: at most two each, none empty. */
export function edgeSpans(plan: QueryPlan): { readonly raw: Span[]; readonly minute: Span[] } {
  const { startMs, endMs, minutes, hours } = plan;
  return {
    raw: present({ startMs, endMs: minutes.startMs }, { startMs: minutes.endMs, endMs }),
    minute: present({ startMs: minutes.startMs, endMs: hours.startMs }, { startMs: hours.endMs, endMs: minutes.endMs }),
  };
}

function present(...spans: readonly Span[]): Span[] {
  return spans.filter((span) => span.startMs < span.endMs);
}

/** What is known of one host's day in the snapshot that is read. */
export interface DayState {
  readonly day: number;
  /** Whether the rollups of the day are made of what raw has now. */
  readonly hasMinutes: boolean;
  readonly hasHours: boolean;
}

/** Oldest day that each tier keeps. */
export type Floors = Readonly<Record<Tier, number>>;

/** By tier, the spans of a day that it answers: each instant of the span once. Not cut to the day. */
export type DayCover = Readonly<Record<Tier, readonly Span[]>>;

/** Raw ticks that are still in batches or in memory are in no rollup and come on top. */
export function coverOf(plan: QueryPlan, state: DayState, floors: Floors): DayCover {
  const { startMs, endMs, minutes, hours } = plan;
  const isRawGone = state.day < floors.raw;
  const isMinuteGone = state.day < floors.minute;
  const usesMinutes = plan.tier !== 'raw' && (state.hasMinutes || isRawGone);
  const usesHours = plan.tier === 'hour' && (state.hasHours || isMinuteGone);

  const wide = (span: Span, widthMs: number): Span => ({
    startMs: Math.floor(span.startMs / widthMs) * widthMs,
    endMs: Math.ceil(span.endMs / widthMs) * widthMs,
  });
  if (usesHours && isMinuteGone) return { hour: [wide({ startMs, endMs }, bucketMs.hour)], minute: [], raw: [] };
  const hour = usesHours ? present(hours) : [];
  const minuteSpan = isRawGone ? wide({ startMs, endMs }, bucketMs.minute) : minutes;
  const minute = usesMinutes ? without(minuteSpan, hour) : [];
  if (isRawGone) return { hour, minute, raw: [] };
  return {
    hour,
    minute,
    raw: usesMinutes ? without({ startMs, endMs }, present(minutes)) : without({ startMs, endMs }, hour),
  };
}

/** What is left of a span when at most one other is taken out of it. */
function without(span: Span, taken: readonly Span[]): Span[] {
  const out = taken[0];
  if (out === undefined) return present(span);
  return present(
    { startMs: span.startMs, endMs: Math.min(span.endMs, out.startMs) },
    { startMs: Math.max(span.startMs, out.endMs), endMs: span.endMs },
  );
}

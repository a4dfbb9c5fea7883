/**
 * What is asked of the simulator, and what that comes to: spans, tiers, counts. Pure.
 */
import { dayMs, dayOf, monthOf, nextMonthOf } from '#core/calendar.ts';
import { simulatedSeries } from '#core/simulated/curves.ts';
import { type Tier, tiers } from '#core/tier.ts';
import type { SimulatedSpan } from '../store/simulated.ts';

/** The original's three questions, and the seed from which everything follows. */
export interface SimulationPlan {
  readonly hostCount: number;
  /** Days of history up to now; 0 for none. */
  readonly dayCount: number;
  /** Ticks an hour. */
  readonly perHour: number;
  readonly seed: number;
}

/** First day that each tier keeps. */
export type KeptFrom = Readonly<Record<Tier, number>>;

const hourMs = 3_600_000;

/** The span of a plan that is begun now: whole minutes, so that no bucket is cut. */
export function spanOf(plan: SimulationPlan, nowMs: number): SimulatedSpan {
  const toMs = Math.floor(nowMs / 60_000) * 60_000;
  return {
    fleetSeed: plan.seed,
    dayCount: plan.dayCount,
    intervalMs: Math.round(hourMs / plan.perHour),
    fromMs: toMs - plan.dayCount * dayMs,
    toMs,
  };
}

/** Whether a host's history is what the plan asks for, whenever it was begun. */
export function isSamePlan(span: SimulatedSpan, plan: SimulationPlan): boolean {
  const { fleetSeed, dayCount, intervalMs } = spanOf(plan, 0);
  return span.fleetSeed === fleetSeed && span.dayCount === dayCount && span.intervalMs === intervalMs;
}

/** First days kept: by age, or by what retention has let go already. */
export function keptFrom(options: {
  readonly today: number;
  readonly keepDays: Readonly<Record<Tier, number>>;
  readonly floors: Readonly<Record<Tier, number>>;
}): KeptFrom {
  const { today, keepDays, floors } = options;
  const from = (tier: Tier) => Math.max(floors[tier], today - keepDays[tier]);
  const hour = from('hour');
  // The block of a month is kept, or goes, with its first day.
  return { raw: from('raw'), minute: from('minute'), hour: monthOf(hour) >= floors.hour ? hour : nextMonthOf(hour) };
}

/** Part of a month: what is written by one transaction. Days from `fromDay` to before `toDay`. */
export interface MonthPart {
  readonly month: number;
  readonly fromDay: number;
  readonly toDay: number;
}

/** The months from `nextDay` to the end of a span, oldest first. */
export function monthsOf(span: SimulatedSpan, nextDay: number): MonthPart[] {
  const endDay = endDayOf(span);
  const months: MonthPart[] = [];
  for (let fromDay = nextDay; fromDay < endDay; ) {
    const toDay = Math.min(endDay, nextMonthOf(fromDay));
    months.push({ month: monthOf(fromDay), fromDay, toDay });
    fromDay = toDay;
  }
  return months;
}

/** The first day of a span that some tier keeps. */
export function firstDayOf(span: SimulatedSpan, kept: KeptFrom): number {
  return Math.min(endDayOf(span), Math.max(dayOf(span.fromMs), Math.min(...tiers.map((tier) => kept[tier]))));
}

/** The day after the last one of a span. */
export function endDayOf({ fromMs, toMs }: SimulatedSpan): number {
  return toMs > fromMs ? dayOf(toMs - 1) + 1 : dayOf(toMs);
}

export interface Outlook {
  /** Ticks of one host, if it were never down. */
  readonly tickCount: number;
  /** Samples of all hosts. */
  readonly sampleCount: number;
  /** Days of the span that are kept as raw ticks, as rollups only, and not at all. */
  readonly rawDays: number;
  readonly rolledOnlyDays: number;
  readonly droppedDays: number;
  readonly bytes: number;
}

/** Measured with 100 hosts × 30 days × 60 an hour, 2026-11-26: packed bytes of a raw sample, a minute, an hour of one series. */
const bytesPer = { sample: 1.35, minute: 1.35, hour: 5.4 };

/** What a span of so many hosts comes to. */
export function outlookOf(
  span: SimulatedSpan,
  options: { readonly hostCount: number; readonly kept: KeptFrom },
): Outlook {
  const { hostCount, kept } = options;
  const { fromMs, toMs, intervalMs } = span;
  const days = (fromDay: number) => Math.max(0, toMs - Math.max(fromMs, fromDay * dayMs)) / dayMs;
  const rawDays = days(kept.raw);
  const minuteDays = days(Math.min(kept.raw, kept.minute));
  const hourDays = days(Math.min(kept.raw, kept.minute, kept.hour));
  const tickCount = (hourDays * dayMs) / intervalMs;
  const ticksPerDay = dayMs / intervalMs;
  const bytes =
    rawDays * ticksPerDay * bytesPer.sample +
    minuteDays * Math.min(ticksPerDay, 1_440) * bytesPer.minute +
    hourDays * Math.min(ticksPerDay, 24) * bytesPer.hour;
  return {
    tickCount: Math.round(tickCount),
    sampleCount: Math.round(tickCount * hostCount * simulatedSeries.length),
    rawDays,
    rolledOnlyDays: hourDays - rawDays,
    droppedDays: span.dayCount - hourDays,
    bytes: Math.round(bytes * hostCount * simulatedSeries.length),
  };
}

/**
 * What may go: the decisions of retention, as a pure machine. It is shown the clocks and what the database holds,
 * and says which steps to take.
 *
 * A partition goes in steps, each of which may be the last before a crash:
 *
 *   attached ─raise floor─► below the floor ─detach─► detaching ─finalize─► detached ─drop─► gone
 *
 * The first step is the decision; the others follow from what the catalogue shows, whoever decided.
 *
 * A wrong clock must not delete. The wall clock says what is old enough, but never alone:
 * - a partition goes by age only if as many newer ones hold data as the tier is to keep. So retention counts
 *   days that hold data: a hub that starts with the year 2100 still keeps its last 14 days of raw, and
 *   loses one of them for each day that it stores new data in;
 * - none is begun in a run that finds the wall clock moved against the monotonic clock, or apart from the
 *   database's clock;
 * - at most two a tier in a run, oldest first, never today's or yesterday's.
 */
import { dayOf, monthOf, nextMonthOf } from '#core/calendar.ts';
import { type Tier, tiers } from '#core/tier.ts';

export interface RetentionSettings {
  /** Days that each tier keeps; raw ≤ minute ≤ hour. */
  readonly keepDays: Readonly<Record<Tier, number>>;
  /** Size of the database above which the oldest raw goes early; null for none. */
  readonly storageBytesMax: number | null;
}

export interface KeptPartition {
  readonly tier: Tier;
  readonly fromDay: number;
  readonly toDay: number;
  readonly state: 'attached' | 'detaching' | 'detached';
  readonly isEmpty: boolean;
  readonly byteCount: number;
}

export interface RetentionFacts {
  readonly nowMs: number;
  readonly nowMonotonicMs: number;
  /** The database's own clock. */
  readonly databaseMs: number;
  /** Oldest first within a tier. */
  readonly partitions: readonly KeptPartition[];
  readonly floors: Readonly<Record<Tier, number>>;
  readonly databaseBytes: number;
}

type Named = Pick<KeptPartition, 'tier' | 'fromDay'>;

/** Raise the floor of the tier to `day`, if nothing below is needed any more. */
export interface FloorRaise {
  readonly tier: Tier;
  readonly day: number;
  readonly why: 'age' | 'budget';
}

/** What follows from floors. */
export interface CleaningStep {
  readonly kind: 'detach' | 'finalize' | 'drop';
  readonly partition: Named;
}

/** Why nothing new is begun. */
export type Hold = 'clock-moved' | 'clocks-differ';

export interface RetentionPlan {
  readonly raises: readonly FloorRaise[];
  readonly hold: Hold | null;
}

const raisesPerTierMax = 2;
/** A clock that is set by less than this cannot make a day look old. */
const clockMsMax = 3_600_000;
/** A partition of months holds days up to the end of its last month. */
const monthDaysMax = 31;

export class Retention {
  readonly #settings: RetentionSettings;
  /** Wall clock less monotonic clock at the last look. */
  #offsetMs: number | null = null;

  constructor(settings: RetentionSettings) {
    this.#settings = settings;
  }

  /** Which floors to raise now. One call a run: it remembers the clocks. */
  plan(facts: RetentionFacts): RetentionPlan {
    const hold = this.#judgeClocks(facts);
    if (hold !== null) return { raises: [], hold };
    const aged = tiers.flatMap((tier) => this.#aged(facts, tier));
    const isRawAged = aged.some(({ tier }) => tier === 'raw');
    return { raises: isRawAged ? aged : [...this.#overBudget(facts), ...aged], hold };
  }

  #judgeClocks({ nowMs, nowMonotonicMs, databaseMs }: RetentionFacts): Hold | null {
    const before = this.#offsetMs;
    this.#offsetMs = nowMs - nowMonotonicMs;
    if (before !== null && Math.abs(this.#offsetMs - before) > clockMsMax) return 'clock-moved';
    return Math.abs(nowMs - databaseMs) > clockMsMax ? 'clocks-differ' : null;
  }

  /** Floors to raise because partitions are old enough. */
  #aged(facts: RetentionFacts, tier: Tier): FloorRaise[] {
    const today = dayOf(facts.nowMs);
    const keepDays = this.#settings.keepDays[tier];
    const kept = keptOf(facts, tier);
    const raises: FloorRaise[] = [];
    for (const [index, partition] of kept.entries()) {
      if (raises.length === raisesPerTierMax || lastDayOf(partition) >= today - keepDays) break;
      const width = partition.toDay - partition.fromDay;
      const newer = kept.slice(index + 1).filter(({ isEmpty, fromDay }) => !isEmpty && fromDay <= today);
      if (newer.length < Math.floor(keepDays / width)) break;
      raises.push({ tier, day: floorAfter(partition), why: 'age' });
    }
    return raises;
  }

  /** Floors of raw to raise because the database is too large: as many days as bring it below the bound. */
  #overBudget(facts: RetentionFacts): FloorRaise[] {
    const { storageBytesMax } = this.#settings;
    if (storageBytesMax === null) return [];
    const raises: FloorRaise[] = [];
    // What is below the floor already goes in this run.
    let byteCount = facts.databaseBytes;
    for (const one of facts.partitions) if (isLeftover(one, facts)) byteCount -= one.byteCount;
    for (const partition of keptOf(facts, 'raw')) {
      if (raises.length === raisesPerTierMax || byteCount <= storageBytesMax) break;
      if (partition.toDay >= dayOf(facts.nowMs)) break;
      byteCount -= partition.byteCount;
      raises.push({ tier: 'raw', day: floorAfter(partition), why: 'budget' });
    }
    return raises;
  }
}

/** What has been decided, in this run or another, at this hub or another, and is not finished. */
export function cleaningSteps(facts: Pick<RetentionFacts, 'partitions' | 'floors'>): CleaningStep[] {
  return facts.partitions.filter((one) => isLeftover(one, facts)).flatMap(stepsOf);
}

function stepsOf({ tier, fromDay, state }: KeptPartition): CleaningStep[] {
  const partition = { tier, fromDay };
  const drop = { kind: 'drop', partition } as const;
  switch (state) {
    case 'detached':
      return [drop];
    case 'detaching':
      return [{ kind: 'finalize', partition }, drop];
    case 'attached':
      return [{ kind: 'detach', partition }, drop];
  }
}

function isLeftover(partition: KeptPartition, { floors }: Pick<RetentionFacts, 'floors'>): boolean {
  return partition.state !== 'attached' || partition.toDay <= floors[partition.tier];
}

function keptOf(facts: RetentionFacts, tier: Tier): KeptPartition[] {
  return facts.partitions.filter((one) => one.tier === tier && !isLeftover(one, facts));
}

/** The last day that a partition may hold values of. */
function lastDayOf({ tier, toDay }: KeptPartition): number {
  return toDay - 1 + (tier === 'hour' ? monthDaysMax - 1 : 0);
}

/** The first day of which everything is kept once the partition is gone. A month goes with the day it begins with. */
function floorAfter({ tier, toDay }: KeptPartition): number {
  if (tier !== 'hour') return toDay;
  return monthOf(toDay) === toDay ? toDay : nextMonthOf(toDay);
}

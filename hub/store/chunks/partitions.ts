/**
 * The leaf partitions of `chunk`: a day of raw, 7 days of minutes, 91 days of hours each, made at run time and never below the floor.
 *
 * Locks. A partition is made as a table of its own and then attached: that takes SHARE UPDATE EXCLUSIVE on
 * the tier's table, which readers and writers do not notice; `create table … partition of` would lock them all
 * out. It is empty, so that nothing is scanned and no check constraint has to spare the scan. One advisory lock of
 * the transaction lets hubs make partitions and raise floors in turn. There is no default partition: it would
 * forbid `detach … concurrently`, and a row without a partition is a mistake that has to be heard.
 */
import { dayOf } from '#core/calendar.ts';
import { assert } from '#core/errors.ts';
import { type Tier, tierCodes, tiers } from '#core/tier.ts';
import type { Sql } from '../connect.ts';

/** Days in a partition. Partitions begin at multiples of it since 1970. */
export const partitionDays: Readonly<Record<Tier, number>> = { raw: 1, minute: 7, hour: 91 };

export interface Partition {
  readonly tier: Tier;
  /** The first day of it, and the first after it. */
  readonly fromDay: number;
  readonly toDay: number;
  /** `detaching`: a detach was begun and has to be finished. `detached`: a table of its own that has to be dropped. */
  readonly state: 'attached' | 'detaching' | 'detached';
}

/** Days of a tier, both included. For hours a day stands for the month that begins with it. */
export interface DaySpan {
  readonly tier: Tier;
  readonly fromDay: number;
  readonly toDay: number;
}

/** More at once is a mistake: fifty years of raw. */
const spanPartitionsMax = 18_300;

const daysAhead = 2;

/** What has to be there before data is taken: from the floors, or as far back as is kept, to two days ahead. Other days are made when they are met. */
export function spansToKeep(of: {
  readonly keepDays: Readonly<Record<Tier, number>>;
  readonly floors: Readonly<Record<Tier, number>>;
  readonly nowMs: number;
}): DaySpan[] {
  const today = dayOf(of.nowMs);
  return tiers.map((tier) => ({
    tier,
    fromDay: Math.max(0, of.floors[tier], today - of.keepDays[tier]),
    toDay: today + daysAhead,
  }));
}

/** The first day of the partition that a day lies in. */
export function partitionStartOf(tier: Tier, day: number): number {
  return Math.floor(day / partitionDays[tier]) * partitionDays[tier];
}

export function partitionName(tier: Tier, fromDay: number): string {
  return `chunk_${tier}_${fromDay}`;
}

/**
 * Makes what is missing of the partitions that these days lie in, but none that ends at or below the floor of its
 * tier: a row for such a day finds no partition (SQLSTATE 23514), as its data has expired. Any number of hubs may
 * ask at once; asking again is one small query. Answers how many were made.
 */
export async function ensurePartitions(sql: Sql, spans: readonly DaySpan[]): Promise<number> {
  const wanted = spans.flatMap(startsOf);
  if (wanted.length === 0 || (await missingOf(sql, wanted)).length === 0) return 0;
  return await sql.begin((transaction) => makePartitions(transaction as unknown as Sql, spans));
}

/** The same in a transaction of the caller's. */
export async function makePartitions(tx: Sql, spans: readonly DaySpan[]): Promise<number> {
  await lockPartitions(tx);
  const missing = await missingOf(tx, spans.flatMap(startsOf));
  if (missing.length > 0) await tx.unsafe(missing.map(createText).join('\n')).simple();
  return missing.length;
}

/** Waits for, and holds until the end of the transaction, the right to make partitions and to raise floors. */
export async function lockPartitions(tx: Sql): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtext('pulsewire.partitions'))`;
}

/** All partitions there are, oldest first within a tier. */
export async function readPartitions(sql: Sql): Promise<Partition[]> {
  const rows = await sql<{ name: string; state: Partition['state'] }[]>`
    select c.relname as name,
      case when i.inhrelid is null then 'detached' when i.inhdetachpending then 'detaching' else 'attached' end as state
    from pg_class c left join pg_inherits i on i.inhrelid = c.oid
    where c.relkind = 'r' and c.relname ~ '^chunk_(raw|minute|hour)_[0-9]+$'
      and c.relnamespace = (select relnamespace from pg_class where oid = 'chunk'::regclass)`;
  return rows
    .map(({ name, state }) => ({ ...placeOf(name), state }))
    .sort((a, b) => tiers.indexOf(a.tier) - tiers.indexOf(b.tier) || a.fromDay - b.fromDay);
}

function placeOf(name: string): Omit<Partition, 'state'> {
  const [, tier, day] = name.split('_') as [string, Tier, string];
  return { tier, fromDay: Number(day), toDay: Number(day) + partitionDays[tier] };
}

interface Place {
  readonly tier: Tier;
  readonly fromDay: number;
}

function startsOf({ tier, fromDay, toDay }: DaySpan): Place[] {
  const first = partitionStartOf(tier, fromDay);
  const count = Math.max(0, Math.floor((toDay - first) / partitionDays[tier]) + 1);
  assert(fromDay >= 0 && count <= spanPartitionsMax, `days ${fromDay} to ${toDay} of tier ${tier} cannot be stored`);
  return Array.from({ length: count }, (_, index) => ({ tier, fromDay: first + index * partitionDays[tier] }));
}

/** Those that are neither there, in whatever state, nor all below the floor. */
async function missingOf(sql: Sql, wanted: readonly Place[]): Promise<Place[]> {
  const names = new Set((await readPartitions(sql)).map(({ tier, fromDay }) => partitionName(tier, fromDay)));
  const floors = await sql<{ tier: number; day: number }[]>`select tier, day from floor`;
  const floorOf = (tier: Tier) => floors.find((floor) => floor.tier === tierCodes[tier])?.day ?? 0;
  const missing = new Map<string, Place>();
  for (const place of wanted) {
    const name = partitionName(place.tier, place.fromDay);
    const isExpired = place.fromDay + partitionDays[place.tier] <= floorOf(place.tier);
    if (!names.has(name) && !isExpired) missing.set(name, place);
  }
  return [...missing.values()];
}

/**
 * A host's newest chunk is written anew until it is large, so that a day's partition has dead rows while it is
 * the newest: a twentieth of dead rows is looked for instead of a fifth.
 */
const storageOptions = 'autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05';

function createText({ tier, fromDay }: Place): string {
  const name = partitionName(tier, fromDay);
  return `create table ${name} (like chunk including all) with (${storageOptions});
    alter table chunk_${tier} attach partition ${name} for values from (${fromDay}) to (${fromDay + partitionDays[tier]});`;
}

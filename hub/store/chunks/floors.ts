/**
 * Floors: the oldest day that each tier keeps. A floor is what decides that data has expired, and it only rises.
 *
 * A tier without a row has let nothing go yet (0 here). A floor rises in one transaction that sees for itself that
 * nothing below is still needed; compaction takes the same lock, shared, so that no day below a floor changes any
 * more. What happens to partitions after that can stop anywhere and go on later (retention-steps.ts).
 */
import { dayStartMs } from '#core/calendar.ts';
import { type Tier, tierCodes, tiers } from '#core/tier.ts';
import type { Sql } from '../connect.ts';
import { lockPartitions } from './partitions.ts';

/** First day kept; 0 while nothing has gone. */
export type Floors = Readonly<Record<Tier, number>>;

export async function readFloors(sql: Sql): Promise<Floors> {
  const rows = await sql<{ tier: number; day: number }[]>`select tier, day from floor`;
  const floorOf = (tier: Tier) => rows.find((row) => row.tier === tierCodes[tier])?.day ?? 0;
  return { raw: floorOf('raw'), minute: floorOf('minute'), hour: floorOf('hour') };
}

/**
 * Raises the floor of a tier to `day`, unless something below is still needed: a day of raw that is not rolled up by
 * the minute or has batches, a day of minutes that is not rolled up by the hour, or days that a finer tier still
 * keeps. Answers whether the floor is at least there now.
 */
export async function raiseFloor(sql: Sql, tier: Tier, day: number): Promise<boolean> {
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    await lockPartitions(tx);
    const floors = await readFloors(tx);
    if (floors[tier] >= day) return true;
    const finer = tiers[tiers.indexOf(tier) - 1];
    if (finer !== undefined && floors[finer] < day) return false;
    if (await isNeeded(tx, { tier, fromDay: floors[tier], day })) return false;
    await tx`insert into floor (tier, day) values (${tierCodes[tier]}, ${day})
      on conflict (tier) do update set day = greatest(floor.day, excluded.day)`;
    return true;
  });
}

async function isNeeded(
  tx: Sql,
  { tier, fromDay, day }: { readonly tier: Tier; readonly fromDay: number; readonly day: number },
): Promise<boolean> {
  if (tier === 'hour') return false;
  if (tier === 'minute') {
    const rows = await tx`
      select from day d where d.day >= ${fromDay} and d.day < ${day} and d.rolled_hour <> d.version limit 1`;
    return rows.length > 0;
  }
  // A batch that begins below and ends above counts as above: its ticks below go with the day.
  const rows = await tx`
    select from day d where d.day >= ${fromDay} and d.day < ${day} and d.rolled_minute <> d.version
    union all
    select from host h cross join lateral (
      select from batch b where b.host = h.id and b.to_ms < ${dayStartMs(day)} limit 1) late
    limit 1`;
  return rows.length > 0;
}

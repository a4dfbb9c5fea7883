/**
 * The three tiers in which history is kept: raw ticks, and the rollups of one minute and of one hour.
 */
export type Tier = 'raw' | 'minute' | 'hour';

/** From the finest to the coarsest. */
export const tiers: readonly Tier[] = ['raw', 'minute', 'hour'];

/** What stands for a tier in the database. */
export const tierCodes: Readonly<Record<Tier, 0 | 1 | 2>> = { raw: 0, minute: 1, hour: 2 };

/** Width of a bucket, ms. */
export const bucketMs: Readonly<Record<Exclude<Tier, 'raw'>, number>> = { minute: 60_000, hour: 3_600_000 };

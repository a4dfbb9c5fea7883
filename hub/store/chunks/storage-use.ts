/**
 * How much is stored, by tier. What a partition holds is counted once and again only when its size has changed:
 * for all but the newest days that is never.
 */
import { type Tier, tiers } from '#core/tier.ts';
import type { Sql } from '../connect.ts';
import { type Partition, partitionName, readPartitions } from './partitions.ts';

export interface TierUse {
  readonly tier: Tier;
  /** With indexes and directories: all that its files take. */
  readonly bytes: number;
  readonly chunks: number;
  /** Values that are numbers; of rollups, buckets that hold any. */
  readonly samples: number;
  /** Time of the oldest, epoch ms; null while there is none. */
  readonly oldestMs: number | null;
}

export interface StorageUse {
  readonly tiers: readonly TierUse[];
  /** Batches that wait to become chunks. */
  readonly batches: number;
  readonly batchBytes: number;
  /** The whole database. */
  readonly databaseBytes: number;
}

interface Content {
  readonly bytes: number;
  readonly chunks: number;
  readonly samples: number;
  readonly oldestMs: number | null;
}

const empty: Content = { bytes: 0, chunks: 0, samples: 0, oldestMs: null };

export class StorageUseReader {
  readonly #sql: Sql;
  #contents = new Map<string, Content>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Rejects when the database is away, or when a partition was dropped meanwhile. */
  async read(): Promise<StorageUse> {
    const partitions = (await readPartitions(this.#sql)).filter(({ state }) => state === 'attached');
    this.#contents = await this.#readContents(partitions);
    const [row] = await this.#sql<{ batches: number; batch_bytes: number; database_bytes: number }[]>`
      select (select count(*) from batch)::float8 as batches, pg_total_relation_size('batch')::float8 as batch_bytes,
        pg_database_size(current_database())::float8 as database_bytes`;
    const { batches, batch_bytes: batchBytes, database_bytes: databaseBytes } = row!;
    const use = tiers.map((tier) => this.#sum(tier, partitions));
    return { tiers: use, batches, batchBytes, databaseBytes };
  }

  async #readContents(partitions: readonly Partition[]): Promise<Map<string, Content>> {
    const names = partitions.map(({ tier, fromDay }) => partitionName(tier, fromDay));
    const contents = new Map<string, Content>();
    if (names.length === 0) return contents;
    const sizes = await this.#sql.unsafe<{ name: string; bytes: number }[]>(
      names
        .map((name) => `select '${name}' as name, pg_total_relation_size('${name}')::float8 as bytes`)
        .join(' union all '),
    );
    for (const { name, bytes } of sizes) {
      const known = this.#contents.get(name);
      contents.set(name, known?.bytes === bytes ? known : { ...(await this.#count(name)), bytes });
    }
    return contents;
  }

  async #count(name: string): Promise<Omit<Content, 'bytes'>> {
    const [row] = await this.#sql.unsafe<{ chunks: number; samples: number; oldestMs: number | null }[]>(
      `select count(*)::float8 as chunks, coalesce(sum(samples), 0)::float8 as samples, min(from_ms) as "oldestMs" from ${name}`,
    );
    return row!;
  }

  #sum(tier: Tier, partitions: readonly Partition[]): TierUse {
    let sum = empty;
    for (const partition of partitions) {
      if (partition.tier !== tier) continue;
      const one = this.#contents.get(partitionName(tier, partition.fromDay)) ?? empty;
      sum = {
        bytes: sum.bytes + one.bytes,
        chunks: sum.chunks + one.chunks,
        samples: sum.samples + one.samples,
        oldestMs: sum.oldestMs === null ? one.oldestMs : Math.min(sum.oldestMs, one.oldestMs ?? sum.oldestMs),
      };
    }
    return { tier, ...sum };
  }
}

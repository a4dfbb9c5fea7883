import { expect, test } from 'vitest';
import { withDatabase } from '../../testing/database.ts';
import { ensurePartitions } from './partitions.ts';
import { StorageUseReader } from './storage-use.ts';

test('StorageUseReader sums what the partitions of each tier hold, and again what has grown', () =>
  withDatabase(async ({ sql }) => {
    const add = (tier: number, day: number, samples: number, fromMs: number) =>
      sql`insert into chunk select 1, ${tier}, ${day}, nextval('chunk_id'), 0, 1, ${samples}, ${fromMs}, ${fromMs}, '', '', '', decode(repeat('ab', 20000), 'hex')`;
    const reader = new StorageUseReader(sql);
    const before = await reader.read();
    await ensurePartitions(sql, [
      { tier: 'raw', fromDay: 20_000, toDay: 20_002 },
      { tier: 'minute', fromDay: 20_000, toDay: 20_000 },
    ]);
    await add(0, 20_001, 100, 5_000);
    await add(0, 20_002, 50, 7_000);
    await add(1, 20_000, 7, 3_000);

    const use = await reader.read();
    await add(0, 20_002, 30, 2_000);
    const after = await reader.read();

    expect(before.tiers.map(({ bytes, chunks, oldestMs }) => [bytes, chunks, oldestMs])).toEqual(
      Array(3).fill([0, 0, null]),
    );
    expect(use.tiers.map(({ tier, chunks, samples, oldestMs }) => [tier, chunks, samples, oldestMs])).toEqual([
      ['raw', 2, 150, 5_000],
      ['minute', 1, 7, 3_000],
      ['hour', 0, 0, null],
    ]);
    expect(use.tiers[0]!.bytes).toBeGreaterThan(40_000);
    expect(use.databaseBytes).toBeGreaterThan(use.tiers[0]!.bytes);
    expect(use.batches).toBe(0);
    expect(after.tiers[0]).toMatchObject({ chunks: 3, samples: 180, oldestMs: 2_000 });
  }));

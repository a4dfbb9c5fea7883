/**
 * `GET /api/v1/storage`: what is stored, what it takes, how far it reaches back, and what bounds it.
 */
import type { z } from 'zod';
import { dayStartMs } from '#core/calendar.ts';
import type { UpkeepReport } from '../archive/upkeep.ts';
import { HttpError, jsonAnswer, type Route } from '../http.ts';
import type { StorageAccount } from '../keeper.ts';
import type { EngineOf } from './fetch.ts';
import type { storageAnswer } from './schemas.ts';

export function storageRoute(engineOf: EngineOf): Route {
  return {
    method: 'get',
    path: '/api/v1/storage',
    access: 'viewer',
    isChange: false,
    action: null,
    bodyBytesMax: 0,
    answer: async () => {
      const engine = engineOf();
      try {
        return jsonAnswer(toAnswer(await engine.readAccount(), await engine.readUpkeep()));
      } catch {
        throw new HttpError(503, 'Cannot read storage: the database is away', { 'retry-after': '10' });
      }
    },
  };
}

function toAnswer(account: StorageAccount, upkeep: UpkeepReport): z.infer<typeof storageAnswer> {
  const { floors, keepDays, storageBytesMax, databaseBytes, retention } = account;
  return {
    tiers: account.tiers.map(({ tier, bytes, chunks, samples, oldestMs }) => ({
      tier,
      bytes,
      chunks,
      samples,
      bytes_per_sample: samples === 0 ? null : bytes / samples,
      oldest: secondsOf(oldestMs),
      floor: floors[tier] === 0 ? null : dayStartMs(floors[tier]) / 1_000,
      keep_days: keepDays[tier],
      is_shortened: tier === 'raw' && account.isRawShortened,
    })),
    batches: { count: account.batches, bytes: account.batchBytes },
    database_bytes: databaseBytes,
    storage_bytes_max: storageBytesMax,
    storage_ratio: storageBytesMax === null ? null : databaseBytes / storageBytesMax,
    disk_free_bytes: account.diskFreeBytes,
    warnings: [...account.warnings],
    retention: {
      last_run: secondsOf(retention.lastMs),
      hold: retention.hold,
      dropped_partitions: retention.droppedPartitions,
      dropped_bytes: retention.droppedBytes,
    },
    compaction: {
      is_running: upkeep.isRunning,
      last_run: secondsOf(upkeep.lastMs),
      hosts: upkeep.compaction.hosts,
      batches: upkeep.compaction.batches,
      samples: upkeep.compaction.samples,
      chunks: upkeep.compaction.chunks,
    },
  };
}

function secondsOf(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

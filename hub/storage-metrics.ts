/**
 * Metrics of what is stored and what bounds it, as the keeper's last account has it. Without an account (the database
 * has not been reached yet) nothing is told: a scraper must not take that for zero.
 */
import { Gauge, type Registry } from 'prom-client';
import { dayStartMs } from '#core/calendar.ts';
import type { StorageAccount } from './keeper.ts';
import { type CounterReading, type GaugeReading, registerReadings } from './metric-readings.ts';
import type { TierUse } from './store/chunks/storage-use.ts';

/** Registers them. `accountOf` is asked at each scrape. */
export function registerStorageMetrics(registry: Registry, accountOf: () => StorageAccount | null): void {
  const registers = [registry];
  for (const [name, help, read] of tierGauges) {
    new Gauge({
      name: `pulsewire_hub_${name}`,
      help,
      labelNames: ['tier'],
      registers,
      collect() {
        this.reset();
        const account = accountOf();
        for (const tier of account?.tiers ?? []) {
          const value = read(tier, account!);
          if (value !== null) this.set({ tier: tier.tier }, value);
        }
      },
    });
  }
  registerReadings(registry, { gauges, counters }, accountOf);
}

type TierReading = readonly [
  name: string,
  help: string,
  read: (use: TierUse, account: StorageAccount) => number | null,
];

const tierGauges: readonly TierReading[] = [
  ['tier_bytes', 'All that the files of a tier take', ({ bytes }) => bytes],
  ['tier_chunks', 'Chunks of a tier', ({ chunks }) => chunks],
  ['tier_samples', 'Values of a tier that are numbers', ({ samples }) => samples],
  ['tier_keep_days', 'Days that a tier is to keep', ({ tier }, { keepDays }) => keepDays[tier]],
  [
    'tier_oldest_timestamp_seconds',
    'Time of the oldest value of a tier',
    ({ oldestMs }) => (oldestMs === null ? null : oldestMs / 1_000),
  ],
  [
    'tier_floor_timestamp_seconds',
    'Start of the oldest day that a tier keeps; absent while none has gone',
    ({ tier }, { floors }) => (floors[tier] === 0 ? null : dayStartMs(floors[tier]) / 1_000),
  ],
];

const gauges: readonly GaugeReading<StorageAccount>[] = [
  ['batches', 'Batches that wait to become chunks', ({ batches }) => batches],
  ['batch_bytes', 'All that the files of batches take', ({ batchBytes }) => batchBytes],
  ['database_bytes', 'Size of the database', ({ databaseBytes }) => databaseBytes],
  ['storage_bytes_max', 'Bound of database_bytes; absent without one', ({ storageBytesMax }) => storageBytesMax],
  [
    'storage_ratio',
    'database_bytes of storage_bytes_max; absent without a bound',
    ({ databaseBytes, storageBytesMax }) => (storageBytesMax === null ? null : databaseBytes / storageBytesMax),
  ],
  [
    'disk_free_bytes',
    'Free where the embedded database is; absent for another one',
    (account) => account.diskFreeBytes,
  ],
  [
    'retention_last_run_timestamp_seconds',
    'When retention ran last',
    ({ retention: { lastMs } }) => (lastMs === null ? null : lastMs / 1_000),
  ],
  [
    'retention_held',
    '1 while retention lets go of less than is old enough',
    ({ retention: { hold } }) => (hold === null ? 0 : 1),
  ],
];

const counters: readonly CounterReading<StorageAccount>[] = [
  ['dropped_partitions_total', 'Partitions dropped by age or size', ({ retention }) => retention.droppedPartitions],
  ['dropped_bytes_total', 'Bytes of partitions dropped', ({ retention }) => retention.droppedBytes],
  ['dropped_rows_total', 'Rows of gaps, days and streams dropped by age', ({ retention }) => retention.droppedRows],
];

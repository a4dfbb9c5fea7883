/** What a hub of some hundred hosts answers on `/api/v1/storage`; `isShort`: near its bound, on a disk that is nearly full. */
export function fakeStorage(nowMs: number, isShort: boolean): unknown {
  const GiB = 1024 ** 3;
  const now = nowMs / 1_000;
  const tier = (name: string, bytes: number, samples: number, days: number, keepDays: number) => ({
    tier: name,
    bytes,
    chunks: Math.round(bytes / 40_000),
    samples,
    bytes_per_sample: bytes / samples,
    oldest: now - days * 86_400,
    floor: null,
    keep_days: keepDays,
    is_shortened: isShort && name === 'raw',
  });
  return {
    tiers: [
      tier('raw', 1.06 * GiB, 7_257_600_000, isShort ? 9 : 14, 14),
      tier('minute', 0.31 * GiB, 777_600_000, 90, 90),
      tier('hour', 0.09 * GiB, 105_000_000, 730, 1_096),
    ],
    batches: { count: 41_600, bytes: 61_000_000 },
    database_bytes: 1.56 * GiB,
    storage_bytes_max: isShort ? 1.75 * GiB : null,
    storage_ratio: isShort ? 0.89 : null,
    disk_free_bytes: isShort ? 0.7 * GiB : 77 * GiB,
    warnings: isShort ? ['budget', 'disk'] : [],
    retention: { last_run: now - 1_260, hold: isShort ? 'needed' : null, dropped_partitions: 3, dropped_bytes: 9e7 },
    compaction: { is_running: false, last_run: now - 190, hosts: 100, batches: 96_212, samples: 4.4e8, chunks: 1_204 },
  };
}

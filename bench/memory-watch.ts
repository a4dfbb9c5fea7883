/**
 * The most memory that hub and PostgreSQL have at once while something runs, over what they had before.
 *
 * Of the hub it is resident memory, whose peak the kernel counts; of PostgreSQL what its processes have for
 * themselves, looked at ten times a second: its shared memory is a setting, and fills up whatever it does.
 */
import { readResident, readTreeOwnBytes, resetPeak } from './usage.ts';

const everyMs = 100;

export interface MemoryPeaks {
  readonly hubBytesBefore: number;
  readonly hubGrowthBytes: number;
  readonly postgresGrowthBytes: number;
}

/** Watches while `work` runs. */
export async function watchMemory<T>(
  pids: { readonly hub: number; readonly postgres: number },
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly peaks: MemoryPeaks }> {
  resetPeak(pids.hub);
  const hubBytesBefore = readResident(pids.hub).nowBytes;
  const postgresBefore = readTreeOwnBytes(pids.postgres);
  let postgresPeak = postgresBefore;
  const timer = setInterval(() => {
    postgresPeak = Math.max(postgresPeak, readTreeOwnBytes(pids.postgres));
  }, everyMs);
  try {
    const result = await work();
    const hubGrowthBytes = readResident(pids.hub).peakBytes - hubBytesBefore;
    return { result, peaks: { hubBytesBefore, hubGrowthBytes, postgresGrowthBytes: postgresPeak - postgresBefore } };
  } finally {
    clearInterval(timer);
  }
}

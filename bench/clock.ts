/**
 * One clock for all processes of a benchmark: the machine's monotonic clock plus an offset that the runner takes
 * once and hands on, so that a time taken in one process can be subtracted from a time taken in another. Wall
 * clocks of processes are each read at their own start and may be stepped; the monotonic one is shared.
 */

export interface Clock {
  /** Epoch ms with a fraction. */
  nowMs(): number;
}

/** Epoch ms less monotonic ms, now. */
export function takeClockOffsetMs(): number {
  return performance.timeOrigin + performance.now() - monotonicMs();
}

export function createClock(offsetMs: number): Clock {
  return { nowMs: () => monotonicMs() + offsetMs };
}

function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

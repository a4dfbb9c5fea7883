/**
 * Time since something that was noted on the hub's clock, ms. That clock is the browser's own until the hub has told
 * its time, and may then step back by hours: what lies in the future was long ago.
 */
export function passedMs(sinceMs: number, nowMs: number): number {
  const passed = nowMs - sinceMs;
  return passed < 0 ? Number.POSITIVE_INFINITY : passed;
}

/**
 * A hub whose wall clock is somewhere else: history that ends now costs most late on the last day of a month, and a
 * benchmark cannot wait for that. The clock is shifted from outside, in the process that is measured, by a module that Node
 * loads before the program in each of its threads; the program knows nothing of it. Monotonic time stays as it is.
 */

/** The argument of Node that shifts what `Date` says by so many ms. */
export function shiftedClockArgument(shiftMs: number): string {
  const source = `
    const RealDate = Date;
    globalThis.Date = class Date extends RealDate {
      constructor(...values) { if (values.length === 0) super(RealDate.now() + ${shiftMs}); else super(...values); }
      static now() { return RealDate.now() + ${shiftMs}; }
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(source)}`;
}

/** 23:50 UTC of the last 31st that is over at `nowMs`. */
export function lastMonthEndMs(nowMs: number): number {
  const now = new Date(nowMs);
  for (let back = 0; ; back += 1) {
    const atMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 31, 23, 50);
    if (atMs < nowMs && new Date(atMs).getUTCDate() === 31) return atMs;
  }
}

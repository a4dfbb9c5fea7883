/**
 * The bounds of custom metrics. A script is somebody's first draft: each bound keeps a wrong one from
 * reaching the agent or the other scripts, and none of them is met by a script that works.
 */

/** What one run may print: 1,000 Prometheus lines of 64 bytes. */
export const outputBytesMax = 64 * 1024;
/** A quarter of what a host may have by default (4,000), so that one script cannot take it all. */
export const seriesPerScriptMax = 1_000;
/** Files of the metrics folder that are run; one poll of the folder reads the times of all of them. */
export const scriptsMax = 256;
/** Processes at once; the others wait their turn. A start costs the agent about a millisecond. */
export const executablesAtOnceMax = 8;
/** Start of an interpreter on a busy small machine, a slow network call, and reserve. */
export const executableTimeoutMs = 10_000;
/** A module pays for no start. All of them wait behind one that blocks their thread, so this is shorter. */
export const moduleTimeoutMs = 5_000;
export const timeoutMsMin = 100;
export const timeoutMsMax = 300_000;
/** One day. */
export const everyMsMax = 86_400_000;
/** Memory of the thread that runs the modules; above it the thread ends and is started again. */
export const moduleHeapMiB = 64;
/** A script that hung runs again after 10 s, then 20 s, and so on up to 5 minutes, until a run ends well. */
export const probation = { baseMs: 10_000, capMs: 300_000 } as const;
/** Text of an error that is kept and logged. */
export const errorCharactersMax = 300;

/** Wait after the `hangCount`-th hang in a row (1 is the first). */
export function probationMs(hangCount: number): number {
  return Math.min(probation.capMs, probation.baseMs * 2 ** Math.min(hangCount - 1, 30));
}

/**
 * The judge of the scenario `kill`: accepted, stored and produced ticks against each other. Pure.
 *
 *   lost      accepted by the agent (it is in the spool) and in no stored block
 *   repeated  stored under one (epoch, seq) more often than once, or one number of the counter in two ticks
 *   phantom   stored and never accepted, or with another time or other bytes than what was accepted, or with a
 *             number that the counter has never reached
 */
import type { SpooledTick } from './spool-file.ts';

export interface StoredTick {
  readonly epoch: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly layoutId: string;
  readonly column: Uint8Array;
  /** What the counter gave; null where the tick has no number of it. */
  readonly counter: number | null;
}

export interface HostEvidence {
  /** Ticks that must be stored by now. */
  readonly accepted: readonly SpooledTick[];
  /** Everything that the agent has ever accepted: a superset of `accepted`. */
  readonly spooled: readonly SpooledTick[];
  readonly stored: readonly StoredTick[];
  /** The counter's last number on the disk. */
  readonly producedCount: number;
}

export interface Verdict {
  readonly lostTicks: number;
  readonly repeatedTicks: number;
  readonly phantomTicks: number;
  readonly acceptedTicks: number;
  readonly storedTicks: number;
  /** Stored ticks that carry a number of the counter. */
  readonly countedTicks: number;
}

export function judge({ accepted, spooled, stored, producedCount }: HostEvidence): Verdict {
  const keyOf = (tick: { readonly epoch: string; readonly seq: number }) => `${tick.epoch} ${tick.seq}`;
  const spooledByKey = new Map(spooled.map((tick) => [keyOf(tick), tick]));
  const storedKeys = new Set<string>();
  const numbers = new Set<number>();
  let repeatedTicks = 0;
  let phantomTicks = 0;
  for (const tick of stored) {
    const key = keyOf(tick);
    const isRepeated = storedKeys.has(key) || (tick.counter !== null && numbers.has(tick.counter));
    if (isRepeated) repeatedTicks += 1;
    storedKeys.add(key);
    if (tick.counter !== null) numbers.add(tick.counter);
    const origin = spooledByKey.get(key);
    const isReached = tick.counter === null || (tick.counter >= 1 && tick.counter <= producedCount);
    if (origin === undefined || !isSame(origin, tick) || !isReached) phantomTicks += 1;
  }
  return {
    lostTicks: accepted.filter((tick) => !storedKeys.has(keyOf(tick))).length,
    repeatedTicks,
    phantomTicks,
    acceptedTicks: accepted.length,
    storedTicks: stored.length,
    countedTicks: numbers.size,
  };
}

export function sumVerdicts(verdicts: readonly Verdict[]): Verdict {
  const sum = (name: keyof Verdict) => verdicts.reduce((total, verdict) => total + verdict[name], 0);
  return {
    lostTicks: sum('lostTicks'),
    repeatedTicks: sum('repeatedTicks'),
    phantomTicks: sum('phantomTicks'),
    acceptedTicks: sum('acceptedTicks'),
    storedTicks: sum('storedTicks'),
    countedTicks: sum('countedTicks'),
  };
}

function isSame(origin: SpooledTick, tick: StoredTick): boolean {
  const { column } = origin;
  if (origin.timeMs !== tick.timeMs || origin.layoutId !== tick.layoutId || column.length !== tick.column.length)
    return false;
  for (let index = 0; index < column.length; index += 1) if (column[index] !== tick.column[index]) return false;
  return true;
}

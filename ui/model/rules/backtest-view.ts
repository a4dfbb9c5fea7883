/**
 * A back-test as it is shown: a row for each host with the times in which the rule would have fired and those in which
 * it was bad but too short, and what the whole says. Pure.
 */
import type { Backtest, BacktestMark } from '../../api/rules.ts';
import { formatCount, formatDuration } from '../format.ts';
import { compareNames } from '../names.ts';

export interface RowSpan {
  readonly startMs: number;
  readonly endMs: number;
}

export interface BacktestRow {
  readonly host: string;
  /** How often, on all series of it. */
  readonly fired: number;
  readonly marks: readonly RowSpan[];
  /** Bad, but not for long enough. */
  readonly held: readonly RowSpan[];
  /** Times without a value. */
  readonly holes: readonly RowSpan[];
}

export interface BacktestView {
  readonly rows: readonly BacktestRow[];
  /** Hosts that fired and have no row. */
  readonly moreHosts: number;
}

/** Ids of questions beside the main one: the rule as it is saved, the rule without its hold, each quieter option. */
export const savedQuestion = 'saved';
export const unheldQuestion = 'unheld';
export const optionQuestion = (index: number): string => `option ${index}`;

/** Rows that are seen at once. */
export const rowsMax = 10;

/** Hosts that fired most first, then others that are meant; `unheld` is the same rule without its hold. */
export function viewBacktest(
  { series, marks, holes }: Backtest,
  { hostNames, unheld }: { readonly hostNames: readonly string[]; readonly unheld: Backtest | null },
): BacktestView {
  const counts = new Map<string, number>();
  for (const { host, fired } of series) counts.set(host, (counts.get(host) ?? 0) + fired);
  const firedHosts = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || compareNames(a, b));
  const others = hostNames.filter((host) => !counts.has(host));
  // Those that were bad for a moment tell more than those that never were.
  const heldHosts = new Set(unheld?.marks.map(({ host }) => host));
  const quiet = [...others.filter((host) => heldHosts.has(host)), ...others.filter((host) => !heldHosts.has(host))];
  const shown = [...firedHosts, ...quiet].slice(0, rowsMax);
  const ofHost = <Item extends { readonly host: string }>(items: readonly Item[], host: string) =>
    items.filter((item) => item.host === host);
  const rows = shown.map((host) => {
    const own = ofHost(marks, host);
    return {
      host,
      fired: counts.get(host) ?? 0,
      marks: own,
      held: heldOf(ofHost(unheld?.marks ?? [], host), own),
      holes: ofHost(holes, host),
    };
  });
  return {
    rows: rows.sort((a, b) => compareNames(a.host, b.host)),
    moreHosts: Math.max(0, firedHosts.length - shown.length),
  };
}

/** Of the times in which it was bad, those that no firing grew out of. */
function heldOf(bad: readonly BacktestMark[], fired: readonly BacktestMark[]): readonly RowSpan[] {
  return bad.filter(
    (one) =>
      !fired.some(
        ({ series, startMs, endMs }) => series === one.series && startMs <= one.endMs && endMs >= one.startMs,
      ),
  );
}

/**
 * Of how long there are values: from the first of any host on. null for the whole span, and where the answer lists too few
 * holes to say so. A host without values counts for none.
 */
export function valuesMs({ startMs, endMs, holes, hostCount }: Backtest): number | null {
  const firstMs = new Map<string, number>();
  for (const hole of holes) if (hole.startMs <= startMs) firstMs.set(hole.host, hole.endMs);
  if (firstMs.size === 0 || firstMs.size < hostCount) return null;
  const lastingMs = endMs - Math.min(...firstMs.values());
  return lastingMs > 0 ? lastingMs : null;
}

/** "in 7 days"; "in 7 days, of which there are values for 9 m", where they begin later. */
export function duringText(backtest: Backtest, days: number): string {
  const span = days === 1 ? 'in 1 day' : `in ${days} days`;
  const ms = valuesMs(backtest);
  return ms === null ? span : `${span}, of which there are values for ${formatDuration(ms)}`;
}

/** "14 times", "once", "never". */
export function timesText(count: number): string {
  return count === 0 ? 'never' : count === 1 ? 'once' : `${formatCount(count)} times`;
}

/** "14 times, 3 h 46 m". */
export function totalText({ fired, firingMs }: Pick<Backtest, 'fired' | 'firingMs'>): string {
  return fired === 0 ? timesText(0) : `${timesText(fired)}, ${formatDuration(firingMs)}`;
}

/** What it was made of, and how good that is: "605 139 samples judged". */
export function groundsText({ tier, coarserBy, samplesRead }: Backtest): string {
  if (tier === 'raw') return `${formatCount(samplesRead)} samples judged`;
  const why =
    coarserBy === 'retention' ? 'raw samples are no longer kept' : 'there are more raw samples than may be judged';
  return `Approximate: 1 m extremes judged, ${why}`;
}

/** What a press on a row at this moment is about: the firing under it, or the nearest within `nearMs`. */
export function markAt(row: BacktestRow, atMs: number, nearMs: number): RowSpan | null {
  let found: RowSpan | null = null;
  let leastMs = nearMs;
  for (const mark of [...row.marks, ...row.held]) {
    const awayMs = Math.max(mark.startMs - atMs, atMs - mark.endMs, 0);
    if (awayMs > leastMs || (awayMs === leastMs && found !== null)) continue;
    found = mark;
    leastMs = awayMs;
  }
  return found;
}

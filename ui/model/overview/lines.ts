/**
 * Where hosts stand on a page that is too long to be drawn: lines of known height under heads of groups, of which only
 * those in sight become elements. Pure.
 */
import { attentionId, type HostGroup } from './hosts-view.ts';

interface Placed<Host> {
  readonly group: HostGroup<Host>;
  /** From the top of the list. */
  readonly top: number;
  readonly height: number;
}

export interface HeadLine<Host> extends Placed<Host> {
  readonly kind: 'head';
  readonly hosts: readonly never[];
}

/** Hosts side by side. `chips`: those that need attention when they are too many for cards. */
export interface HostLine<Host> extends Placed<Host> {
  readonly kind: 'cards' | 'chips' | 'row';
  readonly hosts: readonly Host[];
  /** Hosts of the group that are not shown behind the last of these; 0 on every other line. */
  readonly hiddenCount: number;
}

export type Line<Host> = HeadLine<Host> | HostLine<Host>;

export interface CardMeasures {
  readonly columns: number;
  /** With the space below, as the others. */
  readonly cardHeight: number;
  readonly chipColumns: number;
  readonly chipHeight: number;
  readonly headHeight: number;
  readonly collapsed: ReadonlySet<string>;
  /** Whether every chip is shown. */
  readonly isWhole: boolean;
}

/** Above so many hosts cards would push the healthy ones out of sight: they become a strip of chips. */
export const attentionCardsMax = 12;
/** Lines of chips until somebody asks for all. */
const chipLinesMax = 4;

export function layOutCards<Host>(groups: readonly HostGroup<Host>[], measures: CardMeasures): Line<Host>[] {
  const lines: Line<Host>[] = [];
  let top = 0;
  const put = (line: Line<Host>) => {
    lines.push(line);
    top += line.height;
  };
  for (const group of groups) {
    put({ kind: 'head', group, top, height: measures.headHeight, hosts: [] });
    if (measures.collapsed.has(group.id)) continue;
    const isStrip = group.id === attentionId && group.hosts.length > attentionCardsMax;
    const kind = isStrip ? 'chips' : 'cards';
    const columns = isStrip ? measures.chipColumns : measures.columns;
    const height = isStrip ? measures.chipHeight : measures.cardHeight;
    const fits = columns * chipLinesMax;
    // The last place is for "and 12 more".
    const shownCount =
      isStrip && !measures.isWhole && group.hosts.length > fits ? Math.max(1, fits - 1) : group.hosts.length;
    for (let from = 0; from < shownCount; from += columns) {
      const hosts = group.hosts.slice(from, Math.min(from + columns, shownCount));
      const hiddenCount = from + columns >= shownCount ? group.hosts.length - shownCount : 0;
      put({ kind, group, top, height, hosts, hiddenCount });
    }
  }
  return lines;
}

export interface RowMeasures {
  readonly rowHeight: number;
  readonly headHeight: number;
  readonly collapsed: ReadonlySet<string>;
}

export function layOutRows<Host>(groups: readonly HostGroup<Host>[], measures: RowMeasures): Line<Host>[] {
  const lines: Line<Host>[] = [];
  let top = 0;
  for (const group of groups) {
    lines.push({ kind: 'head', group, top, height: measures.headHeight, hosts: [] });
    top += measures.headHeight;
    if (measures.collapsed.has(group.id)) continue;
    for (const host of group.hosts) {
      lines.push({ kind: 'row', group, top, height: measures.rowHeight, hosts: [host], hiddenCount: 0 });
      top += measures.rowHeight;
    }
  }
  return lines;
}

export function heightOf(lines: readonly Placed<unknown>[]): number {
  const last = lines.at(-1);
  return last === undefined ? 0 : last.top + last.height;
}

/** First line in sight and the one behind the last, of what is seen from `top` to `bottom`. */
export function linesBetween(
  lines: readonly Placed<unknown>[],
  { top, bottom }: { readonly top: number; readonly bottom: number },
): { readonly start: number; readonly end: number } {
  const start = firstBelow(lines, top);
  let end = start;
  while (end < lines.length && lines[end]!.top < bottom) end += 1;
  return { start, end };
}

/** Index of the first line that ends below `y`. */
function firstBelow(lines: readonly Placed<unknown>[], y: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.top + lines[middle]!.height > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

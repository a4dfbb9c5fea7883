/** Where an arrow leads in a grid of hosts: left and right along the hosts, up and down along the lines. Pure. */

export interface Step<Host> {
  readonly host: Host;
  /** Index of its line. */
  readonly line: number;
}

/** Lines without hosts (heads of groups) are passed over. */
export interface WalkedLine<Host> {
  readonly hosts: readonly Host[];
}

/**
 * The host that `key` leads to from `from`; null when the key is none of the grid, or leads out of it. A host that is
 * not there (any more) leads to the first. `pageLines` is how far PageUp and PageDown go.
 */
export function walk<Host>(
  lines: readonly WalkedLine<Host>[],
  from: Host | null,
  { key, pageLines }: { readonly key: string; readonly pageLines: number },
): Step<Host> | null {
  const at = from === null ? null : placeOf(lines, from);
  switch (key) {
    case 'Home':
      return edge(lines, 1, 0);
    case 'End':
      return edge(lines, -1, Number.POSITIVE_INFINITY);
    case 'ArrowRight':
    case 'ArrowLeft': {
      if (at === null) return edge(lines, 1, 0);
      const by = key === 'ArrowRight' ? 1 : -1;
      const beside = lines[at.line]!.hosts[at.column + by];
      if (beside !== undefined) return { host: beside, line: at.line };
      return edge(lines, by, by === 1 ? 0 : Number.POSITIVE_INFINITY, at.line + by);
    }
    case 'ArrowDown':
    case 'ArrowUp':
      return at === null ? edge(lines, 1, 0) : step(lines, at, key === 'ArrowDown' ? 1 : -1);
    case 'PageDown':
    case 'PageUp':
      return at === null ? edge(lines, 1, 0) : step(lines, at, key === 'PageDown' ? pageLines : -pageLines);
  }
  return null;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

function placeOf<Host>(lines: readonly WalkedLine<Host>[], host: Host): Place | null {
  for (let line = 0; line < lines.length; line += 1) {
    const column = lines[line]!.hosts.indexOf(host);
    if (column >= 0) return { line, column };
  }
  return null;
}

/** So many lines with hosts away, or as many as there are. */
function step<Host>(lines: readonly WalkedLine<Host>[], from: Place, by: number): Step<Host> | null {
  const direction = Math.sign(by);
  let rest = Math.max(1, Math.abs(Math.round(by)));
  let found: Step<Host> | null = null;
  for (let line = from.line + direction; line >= 0 && line < lines.length && rest > 0; line += direction) {
    const { hosts } = lines[line]!;
    if (hosts.length === 0) continue;
    found = { host: hosts[Math.min(from.column, hosts.length - 1)]!, line };
    rest -= 1;
  }
  return found;
}

/** The first line with hosts from `start` on in this direction (from the edge when it is not given), and its host there. */
function edge<Host>(
  lines: readonly WalkedLine<Host>[],
  direction: 1 | -1,
  column: number,
  start = direction === 1 ? 0 : lines.length - 1,
): Step<Host> | null {
  for (let line = start; line >= 0 && line < lines.length; line += direction) {
    const { hosts } = lines[line]!;
    if (hosts.length > 0) return { host: hosts[Math.min(column, hosts.length - 1)]!, line };
  }
  return null;
}

/** How large the tiles of TV mode are: as large as they go, so that all hosts are on the screen. Pure. */

export interface TileFit {
  /** px, without the gap. */
  readonly size: number;
  readonly gap: number;
  /** Whether a value can be read in it. */
  readonly hasText: boolean;
}

const sizeMax = 72;
const textSizeMin = 44;
const sizeMin = 5;
/** Head of a group, px. */
const headHeight = 26;

/**
 * Size with which groups of these many tiles, each under its head and from the left, fit into the room. Groups share a
 * line only when they are on their own line anyway: this is the upper bound of what they take.
 */
export function fitTiles(
  groupCounts: readonly number[],
  room: { readonly width: number; readonly height: number },
): TileFit {
  for (let size = sizeMax; size > sizeMin; size -= 1) {
    const gap = gapOf(size);
    const columns = Math.max(1, Math.floor((room.width + gap) / (size + gap)));
    const lines = groupCounts.reduce((sum, count) => sum + Math.ceil(count / columns), 0);
    if (lines * (size + gap) + groupCounts.length * headHeight <= room.height)
      return { size, gap, hasText: size >= textSizeMin };
  }
  return { size: sizeMin, gap: 1, hasText: false };
}

function gapOf(size: number): number {
  return Math.max(1, Math.round(size / 9));
}

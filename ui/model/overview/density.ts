/** Cards, table or tiles: by the number of hosts, unless somebody chose. */
import { type Density, densities } from '../route.ts';

const cardsMax = 60;
const tableMax = 800;

export function densityOf(chosen: Density | null, hostCount: number): Density {
  if (chosen !== null) return chosen;
  if (hostCount <= cardsMax) return 'cards';
  return hostCount <= tableMax ? 'table' : 'tiles';
}

/** The one after it, for the key "d". */
export function nextDensity(density: Density): Density {
  return densities[(densities.indexOf(density) + 1) % densities.length]!;
}

/**
 * How often hosts out of sight are told of, ms. An order by values is wrong while they are old; means of groups of
 * dozens hardly move in ten seconds. Tiles are all that is known of a host there, and are told in turns each 2 s: 5,000
 * hosts are 160 KB/s then, 32 KB/s for means alone.
 */
export function othersMsOf(density: Density, isSortedByMetric: boolean): number {
  return density === 'tiles' || isSortedByMetric ? 2_000 : 10_000;
}

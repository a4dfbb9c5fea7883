/**
 * Who a simulated host is: its name, where it stands, what it does all day, how busy it is. All of it follows from
 * the seed of the fleet and the host's number, so the same fleet can be made again, in part or whole, at any time.
 */
import { seedOf, uniformAt } from './noise.ts';

/** How a host spends its days: at office hours, in the evening, at night, or always the same. */
export type HostRole = 'web' | 'shop' | 'database' | 'batch' | 'cache';

export interface HostNature {
  /** Of this host alone: everything about it is drawn from it. */
  readonly seed: number;
  readonly name: string;
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly role: HostRole;
  /** Local time less UTC. Without summer time: a made-up place may do without. */
  readonly zoneMs: number;
  /** 0.3..1: how much of its machine it uses at its busiest. */
  readonly load: number;
}

interface Location {
  readonly tag: string;
  readonly city: string;
  readonly zoneHours: number;
}

const hourMs = 3_600_000;

const locations: readonly Location[] = [
  { tag: 'frankfurt', city: 'Frankfurt', zoneHours: 1 },
  { tag: 'london', city: 'London', zoneHours: 0 },
  { tag: 'new-york', city: 'New York', zoneHours: -5 },
  { tag: 'oregon', city: 'Oregon', zoneHours: -8 },
  { tag: 'sao-paulo', city: 'São Paulo', zoneHours: -3 },
  { tag: 'mumbai', city: 'Mumbai', zoneHours: 5.5 },
  { tag: 'singapore', city: 'Singapore', zoneHours: 8 },
  { tag: 'tokyo', city: 'Tokyo', zoneHours: 9 },
];

const roles: readonly { readonly role: HostRole; readonly title: string; readonly share: number }[] = [
  { role: 'web', title: 'Web', share: 0.35 },
  { role: 'shop', title: 'Shop', share: 0.2 },
  { role: 'database', title: 'Database', share: 0.2 },
  { role: 'batch', title: 'Batch', share: 0.15 },
  { role: 'cache', title: 'Cache', share: 0.1 },
];

/** The name of host number `index`, from 0. */
export function simulatedHostName(index: number): string {
  return `host_${index}`;
}

/** What its machine says it is: by it a simulated agent finds the host that its history was written for. */
export function simulatedMachineId(fleetSeed: number, index: number): string {
  return `simulated:${fleetSeed}:${index}`;
}

/** Host number `index` of the fleet of `fleetSeed`. */
export function createHostNature(fleetSeed: number, index: number): HostNature {
  const seed = seedOf(fleetSeed, simulatedHostName(index));
  const location = locations[Math.floor(uniformAt(seed, 1) * locations.length)]!;
  const { role, title } = roleAt(uniformAt(seed, 2));
  return {
    seed,
    name: simulatedHostName(index),
    alias: `${title} ${index}, ${location.city}`,
    tags: { location: location.tag, role },
    role,
    zoneMs: location.zoneHours * hourMs,
    load: 0.3 + 0.7 * uniformAt(seed, 3),
  };
}

function roleAt(part: number): (typeof roles)[number] {
  let left = part;
  for (const one of roles) {
    left -= one.share;
    if (left < 0) return one;
  }
  return roles[0]!;
}

/**
 * Which hosts of a plan are there already, which are to be finished or made, and when the whole is refused: real hosts
 * are never touched, and what was asked for differently is not mixed. Pure.
 */
import { ConfigError } from '#core/errors.ts';
import { simulatedHostName } from '#core/simulated/host-nature.ts';
import type { SimulatedRow, SimulatedSpan } from '../store/simulated.ts';
import { endDayOf, isSamePlan, type SimulationPlan } from './plan.ts';

export interface HostChoice {
  /** Hosts whose history is written. */
  readonly complete: readonly SimulatedRow[];
  /** Hosts whose history is written in part, or not at all. */
  readonly begun: readonly SimulatedRow[];
  /** Hosts to remove before they are made anew. */
  readonly replaced: readonly SimulatedRow[];
  /** Numbers of the hosts to make. */
  readonly newIndexes: readonly number[];
}

export interface FoundHosts {
  readonly simulated: readonly SimulatedRow[];
  readonly realNames: readonly string[];
}

const action = 'simulate';
const namesMax = 5;

/** The names of a plan's hosts. */
export function namesOf({ hostCount }: Pick<SimulationPlan, 'hostCount'>): string[] {
  return Array.from({ length: hostCount }, (_, index) => simulatedHostName(index));
}

/** The number of a host in its fleet, by its name. */
export function hostIndexOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('_') + 1));
}

/** Throws ConfigError where a name belongs to a real host, or a host was asked for differently and is not to be replaced. */
export function chooseHosts(
  plan: SimulationPlan,
  found: FoundHosts,
  options: { readonly isReplace: boolean },
): HostChoice {
  if (found.realNames.length > 0) {
    throw new ConfigError(
      [
        `the names of simulated hosts must not belong to real ones; rename or remove those first: got ${listOf(found.realNames)}`,
      ],
      action,
    );
  }
  const others = found.simulated.filter((row) => !isSamePlan(row, plan));
  if (others.length > 0 && !options.isReplace) {
    const [first] = others;
    throw new ConfigError(
      [
        `hosts that are simulated already must be asked for as they were (${flagsOf(first!)}), which goes on where that stopped; to remove their history and make another, add --replace: got ${flagsOf(plan)} for ${listOf(others.map(({ name }) => name))}`,
      ],
      action,
    );
  }
  const replaced = options.isReplace ? found.simulated : [];
  const kept = new Map(options.isReplace ? [] : found.simulated.map((row) => [row.name, row] as const));
  const rows = [...kept.values()];
  return {
    complete: rows.filter((row) => row.nextDay >= endDayOf(row)),
    begun: rows.filter((row) => row.nextDay < endDayOf(row)),
    replaced,
    newIndexes: namesOf(plan).flatMap((name, index) => (kept.has(name) ? [] : [index])),
  };
}

/** The flags that ask for this. */
export function flagsOf(asked: SimulationPlan | SimulatedSpan): string {
  const perHour = 'perHour' in asked ? asked.perHour : Math.round((3_600_000 / asked.intervalMs) * 1_000) / 1_000;
  const seed = 'seed' in asked ? asked.seed : asked.fleetSeed;
  return `--days ${asked.dayCount} --per-hour ${perHour} --seed ${seed}`;
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

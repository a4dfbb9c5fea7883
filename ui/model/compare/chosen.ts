/**
 * Which hosts are compared: those that are named, in their order, then every other that has one of the tags. Tags are
 * looked up in the fleet as it is, so a host that comes with the tag is compared from then on. Pure.
 */
import { compareNames } from '../names.ts';
import type { CompareRoute } from '../route.ts';

/** More are refused: five requests of history, and a chart in which nobody can tell anything. */
export const comparedHostsMax = 500;

/** What is looked at of a host of the fleet. */
export interface KnownHost {
  readonly name: string;
  readonly title: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Chosen<Host extends KnownHost> {
  /** Each once, at most `comparedHostsMax`. */
  readonly hosts: readonly Host[];
  /** How many the choice means, also those above the limit. */
  readonly count: number;
  /** Names that no host has. */
  readonly unknown: readonly string[];
  /** Hosts of each tag, in the order of the tags. */
  readonly tagCounts: readonly number[];
}

export function chooseHosts<Host extends KnownHost>(
  route: Pick<CompareRoute, 'hosts' | 'tags'>,
  fleet: readonly Host[],
): Chosen<Host> {
  const byName = new Map(fleet.map((host) => [host.name, host]));
  const chosen = new Set<Host>();
  const unknown: string[] = [];
  for (const name of new Set(route.hosts)) {
    const host = byName.get(name);
    if (host === undefined) unknown.push(name);
    else chosen.add(host);
  }
  const tagCounts = route.tags.map((tag) => {
    const tagged = fleet.filter((host) => hasTag(host, tag));
    for (const host of tagged) chosen.add(host);
    return tagged.length;
  });
  const hosts = [...chosen];
  return { hosts: hosts.slice(0, comparedHostsMax), count: hosts.length, unknown, tagCounts };
}

export function hasTag(host: Pick<KnownHost, 'tags'>, tag: string): boolean {
  const at = tag.indexOf('=');
  return host.tags[tag.slice(0, at)] === tag.slice(at + 1);
}

export interface TagCount {
  /** `name=value`. */
  readonly tag: string;
  readonly count: number;
}

/** Every tag that hosts have, by name. */
export function tagsOf(fleet: readonly Pick<KnownHost, 'tags'>[]): TagCount[] {
  const counts = new Map<string, number>();
  for (const { tags } of fleet) {
    for (const [name, value] of Object.entries(tags)) {
      const tag = `${name}=${value}`;
      counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
  }
  return [...counts].map(([tag, count]) => ({ tag, count })).sort((a, b) => compareNames(a.tag, b.tag));
}

/** Tags that make a comparison worth looking at: of several hosts but not of all, the nearest to six hosts first. */
export function exampleTags(fleet: readonly Pick<KnownHost, 'tags'>[], count: number): TagCount[] {
  const distance = (tag: TagCount) => Math.abs(tag.count - 6);
  return tagsOf(fleet)
    .filter((tag) => tag.count > 1 && tag.count < fleet.length && tag.count <= comparedHostsMax)
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, count);
}

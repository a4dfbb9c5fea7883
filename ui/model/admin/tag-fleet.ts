/** The tags of all hosts: which names and values there are, and what people's side of a host becomes when one is renamed, merged or taken away. Pure. */
import { type HostTags, shownTags, withoutTag, withTag } from '../hosts/tag-sides.ts';
import { compareNames } from '../names.ts';

export interface FleetTagValue {
  readonly value: string;
  /** Names of the hosts, sorted. */
  readonly hosts: readonly string[];
}

export interface FleetTag {
  readonly name: string;
  /** Those of most hosts first. */
  readonly values: readonly FleetTagValue[];
  readonly hostCount: number;
  /** Who says it: agents, people, or both. */
  readonly from: 'agents' | 'people' | 'both';
}

export type TagAct =
  /** A host that has the other name already keeps the value that it has there. */
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  /** Where there are hosts with the other value, the two become one. */
  | { readonly kind: 'revalue'; readonly name: string; readonly value: string; readonly to: string }
  | { readonly kind: 'remove'; readonly name: string; readonly value: string | null };

/** By name. */
export function fleetTagsOf(hosts: ReadonlyMap<string, HostTags>): readonly FleetTag[] {
  const tags = new Map<string, { readonly values: Map<string, string[]>; isOfAgents: boolean; isOfPeople: boolean }>();
  for (const [hostName, host] of hosts) {
    for (const { name, value, from } of shownTags(host)) {
      const tag = tags.get(name) ?? { values: new Map(), isOfAgents: false, isOfPeople: false };
      tags.set(name, tag);
      if (from === 'agent') tag.isOfAgents = true;
      else tag.isOfPeople = true;
      const named = tag.values.get(value) ?? [];
      named.push(hostName);
      tag.values.set(value, named);
    }
  }
  return [...tags]
    .sort(([one], [other]) => compareNames(one, other))
    .map(([name, { values, isOfAgents, isOfPeople }]): FleetTag => {
      const shown = [...values]
        .map(([value, names]) => ({ value, hosts: names.sort(compareNames) }))
        .sort((one, other) => other.hosts.length - one.hosts.length || compareNames(one.value, other.value));
      const hostCount = shown.reduce((sum, { hosts: names }) => sum + names.length, 0);
      return { name, values: shown, hostCount, from: isOfAgents ? (isOfPeople ? 'both' : 'agents') : 'people' };
    });
}

/** People's side of the host after it; null when nothing changes. */
export function afterAct(host: HostTags, act: TagAct): HostTags['peopleTags'] | null {
  const shown = shownTags(host);
  const before = shown.find(({ name }) => name === act.name);
  if (before === undefined) return null;
  switch (act.kind) {
    case 'rename': {
      if (act.to === act.name) return null;
      const rest: HostTags = { ...host, peopleTags: withoutTag(host, act.name) };
      const isThere = shown.some(({ name }) => name === act.to);
      return isThere ? rest.peopleTags : withTag(rest, act.to, before.value);
    }
    case 'revalue':
      return before.value === act.value && act.to !== act.value ? withTag(host, act.name, act.to) : null;
    case 'remove':
      return act.value === null || act.value === before.value ? withoutTag(host, act.name) : null;
  }
}

/** Names of the hosts that it changes, sorted. */
export function hostsOfAct(hosts: ReadonlyMap<string, HostTags>, act: TagAct): readonly string[] {
  return [...hosts]
    .filter(([, host]) => afterAct(host, act) !== null)
    .map(([name]) => name)
    .sort(compareNames);
}

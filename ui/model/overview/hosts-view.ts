/**
 * Which hosts the overview shows, how they are grouped and in which order: search words, tags, status, group, sort.
 * Pure. It is run over thousands of hosts whenever one of them changes: hosts bring their texts ready made.
 */
import type { HostState } from '#core/message.ts';
import type { Severity } from '#core/rule-spec.ts';
import { compareNames } from '../names.ts';
import type { FleetMetric, HostSort, HostStatus } from '../route.ts';
import { metricRow, rowValueAt } from './metrics.ts';

export interface HostFilter {
  /** Words that must all stand in the name, the alias, a tag or a fact; `name=value` names a tag exactly. */
  readonly query: string;
  /** `name=value`, all of which the host must have. */
  readonly tags: readonly string[];
}

export interface ViewedHost {
  readonly name: string;
  readonly state: HostState;
  readonly status: HostStatus;
  readonly tags: Readonly<Record<string, string>>;
  /** Name, alias, tags and facts in lower case. */
  readonly searchText: string;
  /** Newest overview values. */
  readonly values: Float32Array;
}

export interface HostGroup<Host> {
  readonly id: string;
  readonly title: string;
  readonly hosts: readonly Host[];
}

/** Hosts that pass search and tags, in their order; their status is asked separately, since counts of it are shown beside. */
export function filterHosts<Host extends ViewedHost>(hosts: readonly Host[], filter: HostFilter): readonly Host[] {
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && filter.tags.length === 0) return hosts;
  return hosts.filter(
    (host) =>
      filter.tags.every((tag) => hasTag(host, tag)) &&
      words.every((word) => (word.includes('=') ? hasTagPrefix(host, word) : host.searchText.includes(word))),
  );
}

function hasTag(host: ViewedHost, tag: string): boolean {
  const at = tag.indexOf('=');
  return host.tags[tag.slice(0, at)] === tag.slice(at + 1);
}

/** While one types the value, its beginning is enough. */
function hasTagPrefix(host: ViewedHost, word: string): boolean {
  const at = word.indexOf('=');
  const value = Object.entries(host.tags).find(([name]) => name.toLowerCase() === word.slice(0, at))?.[1];
  return value?.toLowerCase().startsWith(word.slice(at + 1)) === true;
}

/** How much a host asks for a person: 0 the most; `quietRank` and above not at all. */
export function attentionRank(status: HostStatus, worst: Severity | null): number {
  if (status === 'down') return 0;
  if (status === 'downtime') return 4;
  if (worst === 'critical') return 1;
  if (worst === 'warning') return 2;
  return status === 'stale' ? 3 : status === 'up' ? quietRank : quietRank + 1;
}

export const quietRank = 5;
export const attentionId = 'attention';

export interface Arrangement<Host> {
  readonly sort: HostSort;
  /** Tag whose values make the groups; '' for none. */
  readonly groupBy: string;
  /** The worst that fires on a host. */
  readonly worstOf: (host: Host) => Severity | null;
  /** Whether those that need attention are a group of their own: tiles show them in theirs. */
  readonly hasAttentionGroup: boolean;
}

/**
 * Groups by their names, hosts without the tag last; before them "Needs attention" when that is the order. `hosts` come
 * by title, which decides between equal ones.
 */
export function groupHosts<Host extends ViewedHost>(
  hosts: readonly Host[],
  arrangement: Arrangement<Host>,
): HostGroup<Host>[] {
  const { sort, groupBy, worstOf, hasAttentionGroup } = arrangement;
  const rankOf = (host: Host) => attentionRank(host.status, worstOf(host));
  const needy: Host[] = [];
  const byValue = new Map<string, Host[]>();
  for (const host of hosts) {
    if (sort === 'attention' && hasAttentionGroup && rankOf(host) < quietRank) {
      needy.push(host);
      continue;
    }
    const value = groupBy === '' ? '' : (host.tags[groupBy] ?? '');
    const members = byValue.get(value);
    if (members === undefined) byValue.set(value, [host]);
    else members.push(host);
  }
  const groups = [...byValue]
    .sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : compareNames(a, b)))
    .map(([value, members]) => ({
      id: `${groupBy}=${value}`,
      title: value !== '' ? value : groupBy === '' ? 'All hosts' : `no ${groupBy}`,
      hosts: sort === 'attention' ? sortBy(members, rankOf) : sortByMetric(members, sort),
    }));
  if (needy.length === 0) return groups;
  return [{ id: attentionId, title: 'Needs attention', hosts: sortBy(needy, rankOf) }, ...groups];
}

/** The highest first, hosts without a value last. */
function sortByMetric<Host extends ViewedHost>(hosts: readonly Host[], sort: 'name' | FleetMetric): readonly Host[] {
  if (sort === 'name') return hosts;
  const row = metricRow(sort);
  return sortBy(hosts, (host) => {
    const value = rowValueAt(host.values, 0, row);
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : -value;
  });
}

/** Ranks are asked once a host: to ask them at each comparison is dear. Equal ones keep their order. */
function sortBy<Host>(hosts: readonly Host[], rankOf: (host: Host) => number): readonly Host[] {
  const ranks = Float64Array.from(hosts, rankOf);
  const order = Array.from(ranks, (_, index) => index).sort((a, b) => {
    const rankA = ranks[a]!;
    const rankB = ranks[b]!;
    return rankA < rankB ? -1 : rankA > rankB ? 1 : a - b;
  });
  return order.map((index) => hosts[index]!);
}

/** Names of the tags that hosts have, the most frequent first. */
export function tagNames(hosts: readonly Pick<ViewedHost, 'tags'>[]): string[] {
  const counts = new Map<string, number>();
  for (const { tags } of hosts) for (const name of Object.keys(tags)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || compareNames(a, b)).map(([name]) => name);
}

/** A tag that is another on nearly every host is no choice but a list of hosts. */
const valuesPerTagMax = 60;

/** Every `name=value` that may be chosen, by name. */
export function tagChoices(hosts: readonly Pick<ViewedHost, 'tags'>[]): string[] {
  const byName = new Map<string, Set<string>>();
  for (const { tags } of hosts) {
    for (const name in tags) {
      const values = byName.get(name) ?? new Set();
      if (values.size <= valuesPerTagMax) values.add(tags[name]!);
      byName.set(name, values);
    }
  }
  const choices = [...byName].flatMap(([name, values]) =>
    values.size > valuesPerTagMax ? [] : [...values].map((value) => `${name}=${value}`),
  );
  return choices.sort(compareNames);
}

/** The tag to group by when nobody chose: one that parts the hosts into a few groups; '' when there is none. */
export function defaultGroup(hosts: readonly Pick<ViewedHost, 'tags'>[]): string {
  if (hosts.length < 8) return '';
  const groupsMax = Math.min(40, Math.max(2, hosts.length / 2));
  for (const name of ['role', 'group', 'env', 'dc', ...tagNames(hosts)]) {
    const values = new Set(hosts.map((host) => host.tags[name] ?? ''));
    if (values.size > 1 && values.size <= groupsMax) return name;
  }
  return '';
}

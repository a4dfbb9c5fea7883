/**
 * Which hosts the overview shows and how they are grouped: search words, tags, state, group. Pure.
 */
import type { HostState } from '#core/message.ts';
import { compareNames } from './names.ts';

export interface HostFilter {
  /** Words that must all stand in the name, the alias, a tag or a fact; `name=value` names a tag exactly. */
  readonly query: string;
  /** `name=value`, all of which the host must have. */
  readonly tags: readonly string[];
  readonly state: HostState | null;
  /** Tag whose values make the groups; '' for none. */
  readonly groupBy: string;
}

export interface ViewedHost {
  readonly name: string;
  readonly alias: string;
  readonly state: HostState;
  readonly tags: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
}

export interface HostGroup<Host> {
  readonly id: string;
  readonly title: string;
  readonly hosts: readonly Host[];
}

/** Whether a host passes search and tags; its state is asked separately, since the counts of states are shown beside it. */
export function matchesFilter(host: ViewedHost, filter: Pick<HostFilter, 'query' | 'tags'>): boolean {
  if (!filter.tags.every((tag) => hasTag(host, tag))) return false;
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [host.name, host.alias, ...Object.values(host.tags), ...Object.values(host.facts)]
    .join('\n')
    .toLowerCase();
  return words.every((word) => (word.includes('=') ? hasTagPrefix(host, word) : text.includes(word)));
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

const attentionOrder: Readonly<Record<HostState, number>> = { down: 0, stale: 1, never: 2, up: 3 };

/** "Needs attention" first, then the groups by name; hosts without the tag come last. */
export function groupHosts<Host extends ViewedHost>(hosts: readonly Host[], groupBy: string): HostGroup<Host>[] {
  const needy = hosts
    .filter((host) => host.state === 'down' || host.state === 'stale')
    .sort((a, b) => attentionOrder[a.state] - attentionOrder[b.state] || compareNames(titleOf(a), titleOf(b)));
  const rest = hosts.filter((host) => host.state !== 'down' && host.state !== 'stale');
  const byValue = new Map<string, Host[]>();
  for (const host of rest) {
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
      hosts: members,
    }));
  return needy.length === 0 ? groups : [{ id: 'attention', title: 'Needs attention', hosts: needy }, ...groups];
}

function titleOf({ name, alias }: ViewedHost): string {
  return alias === '' ? name : alias;
}

/** Names of the tags that hosts have, the most frequent first. */
export function tagNames(hosts: readonly ViewedHost[]): string[] {
  const counts = new Map<string, number>();
  for (const host of hosts) for (const name of Object.keys(host.tags)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || compareNames(a, b)).map(([name]) => name);
}

/** Every `name=value` that hosts have, by name. */
export function tagChoices(hosts: readonly ViewedHost[]): string[] {
  const choices = new Set<string>();
  for (const host of hosts) for (const [name, value] of Object.entries(host.tags)) choices.add(`${name}=${value}`);
  return [...choices].sort(compareNames);
}

/** The tag to group by when nobody chose: one that parts the hosts into a few groups; '' when there is none. */
export function defaultGroup(hosts: readonly ViewedHost[]): string {
  if (hosts.length < 8) return '';
  for (const name of ['role', 'group', 'env', 'dc', ...tagNames(hosts)]) {
    const values = new Set(hosts.map((host) => host.tags[name] ?? ''));
    if (values.size > 1 && values.size <= Math.max(2, hosts.length / 2)) return name;
  }
  return '';
}

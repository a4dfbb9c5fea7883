/**
 * What the jump field finds: pages, hosts, open alerts, metrics of the host that is open, and on other pages the names
 * of metrics, which lead to a comparison. Pure. The best come first: a name that begins with what was typed before one
 * that has it inside.
 */
import type { AlertRow } from '#core/message.ts';
import type { SelectableHost } from '#core/selector.ts';
import { adminPages } from './admin-tabs.ts';
import { formatCount } from './format.ts';
import {
  alertsRoute,
  type CompareRoute,
  compareRoute,
  downtimesRoute,
  hostRoute,
  overviewRoute,
  type Route,
  ruleRoute,
} from './route.ts';
import { comesUpTo, type Role } from './session.ts';

export interface JumpTarget {
  readonly id: string;
  readonly group: 'Pages' | 'Hosts' | 'Alerts' | 'Metrics';
  readonly title: string;
  /** Quieter, beside it. */
  readonly note: string;
  readonly route: Route;
}

interface Page extends JumpTarget {
  /** Who may open it. */
  readonly role: Role;
}

export interface JumpSources {
  /** Of whoever looks at the page: what that one may not open is not found. */
  readonly role: Role | null;
  readonly hosts: readonly (SelectableHost & { readonly alias: string })[];
  readonly alerts: readonly AlertRow[];
  readonly hostNameOf: (hostId: number) => string;
  /** Host that is open, with the keys of its series; null on other pages. */
  readonly open: { readonly host: string; readonly keys: readonly string[] } | null;
  /** Where no host is open: names of metrics, once the hub has told them, and the comparison of the hosts that have them. */
  readonly compared: { readonly route: CompareRoute; readonly names: readonly MetricName[] } | null;
}

export interface MetricName {
  readonly name: string;
  readonly hostCount: number;
}

/** Lines in a comparison that somebody has jumped to: of more hosts the highest. */
const linesMax = 10;

/** The comparison that is open, if it has hosts; else one of `hosts`. */
export function comparisonOf(route: Route, hosts: readonly string[]): CompareRoute {
  if (route.page === 'compare' && route.hosts.length + route.tags.length > 0) return route;
  return { ...compareRoute, hosts, top: hosts.length > linesMax ? linesMax : 0 };
}

/** More of one kind is no list to choose from. */
const perGroupMax = 8;

const pages: readonly Page[] = [
  page('Overview', 'all hosts', overviewRoute),
  page('Compare', 'hosts on one metric', compareRoute),
  page('Alerts', 'firing and pending', alertsRoute),
  page('Resolved alerts', 'what has ended', { ...alertsRoute, list: 'resolved' }),
  page('Rules', 'what is watched for', { ...alertsRoute, list: 'rules' }),
  page('New rule', '', ruleRoute, 'editor'),
  page('Silences', '', { ...alertsRoute, list: 'silences' }),
  page('Downtimes', 'planned work', downtimesRoute),
  page('New downtime', '', { ...downtimesRoute, id: 'new' }, 'editor'),
  ...adminPages.map(({ title, note, route, role }) => page(title, note, route, role)),
  page('TV mode', 'for a screen on the wall', { ...overviewRoute, isTv: true }),
];

/** Targets for what was typed, grouped; pages and what fires when nothing was. */
export function findTargets(text: string, sources: JumpSources): readonly JumpTarget[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const best = (targets: Iterable<JumpTarget>) => takeBest(targets, words);
  const open = pages.filter(({ role }) => comesUpTo(sources.role, role));
  const found = [best(hostTargets(sources)), best(alertTargets(sources)), best(metricTargets(sources)), best(open)];
  return words.length === 0 ? [...found[1]!, ...found[3]!] : found.flat();
}

function page(title: string, note: string, route: Route, role: Role = 'viewer'): Page {
  return { id: `page ${title}`, group: 'Pages', title, note, route, role };
}

function* hostTargets({ hosts }: JumpSources): Iterable<JumpTarget> {
  for (const { name, alias } of hosts) {
    const title = alias === '' ? name : alias;
    const route: Route = { ...hostRoute, host: name };
    yield { id: `host ${name}`, group: 'Hosts', title, note: title === name ? '' : name, route };
  }
}

function* alertTargets({ alerts, hostNameOf }: JumpSources): Iterable<JumpTarget> {
  for (const { ruleId, hostId, series, ruleName, alertId, phase } of alerts) {
    const host = hostNameOf(hostId);
    const id = alertId === null ? '' : String(alertId);
    yield {
      id: `alert ${ruleId} ${hostId} ${series}`,
      group: 'Alerts',
      title: host === '' ? ruleName : `${ruleName} on ${host}`,
      note: phase,
      route: { ...alertsRoute, id },
    };
  }
}

function* metricTargets({ open, compared }: JumpSources): Iterable<JumpTarget> {
  if (compared !== null)
    for (const { name, hostCount } of compared.names) {
      const note = hostCount === 1 ? 'on 1 host' : `on ${formatCount(hostCount)} hosts`;
      yield {
        id: `metric ${name}`,
        group: 'Metrics',
        title: name,
        note,
        route: { ...compared.route, metric: name, focus: '' },
      };
    }
  if (open === null) return;
  for (const key of open.keys) {
    const route: Route = { ...hostRoute, host: open.host, find: key };
    yield { id: `metric ${key}`, group: 'Metrics', title: key, note: `on ${open.host}`, route };
  }
}

/** Those that have every word, the first ones of each rank: one pass, since there may be thousands of hosts. */
function takeBest(targets: Iterable<JumpTarget>, words: readonly string[]): readonly JumpTarget[] {
  const countMax = words.length === 0 ? pages.length : perGroupMax;
  const ranks: [JumpTarget[], JumpTarget[]] = [[], []];
  for (const target of targets) {
    const title = target.title.toLowerCase();
    // How many hosts have a metric is nothing that one looks for: "host" would find them all.
    const note = target.group === 'Metrics' && target.route.page === 'compare' ? '' : target.note.toLowerCase();
    const text = `${title} ${note}`;
    if (!words.every((word) => text.includes(word))) continue;
    const begins = words.length === 0 || title.startsWith(words[0]!) || note.startsWith(words[0]!);
    const rank = ranks[begins ? 0 : 1];
    if (rank.length < countMax) rank.push(target);
    if (ranks[0].length === countMax) break;
  }
  return [...ranks[0], ...ranks[1]].slice(0, countMax);
}

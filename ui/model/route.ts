/**
 * The page's address and back: path, query and fragment carry the whole state, defaults are left out, so that a link shows
 * the same view to whoever opens it. What is not understood is left at its default. Pure.
 *
 * What people look at is under `/dashboard`, what the hub is run from under `/admin?tab=…`.
 *
 * A new page adds its type to `Route`, a branch to `parseRoute` and one to `formatRoute`, and its element to the table
 * of `pw-app`.
 */
import { type HostState, hostStates } from '#core/message.ts';
import { type Severity, severities } from '#core/rule-spec.ts';
import { liveRange, parseRange, type TimeRange, writeRange } from './time-range.ts';

const dashboardPath = '/dashboard';
const adminPath = '/admin';

/** How a host stands, as people see it: a downtime wins over what the link says. */
export type HostStatus = HostState | 'downtime';
export const hostStatuses: readonly HostStatus[] = [...hostStates, 'downtime'];

export const hostSorts = ['attention', 'name', 'cpu', 'memory', 'network', 'disk'] as const;
export type HostSort = (typeof hostSorts)[number];
export const densities = ['cards', 'table', 'tiles'] as const;
export type Density = (typeof densities)[number];
export const fleetMetrics = ['cpu', 'memory', 'network', 'disk'] as const;
export type FleetMetric = (typeof fleetMetrics)[number];

export interface OverviewRoute {
  readonly page: 'overview';
  readonly query: string;
  /** `name=value`, all of which a host must have. */
  readonly tags: readonly string[];
  /** Any of these; empty: all. */
  readonly statuses: readonly HostStatus[];
  /** null: the page chooses; '': none. */
  readonly groupBy: string | null;
  readonly sort: HostSort;
  /** null: by the number of hosts. */
  readonly view: Density | null;
  /** What tiles are coloured by. */
  readonly metric: FleetMetric;
  /** Whether percentages are drawn to their own height instead of 0 to 100. */
  readonly isAutoScaled: boolean;
  readonly isTv: boolean;
  /** Seconds that TV mode shows a page. */
  readonly rotateS: number;
}

export interface HostRoute {
  readonly page: 'host';
  readonly host: string;
  readonly range: TimeRange;
  /** Search in the charts. */
  readonly find: string;
  /** Charts side by side. */
  readonly columns: 1 | 2 | 3;
  /** Id of the section to begin with; '' for the top. */
  readonly section: string;
}

export const compareStats = ['avg', 'min', 'max'] as const;
export const compareLayouts = ['overlay', 'multiples', 'difference'] as const;
export const compareReferences = ['mean', 'first'] as const;
const compareRange: TimeRange = { kind: 'live', spanMs: 3_600_000 };

export interface CompareRoute {
  readonly page: 'compare';
  /** Names of hosts, in the order of their colours. */
  readonly hosts: readonly string[];
  /** `name=value`: every host that has one of these is compared as well. */
  readonly tags: readonly string[];
  /** A series key, or a metric name. */
  readonly metric: string;
  readonly stat: (typeof compareStats)[number];
  readonly layout: (typeof compareLayouts)[number];
  /** What differences are taken against: the mean of all that are compared, or the first host. */
  readonly against: (typeof compareReferences)[number];
  /** Only so many hosts, those with the highest (or lowest) values; 0: all. */
  readonly top: number;
  readonly order: 'highest' | 'lowest';
  /** Host whose line stands out while the others are dimmed; '' for none. */
  readonly focus: string;
  readonly range: TimeRange;
}

export const alertLists = ['open', 'resolved', 'silences', 'rules', 'channels'] as const;
export type AlertList = (typeof alertLists)[number];

export interface AlertsRoute {
  readonly page: 'alerts';
  readonly list: AlertList;
  readonly query: string;
  readonly severity: Severity | null;
  /** Alert (or rule, silence, channel) that is open at the side; '' for none. */
  readonly id: string;
}

export interface RuleRoute {
  readonly page: 'rule';
  /** null: a new one. */
  readonly id: number | null;
  /** For a new one: what it begins with. */
  readonly host: string;
  readonly metric: string;
  /** For a new one: id of the rule of which it is a copy; null for none. */
  readonly copyOf: number | null;
}

export const downtimeViews = ['timeline', 'calendar', 'list'] as const;
export const downtimeSpans = ['day', 'week', 'month'] as const;

export interface DowntimesRoute {
  readonly page: 'downtimes';
  readonly view: (typeof downtimeViews)[number];
  readonly span: (typeof downtimeSpans)[number];
  /** Day that is shown, `YYYY-MM-DD`; '' for today. */
  readonly at: string;
  /** IANA name; '' for the page's own. */
  readonly zone: string;
  /** Downtime whose form is open: its id, or "new"; '' for none. */
  readonly id: string;
  /** For a new one: the host that it begins with. */
  readonly host: string;
}

export interface HostsRoute {
  readonly page: 'hosts';
  readonly query: string;
  /** Name of the host whose settings are open; '' for none. */
  readonly edit: string;
}

/** Subjects of administration, each with a page of its own; the hosts' page stands among them. */
export const adminTabs = [
  'agents',
  'enrol',
  'tags',
  'scripts',
  'people',
  'tokens',
  'channels',
  'storage',
  'audit',
  'health',
] as const;
export type AdminTab = (typeof adminTabs)[number];

/** Filters that a page of administration keeps in its address beside the search. */
export const adminFilters: Readonly<Record<AdminTab, readonly string[]>> = {
  agents: [],
  enrol: [],
  tags: [],
  scripts: [],
  people: [],
  tokens: [],
  channels: ['state', 'channel'],
  storage: [],
  audit: ['action', 'result', 'since'],
  health: [],
};

export interface AdminRoute {
  readonly page: 'admin';
  readonly tab: AdminTab;
  readonly query: string;
  /** What is open at the side, by its name or id; '' for nothing. */
  readonly open: string;
  /** By the names of `adminFilters`; those that are not set are left out. */
  readonly filters: Readonly<Record<string, string>>;
}

export type Route =
  | OverviewRoute
  | HostRoute
  | CompareRoute
  | AlertsRoute
  | RuleRoute
  | DowntimesRoute
  | HostsRoute
  | AdminRoute;

export const overviewRoute: OverviewRoute = {
  page: 'overview',
  query: '',
  tags: [],
  statuses: [],
  groupBy: null,
  sort: 'attention',
  view: null,
  metric: 'cpu',
  isAutoScaled: false,
  isTv: false,
  rotateS: 20,
};

export const hostRoute: HostRoute = { page: 'host', host: '', range: liveRange, find: '', columns: 2, section: '' };

export const compareRoute: CompareRoute = {
  page: 'compare',
  hosts: [],
  tags: [],
  metric: 'cpu_used_percent',
  stat: 'avg',
  layout: 'overlay',
  against: 'mean',
  top: 0,
  order: 'highest',
  focus: '',
  range: compareRange,
};

export const alertsRoute: AlertsRoute = { page: 'alerts', list: 'open', query: '', severity: null, id: '' };
export const ruleRoute: RuleRoute = { page: 'rule', id: null, host: '', metric: '', copyOf: null };

export const downtimesRoute: DowntimesRoute = {
  page: 'downtimes',
  view: 'timeline',
  span: 'week',
  at: '',
  zone: '',
  id: '',
  host: '',
};

export const hostsRoute: HostsRoute = { page: 'hosts', query: '', edit: '' };
export const adminRoute: AdminRoute = { page: 'admin', tab: 'agents', query: '', open: '', filters: {} };

/** Route of path, query and fragment (`/dashboard?host=web-01#network`); without a path, of the dashboard. */
export function parseRoute(address: string): Route {
  const at = address.indexOf('#');
  const section = at < 0 ? '' : decodeFragment(address.slice(at + 1));
  const [path, search = ''] = split(at < 0 ? address : address.slice(0, at), '?');
  const query = new URLSearchParams(search);
  if (path === adminPath) return parseAdmin(query, query.get('tab'));
  const host = query.get('host');
  if (query.has('rule')) return parseRule(query);
  if (query.has('downtimes')) return parseDowntimes(query);
  if (query.has('alerts')) return parseAlerts(query);
  if (query.has('compare')) return parseCompare(query);
  if (host !== null && host !== '') {
    const columns = query.get('cols');
    return {
      page: 'host',
      host,
      range: parseRange(query),
      find: query.get('find') ?? '',
      columns: columns === '1' ? 1 : columns === '3' ? 3 : 2,
      section,
    };
  }
  // As addresses were before administration had a path of its own.
  if (query.has('admin')) return parseAdmin(query, query.get('admin'));
  return parseOverview(query);
}

/** Query and fragment of a route, with its question mark; '' for the plain overview. */
export function formatRoute(route: Route): string {
  const query = new URLSearchParams();
  const write = (name: string, value: string, fallback = '') => {
    if (value !== fallback) query.set(name, value);
  };
  switch (route.page) {
    case 'overview':
      write('q', route.query);
      for (const tag of route.tags) query.append('tag', tag);
      write('status', route.statuses.join(','));
      if (route.groupBy !== null) query.set('group', route.groupBy);
      write('sort', route.sort, overviewRoute.sort);
      write('view', route.view ?? '');
      write('metric', route.metric, overviewRoute.metric);
      write('scale', route.isAutoScaled ? 'auto' : '');
      write('tv', route.isTv ? '1' : '');
      write('rotate', String(route.rotateS), String(overviewRoute.rotateS));
      break;
    case 'host':
      query.set('host', route.host);
      writeRange(query, route.range);
      write('find', route.find);
      write('cols', String(route.columns), '2');
      break;
    case 'compare':
      query.set('compare', route.hosts.map(encodeURIComponent).join(','));
      for (const tag of route.tags) query.append('tag', tag);
      write('metric', route.metric, compareRoute.metric);
      write('stat', route.stat, compareRoute.stat);
      write('layout', route.layout, compareRoute.layout);
      write('against', route.against, compareRoute.against);
      write('top', route.top === 0 ? '' : String(route.top));
      write('order', route.order, compareRoute.order);
      write('focus', route.focus);
      writeRange(query, route.range, compareRange);
      break;
    case 'alerts':
      query.set('alerts', route.list);
      write('q', route.query);
      write('sev', route.severity ?? '');
      write('id', route.id);
      break;
    case 'rule':
      query.set('rule', route.id === null ? 'new' : String(route.id));
      write('on', route.host);
      write('metric', route.metric);
      write('copy', route.copyOf === null ? '' : String(route.copyOf));
      break;
    case 'downtimes':
      query.set('downtimes', route.span);
      write('view', route.view, downtimesRoute.view);
      write('at', route.at);
      write('tz', route.zone);
      write('id', route.id);
      write('on', route.host);
      break;
    case 'hosts':
      query.set('tab', 'hosts');
      write('q', route.query);
      write('on', route.edit);
      break;
    case 'admin':
      query.set('tab', route.tab);
      write('q', route.query);
      write('on', route.open);
      for (const name of adminFilters[route.tab]) write(name, route.filters[name] ?? '');
      break;
  }
  const text = query.toString();
  const fragment = route.page === 'host' && route.section !== '' ? `#${encodeURIComponent(route.section)}` : '';
  return (text === '' ? '' : `?${text}`) + fragment;
}

/** Address of a route, for links. */
export function hrefOf(route: Route): string {
  const path = route.page === 'admin' || route.page === 'hosts' ? adminPath : dashboardPath;
  return path + formatRoute(route);
}

function parseAdmin(query: URLSearchParams, tab: string | null): AdminRoute | HostsRoute {
  const text = query.get('q') ?? '';
  const open = query.get('on') ?? '';
  const known = oneOf(adminTabs, tab);
  // The first of the pages, which every role may see.
  if (known === null) return { page: 'hosts', query: text, edit: open };
  const filters = adminFilters[known].map((name) => [name, query.get(name) ?? '']).filter(([, value]) => value !== '');
  return { page: 'admin', tab: known, query: text, open, filters: Object.fromEntries(filters) };
}

function parseOverview(query: URLSearchParams): OverviewRoute {
  const words = (query.get('status') ?? '').split(',');
  const rotateS = Number(query.get('rotate') ?? overviewRoute.rotateS);
  return {
    page: 'overview',
    query: query.get('q') ?? '',
    tags: tagsOf(query),
    statuses: hostStatuses.filter((status) => words.includes(status)),
    groupBy: query.get('group'),
    sort: oneOf(hostSorts, query.get('sort')) ?? overviewRoute.sort,
    view: oneOf(densities, query.get('view')),
    metric: oneOf(fleetMetrics, query.get('metric')) ?? overviewRoute.metric,
    isAutoScaled: query.get('scale') === 'auto',
    isTv: query.get('tv') === '1',
    rotateS: Number.isInteger(rotateS) && rotateS >= 5 && rotateS <= 3_600 ? rotateS : overviewRoute.rotateS,
  };
}

function parseCompare(query: URLSearchParams): CompareRoute {
  const top = Number(query.get('top') ?? 0);
  return {
    page: 'compare',
    hosts: (query.get('compare') ?? '').split(',').map(decodeFragment).filter(Boolean),
    tags: tagsOf(query),
    metric: query.get('metric') || compareRoute.metric,
    stat: oneOf(compareStats, query.get('stat')) ?? compareRoute.stat,
    layout: oneOf(compareLayouts, query.get('layout')) ?? compareRoute.layout,
    against: oneOf(compareReferences, query.get('against')) ?? compareRoute.against,
    top: Number.isInteger(top) && top >= 0 && top <= 100 ? top : 0,
    order: query.get('order') === 'lowest' ? 'lowest' : 'highest',
    focus: query.get('focus') ?? '',
    range: parseRange(query, compareRange),
  };
}

function parseAlerts(query: URLSearchParams): AlertsRoute {
  return {
    page: 'alerts',
    list: oneOf(alertLists, query.get('alerts')) ?? 'open',
    query: query.get('q') ?? '',
    severity: oneOf(severities, query.get('sev')),
    id: query.get('id') ?? '',
  };
}

function parseRule(query: URLSearchParams): RuleRoute {
  return {
    page: 'rule',
    id: idOf(query.get('rule')),
    host: query.get('on') ?? '',
    metric: query.get('metric') ?? '',
    copyOf: idOf(query.get('copy')),
  };
}

function idOf(text: string | null): number | null {
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

function parseDowntimes(query: URLSearchParams): DowntimesRoute {
  const at = query.get('at') ?? '';
  return {
    page: 'downtimes',
    view: oneOf(downtimeViews, query.get('view')) ?? downtimesRoute.view,
    span: oneOf(downtimeSpans, query.get('downtimes')) ?? downtimesRoute.span,
    at: isDay(at) ? at : '',
    zone: query.get('tz') ?? '',
    id: query.get('id') ?? '',
    host: query.get('on') ?? '',
  };
}

/** Whether a text is a day that exists: Date takes 31 February for 3 March. */
function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** What stands before the first `mark`, and what behind it. */
function split(text: string, mark: string): [before: string, behind?: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function tagsOf(query: URLSearchParams): string[] {
  return query.getAll('tag').filter((tag) => tag.indexOf('=') > 0);
}

function oneOf<Word extends string>(words: readonly Word[], text: string | null): Word | null {
  return words.find((word) => word === text) ?? null;
}

/** Percent signs that mean nothing stay as they are. */
function decodeFragment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

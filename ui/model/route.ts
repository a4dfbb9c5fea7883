/** The page's address and back: the query carries the whole state, defaults are left out. Pure. */
import { type HostState, hostStates } from '#core/message.ts';

export interface OverviewRoute {
  readonly page: 'overview';
  readonly query: string;
  readonly tags: readonly string[];
  readonly state: HostState | null;
  /** null: the page chooses. */
  readonly groupBy: string | null;
}

export interface HostRoute {
  readonly page: 'host';
  readonly host: string;
  /** Search in the charts. */
  readonly find: string;
  /** Charts side by side. */
  readonly columns: 1 | 2 | 3;
}

export interface StorageRoute {
  readonly page: 'storage';
}

export type Route = OverviewRoute | HostRoute | StorageRoute;

export const overviewRoute: OverviewRoute = { page: 'overview', query: '', tags: [], state: null, groupBy: null };

/** Route of a query string; what is not understood is left at its default. */
export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  const host = query.get('host');
  if (host !== null && host !== '') {
    const columns = query.get('cols');
    return {
      page: 'host',
      host,
      find: query.get('find') ?? '',
      columns: columns === '1' ? 1 : columns === '3' ? 3 : 2,
    };
  }
  if (query.get('admin') === 'storage') return { page: 'storage' };
  return {
    page: 'overview',
    query: query.get('q') ?? '',
    tags: query.getAll('tag').filter((tag) => tag.indexOf('=') > 0),
    state: hostStates.find((state) => state === query.get('status')) ?? null,
    groupBy: query.get('group'),
  };
}

/** Query string of a route, with its question mark; '' for the plain overview. */
export function formatRoute(route: Route): string {
  const query = new URLSearchParams();
  if (route.page === 'host') {
    query.set('host', route.host);
    if (route.find !== '') query.set('find', route.find);
    if (route.columns !== 2) query.set('cols', String(route.columns));
  } else if (route.page === 'storage') {
    query.set('admin', 'storage');
  } else {
    if (route.query !== '') query.set('q', route.query);
    for (const tag of route.tags) query.append('tag', tag);
    if (route.state !== null) query.set('status', route.state);
    if (route.groupBy !== null) query.set('group', route.groupBy);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

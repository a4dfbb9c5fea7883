/** Where the navigation leads, in the top bar and at the bottom of a phone. */
import {
  alertsRoute,
  compareRoute,
  downtimesRoute,
  hostsRoute,
  hrefOf,
  overviewRoute,
  type Route,
} from '../../model/route.ts';
import type { IconName } from '../icons.ts';

export interface Destination {
  readonly id: 'overview' | 'compare' | 'alerts' | 'downtimes' | 'admin';
  readonly title: string;
  readonly icon: IconName;
  readonly href: string;
  /** Its own page first, then those below it. */
  readonly pages: readonly Route['page'][];
}

export const destinations: readonly Destination[] = [
  { id: 'overview', title: 'Overview', icon: 'cards', href: hrefOf(overviewRoute), pages: ['overview', 'host'] },
  { id: 'compare', title: 'Compare', icon: 'lines', href: hrefOf(compareRoute), pages: ['compare'] },
  { id: 'alerts', title: 'Alerts', icon: 'bell', href: hrefOf(alertsRoute), pages: ['alerts', 'rule'] },
  { id: 'downtimes', title: 'Downtimes', icon: 'calendar', href: hrefOf(downtimesRoute), pages: ['downtimes'] },
  {
    id: 'admin',
    title: 'Admin',
    icon: 'gear',
    href: hrefOf(hostsRoute),
    pages: ['hosts', 'admin'],
  },
];

/** Value of `aria-current`. */
export function isCurrent({ pages }: Destination, page: Route['page']): 'page' | 'true' | 'false' {
  if (pages[0] === page) return 'page';
  return pages.includes(page) ? 'true' : 'false';
}

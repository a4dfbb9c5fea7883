/** What a list of alerts shows, in sections. Pure. */
import { formatCount } from '../format.ts';
import type { AlertsRoute } from '../route.ts';
import { type AlertItem, matchesAlert } from './alert-item.ts';
import { firingSummary, shortMoment } from './alert-text.ts';

export interface AlertSection {
  readonly id: 'firing' | 'pending' | 'over';
  readonly title: string;
  /** Beside the title. */
  readonly note: string;
  /** At the right edge. */
  readonly end: string;
  readonly items: readonly AlertItem[];
}

export interface OverAlerts {
  readonly items: readonly AlertItem[];
  /** How many there are, "50+" where that is not known. */
  readonly countText: string;
  /** Whether they go back a day, and not further. */
  readonly isOfDay: boolean;
}

/** Below what is open, so many of those that are over. */
const overShown = 5;

export function matchingAlerts(
  items: readonly AlertItem[],
  { query, severity }: Pick<AlertsRoute, 'query' | 'severity'>,
): readonly AlertItem[] {
  if (query.trim() === '' && severity === null) return items;
  return items.filter((item) => (severity === null || item.severity === severity) && matchesAlert(item, query));
}

/** What fires, what is pending, and the newest of what is over; none that is empty. */
export function openSections(open: readonly AlertItem[], over: OverAlerts, nowMs: number): readonly AlertSection[] {
  const firing = open.filter(({ phase }) => phase === 'firing');
  const pending = open.filter(({ phase }) => phase === 'pending');
  const oldestMs = Math.min(...firing.map(({ sinceMs }) => sinceMs));
  const sections: AlertSection[] = [
    {
      ...{ id: 'firing', title: `Firing ${formatCount(firing.length)}`, note: firingSummary(firing), items: firing },
      end: firing.length < 2 ? '' : `oldest since ${shortMoment(oldestMs, nowMs)}`,
    },
    {
      ...{ id: 'pending', title: `Pending ${formatCount(pending.length)}`, items: pending, end: '' },
      note: 'condition true, waiting for the hold time',
    },
    {
      ...{ id: 'over', title: `Resolved ${over.countText}`, items: over.items.slice(0, overShown), end: '' },
      note: over.isOfDay ? 'last 24 h' : '',
    },
  ];
  return sections.filter(({ items }) => items.length > 0);
}

export function resolvedSections({ items, isOfDay }: OverAlerts): readonly AlertSection[] {
  if (items.length === 0) return [];
  const note = isOfDay ? 'last 24 h, newest first' : 'newest first';
  return [{ id: 'over', title: `Resolved ${formatCount(items.length)}`, note, end: '', items }];
}

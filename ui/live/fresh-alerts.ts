/**
 * Alerts that have begun to fire a moment ago: marked for some seconds, and said once. What fires already when the
 * page is opened is no news.
 */
import type { AlertRow } from '#core/message.ts';
import type { Dashboard } from '../dashboard.ts';
import { keyOf } from './alert-book.ts';
import { passedMs } from './passed.ts';
import { Signal } from './signal.ts';

const freshMs = 8_000;
/** More at once are counted instead of named. */
const namedMax = 2;

export class FreshAlerts {
  /** Marks came or went, or there is something to say. */
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  /** Since when by key, on the hub's clock. */
  #marked: ReadonlyMap<string, number> = new Map();
  #firing: ReadonlySet<string> | null = null;
  #critical = '';
  #others = '';
  #unsubscribes: (() => void)[] = [];

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
  }

  open(): void {
    const { alerts, ticked } = this.#dashboard;
    this.#firing = null;
    this.#compare();
    this.#unsubscribes = [alerts.changed.subscribe(() => this.#compare()), ticked.subscribe(() => this.#second())];
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
  }

  get keys(): ReadonlySet<string> {
    return new Set(this.#marked.keys());
  }

  /** To be said at once; the same text until there is another. */
  get critical(): string {
    return this.#critical;
  }

  /** To be said when there is time. */
  get others(): string {
    return this.#others;
  }

  #compare(): void {
    const { alerts, hubMs } = this.#dashboard;
    if (!alerts.isKnown) return;
    const rows = alerts.rows().filter(({ phase }) => phase === 'firing');
    const before = this.#firing;
    this.#firing = new Set(rows.map(keyOf));
    if (before === null) return;
    const fresh = rows.filter((row) => !before.has(keyOf(row)));
    if (fresh.length === 0) return;
    this.#marked = new Map([...this.#marked, ...fresh.map((row): [string, number] => [keyOf(row), hubMs])]);
    const critical = fresh.filter(({ severity }) => severity === 'critical');
    const others = fresh.filter(({ severity }) => severity !== 'critical');
    if (critical.length > 0) this.#critical = this.#sentence(critical, 'critical');
    if (others.length > 0) this.#others = this.#sentence(others, '');
    this.changed.announce();
  }

  #sentence(rows: readonly AlertRow[], word: string): string {
    if (rows.length > namedMax) return `${rows.length} ${word === '' ? '' : `${word} `}alerts have begun to fire`;
    const names = rows.map(({ ruleName, hostId }) => {
      const host = this.#dashboard.fleet.byId(hostId)?.title ?? '';
      return host === '' ? ruleName : `${ruleName} on ${host}`;
    });
    return `Firing${word === '' ? '' : `, ${word}`}: ${names.join('; ')}`;
  }

  #second(): void {
    const { hubMs } = this.#dashboard;
    const left = [...this.#marked].filter(([, sinceMs]) => passedMs(sinceMs, hubMs) < freshMs);
    if (left.length === this.#marked.size) return;
    this.#marked = new Map(left);
    this.changed.announce();
  }
}

/**
 * Alerts that are over, as far back as somebody has asked: a day at first, then page by page. The newest are asked for
 * again when the book has changed, since what leaves it has ended; what has ended stays as it is.
 */
import { readAlerts, type StoredAlert } from '../api/alerts.ts';
import { type Dashboard, pollMs } from '../dashboard.ts';
import { passedMs } from './passed.ts';
import { Signal } from './signal.ts';

const dayMs = 86_400_000;
const pageSize = 50;
/** A storm changes the book each second. */
const askMsMin = 2_000;

export class ResolvedAlerts {
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  #alerts: readonly StoredAlert[] = [];
  /** Where the page behind begins; null: there is none within the day, or none at all. */
  #next: number | null = null;
  #isOfDay = true;
  #isKnown = false;
  #failure: string | null = null;
  #isAsking = false;
  #isStale = true;
  #askedMs = Number.NEGATIVE_INFINITY;
  #unsubscribes: (() => void)[] = [];

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
  }

  open(): void {
    const { alerts, ticked } = this.#dashboard;
    this.#isStale = true;
    this.#unsubscribes = [
      alerts.changed.subscribe(() => {
        this.#isStale = true;
      }),
      ticked.subscribe(() => this.#second()),
    ];
    this.#second();
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
  }

  /** Newest first, by when they fired. */
  get alerts(): readonly StoredAlert[] {
    return this.#alerts;
  }

  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** What went wrong the last time; null when all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Whether the list goes back a day, and not further. */
  get isOfDay(): boolean {
    return this.#isOfDay;
  }

  /** Whether there may be more behind the last. */
  get hasMore(): boolean {
    return this.#isOfDay || this.#next !== null;
  }

  /** How many: "50+" while there are pages that nobody has asked for. */
  get countText(): string {
    return this.#isKnown ? `${this.#alerts.length}${this.#next === null ? '' : '+'}` : '';
  }

  refresh(): void {
    this.#isStale = true;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.#second();
  }

  /** The page behind; behind the last of the day whatever is older. */
  more(): void {
    if (!this.#isAsking) this.#dashboard.background(this.#askMore());
  }

  #second(): void {
    const { hubMs, isLive } = this.#dashboard;
    const isDue = this.#isStale || !isLive;
    const waitMs = isLive && this.#failure === null ? askMsMin : pollMs;
    if (!isDue || this.#isAsking || passedMs(this.#askedMs, hubMs) < waitMs) return;
    this.#dashboard.background(this.#askNewest());
  }

  async #askNewest(): Promise<void> {
    const { client, hubMs } = this.#dashboard;
    this.#isAsking = true;
    this.#isStale = false;
    this.#askedMs = hubMs;
    const asked = await readAlerts(client, { state: 'resolved', sinceMs: hubMs - dayMs, limit: pageSize });
    this.#isAsking = false;
    this.#failure = asked.kind === 'failed' ? asked.why : null;
    if (asked.kind === 'failed') this.#isStale = true;
    else {
      this.#alerts = united(asked.value.alerts, this.#alerts);
      if (!this.#isKnown) this.#next = asked.value.next;
      this.#isKnown = true;
    }
    this.changed.announce();
  }

  async #askMore(): Promise<void> {
    const { client, hubMs } = this.#dashboard;
    const isWithinDay = this.#next !== null && this.#isOfDay;
    this.#isAsking = true;
    const asked = await readAlerts(client, {
      ...{ state: 'resolved', limit: pageSize, before: this.#next ?? this.#alerts.at(-1)?.id ?? null },
      ...(isWithinDay ? { sinceMs: hubMs - dayMs } : {}),
    });
    this.#isAsking = false;
    this.#failure = asked.kind === 'failed' ? asked.why : null;
    if (asked.kind === 'ok') {
      this.#alerts = united(this.#alerts, asked.value.alerts);
      this.#next = asked.value.next;
      this.#isOfDay = isWithinDay;
    }
    this.changed.announce();
  }
}

/** Each once, newest first. */
function united(a: readonly StoredAlert[], b: readonly StoredAlert[]): readonly StoredAlert[] {
  const byId = new Map([...b, ...a].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((one, other) => other.id - one.id);
}

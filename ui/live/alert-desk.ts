/**
 * What the alerts page knows: open alerts from the live book, joined with what REST knows of them, the silences that
 * last, and the rules. It asks again when the book changes, once a second at most, and from time to time; while the
 * WebSocket is away as often as everything else is polled. It reads no clock: `second` is called.
 */
import type { Silence } from '#core/downtime.ts';
import type { Rule } from '#core/rule-spec.ts';
import { readAlerts, type StoredAlert } from '../api/alerts.ts';
import type { Asked } from '../api/client.ts';
import { readRules } from '../api/rules.ts';
import { readSilences } from '../api/silences.ts';
import { type Dashboard, pollMs } from '../dashboard.ts';
import { type AlertItem, type Joined, openItem, storedItem } from '../model/alerts/alert-item.ts';
import { passedMs } from './passed.ts';
import { Signal } from './signal.ts';

/** Somebody else may acknowledge, silence or change a rule: the book tells of the first alone. */
const refreshMs = 30_000;
/** More stored alerts than this are joined without what only REST knows. */
const storedMax = 1_000;

export class AlertDesk {
  /** Anything of it, once for each change. */
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  #stored: ReadonlyMap<number, StoredAlert> = new Map();
  #rules: ReadonlyMap<number, Rule> = new Map();
  #silences: readonly Silence[] = [];
  #items: readonly AlertItem[] | null = null;
  /** Items as they were joined last, by key. */
  #before: ReadonlyMap<string, AlertItem> = new Map();
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #isStale = true;
  #failure: string | null = null;
  #hasRules = false;
  #hasSilences = false;
  #unsubscribes: (() => void)[] = [];

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
  }

  open(): void {
    const { alerts, fleet, ticked } = this.#dashboard;
    this.#isStale = true;
    this.#unsubscribes = [
      alerts.changed.subscribe(() => {
        this.#isStale = true;
        this.#rejoin();
      }),
      fleet.listChanged.subscribe(() => this.#rejoin()),
      ticked.subscribe(() => this.#second()),
    ];
    this.#rejoin();
    this.#second();
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
  }

  /** Asks at once: something was changed here, or somebody wants to try again. */
  refresh(): void {
    this.#isStale = true;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.#second();
  }

  /** Pending and firing, in the order of the book. */
  get items(): readonly AlertItem[] {
    this.#items ??= this.#join();
    return this.#items;
  }

  /** Whether an empty list is really empty. */
  get isKnown(): boolean {
    return this.#dashboard.alerts.isKnown;
  }

  /** What went wrong the last time; null when all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /** null before they are known. */
  get rules(): ReadonlyMap<number, Rule> | null {
    return this.#hasRules ? this.#rules : null;
  }

  /** Those that last, newest first; null before they are known. */
  get silences(): readonly Silence[] | null {
    if (!this.#hasSilences) return null;
    const { hubMs } = this.#dashboard;
    return this.#silences.filter(({ untilMs }) => untilMs > hubMs);
  }

  get joined(): Joined {
    const { fleet, hubMs } = this.#dashboard;
    return {
      stored: this.#stored,
      rules: this.#rules,
      silences: this.#silences,
      nowMs: hubMs,
      host: (hostId) => (hostId === 0 ? null : fleet.byId(hostId)),
    };
  }

  itemOf(alert: StoredAlert): AlertItem {
    return storedItem(alert, this.joined);
  }

  #second(): void {
    const { hubMs, isLive } = this.#dashboard;
    if (this.#items !== null && this.#silences.some(({ untilMs }) => untilMs <= hubMs)) {
      this.#silences = this.#silences.filter(({ untilMs }) => untilMs > hubMs);
      this.#rejoin();
    }
    const sinceMs = passedMs(this.#askedMs, hubMs);
    const isDue = this.#isStale || sinceMs >= (isLive ? refreshMs : pollMs);
    if (!isDue || this.#isAsking || (this.#failure !== null && sinceMs < pollMs)) return;
    this.#dashboard.background(this.#ask());
  }

  async #ask(): Promise<void> {
    const { client } = this.#dashboard;
    this.#isAsking = true;
    this.#isStale = false;
    this.#askedMs = this.#dashboard.hubMs;
    const [stored, silences, rules] = await Promise.all([
      readAlerts(client, { state: 'firing', limit: storedMax }),
      readSilences(client),
      readRules(client),
    ]);
    this.#isAsking = false;
    this.#failure = firstFailure([stored, silences, rules]);
    if (stored.kind === 'ok') this.#stored = new Map(stored.value.alerts.map((alert) => [alert.id, alert]));
    if (silences.kind === 'ok') {
      this.#silences = silences.value;
      this.#hasSilences = true;
    }
    if (rules.kind === 'ok') {
      this.#rules = new Map(rules.value.map((rule) => [rule.id, rule]));
      this.#hasRules = true;
    }
    this.#rejoin();
  }

  /** An alert of which nothing has changed stays the same object: its row need not be drawn again. */
  #join(): readonly AlertItem[] {
    const { joined } = this;
    const items = this.#dashboard.alerts.rows().map((row) => {
      const item = openItem(row, joined);
      const before = this.#before.get(item.key);
      return before !== undefined && isSameItem(before, item) ? before : item;
    });
    this.#before = new Map(items.map((item) => [item.key, item]));
    return items;
  }

  #rejoin(): void {
    this.#items = null;
    this.changed.announce();
  }
}

/** By their fields; of what is read anew each time, by what tells it from another. */
function isSameItem(a: AlertItem, b: AlertItem): boolean {
  return (Object.keys(a) as (keyof AlertItem)[]).every((field) => {
    if (a[field] === b[field]) return true;
    if (field === 'silence') return a.silence?.id === b.silence?.id && a.silence?.untilMs === b.silence?.untilMs;
    if (field === 'acknowledged') return a.acknowledged?.atMs === b.acknowledged?.atMs;
    const isRead = field === 'condition' || field === 'input' || field === 'tags';
    return isRead && JSON.stringify(a[field]) === JSON.stringify(b[field]);
  });
}

function firstFailure(answers: readonly Asked<unknown>[]): string | null {
  for (const answer of answers) if (answer.kind === 'failed') return answer.why;
  return null;
}

/**
 * The one alert whose detail is open: what everybody knows of it, and its trace, asked for again as long as something
 * is still happening to it.
 */
import type { Note } from '#core/note.ts';
import { type AlertTrace, readAlerts, readTrace, type StoredAlert } from '../api/alerts.ts';
import { type Dashboard, pollMs } from '../dashboard.ts';
import { type AlertItem, isAddressed } from '../model/alerts/alert-item.ts';
import type { AlertDesk } from './alert-desk.ts';
import type { NoteWatch } from './note-book.ts';
import { passedMs } from './passed.ts';
import { Signal } from './signal.ts';

const dayMs = 86_400_000;
const similarDays = 30;
const similarMax = 200;
/** Nobody tells when a notice has gone out. */
const busyMs = 2_000;
const quietMs = 30_000;
/** What happened so long before an alert may have to do with it. */
const beforeMs = 600_000;
const neighboursMax = 50;

export interface SimilarAlerts {
  /** Of the same rule on the same series of the same host, this one among them. */
  readonly count: number;
  readonly medianMs: number | null;
  readonly hasMore: boolean;
  readonly days: number;
}

export class AlertCase {
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  readonly #desk: AlertDesk;
  #address = '';
  #item: AlertItem | null = null;
  #trace: AlertTrace | null = null;
  #similar: SimilarAlerts | null = null;
  #neighbours: readonly StoredAlert[] = [];
  #notes: NoteWatch | null = null;
  #failure: string | null = null;
  #isGone = false;
  #isStale = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking: AbortController | null = null;
  #unsubscribes: (() => void)[] = [];

  constructor(dashboard: Dashboard, desk: AlertDesk) {
    this.#dashboard = dashboard;
    this.#desk = desk;
  }

  open(): void {
    this.#unsubscribes = [
      this.#desk.changed.subscribe(() => this.#find()),
      this.#dashboard.ticked.subscribe(() => this.#second()),
      this.#dashboard.notes.changed.subscribe(() => this.changed.announce()),
    ];
    this.#notes = this.#dashboard.notes.watch();
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
    this.#asking?.abort();
    this.#notes?.close();
    this.#notes = null;
  }

  /** Another alert, by its address; '' for none. */
  show(address: string): void {
    if (address === this.#address) return;
    // The id that it gets when it fires is another name of the same.
    const isSame = this.#item !== null && isAddressed(this.#item, address);
    this.#address = address;
    if (isSame) return;
    this.#asking?.abort();
    this.#asking = null;
    this.#item = null;
    this.#trace = null;
    this.#similar = null;
    this.#neighbours = [];
    this.#failure = null;
    this.#isGone = false;
    this.#isStale = true;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.#find();
    this.#second();
  }

  refresh(): void {
    this.#isStale = true;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.#second();
  }

  /** null before it is known, and when there is none of that address. */
  get item(): AlertItem | null {
    return this.#item;
  }

  /** null before it has been answered, and of one that is pending. */
  get trace(): AlertTrace | null {
    return this.#trace;
  }

  get similar(): SimilarAlerts | null {
    return this.#similar;
  }

  /** Other alerts of the host that fired shortly before it or while it fires. */
  get neighbours(): readonly StoredAlert[] {
    return this.#neighbours;
  }

  /** What people noted of the host in that time. */
  get notes(): readonly Note[] {
    const item = this.#item;
    if (item === null || item.host === '') return [];
    const { fromMs, toMs } = this.#around(item);
    return this.#dashboard.notes.on({ name: item.host, tags: item.tags }, fromMs, toMs);
  }

  get failure(): string | null {
    return this.#failure;
  }

  /** There is none of that address: it was pending and did not fire, or it is removed. */
  get isGone(): boolean {
    return this.#isGone;
  }

  #find(): void {
    const open = this.#desk.items.find((item) => isAddressed(item, this.#address));
    const before = this.#item;
    if (open !== undefined) {
      this.#item = open;
      if (open !== before && (before?.phase !== open.phase || before.isAcknowledged !== open.isAcknowledged))
        this.#isStale = true;
    } else if (this.#trace !== null) {
      this.#item = this.#desk.itemOf(this.#trace.alert);
      // It has left the list: how it ended is known to storage.
      if (this.#trace.alert.resolvedMs === null) this.#isStale = true;
    } else if (before !== null && before.id === null) {
      this.#item = null;
      this.#isGone = true;
    }
    this.changed.announce();
  }

  #around({ sinceMs, endMs }: AlertItem): { readonly fromMs: number; readonly toMs: number } {
    return { fromMs: sinceMs - beforeMs, toMs: endMs ?? this.#dashboard.hubMs };
  }

  get #id(): number | null {
    return this.#item?.id ?? (/^\d+$/.test(this.#address) ? Number(this.#address) : null);
  }

  #second(): void {
    const { hubMs, isLive } = this.#dashboard;
    const id = this.#id;
    if (this.#item !== null) {
      const { fromMs, toMs } = this.#around(this.#item);
      this.#notes?.show(fromMs, toMs);
    }
    if (id === null || this.#asking !== null) {
      if (id === null && this.#address !== '' && this.#item === null && this.#desk.isKnown && !this.#isGone) {
        this.#isGone = true;
        this.changed.announce();
      }
      return;
    }
    const isBusy = this.#trace?.events.some(({ notices }) => notices.some(isUnderWay)) === true;
    const isOver = this.#trace !== null && this.#trace.alert.resolvedMs !== null && !isBusy;
    const everyMs = this.#failure !== null || !isLive ? pollMs : isBusy || this.#isStale ? busyMs : quietMs;
    if ((isOver && !this.#isStale) || passedMs(this.#askedMs, hubMs) < everyMs) return;
    this.#dashboard.background(this.#ask(id));
  }

  async #ask(id: number): Promise<void> {
    const { client, hubMs } = this.#dashboard;
    const asking = new AbortController();
    this.#asking = asking;
    this.#isStale = false;
    this.#askedMs = hubMs;
    const asked = await readTrace(client, id, { signal: asking.signal });
    if (this.#asking !== asking) return;
    this.#asking = null;
    if (asked.kind === 'failed') {
      this.#isGone = asked.status === 404;
      this.#failure = this.#isGone ? null : asked.why;
      this.changed.announce();
      return;
    }
    this.#failure = null;
    const isFirst = this.#trace === null;
    this.#trace = asked.value;
    this.#find();
    const { signal } = asking;
    const { alert } = asked.value;
    await Promise.all([isFirst ? this.#askSimilar(alert, signal) : null, this.#askNeighbours(alert, signal)]);
  }

  async #askNeighbours(alert: StoredAlert, signal: AbortSignal): Promise<void> {
    if (alert.host === '') return;
    const query = { host: alert.host, sinceMs: alert.firedMs - beforeMs, limit: neighboursMax };
    const asked = await readAlerts(this.#dashboard.client, query, { signal });
    if (asked.kind === 'failed' || signal.aborted || this.#trace?.alert.id !== alert.id) return;
    const toMs = alert.resolvedMs ?? Number.POSITIVE_INFINITY;
    this.#neighbours = asked.value.alerts.filter(
      ({ id, firedMs }) => id !== alert.id && firedMs >= alert.firedMs - beforeMs && firedMs <= toMs,
    );
    this.changed.announce();
  }

  async #askSimilar(alert: StoredAlert, signal: AbortSignal): Promise<void> {
    const { client, hubMs } = this.#dashboard;
    const sinceMs = hubMs - similarDays * dayMs;
    const asked = await readAlerts(
      client,
      { ruleId: alert.ruleId, host: alert.host, sinceMs, limit: similarMax },
      { signal },
    );
    if (asked.kind === 'failed' || signal.aborted || this.#trace?.alert.id !== alert.id) return;
    const same = asked.value.alerts.filter(({ series }) => series === alert.series);
    const lasted = same
      .flatMap(({ firedMs, resolvedMs }) => (resolvedMs === null ? [] : [resolvedMs - firedMs]))
      .sort((a, b) => a - b);
    this.#similar = {
      count: same.length,
      medianMs: lasted[Math.floor(lasted.length / 2)] ?? null,
      hasMore: asked.value.next !== null,
      days: similarDays,
    };
    this.changed.announce();
  }
}

function isUnderWay({ state }: { readonly state: string }): boolean {
  return state === 'waiting' || state === 'sending';
}

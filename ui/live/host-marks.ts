/**
 * What is to be marked on the charts of one host: limits of its rules, alerts, downtimes and notes of the span that is
 * shown. Asked for by REST when the page opens, when the span grows beyond what is known, when an alert of the host
 * changes, when a downtime of it begins or ends, and once a minute; what cannot be had now is asked for again then. Notes
 * come from the book of the page, which is told of changes.
 */
import type { Note } from '#core/note.ts';
import type { Rule } from '#core/rule-spec.ts';
import { hostMatcherOf } from '#core/selector.ts';
import { readAlerts, type StoredAlert } from '../api/alerts.ts';
import type { Asked, Failed } from '../api/client.ts';
import { type ListedDowntime, readDowntimes } from '../api/downtimes.ts';
import { readRules } from '../api/rules.ts';
import type { Dashboard } from '../dashboard.ts';
import type { Window } from '../model/charts/chart-data.ts';
import { type HostAlert, type HostDowntime, type HostLimit, limitsOf } from '../model/charts/marks.ts';
import type { NoteWatch } from './note-book.ts';
import { Signal } from './signal.ts';

const refreshMs = 60_000;
/** Of one alert come several messages within a second. */
const settleMs = 500;
const alertsMax = 200;
/** A downtime each ten minutes through a year would be more than anybody can see. */
const windowsMax = 200;

export class HostMarks {
  /** Marks came, changed or went. */
  readonly changed = new Signal();
  limits: readonly HostLimit[] = [];
  alerts: readonly StoredAlert[] = [];
  downtimes: readonly HostDowntime[] = [];
  notes: readonly Note[] = [];
  /** What cannot be had now, in a sentence; '' when all can. */
  problem = '';
  readonly #dashboard: Dashboard;
  readonly #host: string;
  readonly #window: () => Window;
  readonly #unsubscribes: readonly (() => void)[];
  readonly #noteWatch: NoteWatch;
  #rules: readonly Rule[] = [];
  #tags: Readonly<Record<string, string>> = {};
  #abort: AbortController | null = null;
  /** Since when alerts are known, epoch ms. */
  #fromMs = Number.POSITIVE_INFINITY;
  #dueMs = 0;
  #alertText = '';
  #downtimeUntilMs = 0;

  constructor(dashboard: Dashboard, host: string, window: () => Window) {
    this.#dashboard = dashboard;
    this.#host = host;
    this.#window = window;
    this.#unsubscribes = [
      dashboard.ticked.subscribe(() => this.#second()),
      dashboard.alerts.changed.subscribe(() => this.#alertsChanged()),
      dashboard.fleet.listChanged.subscribe(() => this.#hostChanged()),
      dashboard.notes.changed.subscribe(() => this.#notesChanged()),
    ];
    this.#noteWatch = dashboard.notes.watch();
    this.#second();
  }

  /** The alerts as charts mark them. */
  get hostAlerts(): readonly HostAlert[] {
    return this.alerts.map((alert) => ({
      series: alert.series,
      severity: alert.severity,
      label: alert.ruleName,
      fromMs: alert.firedMs,
      toMs: alert.resolvedMs,
    }));
  }

  /** Something was added or changed here: asks at once. */
  refresh(): void {
    this.#dueMs = 0;
    this.#dashboard.notes.stale();
    this.#second();
  }

  release(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#noteWatch.close();
    this.#abort?.abort();
  }

  #second(): void {
    const { hubMs, clock } = this.#dashboard;
    if (!clock.isKnown) return;
    this.#noteWatch.show(this.#window().fromMs, hubMs);
    if (this.#abort !== null) return;
    if (hubMs < this.#dueMs && this.#window().fromMs >= this.#fromMs) return;
    this.#dashboard.background(this.#read());
  }

  #alertsChanged(): void {
    const host = this.#dashboard.fleet.byName(this.#host);
    const rows = this.#dashboard.alerts.ofHost(host?.id ?? null).filter(({ phase }) => phase === 'firing');
    const text = rows.map(({ ruleId, series, sinceMs }) => `${ruleId} ${series} ${sinceMs}`).join('\n');
    if (text === this.#alertText) return;
    this.#alertText = text;
    this.#dueMs = Math.min(this.#dueMs, this.#dashboard.hubMs + settleMs);
  }

  async #read(): Promise<void> {
    const { client } = this.#dashboard;
    const abort = new AbortController();
    this.#abort = abort;
    const { fromMs } = this.#window();
    const options = { signal: abort.signal };
    const [rules, alerts, downtimes] = await Promise.all([
      readRules(client, { ...options, host: this.#host }),
      readAlerts(client, { host: this.#host, sinceMs: fromMs, limit: alertsMax }, options),
      readDowntimes(client, options),
    ]);
    const windows = downtimes.kind === 'ok' ? await this.#windowsOf(downtimes.value, fromMs) : null;
    if (abort.signal.aborted) return;
    this.#abort = null;
    this.#dueMs = this.#dashboard.hubMs + refreshMs;
    this.#fromMs = fromMs;
    if (rules.kind === 'ok') this.#rules = rules.value;
    if (alerts.kind === 'ok') this.alerts = alerts.value.alerts;
    if (windows !== null) this.downtimes = windows;
    this.problem = problemOf([rules, alerts, downtimes], this.#dashboard.notes.failure);
    this.#compile();
  }

  /** When downtimes that mean this host were and are. What repeats needs a large library, and most have none such. */
  async #windowsOf(downtimes: readonly ListedDowntime[], fromMs: number): Promise<HostDowntime[]> {
    const host = { name: this.#host, tags: this.#dashboard.fleet.byName(this.#host)?.tags ?? {} };
    const meant = downtimes.filter(({ spec }) => hostMatcherOf(spec.hosts)(host));
    const isRecurring = meant.some(({ spec }) => spec.schedule.kind === 'recurring');
    const schedules = isRecurring ? await import('#core/schedule.ts') : null;
    const range = { fromMs, toMs: this.#dashboard.hubMs, countMax: windowsMax };
    return meant.flatMap(({ id, spec: { schedule, reason } }) => {
      const windows = schedule.kind === 'once' ? [schedule] : (schedules?.windowsBetween(schedule, range) ?? []);
      return windows.map(({ startMs, endMs }) => ({ id, reason, fromMs: startMs, toMs: endMs }));
    });
  }

  #compile(): void {
    this.#tags = this.#dashboard.fleet.byName(this.#host)?.tags ?? {};
    this.limits = limitsOf(this.#rules, { name: this.#host, tags: this.#tags });
    this.changed.announce();
  }

  #hostChanged(): void {
    const host = this.#dashboard.fleet.byName(this.#host);
    if (host === null) return;
    if (host.downtimeUntilMs !== this.#downtimeUntilMs) this.#dueMs = Math.min(this.#dueMs, this.#dashboard.hubMs);
    this.#downtimeUntilMs = host.downtimeUntilMs;
    if (host.tags === this.#tags) return;
    this.#compile();
    this.#notesChanged();
  }

  #notesChanged(): void {
    const host = { name: this.#host, tags: this.#dashboard.fleet.byName(this.#host)?.tags ?? {} };
    // All that are known: the window may grow within what has been read.
    this.notes = this.#dashboard.notes.on(host, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    this.changed.announce();
  }
}

/** The first that failed; '' for none. */
function problemOf(answers: readonly Asked<unknown>[], notesFailure: string | null): string {
  const failed = answers.find((answer): answer is Failed => answer.kind === 'failed');
  const why = failed?.why ?? notesFailure;
  return why === null ? '' : `Some marks are missing: ${why} They are asked for again within a minute.`;
}

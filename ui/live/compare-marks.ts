/**
 * What is to be marked on the charts of a comparison: limits of rules on its metric, and notes. Rules are asked for when
 * the page opens and once a minute; what cannot be had now is asked for again then, and no chart waits for it.
 */
import type { Note } from '#core/note.ts';
import type { Rule } from '#core/rule-spec.ts';
import { readRules } from '../api/rules.ts';
import { type ChartOverlays, noOverlays } from '../chart-source.ts';
import type { Dashboard } from '../dashboard.ts';
import type { Window } from '../model/charts/chart-data.ts';
import type { Chart } from '../model/charts/charts.ts';
import { type HostLimit, limitsOf, momentsOf, thresholdsOf } from '../model/charts/marks.ts';
import type { FleetHost } from './fleet.ts';
import type { NoteWatch } from './note-book.ts';
import { Signal } from './signal.ts';

const refreshMs = 60_000;
/** Of so many hosts rules and notes are looked up; what all of a large fleet have, these have too. */
const hostsMax = 50;

export class CompareMarks {
  /** Rules or notes came, changed or went. */
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  readonly #notes: NoteWatch;
  readonly #unsubscribes: readonly (() => void)[];
  readonly #abort = new AbortController();
  #rules: readonly Rule[] = [];
  /** By the name of the host, until rules or tags change. */
  #limits = new Map<string, readonly HostLimit[]>();
  #isAsking = false;
  #dueMs = 0;

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
    this.#notes = dashboard.notes.watch();
    this.#unsubscribes = [
      dashboard.ticked.subscribe(() => this.#second()),
      dashboard.notes.changed.subscribe(() => this.changed.announce()),
      dashboard.fleet.listChanged.subscribe(() => this.#limits.clear()),
    ];
    this.#second();
  }

  /** The span that is shown; cheap, to be called whenever it moves. */
  show({ fromMs, toMs }: Window): void {
    this.#notes.show(fromMs, toMs);
  }

  /** Marks of a chart whose lines are of these hosts. Differences have no limits: those are on the values. */
  overlaysOf(chart: Chart, hosts: readonly FleetHost[], { window, isDifference }: MarkOptions): ChartOverlays {
    const looked = hosts.slice(0, hostsMax);
    const limits = isDifference ? [] : looked.flatMap((host) => this.#limitsOf(host));
    const thresholds = thresholdsOf(chart, limits, Number.NaN);
    const notes = new Map<number, Note>();
    for (const host of looked)
      for (const note of this.#dashboard.notes.on(host, window.fromMs, window.toMs)) notes.set(note.id, note);
    if (thresholds.length + notes.size === 0) return noOverlays;
    return { thresholds, spans: [], moments: momentsOf([...notes.values()].sort((a, b) => a.atMs - b.atMs)) };
  }

  release(): void {
    this.#abort.abort();
    this.#notes.close();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
  }

  #limitsOf(host: FleetHost): readonly HostLimit[] {
    const known = this.#limits.get(host.name);
    if (known !== undefined) return known;
    const limits = limitsOf(this.#rules, host);
    this.#limits.set(host.name, limits);
    return limits;
  }

  #second(): void {
    const { hubMs, clock } = this.#dashboard;
    if (!clock.isKnown || this.#isAsking || hubMs < this.#dueMs) return;
    this.#dashboard.background(this.#read());
  }

  async #read(): Promise<void> {
    this.#isAsking = true;
    const asked = await readRules(this.#dashboard.client, { signal: this.#abort.signal });
    if (this.#abort.signal.aborted) return;
    this.#isAsking = false;
    this.#dueMs = this.#dashboard.hubMs + refreshMs;
    if (asked.kind === 'failed') return;
    this.#rules = asked.value;
    this.#limits.clear();
    this.changed.announce();
  }
}

export interface MarkOptions {
  readonly window: Window;
  readonly isDifference: boolean;
}

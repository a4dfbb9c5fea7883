/**
 * One metric of many hosts over one span of time, on one grid (`model/compare/grid.ts`): what a comparison is drawn and
 * ranked from.
 *
 * History fills the grid, asked for in requests of at most a hundred hosts. Live, a few hosts are followed by their
 * rings, which write the newest cells anew with each tick; more hosts, coarse steps and a page without WebSocket ask
 * for the newest cells once a step. A window that ends in the past never moves.
 */
import { type Dashboard, type OpenHost, windowMs } from '../dashboard.ts';
import type { Window } from '../model/charts/chart-data.ts';
import { CompareGrid } from '../model/compare/grid.ts';
import { putRing, putSeries, ringStartMs } from '../model/compare/grid-fill.ts';
import { isMeant } from '../model/compare/metrics.ts';
import { refreshMsOf, stepOf } from '../model/compare/steps.ts';
import { isSameRange, type TimeRange } from '../model/time-range.ts';
import { type ComparedSeries, type CompareHistory, readCompared } from './compare-history.ts';
import { Signal } from './signal.ts';

/** Hosts that are followed tick by tick. */
export const followedMax = 8;
/** Lines above this are left out, and said to be. */
const comparedLinesMax = 500;
/** A ring of five minutes cannot fill a coarser cell. */
const followedStepMsMax = 60_000;
/** Newest cells are asked for again, since samples may come late. */
const againCells = 3;
/** Without a tick for this long the right edge runs ahead of the data, so that silence is seen. */
const silentMs = 3_000;

export interface Comparison {
  /** Names. */
  readonly hosts: readonly string[];
  readonly metric: string;
  readonly range: TimeRange;
}

export type ComparePhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly why: string };

interface FollowedHost {
  readonly open: OpenHost;
  readonly unsubscribe: () => void;
  /** Of its ring, when its series were looked through. */
  version: number;
}

export class CompareWindow {
  /** New samples, or another span. */
  readonly changed = new Signal();
  /** Another phase, or other lines. */
  readonly settled = new Signal();
  readonly #dashboard: Dashboard;
  readonly #unsubscribes: (() => void)[] = [];
  #asked: Comparison = { hosts: [], metric: '', range: { kind: 'live', spanMs: 0 } };
  #moved: Window | null = null;
  #phase: ComparePhase = { kind: 'idle' };
  #grid: CompareGrid | null = null;
  #history: Pick<CompareHistory, 'coarserBy'> = { coarserBy: null };
  /** Finest bucket of the newest answer. */
  #storedStepMs = 0;
  #leftOut = 0;
  #loading = new AbortController();
  #opens: FollowedHost[] = [];
  #isDirty = false;
  #isReleased = false;
  /** Up to here the grid has everything, by the hub's clock. */
  #knownMs = 0;
  #askedAtMs = 0;
  #isRefreshing = false;
  /** Whether anybody has looked since it was asked last: a hidden page asks for nothing. */
  #wasRead = false;

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
    this.#unsubscribes.push(dashboard.ticked.subscribe(() => this.#second()));
  }

  get phase(): ComparePhase {
    return this.#phase;
  }

  /** Null before the first answer. Of the comparison before while another one loads. */
  get grid(): CompareGrid | null {
    this.#wasRead = true;
    this.#merge();
    return this.#grid;
  }

  /** Time that one value stands for, ms: a cell, or what storage gives where that is longer. */
  get stepMs(): number {
    const cellMs = this.#grid?.stepMs ?? 0;
    return this.isFollowed ? cellMs : Math.max(cellMs, this.#storedStepMs);
  }

  get coarserBy(): CompareHistory['coarserBy'] {
    return this.#history.coarserBy;
  }

  /** Lines that were left out, because there are more than anybody can look at. */
  get leftOutCount(): number {
    return this.#leftOut;
  }

  /** Whether each tick is seen as it comes; otherwise a step is. */
  get isFollowed(): boolean {
    return this.#opens.length > 0;
  }

  get window(): Window {
    const { range } = this.#asked;
    if (this.#moved !== null) return this.#moved;
    if (range.kind === 'fixed') return range;
    const toMs = this.#liveEdgeMs();
    return { fromMs: toMs - range.spanMs, toMs };
  }

  /** Compares something else from now on; nothing happens when it is the same. */
  show(asked: Comparison): void {
    this.#moved = null;
    const before = this.#asked;
    const isSame =
      asked.metric === before.metric &&
      isSameRange(asked.range, before.range) &&
      asked.hosts.length === before.hosts.length &&
      asked.hosts.every((host, at) => host === before.hosts[at]);
    if (isSame) return;
    if (asked.metric !== before.metric) this.#grid = null;
    this.#asked = asked;
    this.reload();
  }

  /** Shows another window of what is there, while a hand moves it; `show` asks for what is missing. */
  move(window: Window): void {
    this.#moved = window;
    this.changed.announce();
  }

  /** Asks again from the beginning. */
  reload(): void {
    if (this.#isReleased) return;
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#unfollow();
    if (this.#asked.hosts.length === 0) {
      this.#grid = null;
      this.#settle({ kind: 'idle' });
      return;
    }
    this.#settle({ kind: 'loading' });
    this.#dashboard.background(this.#load(this.#loading.signal));
  }

  /** For good: nothing is asked for any more, whoever still wants it to show something. */
  release(): void {
    this.#isReleased = true;
    this.#loading.abort();
    this.#unfollow();
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { hosts, metric, range } = this.#asked;
    const isLive = range.kind === 'live';
    const spanMs = isLive ? range.spanMs : range.toMs - range.fromMs;
    const toMs = isLive ? this.#dashboard.hubMs : range.toMs;
    const isFollowed = this.#canFollow();
    const wantedMs = stepOf({ spanMs, lineCount: hosts.length, isRefreshed: isLive && !isFollowed });
    // One cell more at each end, so that lines reach the edges.
    const startMs = Math.floor((toMs - spanMs) / wantedMs) * wantedMs - wantedMs;
    const history = await readCompared(
      this.#dashboard.client,
      { hosts, metric, startMs, endMs: isLive ? toMs : toMs + wantedMs, stepMs: wantedMs },
      { signal },
    );
    if (signal.aborted) return;
    if (history.kind === 'failed') {
      this.#settle({ kind: 'failed', why: history.why });
      return;
    }
    const { value } = history;
    // What is past gets no finer: more cells would only say the same twice. What comes may well be.
    const finestMs = finestStepMs(value.series) ?? wantedMs;
    const stepMs = isLive ? wantedMs : Math.max(wantedMs, finestMs);
    const grid = new CompareGrid(stepMs, startMs, isLive ? toMs + stepMs : toMs + wantedMs);
    for (const queried of value.series.slice(0, comparedLinesMax)) putSeries(grid, grid.add(lineOf(queried)), queried);
    this.#leftOut = Math.max(0, value.series.length - comparedLinesMax);
    this.#grid = grid;
    this.#history = value;
    this.#storedStepMs = finestMs;
    this.#knownMs = this.#askedAtMs = toMs;
    if (isFollowed) this.#follow(hosts);
    this.#settle({ kind: 'ready' });
  }

  /** The newest cells again, of all hosts. What fails is tried again after the next step. */
  async #refresh(grid: CompareGrid, signal: AbortSignal): Promise<void> {
    const { hosts, metric } = this.#asked;
    const endMs = this.#dashboard.hubMs;
    const startMs = Math.max(grid.startOf(0), (Math.floor(this.#knownMs / grid.stepMs) - againCells) * grid.stepMs);
    this.#askedAtMs = endMs;
    this.#wasRead = false;
    this.#isRefreshing = true;
    const history = await readCompared(
      this.#dashboard.client,
      { hosts, metric, startMs, endMs, stepMs: grid.stepMs },
      { signal },
    );
    this.#isRefreshing = false;
    if (signal.aborted || history.kind === 'failed' || this.#grid !== grid) return;
    const lineCount = grid.lines.length;
    grid.slideTo(endMs);
    for (let line = 0; line < lineCount; line += 1) grid.clear(line, startMs);
    for (const queried of history.value.series) {
      const line = this.#lineFor(grid, lineOf(queried));
      if (line >= 0) putSeries(grid, line, queried);
    }
    this.#storedStepMs = finestStepMs(history.value.series) ?? this.#storedStepMs;
    this.#knownMs = endMs;
    this.#isDirty = this.isFollowed;
    if (grid.lines.length !== lineCount) this.settled.announce();
    this.changed.announce();
  }

  #lineFor(grid: CompareGrid, line: ReturnType<typeof lineOf>): number {
    const at = grid.find(line.host, line.key);
    return at >= 0 || grid.lines.length >= comparedLinesMax ? at : grid.add(line);
  }

  #follow(hosts: readonly string[]): void {
    this.#opens = hosts.map((name) => {
      const open = this.#dashboard.open(name);
      const unsubscribe = open.stream.changed.subscribe(() => {
        this.#isDirty = true;
        this.changed.announce();
      });
      return { open, unsubscribe, version: -1 };
    });
    this.#isDirty = true;
  }

  #unfollow(): void {
    for (const { open, unsubscribe } of this.#opens) {
      unsubscribe();
      this.#dashboard.close(open);
    }
    this.#opens = [];
  }

  /** Takes what the rings have; as often as somebody looks, not as often as ticks come. */
  #merge(): void {
    const grid = this.#grid;
    if (!this.#isDirty || grid === null) return;
    this.#isDirty = false;
    grid.slideTo(this.#liveEdgeMs() + 1);
    let isWhole = this.#opens.length > 0;
    for (const followed of this.#opens) {
      const { ring, hasSnapshot } = followed.open.stream;
      if (!hasSnapshot) isWhole = false;
      const fromMs = ringStartMs(ring, grid.stepMs, windowMs);
      if (!hasSnapshot || fromMs === null) continue;
      // Between what history told and what the ring has something is missing: it is asked for.
      if (fromMs > this.#knownMs + grid.stepMs) isWhole = false;
      if (ring.version !== followed.version) this.#findSeries(grid, followed);
      for (let line = 0; line < grid.lines.length; line += 1)
        if (grid.lines[line]!.host === followed.open.name) putRing(grid, line, ring, fromMs);
    }
    if (isWhole) this.#knownMs = this.#askedAtMs = Math.max(this.#knownMs, this.#dashboard.hubMs - silentMs);
  }

  /** Series that the host has begun to send. */
  #findSeries(grid: CompareGrid, followed: FollowedHost): void {
    const { ring } = followed.open.stream;
    followed.version = ring.version;
    const host = followed.open.name;
    const before = grid.lines.length;
    for (const { key, unit } of ring.layout?.series ?? [])
      if (isMeant(this.#asked.metric, key)) this.#lineFor(grid, { host, key, unit });
    if (grid.lines.length !== before) queueMicrotask(() => this.settled.announce());
  }

  #second(): void {
    const grid = this.#grid;
    if (grid === null || this.#asked.range.kind !== 'live' || this.#phase.kind !== 'ready') return;
    // The live connection has come back: what was asked for until now can be followed.
    if (!this.isFollowed && this.#canFollow()) {
      this.reload();
      return;
    }
    if (this.isFollowed) this.#merge();
    const isDue = this.#dashboard.hubMs - this.#askedAtMs >= refreshMsOf(grid.stepMs);
    if (isDue && this.#wasRead && !this.#isRefreshing)
      this.#dashboard.background(this.#refresh(grid, this.#loading.signal));
    // Silence moves the edge as well; and whoever draws again says by it that somebody looks.
    if (this.isFollowed || isDue) this.changed.announce();
  }

  #canFollow(): boolean {
    const { hosts, range } = this.#asked;
    if (range.kind === 'fixed' || hosts.length > followedMax || !this.#dashboard.isLive) return false;
    const { spanMs } = range;
    return stepOf({ spanMs, lineCount: hosts.length, isRefreshed: false }) <= followedStepMsMax;
  }

  #liveEdgeMs(): number {
    let newestMs = this.#knownMs;
    for (const { open } of this.#opens) newestMs = Math.max(newestMs, open.stream.ring.newestMs ?? 0);
    return this.isFollowed ? Math.max(newestMs, this.#dashboard.hubMs - silentMs) : newestMs;
  }

  #settle(phase: ComparePhase): void {
    this.#phase = phase;
    this.settled.announce();
    this.changed.announce();
  }
}

function lineOf({ host, series, unit }: ComparedSeries) {
  return { host, key: series, unit };
}

function finestStepMs(series: readonly ComparedSeries[]): number | null {
  const steps = series.flatMap(({ content }) => (content.kind === 'buckets' ? [content.stepMs] : []));
  return steps.length === 0 ? null : Math.min(...steps);
}

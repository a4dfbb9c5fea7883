/**
 * Any lines over any span of time, as a source of charts: the ring for what is live, storage for what came before, one
 * continuing the other (`fill.ts`). It asks only for lines that somebody shows, for what is missing of them, and in few
 * requests; a span that was seen before is there at once.
 *
 * Live, its right edge is the newest tick; a host that fell silent lets the edge run ahead, so that its silence is seen.
 * Fixed, it stands still while ticks go on filling the ring, so that going live shows no gap.
 */
import type { ChartSource, SourceState } from '../chart-source.ts';
import type { Dashboard } from '../dashboard.ts';
import type { HostRing } from '../live/ring.ts';
import { Signal } from '../live/signal.ts';
import { type ChartData, fillChartData, type Window } from '../model/charts/chart-data.ts';
import type { Chart, Line } from '../model/charts/charts.ts';
import { formatDuration } from '../model/format.ts';
import { isSameRange, spanMsMin, type TimeRange } from '../model/time-range.ts';
import type { Missing } from './batches.ts';
import { fillBuckets, fillSamples } from './fill.ts';
import { HistoryLoader } from './history-loader.ts';
import { type AnswerFacts, HistoryLayer, type LostTicks } from './layer.ts';
import { LiveHosts } from './live-hosts.ts';
import { missingSpans, type Need } from './missing.ts';
import { refreshMsOf, stepFor } from './steps.ts';
import { newestOf, type Span, type Track } from './track.ts';

export interface SeriesWindowOptions {
  readonly dashboard: Dashboard;
  readonly range: TimeRange;
  /** Host of lines that name none. */
  readonly host?: string | null;
  /** With more hosts than this, none is followed live: storage is asked again instead, as often as its step. */
  readonly liveHostsMax?: number;
}

const defaultLiveHostsMax = 8;
const layersMax = 4;
/** The end of a track is renewed this often: late ticks come in, and the ring (five and a half minutes) never runs out. */
const advanceMs = 120_000;
/** Without a ring, storage is asked at most this often. */
const pollMsMin = 5_000;
/** What is younger than this may not have come in whole. */
const settleMs = 2_000;
/** A ring that begins this little after the window covers it. */
const slackMs = 2_500;
/** Before a plot has told its width. */
const usualPlotPx = 530;

export class SeriesWindow implements ChartSource {
  /** Other samples, another window, another state. */
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  readonly #host: string | null;
  readonly #live: LiveHosts;
  readonly #loader: HistoryLoader;
  /** The current one first, then those that were current before. */
  readonly #layers: HistoryLayer[] = [];
  readonly #wanted = new Map<object, readonly Line[]>();
  /** CSS pixels of the plots that show it. */
  readonly #widths = new Map<object, number>();
  readonly #inputs: { track: Track | null; ring: HostRing | null }[] = [];
  readonly #unsubscribe: () => void;
  #range: TimeRange;
  #plotPx = usualPlotPx;
  /** Right edge of a live window, epoch ms; 0: to be found. */
  #edgeMs = 0;
  #isLookPlanned = false;
  #isReleased = false;

  constructor({ dashboard, range, host = null, liveHostsMax = defaultLiveHostsMax }: SeriesWindowOptions) {
    this.#dashboard = dashboard;
    this.#range = range;
    this.#host = host;
    this.#live = new LiveHosts(dashboard, { own: host, hostsMax: liveHostsMax, changed: () => this.#ticked() });
    this.#loader = new HistoryLoader({
      client: dashboard.client,
      nowMs: () => dashboard.hubMs,
      background: (work) => dashboard.background(work),
      answered: (layer, batch, answer) => {
        layer.accept(batch, answer, this.#keepFromMs());
        this.changed.announce();
        this.#planLook();
      },
      changed: () => this.changed.announce(),
    });
    this.#unsubscribe = dashboard.ticked.subscribe(() => {
      this.#ticked();
      this.#look();
    });
  }

  get range(): TimeRange {
    return this.#range;
  }

  /** Whether the window stands still. */
  get isPaused(): boolean {
    return this.#range.kind === 'fixed';
  }

  get window(): Window {
    if (this.#range.kind === 'fixed') return this.#range;
    const toMs = this.#edgeMs === 0 ? this.#live.newestMs() : this.#edgeMs;
    return { fromMs: toMs - this.#range.spanMs, toMs };
  }

  get spanMs(): number {
    return this.#range.kind === 'fixed' ? this.#range.toMs - this.#range.fromMs : this.#range.spanMs;
  }

  /** Time between samples where they are drawn as they are, ms. */
  get intervalMs(): number {
    return this.#live.intervalMs;
  }

  /** Width of a bucket, ms; 0 for the samples themselves. */
  get stepMs(): number {
    return stepFor({ spanMs: this.spanMs, widthPx: this.#plotPx, intervalMs: this.intervalMs });
  }

  /** What the hub said of its newest answer at this step; null while all comes from the ring. */
  get facts(): AnswerFacts | null {
    return this.#layers[0]?.stepMs === this.stepMs ? this.#layers[0].facts : null;
  }

  /** How it stands with everything that is shown. */
  get state(): SourceState {
    return this.stateOf([...this.#wanted.values()].flat());
  }

  /** Ticks that the host gave up in the window. */
  get lost(): readonly LostTicks[] {
    const { fromMs, toMs } = this.window;
    if (this.#host === null) return [];
    return this.#layer()
      .lostOf(this.#host)
      .filter((gap) => gap.toMs > fromMs && gap.fromMs < toMs);
  }

  /** Shows another span. What is on its way for the one before is ended. */
  show(range: TimeRange): void {
    if (isSameRange(range, this.#range)) return;
    const { fromMs, toMs } = this.window;
    const stepMs = this.stepMs;
    this.#range = range.kind === 'fixed' ? { ...range, toMs: Math.max(range.toMs, range.fromMs + spanMsMin) } : range;
    this.#edgeMs = 0;
    const isApart = this.window.fromMs > toMs || this.window.toMs < fromMs;
    if (this.stepMs !== stepMs || isApart) this.#loader.reset();
    this.changed.announce();
    this.#planLook();
  }

  /** The window as it is now, standing still. */
  pause(): TimeRange {
    return { kind: 'fixed', ...this.window };
  }

  fit(owner: object, plotPx: number): void {
    if (plotPx <= 0 || this.#widths.get(owner) === plotPx) return;
    this.#widths.set(owner, plotPx);
    this.#fitWidest();
  }

  want(owner: object, lines: readonly Line[]): void {
    if (lines.length > 0) this.#wanted.set(owner, lines);
    else {
      this.#wanted.delete(owner);
      if (this.#widths.delete(owner)) this.#fitWidest();
    }
    this.#planLook();
  }

  retry(): void {
    this.#loader.forgive();
    this.#look();
    this.changed.announce();
  }

  /** Nobody looks any more. */
  release(): void {
    this.#isReleased = true;
    this.#unsubscribe();
    this.#loader.reset();
    this.#live.release();
    this.#wanted.clear();
    this.#widths.clear();
  }

  fill(data: ChartData, chart: Chart): void {
    const { window } = this;
    const layer = this.#layerOf(chart);
    this.#inputs.length = chart.lines.length;
    let hasTracks = false;
    for (const [index, line] of chart.lines.entries()) {
      const host = this.#hostOf(line);
      const input = (this.#inputs[index] ??= { track: null, ring: null });
      input.track = layer.track(host, line.key);
      input.ring = this.#live.ringOf(host);
      hasTracks ||= input.track !== null;
    }
    const ring = this.#inputs[0]?.ring ?? null;
    const isOneRing = !hasTracks && ring !== null && this.#inputs.every((input) => input.ring === ring);
    const options = { window, nowMs: this.nowMs, lost: this.#host === null ? [] : layer.lostOf(this.#host) };
    if (layer.stepMs > 0) fillBuckets(data, chart, this.#inputs, { ...options, stepMs: layer.stepMs });
    else if (isOneRing) fillChartData(data, chart, ring, window);
    else fillSamples(data, chart, this.#inputs, options);
  }

  newest(line: Pick<Line, 'key' | 'host'>): number {
    const host = this.#hostOf(line);
    const newest = this.#live.ringOf(host)?.newest(line.key) ?? Number.NaN;
    const track = Number.isNaN(newest) ? this.#layer().track(host, line.key) : null;
    return track === null ? newest : newestOf(track);
  }

  stateOf(lines: readonly Line[]): SourceState {
    const layer = this.#layer();
    let state: SourceState = { kind: 'ready' };
    for (const line of lines) {
      const host = this.#hostOf(line);
      if (layer.track(host, line.key) !== null || this.#isInRing(host)) continue;
      const why = this.#loader.failureOf(host, line.key);
      if (why !== null) return { kind: 'failed', why: `Could not load ${formatDuration(this.spanMs)}. ${why}` };
      state = { kind: 'loading' };
    }
    return state;
  }

  /** A few pixels make no other step worth while. */
  #fitWidest(): void {
    const plotPx = Math.max(...this.#widths.values());
    if (!Number.isFinite(plotPx) || Math.abs(plotPx - this.#plotPx) < 8) return;
    const { stepMs } = this;
    this.#plotPx = plotPx;
    if (this.stepMs === stepMs) return;
    this.#loader.reset();
    this.changed.announce();
    this.#planLook();
  }

  #hostOf({ host }: Pick<Line, 'host'>): string {
    return host ?? this.#host ?? '';
  }

  /** The layer of the current step. */
  #layer(): HistoryLayer {
    const { stepMs } = this;
    const at = this.#layers.findIndex((layer) => layer.stepMs === stepMs);
    if (at === 0) return this.#layers[0]!;
    const layer = at < 0 ? new HistoryLayer(stepMs) : this.#layers.splice(at, 1)[0]!;
    this.#layers.unshift(layer);
    if (this.#layers.length > layersMax) this.#layers.pop();
    return layer;
  }

  /** While the current layer has nothing of a chart yet, what was shown before stands in. */
  #layerOf(chart: Chart): HistoryLayer {
    const current = this.#layer();
    const has = (layer: HistoryLayer) =>
      chart.lines.every((line) => layer.track(this.#hostOf(line), line.key) !== null);
    if (has(current) || chart.lines.every((line) => this.#isInRing(this.#hostOf(line)))) return current;
    return this.#layers.find(has) ?? current;
  }

  /** Whether the ring has all that the window shows. */
  #isInRing(host: string): boolean {
    const fromMs = this.#live.fromMs(host);
    return fromMs !== null && fromMs <= this.window.fromMs + slackMs;
  }

  get nowMs(): number {
    return this.#dashboard.isLive ? this.#dashboard.hubMs : this.#live.newestMs();
  }

  #ticked(): void {
    if (this.#isReleased) return;
    const newestMs = this.#live.newestMs();
    if (this.#range.kind === 'fixed') {
      // Only a window that reaches into the present has more to show.
      const beforeMs = this.#edgeMs === 0 ? newestMs : this.#edgeMs;
      const isNews = newestMs !== this.#edgeMs && beforeMs <= this.#range.toMs;
      this.#edgeMs = newestMs;
      if (isNews) this.changed.announce();
      return;
    }
    const refreshMs = Math.max(refreshMsOf(this.#range.spanMs, this.stepMs), this.#live.hasAll ? 0 : this.#pollMs());
    if (newestMs >= this.#edgeMs && newestMs - this.#edgeMs < Math.max(1, refreshMs)) return;
    this.#edgeMs = newestMs;
    this.changed.announce();
  }

  #pollMs(): number {
    return Math.max(pollMsMin, this.stepMs);
  }

  #planLook(): void {
    if (this.#isLookPlanned) return;
    this.#isLookPlanned = true;
    queueMicrotask(() => {
      this.#isLookPlanned = false;
      this.#look();
    });
  }

  /** Finds what is missing, and asks for it. */
  #look(): void {
    if (this.#isReleased) return;
    const lines = [...this.#wanted.values()].flat();
    this.#live.follow(lines.map((line) => this.#hostOf(line)));
    // Before the hub's clock is known, "the last hour" means nothing.
    if (!this.#dashboard.clock.isKnown) return;
    const layer = this.#layer();
    const missing: Missing[] = [];
    const seen = new Set<string>();
    const holes = new Map<string, Span | null>();
    for (const { host: own, key } of lines) {
      const host = own ?? this.#host;
      if (host === null || seen.has(`${host}\n${key}`)) continue;
      seen.add(`${host}\n${key}`);
      if (this.#loader.isHeld(host, key)) continue;
      const hole = holes.get(host) ?? this.#holeOf(host);
      holes.set(host, hole);
      for (const span of this.#missingOf(host, layer.track(host, key), hole)) missing.push({ host, key, span });
    }
    if (missing.length === 0) return;
    this.#loader.load(missing, layer);
    this.#live.holesAsked();
  }

  #missingOf(host: string, track: Track | null, hole: Span | null): Span[] {
    if (this.#range.kind === 'fixed' && track !== null && hole === null && this.#isEnough(track, host)) return [];
    const ringFromMs = this.#live.fromMs(host);
    return missingSpans(track, this.#needOf(host), {
      ringFromMs,
      advanceMs: ringFromMs === null ? this.#pollMs() : advanceMs,
      hole,
    });
  }

  /** Ticks that are missing in that part of the window that the ring has, and that are to be asked for now. */
  #holeOf(host: string): Span | null {
    const { fromMs, toMs } = this.window;
    const ringFromMs = this.#live.fromMs(host);
    return ringFromMs === null || ringFromMs > toMs ? null : this.#live.dueHole(host, fromMs);
  }

  /** A fixed window asks for half a window more on each side, so that a pan finds it there. */
  #needOf(host: string): Need {
    const { fromMs, toMs } = this.window;
    const alignMs = this.stepMs || 1;
    const padMs = this.#range.kind === 'fixed' ? this.spanMs / 2 : 0;
    const settledMs = this.#settledMs(host);
    const wishMs = this.#range.kind === 'fixed' ? toMs + padMs : Number.POSITIVE_INFINITY;
    return {
      fromMs: Math.floor((fromMs - padMs) / alignMs - 1) * alignMs,
      toMs: Math.floor(Math.min(wishMs, settledMs)),
      isPast: wishMs <= settledMs,
    };
  }

  /** Whether the window and a little on each side is there; what the ring has counts. */
  #isEnough(track: Track, host: string): boolean {
    const { fromMs, toMs } = this.window;
    const marginMs = this.spanMs / 10;
    if (track.fromMs > fromMs - marginMs) return false;
    return track.toMs >= Math.min(toMs + marginMs, this.#settledMs(host));
  }

  /** What is older than this has come in, as far as it ever will soon. */
  #settledMs(host: string): number {
    const { hubMs } = this.#dashboard;
    const newestMs = this.#live.ringOf(host)?.newestMs ?? null;
    const marginMs = Math.max(settleMs, 2 * this.intervalMs);
    // A host that is behind by seconds is behind in storage as well.
    return newestMs !== null && hubMs - newestMs < 30_000 ? Math.min(newestMs, hubMs) - marginMs : hubMs - marginMs;
  }

  /** A live window leaves behind what has left it. */
  #keepFromMs(): number {
    if (this.#range.kind === 'fixed') return Number.NEGATIVE_INFINITY;
    return this.window.fromMs - this.#range.spanMs / 10 - 2 * this.stepMs;
  }
}

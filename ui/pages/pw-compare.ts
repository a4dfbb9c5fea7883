/**
 * Compare: hosts, or every host with a tag, on one metric: in one chart, in one for each, or as differences, beside
 * the ranking. Everything that was chosen stands in the address.
 */
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Drawing } from '../controllers/drawing.ts';
import { Following } from '../controllers/following.ts';
import { Keys } from '../controllers/keys.ts';
import type { Dashboard } from '../dashboard.ts';
import type { ChartPan } from '../elements/charts/pw-chart.ts';
import { stepStyles } from '../elements/charts/step-styles.ts';
import { failed, missing, nobody, noValues, stateStyles, tooMany } from '../elements/compare/compare-states.ts';
import { compareStyles } from '../elements/compare/page-styles.ts';
import type { PwCompareHosts } from '../elements/compare/pw-compare-hosts.ts';
import type { PwTopn, RankRow } from '../elements/compare/pw-topn.ts';
import { openRoute, replaceRoute, tell } from '../elements/events.ts';
import { CompareMarks } from '../live/compare-marks.ts';
import { CompareSource } from '../live/compare-source.ts';
import { CompareWindow, followedMax } from '../live/compare-window.ts';
import type { FleetHost } from '../live/fleet.ts';
import type { Window } from '../model/charts/chart-data.ts';
import { type Chosen, chooseHosts, comparedHostsMax } from '../model/compare/chosen.ts';
import { type LineLook, lookOf, quietLook } from '../model/compare/colors.ts';
import { lineTitle } from '../model/compare/compare-charts.ts';
import { type CompareView, compareView, orderMs, withNewValues } from '../model/compare/compare-view.ts';
import { scaleOf } from '../model/compare/metrics.ts';
import { formatDuration, formatMoment } from '../model/format.ts';
import { fixedRange, panned, zoomedBy } from '../model/range-moves.ts';
import type { CompareRoute } from '../model/route.ts';
import { liveRange, rangePresets, type TimeRange } from '../model/time-range.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/compare/pw-compare-charts.ts';
import '../elements/compare/pw-compare-bar.ts';
import '../elements/compare/pw-compare-help.ts';
import '../elements/compare/pw-compare-hosts.ts';
import '../elements/compare/pw-compare-others.ts';
import '../elements/compare/pw-metric-list.ts';
import '../elements/compare/pw-topn.ts';
import '../elements/pw-skeleton.ts';

const coarserReasons = { retention: 'finer data has gone', limit: 'finer is too much to read' } as const;

@customElement('pw-compare')
export class PwCompare extends LitElement {
  static override readonly styles = [sharedStyles, stateStyles, stepStyles, compareStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: CompareRoute;
  @state() private hovered = '';
  #compared!: CompareWindow;
  #source!: CompareSource;
  #marks!: CompareMarks;
  #chosen: Chosen<FleetHost> = { hosts: [], count: 0, unknown: [], tagCounts: [] };
  #view: CompareView | null = null;
  #orderedMs = 0;
  /** What the order follows from. */
  #ordering = '';
  /** The last range that was live; null while the page has been standing still. */
  #liveRange: TimeRange | null = null;
  #unsubscribe: () => void = () => {};
  readonly #drawing = new Drawing(this, () => this.#rankAgain());

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged, this.dashboard.alerts.changed]);
    new Keys(this, {
      ...Object.fromEntries(
        rangePresets.map(({ spanMs }, at) => [String(at + 1), () => this.#openRange({ kind: 'live', spanMs })]),
      ),
      '0': () => this.#openRange(liveRange),
      ' ': () => this.#togglePause(),
      '[': () => this.#pan(-0.5),
      ']': () => this.#pan(0.5),
      '+': () => this.#zoomBy(0.5),
      '=': () => this.#zoomBy(0.5),
      '-': () => this.#zoomBy(2),
    });
  }

  override connectedCallback(): void {
    this.#compared = new CompareWindow(this.dashboard);
    this.#source = new CompareSource(this.#compared);
    this.#marks = new CompareMarks(this.dashboard);
    const unsubscribes = [
      this.#compared.settled.subscribe(() => this.requestUpdate()),
      this.#marks.changed.subscribe(() => this.requestUpdate()),
      this.#compared.changed.subscribe(this.#drawing.mark),
    ];
    this.#unsubscribe = () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
    };
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
    this.#compared.release();
    this.#marks.release();
    this.#view = null;
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<PwCompareHosts>('pw-compare-hosts')?.focusSearch();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const { dashboard, route } = this;
    if (route.range.kind === 'live') this.#liveRange = route.range;
    if (changed.has('route')) tell(this, 'pw-pause', route.range.kind === 'fixed');
    this.#chosen = chooseHosts(route, dashboard.fleet.hosts);
    // Before every host is known, a name that is missing says nothing.
    if (dashboard.isComplete) {
      const hosts = this.#isTooMany ? [] : this.#chosen.hosts.map(({ name }) => name);
      this.#compared.show({ hosts, metric: route.metric, range: route.range });
    }
    this.#marks.show(this.#compared.window);
    this.#makeView();
  }

  override render() {
    const { route } = this;
    const isChosen = route.hosts.length + route.tags.length > 0;
    return html`<pw-compare-bar
        .dashboard=${this.dashboard}
        .route=${route}
        .compared=${this.#compared}
        .chosen=${this.#chosen}
        @pw-range=${(event: CustomEvent<TimeRange>) => this.#openRange(event.detail)}
        @pw-toggle=${this.#togglePause}
      ></pw-compare-bar>
      <pw-compare-hosts
        .route=${route}
        .fleet=${this.dashboard.fleet.hosts}
        .chosen=${this.#chosen}
        .looks=${this.#looks}
        >${this.#renderStep()}</pw-compare-hosts
      >
      ${isChosen ? this.#renderChosen() : this.#renderHelp()}`;
  }

  #renderHelp() {
    if (!this.dashboard.isComplete) return html`<pw-skeleton kind="host"></pw-skeleton>`;
    return html`<pw-compare-help .route=${this.route} .fleet=${this.dashboard.fleet.hosts}></pw-compare-help>`;
  }

  #renderChosen() {
    const { phase } = this.#compared;
    if (this.#isTooMany) return tooMany(this.#chosen.count);
    if (this.dashboard.isComplete && this.#chosen.count === 0) return nobody(this.#chosen.unknown);
    const view = this.#view;
    if (view === null)
      return phase.kind === 'failed' ? this.#renderFailed(phase.why) : html`<pw-skeleton kind="host"></pw-skeleton>`;
    return html`${phase.kind === 'failed' ? this.#renderFailed(phase.why) : nothing} ${this.#renderMissing(view)}
      ${view.ranked.length === 0 ? this.#renderNoValues() : this.#renderView(view, phase.kind === 'loading')}`;
  }

  #renderView(view: CompareView, isOld: boolean) {
    return html`<div class="body ${isOld ? 'old' : ''}" aria-busy=${isOld ? 'true' : 'false'}>
      <div @pw-zoom=${this.#zoom} @pw-pan=${this.#dragged} @pw-live=${this.#goLive}>
      <pw-compare-charts
        .dashboard=${this.dashboard}
        .route=${this.route}
        .view=${view}
        .source=${this.#source}
        .marks=${this.#marks}
        .hosts=${this.#chosen.hosts}
      ></pw-compare-charts>
      ${this.#renderOthers()}
      </div>
      <pw-topn
        class="panel"
        .route=${this.route}
        .scale=${this.#scale}
        .rows=${this.#rows(view)}
        .span=${this.#span}
        .isPast=${this.route.range.kind === 'fixed'}
        @pw-hover=${(event: CustomEvent<string>) => {
          this.hovered = event.detail;
        }}
      ></pw-topn>
    </div>`;
  }

  /** Few hosts have colours by which they are known in other charts as well, and rings that these share. */
  #renderOthers() {
    const { hosts } = this.#chosen;
    if (this.route.layout !== 'overlay' || hosts.length > followedMax) return nothing;
    return html`<pw-compare-others
      .dashboard=${this.dashboard}
      .route=${this.route}
      .hosts=${hosts.map(({ name }) => name)}
      .looks=${this.#looks}
      .titleOf=${this.#titleOf}
    ></pw-compare-others>`;
  }

  #renderStep() {
    const { grid, stepMs, coarserBy } = this.#compared;
    if (grid === null) return nothing;
    const title = coarserBy === null ? 'Time of one value' : `Coarser than asked for: ${coarserReasons[coarserBy]}`;
    return html`<span class="step" title=${title}>
      ${formatDuration(stepMs)} ${this.route.stat === 'avg' ? 'min/avg/max' : this.route.stat}${coarserBy === null ? '' : `, ${coarserReasons[coarserBy]}`}
    </span>`;
  }

  #renderMissing(view: CompareView) {
    const { unknown, hosts } = this.#chosen;
    const present = new Set(view.ranked.map(({ line }) => view.grid.lines[line]!.host));
    const absent = hosts.filter(({ name }) => !present.has(name)).map(({ title }) => title);
    return missing({
      unknown: this.dashboard.isComplete ? unknown : [],
      absent: present.size > 0 ? absent : [],
      lineCount: view.grid.lines.length,
      leftOutCount: this.#compared.leftOutCount,
    });
  }

  #renderFailed(why: string) {
    const { length: hostCount } = this.#chosen.hosts;
    return failed({ metric: this.route.metric, hostCount, why, retry: () => this.#compared.reload() });
  }

  #renderNoValues() {
    const choices = html`<pw-metric-list
      .dashboard=${this.dashboard}
      .hosts=${this.#chosen.hosts.map(({ name }) => name)}
      @pw-metric=${(event: CustomEvent<string>) => this.#change({ metric: event.detail })}
    ></pw-metric-list>`;
    return noValues(this.route.metric, this.#chosen.hosts.length, choices);
  }

  get #isTooMany(): boolean {
    return this.#chosen.count > comparedHostsMax;
  }

  get #scale() {
    return scaleOf(this.route.metric, this.#view?.grid.lines[0]?.unit ?? '');
  }

  get #span(): string {
    const { range } = this.route;
    const preset = rangePresets.find(({ spanMs }) => range.kind === 'live' && range.spanMs === spanMs);
    return range.kind === 'live'
      ? `last ${preset?.title ?? formatDuration(range.spanMs)}`
      : `${formatMoment(range.fromMs)} to ${formatMoment(range.toMs)}`;
  }

  #makeView(): void {
    const { grid } = this.#compared;
    if (grid === null) {
      this.#view = null;
      return;
    }
    const { hovered, route } = this;
    const firstHost = this.#chosen.hosts[0]?.name ?? null;
    const ordering = [route.stat, route.order, route.metric].join(' ');
    const keepsOrder = ordering === this.#ordering && !this.#isOrderDue;
    if (!keepsOrder) this.#orderedMs = this.dashboard.hubMs;
    this.#ordering = ordering;
    this.#view = compareView({ route, grid, firstHost, hovered, titleOf: this.#titleOf, keepsOrder }, this.#view);
    this.#source.show(route.stat, this.#view.against);
  }

  /** Now and then, but not while somebody reads in the table: no row moves away under a hand. */
  get #isOrderDue(): boolean {
    const isRead = this.#topn?.matches(':hover, :focus-within') === true;
    return !isRead && this.dashboard.hubMs - this.#orderedMs >= orderMs;
  }

  get #topn(): PwTopn | null {
    return this.renderRoot.querySelector<PwTopn>('pw-topn');
  }

  readonly #titleOf = (host: string): string => this.dashboard.fleet.byName(host)?.title ?? host;

  /** New values, in their order or a new one. */
  #rankAgain(): void {
    const topn = this.#topn;
    if (topn === null || this.#view === null || this.#view.grid !== this.#compared.grid) return;
    if (this.#isOrderDue) {
      this.requestUpdate();
      return;
    }
    this.#view = withNewValues(this.#view, this.route);
    topn.rows = this.#rows(this.#view);
  }

  #rows(view: CompareView): RankRow[] {
    const shown = new Set(view.shown.map(({ line }) => line));
    return view.ranked.map((ranked) => {
      const { host } = view.grid.lines[ranked.line]!;
      const slot = view.slots.get(ranked.line);
      return {
        host,
        title: lineTitle({ grid: view.grid, metric: this.route.metric, titleOf: this.#titleOf }, ranked.line),
        look: slot === undefined || !shown.has(ranked.line) ? quietLook : lookOf(slot),
        ranked,
        severity: this.dashboard.alerts.worstOf(this.dashboard.fleet.byName(host)?.id ?? null),
      };
    });
  }

  /** Of hosts that have one line. */
  get #looks(): ReadonlyMap<string, LineLook> {
    const looks = new Map<string, LineLook>();
    if (this.#view === null) return looks;
    for (const [line, slot] of this.#view.slots) looks.set(this.#view.grid.lines[line]!.host, lookOf(slot));
    return looks;
  }

  /** Live becomes the window that is shown, and back. */
  #togglePause(): void {
    const isLive = this.route.range.kind === 'live';
    this.#change({ range: isLive ? fixedRange(this.#compared.window) : this.#rangeToGoLive });
  }

  /** What was live before, or as much as is shown. */
  get #rangeToGoLive(): TimeRange {
    const { fromMs, toMs } = this.#compared.window;
    const { spanMs } = rangePresets.find((preset) => preset.spanMs >= (toMs - fromMs) * 0.99) ?? rangePresets.at(-1)!;
    return this.#liveRange ?? { kind: 'live', spanMs };
  }

  /** Another span, from which "back" comes back. */
  #openRange(range: TimeRange): void {
    openRoute(this, { ...this.route, range });
  }

  #zoom(event: CustomEvent<Window>): void {
    this.#openRange(fixedRange(event.detail));
  }

  #zoomBy(factor: number): void {
    this.#openRange(fixedRange(zoomedBy(this.#compared.window, factor, this.dashboard.hubMs)));
  }

  #pan(share: number): void {
    this.#change({ range: fixedRange(panned(this.#compared.window, share, this.dashboard.hubMs)) });
  }

  /** The charts follow the hand at once; what is missing is asked for when it lets go. */
  #dragged({ detail }: CustomEvent<ChartPan>): void {
    if (detail.isDone) this.#change({ range: fixedRange(detail.window) });
    else this.#compared.move(detail.window);
  }

  #goLive(): void {
    if (this.route.range.kind === 'fixed') this.#openRange(this.#rangeToGoLive);
  }

  #change(change: Partial<CompareRoute>): void {
    replaceRoute(this, { ...this.route, ...change });
  }
}

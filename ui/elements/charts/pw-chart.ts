/**
 * A chart with its title and legend. The plot exists only while it is near the screen; the element keeps its height,
 * so the page does not jump. The legend is written by hand: values change each second, the template does not.
 *
 * It tells `pw-zoom` (a window was drawn), `pw-pan` (the window moves along), `pw-live` (double click). The slot `menu`
 * is the end of its head.
 */
import { html, LitElement, nothing, type PropertyValues, svg, unsafeCSS } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Severity, severities } from '#core/rule-spec.ts';
import { ChartPlot, chartLibraryStyles, insetRight, plotHeight } from '../../chart.ts';
import { type ChartOverlays, type ChartSource, noOverlays, type SourceState } from '../../chart-source.ts';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import { Signal } from '../../live/signal.ts';
import type { Window } from '../../model/charts/chart-data.ts';
import type { Chart } from '../../model/charts/charts.ts';
import { describeAt } from '../../model/charts/describe.ts';
import { gutterMin } from '../../model/charts/gutter.ts';
import { heatLevels } from '../../model/charts/scale.ts';
import { formatValue } from '../../model/format.ts';
import { zoneChanged } from '../../settings.ts';
import { fillStyles, strokeStyles } from '../../theme/series-colors.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { themeChanged } from '../../theme/theme.ts';
import { tell } from '../events.ts';
import '../pw-severity.ts';
import { chartStyles } from './chart-styles.ts';

/** Two screens: farther away a plot is destroyed. */
const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) (entry.target as PwChart).isNear = entry.isIntersecting;
  },
  { rootMargin: '200% 0%' },
);

/** What is about to come into sight is asked for; nobody pays for what is far down the page. */
const close = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) (entry.target as PwChart).isClose = entry.isIntersecting;
  },
  { rootMargin: '60% 0%' },
);

/** Moves of the cursor by key are read out this often at most. */
const announceMs = 1_000;

export interface ChartPan {
  readonly window: Window;
  /** Whether the hand has let go. */
  readonly isDone: boolean;
}

@customElement('pw-chart')
export class PwChart extends LitElement {
  static override readonly styles = [
    unsafeCSS(chartLibraryStyles),
    sharedStyles,
    fillStyles,
    strokeStyles,
    chartStyles,
  ];

  @property({ attribute: false }) chart!: Chart;
  @property({ attribute: false }) source!: ChartSource;
  @property({ attribute: false }) overlays: ChartOverlays = noOverlays;
  /** CSS pixels of the plot with its time axis. */
  @property({ type: Number }) height = plotHeight;
  /** Whether names and values of the lines stand in its head; otherwise whoever shows the chart names them. */
  @property({ attribute: false }) hasLegend = true;
  /** Whether the scale reaches to every threshold, however far: where one is set. */
  @property({ type: Boolean }) fitsThresholds = false;
  /** The plot was drawn: `valueToTop` may give other answers. */
  readonly drawn = new Signal();
  @state() private muted: ReadonlySet<number> = new Set();
  @state() private isEmpty = false;
  @state() private sourceState: SourceState = { kind: 'ready' };
  @state() private spoken = '';
  readonly #drawing = new Drawing(this, () => this.#draw());
  #plot: ChartPlot | null = null;
  #cursor: number | null = null;
  #isNear = false;
  #isClose = false;
  #followed: ChartSource | null = null;
  #unfollow: () => void = () => {};
  #speakTimer: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    super();
    new Following(
      this,
      () => [themeChanged, zoneChanged],
      () => this.#plot?.redraw(),
    );
  }

  set isNear(isNear: boolean) {
    this.#isNear = isNear;
    if (isNear) this.#drawing.mark();
    else this.#destroy();
  }

  set isClose(isClose: boolean) {
    this.#isClose = isClose;
    this.#want();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    near.observe(this);
    close.observe(this);
    if (this.hasUpdated) this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    near.unobserve(this);
    close.unobserve(this);
    if (this.#speakTimer !== null) clearTimeout(this.#speakTimer);
    this.#speakTimer = null;
    this.#isClose = false;
    this.#leave();
    this.#destroy();
  }

  /** Moment under the cursor, epoch ms; null when there is none. */
  get cursorMs(): number | null {
    return this.#cursor === null ? null : (this.#plot?.data.times[this.#cursor] ?? null);
  }

  /** CSS pixels from the top of the plot at which a value stands; null while there is no plot. */
  valueToTop(value: number): number | null {
    return this.#plot?.valueToTop(value) ?? null;
  }

  topToValue(top: number): number | null {
    return this.#plot?.topToValue(top) ?? null;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('chart') && changed.get('chart') !== undefined) {
      this.#destroy();
      this.muted = new Set();
    }
    if (changed.has('source')) this.#follow();
    else if (changed.has('chart')) this.#want();
    const worst = worstOf(this.overlays);
    if (worst === null) this.removeAttribute('severity');
    else this.setAttribute('severity', worst);
    if (changed.has('chart') || changed.has('overlays') || changed.has('height') || changed.has('fitsThresholds'))
      this.#drawing.mark();
  }

  override updated(changed: PropertyValues<this>): void {
    // The height is that of the plot, before there is one.
    if (changed.has('height')) this.#plotElement?.style.setProperty('height', `${this.height}px`);
  }

  override render() {
    const { chart } = this;
    const isHeat = chart.kind === 'heat';
    const worst = worstOf(this.overlays);
    return html`<header class=${isHeat || this.hasLegend ? nothing : 'bare'}>
        ${worst === null ? nothing : html`<pw-severity level=${worst} bare></pw-severity>`}
        <h3 class="ell" title=${chart.title}>${chart.title}</h3>
        ${chart.lines.length > 4 && !isHeat && this.hasLegend ? nothing : html`<span class="note ell">${chart.note}</span>`}
        ${isHeat ? this.#renderRamp() : this.hasLegend ? this.#renderLegend() : nothing}
        <slot name="menu"></slot>
      </header>
      <div
        class="plot"
        role="group"
        tabindex="0"
        aria-label="${chart.title}, chart of ${chart.lines.length} series. Arrow keys move the cursor."
        @keydown=${this.#keyPressed}
        @focusout=${() => this.#plot?.leaveCursor()}
      ></div>
      <span class="sr" role="status">${this.spoken}</span>
      ${this.#renderState()}`;
  }

  #renderState() {
    const { sourceState, isEmpty } = this;
    switch (sourceState.kind) {
      case 'loading':
        return html`<div class="state loading"><span>Loading\u2026</span></div>`;
      case 'failed':
        return html`<div class="state failed">
          <span>${sourceState.why}</span>
          <button class="btn small" @click=${() => this.source.retry?.()}>Try again</button>
        </div>`;
      case 'ready':
        return isEmpty ? html`<div class="state"><span>No values in this window</span></div>` : nothing;
    }
  }

  #renderLegend() {
    const { lines, kind } = this.chart;
    return html`<div class="legend ${lines.length > 3 ? 'many' : ''}">
      ${lines.map(
        (line, index) => html`<button
          aria-pressed=${this.muted.has(index) ? 'false' : 'true'}
          title="Show only ${line.name}; with Ctrl, switch it"
          @click=${(event: MouseEvent) => this.#toggle(index, event.ctrlKey || event.metaKey)}
          @pointerenter=${() => this.#plot?.setFocus(index)}
          @pointerleave=${() => this.#plot?.setFocus(null)}
          @focus=${() => this.#plot?.setFocus(index)}
          @blur=${() => this.#plot?.setFocus(null)}
        >
          ${swatch(line.color, line.dash, kind === 'stack')}${line.name}<b></b>
        </button>`,
      )}
    </div>`;
  }

  #renderRamp() {
    return html`<span class="ramp"
      >0${'\u202f'}%
      <svg width="96" height="8" viewBox="0 0 ${heatLevels} 1" preserveAspectRatio="none" aria-hidden="true">
        ${ramp}
      </svg>
      100${'\u202f'}%</span
    >`;
  }

  get #plotElement(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.plot');
  }

  #follow(): void {
    this.#leave();
    const { source } = this;
    this.#followed = source;
    this.#unfollow = source.changed.subscribe(this.#drawing.mark);
    this.#want();
    this.#drawing.mark();
  }

  #leave(): void {
    this.#unfollow();
    this.#followed?.want(this, []);
    this.#followed = null;
  }

  #want(): void {
    this.#followed?.want(this, this.#isClose ? this.chart.lines : []);
  }

  #draw(): void {
    const root = this.#plotElement;
    if (root === null || !this.#isNear || root.clientWidth === 0) return;
    if (this.#plot === null) {
      this.#plot = this.#createPlot(root);
      for (const line of this.muted) this.#plot.setHidden(line, true);
    }
    const { source, overlays, height, fitsThresholds } = this;
    source.fit?.(this, root.clientWidth - gutterMin - insetRight);
    this.#plot.setLook({ overlays, height, fitsThresholds });
    this.#plot.draw(source, root.clientWidth, source.nowMs ?? source.window.toMs);
    this.#readState();
    this.#writeLegend();
    this.drawn.announce();
  }

  #createPlot(root: HTMLElement): ChartPlot {
    return new ChartPlot(root, this.chart, {
      cursorMoved: (index) => {
        this.#cursor = index;
        this.#writeLegend();
      },
      zoomed: (window: Window) => tell(this, 'pw-zoom', window),
      panned: (window: Window, isDone: boolean) => tell<ChartPan>(this, 'pw-pan', { window, isDone }),
      reset: () => tell(this, 'pw-live', null),
    });
  }

  #readState(): void {
    const values = this.#plot?.data.values ?? [];
    const isEmpty = values.every((line) => line.every((value) => value === null));
    if (isEmpty !== this.isEmpty) this.isEmpty = isEmpty;
    const now = this.source.stateOf?.(this.chart.lines) ?? { kind: 'ready' };
    const before = this.sourceState;
    if (now.kind !== before.kind || (now.kind === 'failed' && before.kind === 'failed' && now.why !== before.why))
      this.sourceState = now;
  }

  /** Values under the cursor, or the newest. */
  #writeLegend(): void {
    const data = this.#plot?.data;
    if (data === undefined || this.chart.kind === 'heat') return;
    const index = this.#cursor ?? data.times.length - 1;
    for (const [line, element] of this.renderRoot.querySelectorAll('.legend b').entries()) {
      const value = data.values[line]?.[index];
      const isBelow = this.chart.lines[line]?.isBelow === true;
      const text = formatValue(isBelow && typeof value === 'number' ? -value : value, this.chart.unit);
      if (element.textContent !== text) element.textContent = text;
    }
  }

  /** Click: only this line; again: all. With Ctrl: this line on or off. */
  #toggle(line: number, isOne: boolean): void {
    const all = this.chart.lines.map((_, index) => index);
    let hidden = new Set(this.muted);
    if (isOne) {
      if (!hidden.delete(line)) hidden.add(line);
    } else {
      const isOnly = !hidden.has(line) && hidden.size === all.length - 1;
      hidden = new Set(isOnly ? [] : all.filter((index) => index !== line));
    }
    this.muted = hidden;
    for (const index of all) this.#plot?.setHidden(index, hidden.has(index));
    this.#drawing.mark();
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    this.#plot?.moveCursor((event.key === 'ArrowLeft' ? -1 : 1) * (event.shiftKey ? 10 : 1));
    this.#speakTimer ??= setTimeout(() => this.#speak(), announceMs);
  }

  /** For those who do not see the cursor. */
  #speak(): void {
    this.#speakTimer = null;
    const data = this.#plot?.data;
    if (data === undefined || this.#cursor === null) return;
    this.spoken = describeAt(this.chart, data, this.#cursor, this.muted);
  }

  #destroy(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#cursor = null;
  }
}

/** The worst alert that is firing on this chart. */
function worstOf({ spans }: ChartOverlays): Severity | null {
  const levels = spans.flatMap(({ kind, toMs, severity }) =>
    kind === 'alert' && toMs === null ? [severities.indexOf(severity)] : [],
  );
  return levels.length === 0 ? null : severities[Math.max(...levels)]!;
}

const dashPatterns = ['', '4 2', '2 2', '5 2 1 2'];

/** Colour and dash of a line, or the colour of a layer. Classes, since the page may have no inline style. */
function swatch(color: string, dash: number, isLayer: boolean) {
  return isLayer
    ? html`<svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true"><rect class="fill-${color}" width="8" height="8" rx="2" /></svg>`
    : html`<svg width="12" height="4" viewBox="0 0 12 4" aria-hidden="true">
        <path class="stroke-${color}" d="M0 2h12" stroke-width="3" stroke-dasharray=${dashPatterns[dash] || 'none'} />
      </svg>`;
}

const ramp = Array.from(
  { length: heatLevels },
  (_, level) => svg`<rect class="fill-heat-${level}" x=${level} width="1.02" height="1" />`,
);

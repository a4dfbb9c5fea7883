/**
 * A chart with its title and legend. The plot exists only while it is near the screen; the element keeps its height,
 * so the page does not jump. The legend is written by hand: values change each second, the template does not.
 */
import { css, html, LitElement, nothing, type PropertyValues, svg, unsafeCSS } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { ChartPlot, chartLibraryStyles, plotHeight } from '../chart.ts';
import { Drawing } from '../controllers/drawing.ts';
import { Following } from '../controllers/following.ts';
import type { HostWindow } from '../host-window.ts';
import type { Window } from '../model/chart-data.ts';
import type { Chart } from '../model/charts.ts';
import { formatValue } from '../model/format.ts';
import { heatLevels } from '../model/scale.ts';
import { fillStyles, strokeStyles } from '../theme/series-colors.ts';
import { sharedStyles } from '../theme/shared.ts';
import { themeChanged } from '../theme/theme.ts';

/** Two screens: farther away a plot is destroyed. */
const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) (entry.target as PwChart).isNear = entry.isIntersecting;
  },
  { rootMargin: '200% 0%' },
);

@customElement('pw-chart')
export class PwChart extends LitElement {
  static override readonly styles = [
    unsafeCSS(chartLibraryStyles),
    sharedStyles,
    fillStyles,
    strokeStyles,
    css`
      :host {
        position: relative;
        min-width: 0;
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        contain: layout paint style;
      }
      :host(:focus-within) {
        border-color: var(--pw-border-control);
      }
      header {
        display: flex;
        align-items: center;
        gap: 6px;
        height: 30px;
        padding: 4px 12px 0;
      }
      h3 {
        flex: none;
        max-width: 60%;
      }
      .note {
        flex: 0 1000 auto;
        min-width: 0;
        font-size: var(--pw-fs-1);
        color: var(--pw-text-3);
      }
      .legend {
        display: flex;
        gap: 2px;
        flex: 0 1 auto;
        min-width: 0;
        margin: 0 -4px 0 auto;
        overflow-x: auto;
        scrollbar-width: none;
        font-size: var(--pw-fs-1);
        line-height: 16px;
      }
      .legend.many {
        mask-image: linear-gradient(90deg, black calc(100% - 20px), transparent);
        padding-right: 14px;
      }
      .legend button {
        display: inline-flex;
        align-items: center;
        flex: none;
        gap: 5px;
        min-height: 24px;
        padding: 0 4px;
        border: 0;
        border-radius: 4px;
        background: none;
        color: var(--pw-text-2);
        white-space: nowrap;
        cursor: pointer;
      }
      .legend button:focus-visible {
        outline-offset: -2px;
      }
      .legend button[aria-pressed='false'] {
        color: var(--pw-text-3);
        text-decoration: line-through;
      }
      .legend b {
        min-width: 30px;
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-1);
        text-align: right;
      }
      .ramp {
        display: flex;
        align-items: center;
        gap: 6px;
        margin-left: auto;
        font-size: var(--pw-fs-1);
        color: var(--pw-text-3);
      }
      .plot {
        position: relative;
        cursor: crosshair;
        touch-action: pan-y;
      }
      .plot:focus-visible {
        outline-offset: -2px;
      }
      .empty {
        position: absolute;
        inset: 30px 0 0;
        display: grid;
        place-items: center;
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
        pointer-events: none;
      }
      .uplot {
        font-family: inherit;
        width: 100%;
      }
      .u-cursor-x {
        border-right: 1px solid var(--pw-chart-cursor);
        opacity: 0.7;
      }
      .u-select {
        background: var(--pw-chart-select);
        border-inline: 1px solid var(--pw-accent);
      }
      .cursor-time {
        position: absolute;
        left: 0;
        bottom: -17px;
        padding: 0 4px;
        border-radius: var(--pw-r-1);
        background: var(--pw-text-1);
        color: var(--pw-text-inverse);
        font-size: 10px;
        line-height: 15px;
        visibility: hidden;
        z-index: 101;
      }
      .cursor-time.shown {
        visibility: visible;
      }
      @media (max-width: 720px) {
        header {
          flex-wrap: wrap;
          height: auto;
          min-height: 30px;
        }
        .legend,
        .legend.many {
          order: 3;
          flex: 1 1 100%;
          margin: 0 0 0 -4px;
        }
        .legend b {
          min-width: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) chart!: Chart;
  @property({ attribute: false }) window!: HostWindow;
  @state() private muted: ReadonlySet<number> = new Set();
  @state() private isEmpty = false;
  readonly #drawing = new Drawing(this, () => this.#draw());
  #plot: ChartPlot | null = null;
  #cursor: number | null = null;
  #isNear = false;

  constructor() {
    super();
    new Following(this, () => [this.window.changed], this.#drawing.mark);
    new Following(
      this,
      () => [themeChanged],
      () => this.#plot?.redraw(),
    );
  }

  set isNear(isNear: boolean) {
    this.#isNear = isNear;
    if (isNear) this.#drawing.mark();
    else this.#destroy();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    near.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    near.unobserve(this);
    this.#destroy();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('chart') && changed.get('chart') !== undefined) {
      this.#destroy();
      this.muted = new Set();
      this.#drawing.mark();
    }
  }

  override firstUpdated(): void {
    // The height is that of the plot, before there is one.
    this.renderRoot.querySelector<HTMLElement>('.plot')?.style.setProperty('height', `${plotHeight}px`);
  }

  override render() {
    const { chart } = this;
    const isHeat = chart.kind === 'heat';
    return html`<header>
        <h3 class="ell" title=${chart.title}>${chart.title}</h3>
        ${chart.lines.length > 4 && !isHeat ? nothing : html`<span class="note ell">${chart.note}</span>`}
        ${isHeat ? this.#renderRamp() : this.#renderLegend()}
      </header>
      <div
        class="plot"
        role="group"
        tabindex="0"
        aria-label="${chart.title}, chart of ${chart.lines.length} series. Arrow keys move the cursor."
        @keydown=${this.#keyPressed}
        @focusout=${() => this.#plot?.moveCursor(Number.POSITIVE_INFINITY)}
      ></div>
      ${this.isEmpty ? html`<div class="empty">No values in this window</div>` : nothing}`;
  }

  #renderLegend() {
    const { lines, kind } = this.chart;
    return html`<div class="legend ${lines.length > 3 ? 'many' : ''}">
      ${lines.map(
        (line, index) => html`<button
          aria-pressed=${this.muted.has(index) ? 'false' : 'true'}
          title="Show only ${line.name}; with Ctrl, switch it"
          @click=${(event: MouseEvent) => this.#toggle(index, event.ctrlKey || event.metaKey)}
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

  #draw(): void {
    const root = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (root === null || !this.#isNear || root.clientWidth === 0) return;
    if (this.#plot === null) {
      this.#plot = new ChartPlot(root, this.chart, {
        cursorMoved: (index) => {
          this.#cursor = index;
          this.#writeLegend();
        },
        zoomed: (detail: Window) =>
          this.dispatchEvent(new CustomEvent('pw-zoom', { detail, bubbles: true, composed: true })),
        reset: () => this.dispatchEvent(new CustomEvent('pw-live', { bubbles: true, composed: true })),
      });
      for (const line of this.muted) this.#plot.setHidden(line, true);
    }
    const { ring, window } = this.window;
    this.#plot.draw(ring, window, root.clientWidth);
    const isEmpty = this.#plot.data.values.every((values) => values.every((value) => value === null));
    if (isEmpty !== this.isEmpty) this.isEmpty = isEmpty;
    this.#writeLegend();
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
  }

  #destroy(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#cursor = null;
  }
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

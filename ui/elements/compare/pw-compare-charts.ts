/** The charts of a comparison with their marks and menus, and under them what is in colour and which line stands out. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ChartOverlays } from '../../chart-source.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { CompareMarks } from '../../live/compare-marks.ts';
import type { CompareSource } from '../../live/compare-source.ts';
import type { FleetHost } from '../../live/fleet.ts';
import type { Chart } from '../../model/charts/charts.ts';
import { coloredMax } from '../../model/compare/colors.ts';
import { coloredText } from '../../model/compare/compare-charts.ts';
import { type CompareView, multiplesMax } from '../../model/compare/compare-view.ts';
import { formatCount } from '../../model/format.ts';
import { type CompareRoute, hostRoute, hrefOf, ruleRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import '../charts/pw-chart.ts';
import '../charts/pw-chart-menu.ts';
import { replaceRoute } from '../events.ts';

/** Of the plot of the one large chart, and of each small one. */
const largeHeight = 400;
const smallHeight = 142;

@customElement('pw-compare-charts')
export class PwCompareCharts extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .charts {
        display: grid;
        gap: 8px;
      }
      .charts.multiples {
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr));
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
      }
      .line > * {
        margin-top: 6px;
      }
      .line b {
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-1);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: CompareRoute;
  @property({ attribute: false }) view!: CompareView;
  @property({ attribute: false }) source!: CompareSource;
  @property({ attribute: false }) marks!: CompareMarks;
  @property({ attribute: false }) hosts: readonly FleetHost[] = [];
  /** By the id of a chart; the same object while the marks are the same, so that nothing is drawn for nothing. */
  readonly #overlays = new Map<string, ChartOverlays>();

  override render() {
    const { route, view } = this;
    const isMultiples = route.layout === 'multiples';
    return html`<div class="charts ${route.layout}">
        ${repeat(
          view.charts,
          ({ id }) => id,
          (chart) => this.#renderChart(chart, isMultiples),
        )}
      </div>
      <div class="line">${this.#renderFocus()} ${isMultiples ? this.#renderMultiples() : this.#renderColored()}</div>`;
  }

  #renderChart(chart: Chart, isMultiples: boolean) {
    const overlays = this.#overlaysOf(chart);
    return html`<pw-chart
      .chart=${chart}
      .source=${this.source}
      .overlays=${overlays}
      .height=${isMultiples ? smallHeight : largeHeight}
      .hasLegend=${!isMultiples && this.view.shown.length <= coloredMax}
    >
      <pw-chart-menu
 .canEdit=${this.dashboard.session.may('editor')}
        slot="menu"
        .chart=${chart}
        .source=${this.source}
        .overlays=${overlays}
        .host=${this.route.focus}
        .range=${this.route.range}
        .comparison=${null}
      ></pw-chart-menu>
    </pw-chart>`;
  }

  /** Of the line that stands out: where it leads. */
  #renderFocus() {
    const { route } = this;
    const host = route.focus === '' ? null : this.dashboard.fleet.byName(route.focus);
    if (host === null) return nothing;
    return html`<span><b>${host.title}</b> stands out</span>
      <a href=${hrefOf({ ...hostRoute, host: host.name, range: route.range })} data-navigate>Open host</a>
      ${
        this.dashboard.session.may('editor')
          ? html`<a href=${hrefOf({ ...ruleRoute, host: host.name, metric: route.metric })} data-navigate>Create alert rule</a>`
          : nothing
      }
      <button class="btn small" @click=${() => replaceRoute(this, { ...route, focus: '' })}>Show all alike</button>`;
  }

  #renderColored() {
    const text = coloredText(this.view.shown.length);
    return text === '' ? nothing : html`<span>${text}</span>`;
  }

  #renderMultiples() {
    const { shown, grid } = this.view;
    const isCut = shown.length > multiplesMax;
    if (grid.lines.length < 2) return nothing;
    return html`<span>One scale for all; dashed: the mean of all ${grid.lines.length}</span>
      ${isCut ? html`<span>${multiplesMax} of ${formatCount(shown.length)} shown: choose a top, or fewer hosts</span>` : nothing}`;
  }

  #overlaysOf(chart: Chart): ChartOverlays {
    const names = new Set(chart.lines.map(({ host }) => host));
    const hosts = this.hosts.filter(({ name }) => names.has(name));
    const options = { window: this.source.window, isDifference: this.route.layout === 'difference' };
    const overlays = this.marks.overlaysOf(chart, hosts, options);
    const before = this.#overlays.get(chart.id);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(overlays)) return before;
    this.#overlays.set(chart.id, overlays);
    return overlays;
  }
}

/** The same hosts on other metrics, small, with the same cursor: what else moved when this one did. */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Dashboard } from '../../dashboard.ts';
import { readMetricChoices } from '../../live/compare-history.ts';
import { CompareSource } from '../../live/compare-source.ts';
import { CompareWindow } from '../../live/compare-window.ts';
import type { Chart } from '../../model/charts/charts.ts';
import type { LineLook } from '../../model/compare/colors.ts';
import { companionChart } from '../../model/compare/compare-charts.ts';
import { companionsOf, scaleOf } from '../../model/compare/metrics.ts';
import type { CompareRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import '../charts/pw-chart.ts';
import '../charts/pw-chart-menu.ts';

const chartsMax = 4;

interface Companion {
  readonly metric: string;
  readonly compared: CompareWindow;
  readonly source: CompareSource;
  readonly unsubscribe: () => void;
  /** The same object as long as it says the same. */
  chart: Chart | null;
}

@customElement('pw-compare-others')
export class PwCompareOthers extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      header {
        display: flex;
        align-items: baseline;
        gap: 8px;
        padding: 8px 2px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
      }
      h2 {
        font-size: var(--pw-fs-2);
        line-height: var(--pw-lh-2);
        color: var(--pw-text-1);
      }
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 172px), 1fr));
        gap: 8px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: CompareRoute;
  /** Names. */
  @property({ attribute: false }) hosts: readonly string[] = [];
  /** How hosts are drawn in the large chart. */
  @property({ attribute: false }) looks: ReadonlyMap<string, LineLook> = new Map();
  @property({ attribute: false }) titleOf: (host: string) => string = (host) => host;
  @state() private companions: readonly Companion[] = [];
  /** For which hosts and metric the companions were chosen. */
  #chosenFor = '';
  #asking = new AbortController();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leave();
    this.#chosenFor = '';
  }

  override willUpdate(_: PropertyValues<this>): void {
    // Leaving takes the companions away, which asks for an update: it must not choose new ones that nobody releases.
    if (!this.isConnected) return;
    const wanted = [this.route.metric, ...this.hosts].join('\n');
    if (wanted !== this.#chosenFor) {
      this.#chosenFor = wanted;
      this.#asking.abort();
      this.#asking = new AbortController();
      this.dashboard.background(this.#choose(this.#asking.signal));
    }
    for (const companion of this.companions) {
      companion.compared.show({ hosts: this.hosts, metric: companion.metric, range: this.route.range });
      companion.source.show(this.route.stat, null);
      companion.chart = this.#chartOf(companion);
    }
  }

  override render() {
    const shown = this.companions.filter(({ chart }) => chart !== null);
    if (shown.length === 0) return nothing;
    return html`<header><h2>Same hosts, other metrics</h2></header>
      <div class="charts">
        ${repeat(
          shown,
          ({ metric }) => metric,
          ({
            metric,
            chart,
            source,
          }) => html`<pw-chart .chart=${chart} .source=${source} .height=${130} .hasLegend=${false}>
            <pw-chart-menu
 .canEdit=${this.dashboard.session.may('editor')}
              slot="menu"
              .chart=${chart}
              .source=${source}
              .range=${this.route.range}
              .comparison=${{ ...this.route, metric }}
            ></pw-chart-menu>
          </pw-chart>`,
        )}
      </div>`;
  }

  #chartOf({ metric, compared, chart: before }: Companion): Chart | null {
    const { grid } = compared;
    if (grid === null || grid.lines.length === 0) return null;
    const scale = scaleOf(metric, grid.lines[0]!.unit);
    const chart = companionChart({ grid, metric, scale, titleOf: this.titleOf }, this.looks);
    return JSON.stringify(chart) === JSON.stringify(before) ? before : chart;
  }

  async #choose(signal: AbortSignal): Promise<void> {
    const asked = await readMetricChoices(this.dashboard.client, this.hosts, { signal });
    // Without an answer there are no others: the chart above is what the page is for.
    if (signal.aborted || asked.kind === 'failed') return;
    this.#leave();
    this.companions = companionsOf(asked.value, this.route.metric, chartsMax).map(({ metric }) => {
      const compared = new CompareWindow(this.dashboard);
      const unsubscribe = compared.settled.subscribe(() => this.requestUpdate());
      return { metric, compared, source: new CompareSource(compared), unsubscribe, chart: null };
    });
  }

  #leave(): void {
    this.#asking.abort();
    for (const { compared, unsubscribe } of this.companions) {
      unsubscribe();
      compared.release();
    }
    this.companions = [];
  }
}

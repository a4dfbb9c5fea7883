/** The series of an alert around it: live up to now while it is open, standing still when it is over. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Note } from '#core/note.ts';
import type { ChartOverlays } from '../../chart-source.ts';
import type { Dashboard } from '../../dashboard.ts';
import { SeriesWindow } from '../../history/series-window.ts';
import { type AlertPlot, alertOverlays, alertPlot } from '../../model/alerts/alert-chart.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { hostRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { openRoute } from '../events.ts';
import '../charts/pw-chart.ts';

@customElement('pw-alert-chart')
export class PwAlertChart extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      pw-chart {
        border-width: 1px 0 0;
        border-radius: 0;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) item!: AlertItem;
  @property({ attribute: false }) notes: readonly Note[] = [];
  #plot: AlertPlot | null = null;
  #overlays: ChartOverlays | null = null;
  #window: SeriesWindow | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#release();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.requestUpdate();
  }

  override willUpdate(): void {
    const plot = alertPlot(this.item, this.dashboard.hubMs);
    // An alert changes with each message; the chart only with what it is about.
    if (this.#plot?.chart.id !== plot?.chart.id || this.#plot?.chart.note !== plot?.chart.note) this.#plot = plot;
    this.#overlays = alertOverlays(this.item, this.notes);
    if (this.#plot === null) this.#release();
    else if (this.#window === null)
      this.#window = new SeriesWindow({ dashboard: this.dashboard, range: this.#plot.range });
    else this.#window.show(this.#plot.range);
  }

  override render() {
    if (this.#plot === null || this.#window === null) return nothing;
    return html`<pw-chart
      .chart=${this.#plot.chart}
      .source=${this.#window}
      .overlays=${this.#overlays}
      @pw-zoom=${(event: CustomEvent<{ readonly fromMs: number; readonly toMs: number }>) => {
        const { fromMs, toMs } = event.detail;
        openRoute(this, { ...hostRoute, host: this.item.host, range: { kind: 'fixed', fromMs, toMs } });
      }}
    ></pw-chart>`;
  }

  #release(): void {
    this.#window?.release();
    this.#window = null;
  }
}

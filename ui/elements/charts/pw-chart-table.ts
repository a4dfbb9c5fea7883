/** The values of a chart as a table, as they stood when it was opened: a table that moves cannot be read. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ChartSource } from '../../chart-source.ts';
import { createChartData } from '../../model/charts/chart-data.ts';
import { csvLink } from '../../model/charts/chart-links.ts';
import { tableOf } from '../../model/charts/chart-table.ts';
import type { Chart } from '../../model/charts/charts.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { formatClock, formatCount, formatDay, formatDuration } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { icon } from '../icons.ts';

const dayMs = 86_400_000;

@customElement('pw-chart-table')
export class PwChartTable extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        padding-bottom: 10px;
      }
      header .hint {
        flex: 1 1 200px;
      }
      .scroll {
        max-height: min(60vh, 640px);
        overflow: auto;
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: var(--pw-fs-2);
      }
      th,
      td {
        height: 26px;
        padding: 0 10px;
        border-bottom: 1px solid var(--pw-border-1);
        text-align: right;
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      /* Of many columns the time stays in sight. */
      th:first-child {
        position: sticky;
        left: 0;
        background: var(--pw-surface-1);
        text-align: left;
      }
      thead th {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--pw-surface-2);
        color: var(--pw-text-2);
        font-weight: var(--pw-w-medium);
      }
      thead th:first-child {
        z-index: 2;
        background: var(--pw-surface-2);
      }
      tbody th {
        font-weight: var(--pw-w-regular);
        color: var(--pw-text-2);
      }
    `,
  ];

  @property({ attribute: false }) chart!: Chart;
  @property({ attribute: false }) source!: ChartSource;
  /** Host of lines that name none. */
  @property() host = '';

  override render() {
    const { chart, source } = this;
    const { window } = source;
    const data = createChartData(chart);
    source.fill(data, chart);
    const { columns, rows, rowCount } = tableOf(chart, data, window);
    const hasDay = window.toMs - window.fromMs > dayMs;
    const csv = csvLink(chart, { host: this.host, window, stepMs: data.stepMs });
    const what = data.stepMs > 0 ? `averages of ${formatDuration(data.stepMs)}` : 'samples as they came';
    return html`<header>
        <span class="hint">
          ${formatDay(window.fromMs)}, ${formatClock(window.fromMs)} to ${hasDay ? `${formatDay(window.toMs)}, ` : nothing}${formatClock(window.toMs)}
          ${displayZoneText(window.toMs)}, the newest first, ${what}.
          ${rows.length < rowCount ? `${formatCount(rows.length)} of ${formatCount(rowCount)} rows; the file has all.` : `${formatCount(rowCount)} rows.`}
        </span>
        <button class="btn" @click=${() => this.requestUpdate()}>${icon('repeat', 14)}Read again</button>
        <a class="btn" href=${csv.href} download=${csv.file}>${icon('download', 14)}Download CSV</a>
      </header>
      <div class="scroll" role="region" aria-label="Values of ${chart.title}" tabindex="0">
        <table>
          <caption class="sr">${chart.title}, ${what}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              ${columns.map((name) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ({ atMs, texts }) => html`<tr>
                <th scope="row">${hasDay ? `${formatDay(atMs)}, ` : nothing}${formatClock(atMs)}</th>
                ${texts.map((text) => html`<td>${text}</td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }
}

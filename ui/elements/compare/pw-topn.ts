/** The ranking: which line is highest or lowest over the window, and what each had. A row that is chosen stands out in the chart. */
import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Severity } from '#core/rule-spec.ts';
import type { LineLook } from '../../model/compare/colors.ts';
import type { MetricScale } from '../../model/compare/metrics.ts';
import type { Ranked } from '../../model/compare/ranking.ts';
import { formatCount, formatValue } from '../../model/format.ts';
import type { CompareRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { replaceRoute, tell } from '../events.ts';
import '../pw-severity.ts';
import { swatch, swatchStyles } from './swatch.ts';

export interface RankRow {
  readonly host: string;
  readonly title: string;
  readonly look: LineLook;
  readonly ranked: Ranked;
  readonly severity: Severity | null;
}

const topChoices = [0, 3, 5, 8, 10, 20, 50];
/** More rows at once are no ranking that anybody reads. */
const rowsMax = 50;
const statWords = { avg: 'Average', min: 'Minimum', max: 'Maximum' } as const;

@customElement('pw-topn')
export class PwTopn extends LitElement {
  static override readonly styles = [
    sharedStyles,
    ...swatchStyles,
    css`
      :host {
        overflow: hidden;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 8px;
        padding: 8px 8px 8px 12px;
      }
      header .hint {
        flex: 1;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: var(--pw-fs-2);
      }
      th,
      td {
        height: var(--pw-h-row);
        padding: 0 6px;
        border-top: 1px solid var(--pw-border-1);
        text-align: left;
        white-space: nowrap;
      }
      thead th {
        font-size: var(--pw-fs-1);
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-3);
      }
      th:first-child,
      td:first-child {
        width: 30px;
        padding-left: 12px;
        color: var(--pw-text-3);
      }
      th:last-child,
      td:last-child {
        padding-right: 12px;
      }
      .number {
        text-align: right;
        color: var(--pw-text-2);
        font-variant-numeric: tabular-nums;
      }
      td.number.lead {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      /* Takes what the figures leave. */
      tbody th {
        width: 50%;
        max-width: 0;
        padding: 0;
        font-weight: var(--pw-w-medium);
      }
      tbody tr:hover,
      tbody tr.focused {
        background: var(--pw-surface-2);
      }
      tbody tr {
        cursor: pointer;
      }
      .line {
        display: flex;
        align-items: center;
        gap: 8px;
        width: 100%;
        min-width: 0;
        height: var(--pw-h-row);
        padding: 0 6px;
        border: 0;
        background: none;
        font-weight: inherit;
        text-align: left;
        cursor: pointer;
      }
      .line:focus-visible {
        outline-offset: -2px;
      }
      .bar {
        width: 64px;
      }
      .bar .share {
        fill: var(--pw-c1);
        opacity: 0.8;
      }
      .bar .mark {
        fill: var(--pw-text-1);
      }
      footer {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 6px 12px;
        border-top: 1px solid var(--pw-border-1);
      }
      @media (max-width: 420px) {
        .least {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) route!: CompareRoute;
  @property({ attribute: false }) scale!: MetricScale;
  /** In their order; every line, also those below the top. */
  @property({ attribute: false }) rows: readonly RankRow[] = [];
  /** "last 1 h". */
  @property() span = '';
  /** Whether the window is in the past: the newest value is then its last. */
  @property({ type: Boolean }) isPast = false;
  @state() private isWhole = false;
  /** Row that has the one tab stop, by its line. */
  #current = -1;

  override render() {
    const { route, rows } = this;
    const shown = route.top === 0 ? rows : rows.slice(0, route.top);
    const visible = this.isWhole ? shown : shown.slice(0, rowsMax);
    const name = `${statWords[route.stat].toLowerCase()}, ${this.span}`;
    if (!visible.some(({ ranked }) => ranked.line === this.#current)) this.#current = visible[0]?.ranked.line ?? -1;
    return html`<header>
        <h3>Ranking</h3>
        <span class="hint ell">by ${name}</span>
        <select class="select" aria-label="Lines that are shown" .value=${String(route.top)} @change=${this.#chooseTop}>
          ${topChoices.map(
            (top) =>
              html`<option value=${top} ?selected=${top === route.top}>${top === 0 ? `All ${formatCount(rows.length)}` : `Top ${top}`}</option>`,
          )}
          ${topChoices.includes(route.top) ? nothing : html`<option value=${route.top} selected>Top ${route.top}</option>`}
        </select>
        <div class="seg" role="group" aria-label="Order">
          ${(['highest', 'lowest'] as const).map(
            (
              order,
            ) => html`<button aria-pressed=${route.order === order ? 'true' : 'false'} @click=${() => this.#change({ order })}>
              ${order === 'highest' ? 'Highest' : 'Lowest'}
            </button>`,
          )}
        </div>
      </header>
      <div class="scroll">
        <table>
          <caption class="sr">Ranking by ${name}. Enter shows one line alone, arrow keys move.</caption>
          <thead>
            <tr>
              <th scope="col"><span class="sr">Rank</span></th>
              <th scope="col">Host</th>
              <th scope="col" title=${route.stat === 'avg' ? 'The mark is the maximum' : nothing}>
                ${statWords[route.stat]}${route.stat === 'avg' ? html`<span class="sr">, the mark is the maximum</span>` : nothing}
              </th>
              <th scope="col" class="number">${this.isPast ? 'Last' : 'Now'}</th>
              <th scope="col" class="number">Avg</th>
              <th scope="col" class="number least">Min</th>
              <th scope="col" class="number">Max</th>
            </tr>
          </thead>
          <tbody @keydown=${this.#keyPressed}>
            ${repeat(
              visible,
              ({ ranked }) => ranked.line,
              (row, at) => this.#renderRow(row, at),
            )}
          </tbody>
        </table>
      </div>
      ${
        visible.length < shown.length
          ? html`<footer class="hint">
              ${rowsMax} of ${formatCount(shown.length)} shown
              <button class="btn small" @click=${() => (this.isWhole = true)}>Show all</button>
            </footer>`
          : nothing
      }`;
  }

  #renderRow({ host, title, look, ranked, severity }: RankRow, at: number) {
    const { unit, factor } = this.scale;
    const isFocused = this.route.focus === host;
    const text = (value: number) => formatValue(value * factor, unit);
    const lead = (stat: 'avg' | 'min' | 'max') => (this.route.stat === stat ? 'lead' : '');
    return html`<tr
      class=${isFocused ? 'focused' : nothing}
      @click=${() => this.#toggle(host)}
      @pointerenter=${() => tell(this, 'pw-hover', host)}
      @pointerleave=${() => tell(this, 'pw-hover', '')}
    >
      <td>${at + 1}</td>
      <th scope="row">
        <button
          class="line"
          aria-pressed=${isFocused ? 'true' : 'false'}
          tabindex=${ranked.line === this.#current ? 0 : -1}
          data-line=${ranked.line}
          title=${host}
        >
          ${swatch(look)}<span class="ell">${title}</span>
          ${severity === null ? nothing : html`<pw-severity .level=${severity} bare></pw-severity>`}
        </button>
      </th>
      <td>${this.#renderBar(ranked)}</td>
      <td class="number">${text(ranked.now)}</td>
      <td class="number ${lead('avg')}">${text(ranked.avg)}</td>
      <td class="number least ${lead('min')}">${text(ranked.min)}</td>
      <td class="number ${lead('max')}">${text(ranked.max)}</td>
    </tr>`;
  }

  #renderBar(ranked: Ranked) {
    const { stat } = this.route;
    const full = this.#fullValue;
    const share = (value: number) => Math.max(0, Math.min(100, (value / full) * 100));
    const value = ranked[stat];
    return html`<svg class="bar" width="64" height="14" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
      <rect class="share" x="0" y="2" width=${share(value)} height="10" rx="2" />
      ${stat === 'avg' ? svg`<rect class="mark" x=${Math.max(0, share(ranked.max) - 2.6)} y="0" width="2.6" height="14" rx="1" />` : nothing}
    </svg>`;
  }

  /** Value of a full bar. */
  get #fullValue(): number {
    const highest = this.rows.reduce((most, { ranked }) => Math.max(most, ranked.max), 0);
    const { max, factor } = this.scale;
    return Math.max(max === null ? 0 : max / factor, highest) || 1;
  }

  #toggle(host: string): void {
    this.#change({ focus: this.route.focus === host ? '' : host });
  }

  #chooseTop(event: Event): void {
    this.#change({ top: Number((event.target as HTMLSelectElement).value) });
  }

  #change(change: Partial<CompareRoute>): void {
    replaceRoute(this, { ...this.route, ...change });
  }

  /** One tab stop; arrows move within it. */
  #keyPressed(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.route.focus !== '') {
      event.preventDefault();
      this.#change({ focus: '' });
      return;
    }
    const lines = [...this.renderRoot.querySelectorAll<HTMLElement>('.line')];
    const at = lines.findIndex((line) => line.matches(':focus'));
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      j: at + 1,
      k: at - 1,
      Home: 0,
      End: lines.length - 1,
    };
    const next = moves[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const line = lines[Math.max(0, Math.min(lines.length - 1, next))]!;
    this.#current = Number(line.dataset['line']);
    this.requestUpdate();
    line.focus();
  }
}

/** Alerts that fire, the worst on top, as they are read from across a room: with what is judged now, as on the alerts page. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { AlertDesk } from '../../live/alert-desk.ts';
import { AlertSparks } from '../../live/alert-sparks.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { alertValueText } from '../../model/alerts/alert-text.ts';
import { wantOf } from '../../model/alerts/spark-plan.ts';
import { formatCount, formatDuration } from '../../model/format.ts';
import { unitOfKey } from '../../model/names.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tvStyles } from './tv-styles.ts';
import '../pw-severity.ts';

@customElement('pw-tv-alerts')
export class PwTvAlerts extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tvStyles,
    css`
      :host {
        min-width: 0;
        min-height: 0;
        overflow: hidden;
      }
      ul {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        column-gap: calc(56px * var(--s));
      }
      :host([columns='2']) ul {
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      }
      li {
        display: grid;
        grid-template-columns: calc(28px * var(--s)) minmax(0, 1fr) auto;
        align-items: center;
        column-gap: calc(12px * var(--s));
        padding: calc(12px * var(--s)) 0;
        border-top: 1px solid var(--pw-border-1);
        font-size: calc(22px * var(--s));
        line-height: calc(28px * var(--s));
      }
      pw-severity {
        grid-row: 1 / span 2;
        zoom: calc(1.6 * var(--s));
      }
      .value {
        text-align: right;
        font-weight: var(--pw-w-strong);
        white-space: nowrap;
      }
      .critical {
        color: var(--pw-crit);
      }
      .warning {
        color: var(--pw-warn);
      }
      small {
        grid-column: 2;
        font-size: calc(15px * var(--s));
        line-height: calc(20px * var(--s));
        color: var(--pw-text-3);
      }
      small + small {
        grid-column: 3;
        text-align: right;
        white-space: nowrap;
      }
      .none,
      .more {
        padding-top: calc(13px * var(--s));
        border-top: 1px solid var(--pw-border-1);
        font-size: calc(18px * var(--s));
        line-height: calc(26px * var(--s));
        color: var(--pw-text-3);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** Rows of one column. */
  @property({ type: Number }) lines = 6;
  @property({ type: Number, reflect: true }) columns = 1;
  @property({ attribute: 'heading' }) heading = 'Needs attention';

  #desk!: AlertDesk;
  #sparks!: AlertSparks;
  #shown: readonly AlertItem[] = [];

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked, this.#desk.changed, this.#sparks.changed]);
  }

  override connectedCallback(): void {
    this.#desk = new AlertDesk(this.dashboard);
    this.#sparks = new AlertSparks(this.dashboard);
    super.connectedCallback();
    this.#desk.open();
    this.#sparks.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#desk.close();
    this.#sparks.close();
  }

  override render() {
    const { alerts } = this.dashboard;
    const firing = this.#desk.items.filter(({ phase }) => phase === 'firing');
    const fits = this.lines * this.columns;
    const shown = firing.slice(0, firing.length > fits ? fits - this.columns : fits);
    this.#want(shown);
    return html`<h2>${this.heading}</h2>
      ${firing.length === 0 ? html`<p class="none">${alerts.isKnown ? 'No alert is firing.' : 'Waiting for the hub.'}</p>` : nothing}
      <ul>
        ${shown.map((row) => this.#renderRow(row))}
      </ul>
      ${firing.length > shown.length ? html`<p class="more">and ${formatCount(firing.length - shown.length)} more</p>` : nothing}`;
  }

  /** Only what is shown is asked for. */
  #want(shown: readonly AlertItem[]): void {
    for (const { key } of this.#shown) this.#sparks.hide(key);
    this.#shown = shown;
    for (const item of shown) {
      const want = item.cause !== 'limits' ? null : wantOf(item, this.dashboard.hubMs);
      if (want !== null) this.#sparks.show(want);
    }
  }

  #renderRow(item: AlertItem) {
    const sinceMs = Math.max(0, this.dashboard.hubMs - item.sinceMs);
    const value = this.#sparks.valueOf(item);
    return html`<li>
      <pw-severity level=${item.severity} bare></pw-severity>
      <span class="ell">${item.ruleName}</span>
      <span class="value ${item.severity}">${value === null ? '' : alertValueText(value, item.unit || unitOfKey(item.series))}</span>
      <small class="ell">${item.host === '' ? 'the fleet' : item.hostTitle}${item.isAcknowledged ? ' · acknowledged' : ''}</small>
      <small>for ${formatDuration(sinceMs)}</small>
    </li>`;
  }
}

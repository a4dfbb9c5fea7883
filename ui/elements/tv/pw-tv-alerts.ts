/** Alerts that fire, the worst on top, as they are read from across a room. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AlertRow } from '#core/message.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { formatCount, formatDuration, formatValue } from '../../model/format.ts';
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

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked, this.dashboard.alerts.changed]);
  }

  override render() {
    const { alerts } = this.dashboard;
    const firing = alerts.rows().filter(({ phase }) => phase === 'firing');
    const fits = this.lines * this.columns;
    const shown = firing.slice(0, firing.length > fits ? fits - this.columns : fits);
    return html`<h2>${this.heading}</h2>
      ${firing.length === 0 ? html`<p class="none">${alerts.isKnown ? 'No alert is firing.' : 'Waiting for the hub.'}</p>` : nothing}
      <ul>
        ${shown.map((row) => this.#renderRow(row))}
      </ul>
      ${firing.length > shown.length ? html`<p class="more">and ${formatCount(firing.length - shown.length)} more</p>` : nothing}`;
  }

  #renderRow(row: AlertRow) {
    const host = this.dashboard.fleet.byId(row.hostId);
    const sinceMs = Math.max(0, this.dashboard.hubMs - row.sinceMs);
    return html`<li>
      <pw-severity level=${row.severity} bare></pw-severity>
      <span class="ell">${row.ruleName}</span>
      <span class="value ${row.severity}">${row.value === null ? '' : formatValue(row.value, unitOfKey(row.series))}</span>
      <small class="ell">${host?.title ?? (row.hostId === 0 ? 'the fleet' : '')}${row.isAcknowledged ? ' · acknowledged' : ''}</small>
      <small>for ${formatDuration(sinceMs)}</small>
    </li>`;
  }
}

/** The hosts with the highest values of each figure, as bars. */
import { css, html, LitElement, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatValue } from '../../model/format.ts';
import { type CardRow, cardRows, rowValueAt } from '../../model/overview/metrics.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tvStyles } from './tv-styles.ts';

const count = 8;
const titles = { cpu: 'CPU', memory: 'Memory', network: 'Network', disk: 'Disk IO' } as const;

@customElement('pw-tv-busiest')
export class PwTvBusiest extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tvStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(4, minmax(0, 1fr));
        gap: calc(40px * var(--s));
        min-height: 0;
        overflow: hidden;
      }
      li {
        padding: calc(9px * var(--s)) 0;
        border-top: 1px solid var(--pw-border-1);
        font-size: calc(20px * var(--s));
        line-height: calc(26px * var(--s));
      }
      p {
        display: flex;
        justify-content: space-between;
        gap: calc(12px * var(--s));
      }
      b {
        font-weight: var(--pw-w-strong);
        white-space: nowrap;
      }
      svg {
        width: 100%;
        height: calc(6px * var(--s));
        margin-top: calc(4px * var(--s));
      }
      .track {
        fill: var(--pw-surface-3);
      }
      .cpu {
        fill: var(--pw-c1);
      }
      .memory {
        fill: var(--pw-c5);
      }
      .network {
        fill: var(--pw-c3);
      }
      .disk {
        fill: var(--pw-c2);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) hosts: readonly FleetHost[] = [];

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked]);
  }

  override render() {
    return cardRows.map((row) => this.#renderTop(row));
  }

  #renderTop(row: CardRow) {
    const valued = this.hosts
      .filter(({ state }) => state !== 'down')
      .map((host) => ({ host, value: rowValueAt(host.values, 0, row) }))
      .filter(({ value }) => !Number.isNaN(value))
      .sort((a, b) => b.value - a.value)
      .slice(0, count);
    const max = row.max ?? Math.max(1, valued[0]?.value ?? 1);
    return html`<section>
      <h2>${titles[row.metric]}</h2>
      <ul>
        ${valued.map(
          ({ host, value }) => html`<li>
            <p><span class="ell">${host.title}</span><b>${formatValue(value, row.unit)}</b></p>
            <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
              ${svg`<rect class="track" width="100" height="1" /><rect class=${row.metric} width=${Math.min(100, (value / max) * 100)} height="1" />`}
            </svg>
          </li>`,
        )}
      </ul>
    </section>`;
  }
}

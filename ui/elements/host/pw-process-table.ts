/** The leading processes of a host, by CPU or memory. The agent sends the newest list every few seconds; it is not stored. */

import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { TopRow } from '#core/message.ts';
import { Following } from '../../controllers/following.ts';
import type { OpenHost } from '../../dashboard.ts';
import { formatValue } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { panelTableStyles } from './panel-table-styles.ts';

type Order = 'cpuPercent' | 'memoryBytes';

@customElement('pw-process-table')
export class PwProcessTable extends LitElement {
  static override readonly styles = [
    sharedStyles,
    panelTableStyles,
    css`
      th {
        padding: 4px 8px;
      }
      th button {
        min-height: 24px;
        padding: 0;
        border: 0;
        background: none;
        color: inherit;
        cursor: pointer;
      }
      th[aria-sort='descending'] {
        color: var(--pw-text-1);
      }
      td {
        height: 24px;
        padding: 0 8px;
        white-space: nowrap;
      }
      tr:last-child td {
        padding-bottom: 4px;
      }
      th:first-child,
      td:first-child {
        padding-left: 12px;
      }
      th:last-child,
      td:last-child {
        padding-right: 12px;
      }
      .number {
        text-align: right;
      }
      .name {
        max-width: 200px;
      }
      .quiet {
        color: var(--pw-text-3);
      }
      .user {
        color: var(--pw-text-2);
      }
      .none {
        padding: 16px 12px;
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
      }
    `,
  ];

  @property({ attribute: false }) open!: OpenHost;
  @state() private order: Order = 'cpuPercent';

  constructor() {
    super();
    new Following(this, () => [this.open.processesChanged]);
  }

  override render() {
    const { processes } = this.open;
    if (processes === null) return html`<p class="none">The agent has not sent its processes yet.</p>`;
    const rows = [...processes.processes].sort((a, b) => b[this.order] - a[this.order]);
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Process</th>
          <th scope="col">User</th>
          ${this.#renderHead('cpuPercent', 'CPU')} ${this.#renderHead('memoryBytes', 'Memory')}
          <th scope="col" class="number">PID</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(renderProcess)}
      </tbody>
    </table>`;
  }

  #renderHead(order: Order, title: string) {
    const isSorted = this.order === order;
    return html`<th scope="col" class="number" aria-sort=${isSorted ? 'descending' : 'none'}>
      <button
        @click=${() => {
          this.order = order;
        }}
      >
        ${title}${isSorted ? ' \u2193' : ''}
      </button>
    </th>`;
  }
}

function renderProcess(row: TopRow) {
  return html`<tr>
    <td class="name mono ell" title=${row.name}>${row.name}</td>
    <td class="user">${row.user}</td>
    <td class="number">${formatValue(row.cpuPercent, 'percent')}</td>
    <td class="number">${formatValue(row.memoryBytes, 'bytes')}</td>
    <td class="number quiet">${row.pid}</td>
  </tr>`;
}

/** Entries of the audit log, the newest first: one row each, which opens to everything that is known of it. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { AuditEntry } from '../../../api/audit.ts';
import { actorKindText, actorText, detailText, didText, resultText } from '../../../model/admin/audit-text.ts';
import { formatClock, formatDate, formatDay, noValue } from '../../../model/format.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { icon } from '../../icons.ts';
import { tableStyles } from '../../table-styles.ts';

@customElement('pw-audit-table')
export class PwAuditTable extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tableStyles,
    css`
      table {
        min-width: 760px;
        table-layout: fixed;
      }
      .at {
        width: 132px;
      }
      .who {
        width: 16%;
      }
      .who strong {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      .did {
        width: 25%;
      }
      .did svg {
        display: inline-block;
        margin-right: 6px;
        vertical-align: -2px;
      }
      .from {
        width: 148px;
      }
      td.from {
        font-family: var(--pw-mono);
        color: var(--pw-text-3);
      }
      .result {
        width: 132px;
      }
      .refused,
      .failed {
        color: var(--pw-warn);
      }
      .failed {
        color: var(--pw-down);
      }
      th.act,
      td.act {
        width: 44px;
        padding: 0 8px 0 0;
        text-align: right;
      }
      .open td {
        background: var(--pw-surface-2);
      }
      .more:hover {
        background: none;
      }
      .more td {
        padding: 4px 16px 14px;
        background: var(--pw-surface-2);
        white-space: normal;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(80px, max-content) minmax(0, 1fr);
        gap: 4px 16px;
        max-width: 900px;
      }
      dt {
        color: var(--pw-text-3);
        overflow-wrap: anywhere;
      }
      dd {
        color: var(--pw-text-1);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      @media (max-width: 720px) {
        table {
          min-width: 900px;
        }
      }
    `,
  ];

  @property({ attribute: false }) entries: readonly AuditEntry[] = [];
  @state() private opened: ReadonlySet<number> = new Set();

  override render() {
    return html`<div class="panel">
      <div class="scroll" tabindex="0" role="region" aria-label="Audit log">
        <table>
          <caption class="sr">What was done, the newest first</caption>
          <thead>
            <tr>
              <th class="at">Time</th>
              <th class="who">Who</th>
              <th class="did">Did</th>
              <th>Object</th>
              <th class="from">From</th>
              <th class="result">Result</th>
              <th class="act"><span class="sr">Details</span></th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              this.entries,
              ({ id }) => id,
              (entry) => [this.#renderRow(entry), this.opened.has(entry.id) ? this.#renderDetails(entry) : nothing],
            )}
          </tbody>
        </table>
      </div>
    </div>`;
  }

  #renderRow(entry: AuditEntry) {
    const { id, atMs, object, address, result } = entry;
    const isOpen = this.opened.has(id);
    const kind = actorKindText(entry);
    const who = actorText(entry);
    const did = didText(entry);
    return html`<tr class=${isOpen ? 'open' : ''}>
      <td class="at" title=${formatDate(atMs)}>${formatDay(atMs)} ${formatClock(atMs)}</td>
      <td class="who ell" title=${who}><strong>${who}</strong>${kind === '' ? nothing : html` <span class="quiet">${kind}</span>`}</td>
      <td class="did ${result} ell" title=${did}>${result === 'done' ? nothing : icon(result === 'refused' ? 'shield' : 'close', 14)}${did}</td>
      <td class="ell" title=${object}>${object === '' ? noValue : object}</td>
      <td class="from ell" title=${address}>${address === '' ? 'hub' : address}</td>
      <td class="result ${result} ell">${resultText(entry)}</td>
      <td class="act">
        <button
          class="btn small ghost icon"
          aria-expanded=${isOpen ? 'true' : 'false'}
          aria-label="Details: ${who} ${did}"
          title="Details"
          @click=${() => this.#toggle(id)}
        >
          ${icon(isOpen ? 'up' : 'down', 14)}
        </button>
      </td>
    </tr>`;
  }

  #renderDetails({ action, status, userAgent, object, repeats, detail }: AuditEntry) {
    const facts: readonly (readonly [string, unknown])[] = [
      ['Action', action],
      ['Object', object],
      ...(status === null ? [] : ([['Answer', String(status)]] as const)),
      ...(repeats === 1 ? [] : ([['Stands for', `${repeats} alike`]] as const)),
      ...(userAgent === '' ? [] : ([['Program', userAgent]] as const)),
      ...detail,
    ];
    return html`<tr class="more">
      <td colspan="7">
        <dl>
          ${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${detailText(value)}</dd>`)}
        </dl>
      </td>
    </tr>`;
  }

  #toggle(id: number): void {
    const opened = new Set(this.opened);
    if (!opened.delete(id)) opened.add(id);
    this.opened = opened;
  }
}

/** Every downtime there is in a table: what lasts first, then what comes, then what is over. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { type DowntimeRow, scheduleText } from '../../model/downtimes/downtime-row.ts';
import { endIn, momentIn, type Shown } from '../../model/downtimes/zone-text.ts';
import { formatCount, formatDuration, noValue } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import { tableStyles } from '../table-styles.ts';
import '../pw-status.ts';

/** Rows at first; those that are over add up over the years. */
const shownAtFirst = 100;

@customElement('pw-downtime-list')
export class PwDowntimeList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tableStyles,
    css`
      td b {
        font-weight: var(--pw-w-medium);
      }
      .title {
        min-height: 24px;
        display: flex;
        align-items: center;
        gap: 6px;
        max-width: 320px;
        padding: 0;
        border: 0;
        background: none;
        color: inherit;
        text-align: left;
        cursor: pointer;
      }
      .title:hover b {
        text-decoration: underline;
      }
      .title svg {
        color: var(--pw-text-3);
      }
      .applies {
        max-width: 260px;
      }
      .now {
        display: inline-flex;
        gap: 6px;
        color: var(--pw-maint);
      }
      .over td {
        color: var(--pw-text-3);
      }
      .actions {
        display: flex;
        justify-content: flex-end;
        gap: 4px;
      }
      .foot {
        padding: 8px 12px;
      }
    `,
  ];

  /** Whether whoever looks may change them. */
  @property({ attribute: false }) canEdit = false;
  @property({ attribute: false }) rows: readonly DowntimeRow[] = [];
  @property({ attribute: false }) shown!: Shown;
  @state() private shownCount = shownAtFirst;

  override render() {
    const rows = this.rows.slice(0, this.shownCount);
    const left = this.rows.length - rows.length;
    return html`<div class="panel">
      <div class="scroll">
        <table>
          <caption class="sr">Downtimes</caption>
          <thead>
            <tr>
              <th>Downtime</th>
              <th>State</th>
              <th>Hosts</th>
              <th>When</th>
              <th>Next</th>
              <th>By</th>
              <th><span class="sr">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              rows,
              ({ downtime }) => downtime.id,
              (row) => this.#renderRow(row),
            )}
          </tbody>
        </table>
      </div>
      ${
        left === 0
          ? nothing
          : html`<div class="foot">
              <button class="btn small" @click=${() => this.#showMore()}>Show more</button>
              <span class="hint">${formatCount(left)} more</span>
            </div>`
      }
    </div>`;
  }

  #renderRow(row: DowntimeRow) {
    const { downtime, title, applies, isRecurring, isReadOnly, state } = row;
    return html`<tr class=${state}>
      <td>
        <button class="title" @click=${() => tell(this, 'pw-open', row)}>
          <b class="ell">${title}</b>${isRecurring ? icon('repeat', 12) : nothing}
        </button>
      </td>
      <td>${state === 'active' ? html`<span class="now"><pw-status state="downtime" bare></pw-status>Active</span>` : state === 'over' ? 'Over' : 'Planned'}</td>
      <td><div class="applies ell" title=${applies}>${applies}</div></td>
      <td>${scheduleText(downtime.spec.schedule, this.shown)}</td>
      <td>${this.#nextText(row)}</td>
      <td>${isReadOnly ? 'file of alerts' : downtime.spec.author || noValue}</td>
      <td>
        <div class="actions">
          ${
            isReadOnly || !this.canEdit
              ? nothing
              : html`${state === 'active' ? html`<button class="btn small" aria-label="End now: ${title}" @click=${() => tell(this, 'pw-end', row)}>End now</button>` : nothing}
                <button class="btn small ghost icon" aria-label="Edit ${title}" title="Edit" @click=${() => tell(this, 'pw-open', row)}>
                  ${icon('edit', 14)}
                </button>
                <button class="btn small ghost icon" aria-label="Delete ${title}" title="Delete" @click=${() => tell(this, 'pw-delete', row)}>
                  ${icon('trash', 14)}
                </button>`
          }
        </div>
      </td>
    </tr>`;
  }

  #nextText({ window, state }: DowntimeRow): string {
    const { shown } = this;
    if (window === null) return noValue;
    if (state === 'active') return `ends ${endIn(window.endMs, { fromMs: shown.nowMs, shown })}`;
    return `${momentIn(window.startMs, shown)}, in ${formatDuration(window.startMs - shown.nowMs)}`;
  }

  #showMore(): void {
    this.shownCount += shownAtFirst;
  }
}

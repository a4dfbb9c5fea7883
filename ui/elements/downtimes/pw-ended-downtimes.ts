/** What has ended in the last days: each window, recurring ones each time. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DowntimeRow } from '../../model/downtimes/downtime-row.ts';
import { endedWindows } from '../../model/downtimes/ended.ts';
import { type Shown, windowIn } from '../../model/downtimes/zone-text.ts';
import { formatCount, formatDuration, noValue } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tableStyles } from '../table-styles.ts';

const days = 7;
const shownAtFirst = 8;
const shownMax = 200;

@customElement('pw-ended-downtimes')
export class PwEndedDowntimes extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tableStyles,
    css`
      header {
        display: flex;
        align-items: baseline;
        gap: 8px;
        padding: 12px 16px;
        border-bottom: 1px solid var(--pw-border-1);
      }
      h2 {
        font-size: var(--pw-fs-3);
      }
      td b {
        font-weight: var(--pw-w-medium);
      }
      .ell {
        max-width: 280px;
      }
      .foot {
        padding: 8px 16px;
        border-top: 1px solid var(--pw-border-1);
      }
      .none {
        padding: 12px 16px;
        color: var(--pw-text-3);
      }
    `,
  ];

  @property({ attribute: false }) rows: readonly DowntimeRow[] = [];
  @property({ attribute: false }) shown!: Shown;
  @state() private showsAll = false;

  override render() {
    const { nowMs } = this.shown;
    const ended = endedWindows(this.rows, { sinceMs: nowMs - days * 86_400_000, nowMs });
    const shown = ended.slice(0, this.showsAll ? shownMax : shownAtFirst);
    return html`<section class="panel" aria-labelledby="ended">
      <header>
        <h2 id="ended">Ended recently</h2>
        <span class="hint">last ${days} days</span>
      </header>
      ${
        ended.length === 0
          ? html`<p class="none">None has ended in the last ${days} days.</p>`
          : html`<div class="scroll" tabindex="0" role="group" aria-labelledby="ended">
              <table>
                <thead>
                  <tr>
                    <th>Downtime</th>
                    <th>Hosts</th>
                    <th>Window</th>
                    <th class="number">Lasted</th>
                    <th>Created by</th>
                  </tr>
                </thead>
                <tbody>
                  ${shown.map(
                    ({ row, startMs, endMs }) => html`<tr>
                      <td><div class="ell"><b>${row.title}</b></div></td>
                      <td><div class="ell" title=${row.applies}>${row.applies}</div></td>
                      <td>${windowIn({ startMs, endMs }, this.shown)}</td>
                      <td class="number">${formatDuration(endMs - startMs)}</td>
                      <td>${row.isRecurring ? 'recurring' : row.downtime.spec.author || noValue}</td>
                    </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
      ${
        ended.length <= shown.length || this.showsAll
          ? nothing
          : html`<div class="foot">
              <button
                class="btn small"
                @click=${() => {
                  this.showsAll = true;
                }}
              >
                Show all ${formatCount(Math.min(ended.length, shownMax))}
              </button>
            </div>`
      }
    </section>`;
  }
}

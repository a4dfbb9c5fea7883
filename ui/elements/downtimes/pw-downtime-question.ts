/** Asks before a downtime is ended or deleted, says what then is, and does it. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { changeDowntime, removeDowntime } from '../../api/downtimes.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { DowntimeRow } from '../../model/downtimes/downtime-row.ts';
import { endingOf } from '../../model/downtimes/ending.ts';
import { momentIn, type Shown, windowIn } from '../../model/downtimes/zone-text.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import { problem } from '../pw-dialog.ts';

@customElement('pw-downtime-question')
export class PwDowntimeQuestion extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .problem {
        margin-top: 8px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) row!: DowntimeRow;
  @property() act: 'end' | 'delete' = 'end';
  @property({ attribute: false }) shown!: Shown;
  @state() private isBusy = false;
  @state() private why = '';

  override render() {
    const { row, act, isBusy } = this;
    const isEnding = act === 'end';
    return html`<pw-dialog .heading=${isEnding ? `End “${row.title}” now?` : `Delete “${row.title}”?`}>
      <p>${isEnding ? this.#endText() : this.#deleteText()}</p>
      ${this.why === '' ? nothing : html`<div role="alert">${problem(this.why)}</div>`}
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button slot="actions" class="btn ${isEnding ? 'primary' : 'danger'}" ?disabled=${isBusy} @click=${this.#act}>
        ${isEnding ? 'End now' : 'Delete'}
      </button>
    </pw-dialog>`;
  }

  #endText(): string {
    const { row, shown } = this;
    const told = 'What fires on its hosts is told from now on.';
    if (!row.isRecurring)
      return row.window === null ? told : `It was to last until ${momentIn(row.window.endMs, shown)}. ${told}`;
    const ending = endingOf(row.downtime.spec, shown.nowMs);
    if (ending.kind === 'remove') return `${told} It has no further window, so it is deleted.`;
    const next = ending.next === null ? '' : ` It comes again ${windowIn(ending.next, shown)}.`;
    return `${told}${next} Its earlier windows are no longer shown.`;
  }

  #deleteText(): string {
    const { row } = this;
    const told = row.state === 'active' ? ' What fires on its hosts is told from now on.' : '';
    return row.state === 'over'
      ? 'It is over. Deleting it takes it out of the timeline and off the charts of its hosts.'
      : `Its windows, also those that were, are no longer known.${told}`;
  }

  readonly #act = async (): Promise<void> => {
    const { row, act, dashboard } = this;
    const { id, spec } = row.downtime;
    const { client } = dashboard;
    this.isBusy = true;
    const ending = act === 'end' ? endingOf(spec, dashboard.hubMs) : ({ kind: 'remove' } as const);
    const done = await (ending.kind === 'remove'
      ? removeDowntime(client, id)
      : changeDowntime(client, id, ending.spec));
    this.isBusy = false;
    // Somebody else has deleted it: that is what was wanted.
    if (done.kind === 'failed' && !(done.status === 404 && act === 'delete')) {
      this.why = done.why;
      return;
    }
    showToast(this, { kind: 'done', text: act === 'end' ? 'Downtime ended' : 'Downtime deleted' });
    tell(this, 'pw-done', row);
  };
}

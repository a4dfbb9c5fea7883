/**
 * "I am on it": who, and what others should know. Ends reminders and escalation of an alert. Shown as long as it
 * stands in the page; tells `pw-close` when it is to go, and `pw-done` when the hub has taken it.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { acknowledgeAlert, type StoredAlert } from '../../api/alerts.ts';
import type { Asked } from '../../api/client.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { titleOf } from '../../model/alerts/alert-text.ts';
import { rememberAuthor, rememberedAuthor } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import { type PwDialog, problem } from '../pw-dialog.ts';
import '../pw-dialog.ts';
import '../pw-severity.ts';

/** Of several, so many are named. */
const shownMax = 5;

/** For a moment after an alert has fired it has no id yet. */
const unstored: Asked<StoredAlert> = {
  kind: 'failed',
  why: 'It has fired just now and is not stored yet. Try again.',
  status: null,
};

@customElement('pw-acknowledge-dialog')
export class PwAcknowledgeDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      form {
        display: grid;
        gap: 12px;
      }
      textarea {
        font: inherit;
      }
      .about {
        display: flex;
        gap: 8px;
        align-items: baseline;
        color: var(--pw-text-2);
        overflow-wrap: anywhere;
      }
      pw-severity {
        align-self: center;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** One, or several at once, as they are now. */
  @property({ attribute: false }) items: readonly AlertItem[] = [];
  /** Of `items`, so many are taken: what is sent again after a failure begins behind them. */
  @state() private takenCount = 0;
  @state() private by = '';
  @state() private comment = '';
  /** Of several that are being sent, how many have been taken; null while none is. */
  @state() private sent: number | null = null;
  @state() private nameProblem = '';
  @state() private failure = '';

  override connectedCallback(): void {
    super.connectedCallback();
    this.by = this.dashboard.session.author ?? rememberedAuthor();
  }

  override render() {
    const { sent } = this;
    const items = this.items.slice(this.takenCount);
    const others = items.length - shownMax;
    return html`<pw-dialog .heading=${`Acknowledge ${this.#what}`}>
      <form id="form" @submit=${this.#submit} @keydown=${this.#keyPressed}>
        <div>
          ${items
            .slice(0, shownMax)
            .map(
              (item) =>
                html`<p class="about"><pw-severity bare level=${item.severity}></pw-severity><span>${item.message}</span></p>`,
            )}
          ${others > 0 ? html`<p class="hint">and ${others} more</p>` : nothing}
        </div>
        ${this.dashboard.session.author === null ? this.#renderBy() : nothing}
        <div class="field">
          <label for="comment">Comment</label>
          <textarea
            id="comment"
            class="input"
            rows="3"
            maxlength="1000"
            placeholder="What you know, what you do about it"
            aria-describedby="comment-hint"
            .value=${this.comment}
            @input=${(event: InputEvent) => {
              this.comment = (event.target as HTMLTextAreaElement).value;
            }}
          ></textarea>
          <p class="hint" id="comment-hint">Reminders and escalation end. That it resolves is still told.</p>
        </div>
        <div role="alert">${problem(this.failure)}</div>
      </form>
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${sent !== null} @click=${this.#submit}>
        ${sent === null || items.length === 1 ? 'Acknowledge' : `Acknowledging ${sent} of ${items.length}`}
      </button>
    </pw-dialog>`;
  }

  /** Of somebody who is signed in the name is known. */
  #renderBy() {
    return html`<div class="field">
          <label for="by">Your name</label>
          <input
            id="by"
            class="input"
            autocomplete="name"
            maxlength="200"
            aria-invalid=${this.nameProblem === '' ? 'false' : 'true'}
            aria-describedby="by-problem"
            .value=${this.by}
            @input=${(event: InputEvent) => {
              this.by = (event.target as HTMLInputElement).value;
              this.nameProblem = '';
            }}
          />
          ${problem(this.nameProblem, 'by-problem')}
        </div>`;
  }

  override async firstUpdated(): Promise<void> {
    await this.renderRoot.querySelector<PwDialog>('pw-dialog')?.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(this.by === '' ? '#by' : '#comment')?.focus();
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit(event);
  }

  #submit(event: Event): void {
    event.preventDefault();
    if (this.by.trim() === '') {
      this.nameProblem = 'Say who you are, so that others know whom to ask.';
      this.renderRoot.querySelector<HTMLElement>('#by')?.focus();
      return;
    }
    if (this.sent === null) this.dashboard.background(this.#send());
  }

  get #what(): string {
    const [first] = this.items;
    return first === undefined || this.items.length > 1 ? `${this.items.length} alerts` : titleOf(first);
  }

  /** One after the other; what has been taken is not sent again after a failure. */
  async #send(): Promise<void> {
    const said = { by: this.by.trim(), comment: this.comment.trim() };
    const { length } = this.items;
    const firstAt = this.takenCount;
    this.failure = '';
    let other = said.by;
    for (let at = firstAt; at < length; at += 1) {
      this.sent = at - firstAt;
      // As it is now: an id may have come meanwhile.
      const { id } = this.items[at]!;
      const asked = id === null ? unstored : await acknowledgeAlert(this.dashboard.client, id, said);
      if (asked.kind === 'failed') {
        this.sent = null;
        const taken = at - firstAt;
        this.failure = taken === 0 ? asked.why : `${taken} of ${length - firstAt} are acknowledged. ${asked.why}`;
        this.takenCount = at;
        return;
      }
      other = asked.value.acknowledged?.by ?? said.by;
    }
    this.sent = null;
    if (this.dashboard.session.author === null) rememberAuthor(said.by);
    const isOwn = length > 1 || other === said.by;
    const text = isOwn ? `Acknowledged ${this.#what}` : `${this.#what} had been acknowledged by ${other} already`;
    showToast(this, { kind: 'done', text });
    tell(this, 'pw-done', null);
    tell(this, 'pw-close', null);
  }
}

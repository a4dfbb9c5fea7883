/** A note on the charts of the alert's host, written where one looks for the cause; it stands in the timeline as well. */
import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { anyHost } from '#core/rule-spec.ts';
import { createNote } from '../../api/notes.ts';
import type { Dashboard } from '../../dashboard.ts';
import { rememberedAuthor } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast } from '../events.ts';

@customElement('pw-alert-note')
export class PwAlertNote extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      form {
        display: flex;
        gap: 8px;
        padding-top: 8px;
      }
      .input {
        min-width: 0;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property() host = '';
  @state() private text = '';
  @state() private isSending = false;

  override render() {
    return html`<form @submit=${this.#submit}>
      <input
        class="input"
        aria-label="Note on the charts of ${this.host}"
        placeholder="Add a note"
        maxlength="1000"
        autocomplete="off"
        .value=${this.text}
        @input=${(event: InputEvent) => {
          this.text = (event.target as HTMLInputElement).value;
        }}
      />
      <button class="btn" ?disabled=${this.isSending || this.text.trim() === ''}>Add</button>
    </form>`;
  }

  #submit(event: Event): void {
    event.preventDefault();
    if (!this.isSending && this.text.trim() !== '') this.dashboard.background(this.#send());
  }

  async #send(): Promise<void> {
    this.isSending = true;
    const hosts = { ...anyHost, names: [this.host] };
    const draft = {
      atMs: this.dashboard.hubMs,
      untilMs: null,
      text: this.text.trim(),
      hosts,
      author: this.dashboard.session.author ?? rememberedAuthor(),
    };
    const asked = await createNote(this.dashboard.client, draft);
    this.isSending = false;
    if (asked.kind === 'failed') return showToast(this, { kind: 'failed', text: asked.why });
    this.text = '';
    this.dashboard.notes.stale();
    showToast(this, { kind: 'done', text: `Note added to the charts of ${this.host}` });
  }
}

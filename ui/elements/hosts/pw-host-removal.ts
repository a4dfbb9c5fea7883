/** Asks before a host is removed: says what goes with it, and wants its name to be typed, since there is no way back. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { removeHost } from '../../api/hosts.ts';
import type { Dashboard } from '../../dashboard.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import { problem } from '../pw-dialog.ts';

@customElement('pw-host-removal')
export class PwHostRemoval extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      ul {
        margin: 8px 0 12px;
        padding-left: 18px;
        list-style: disc;
        color: var(--pw-text-2);
      }
      .field {
        margin-top: 12px;
      }
      b {
        font-weight: var(--pw-w-medium);
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property() name = '';
  @state() private typed = '';
  @state() private isBusy = false;
  @state() private why = '';

  override render() {
    const { name, typed, isBusy } = this;
    const host = this.dashboard.fleet.byName(name);
    const isConnected = host?.state === 'up' || host?.state === 'stale';
    return html`<pw-dialog .heading=${`Remove ${name}?`}>
      <p>This is deleted, and comes back from a backup only:</p>
      <ul>
        <li>all its history, in every tier, and its notes</li>
        <li>the token of its agent</li>
        <li>rules, downtimes and silences that are for this host alone</li>
      </ul>
      ${
        isConnected
          ? html`<p>Its agent is running. Stop it first: one that has the enrolment key comes back as a new and empty host within minutes.</p>`
          : nothing
      }
      <div class="field">
        <label for="typed">Type <b>${name}</b> to confirm</label>
        <input
          class="input"
          id="typed"
          autocomplete="off"
          autofocus
          spellcheck="false"
          .value=${typed}
          @input=${(event: Event) => {
            this.typed = (event.target as HTMLInputElement).value;
          }}
          @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && this.#remove()}
        />
      </div>
      ${this.why === '' ? nothing : html`<div role="alert">${problem(this.why)}</div>`}
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button slot="actions" class="btn danger" ?disabled=${typed !== name || isBusy} @click=${this.#remove}>Remove host</button>
    </pw-dialog>`;
  }

  readonly #remove = (): void => {
    if (this.typed === this.name && !this.isBusy) this.#removeHost().catch(reportError);
  };

  async #removeHost(): Promise<void> {
    this.isBusy = true;
    const removed = await removeHost(this.dashboard.client, this.name);
    this.isBusy = false;
    // Somebody else has removed it: that is what was wanted.
    if (removed.kind === 'failed' && removed.status !== 404) {
      this.why = removed.why;
      return;
    }
    showToast(this, { kind: 'done', text: `${this.name} removed` });
    tell(this, 'pw-done', this.name);
  }
}

/**
 * A new API token: its name, what it may do, how long. What the hub has made is shown this once. Tells `pw-done` when there
 * is one; shown until `pw-close`.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { createToken, type MadeToken, type TokenScope, tokenScopes } from '../../../api/tokens.ts';
import type { Dashboard } from '../../../dashboard.ts';
import { lifetimes, scopeNotes, scopeTitles } from '../../../model/admin/tokens-view.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { tell } from '../../events.ts';
import { problem } from '../../pw-dialog.ts';
import { dialogStyles } from '../dialog-styles.ts';
import '../../pw-dialog.ts';
import '../pw-secret.ts';

@customElement('pw-token-dialog')
export class PwTokenDialog extends LitElement {
  static override readonly styles = [sharedStyles, dialogStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private name = '';
  @state() private scope: TokenScope = 'read';
  /** As which alone it pushes; '' for any. */
  @state() private clientId = '';
  @state() private lifetime = '90';
  @state() private nameProblem = '';
  @state() private failure = '';
  @state() private isBusy = false;
  @state() private made: MadeToken | null = null;

  override render() {
    if (this.made !== null) return this.#renderMade(this.made);
    return html`<pw-dialog .heading=${'New token'}>
      <form @submit=${this.#submit}>
        <div class="field">
          <label for="name">Name</label>
          <input
            id="name"
            class="input"
            autocomplete="off"
            autofocus
            spellcheck="false"
            maxlength="100"
            placeholder="Which program uses it"
            aria-invalid=${this.nameProblem === '' ? 'false' : 'true'}
            aria-describedby="name-problem"
            .value=${this.name}
            @input=${(event: InputEvent) => {
              this.name = (event.target as HTMLInputElement).value;
              this.nameProblem = '';
            }}
          />
          ${problem(this.nameProblem, 'name-problem')}
        </div>
        <fieldset>
          <legend>It may</legend>
          ${tokenScopes.map(
            (scope) => html`<label class="choice"
              ><input
                type="radio"
                name="scope"
                .checked=${this.scope === scope}
                @change=${() => {
                  this.scope = scope;
                }}
              /><span>${scopeTitles[scope]}</span><small>${scopeNotes[scope]}</small></label
            >`,
          )}
        </fieldset>
        ${this.scope === 'push' ? this.#renderClient() : nothing}
        <div class="field">
          <label for="lifetime">It works for</label>
          <select
            id="lifetime"
            class="select"
            @change=${(event: Event) => {
              this.lifetime = (event.target as HTMLSelectElement).value;
            }}
          >
            ${lifetimes.map(({ id, title }) => html`<option value=${id} ?selected=${id === this.lifetime}>${title}</option>`)}
          </select>
        </div>
        <div role="alert">${problem(this.failure)}</div>
        <button class="sr" type="submit" tabindex="-1" aria-hidden="true">Create token</button>
      </form>
      <button slot="actions" class="btn" @click=${this.#close}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${this.isBusy} @click=${this.#submit}>Create token</button>
    </pw-dialog>`;
  }

  #renderClient() {
    return html`<div class="field">
      <label for="client">Only as the client</label>
      <input
        id="client"
        class="input"
        autocomplete="off"
        spellcheck="false"
        maxlength="255"
        placeholder="Any"
        .value=${this.clientId}
        @input=${(event: InputEvent) => {
          this.clientId = (event.target as HTMLInputElement).value;
        }}
      />
    </div>`;
  }

  #renderMade({ made, token }: MadeToken) {
    return html`<pw-dialog .heading=${`Token ${made.name}`}>
      <p class="lead">Copy it now: it is not shown again. Programs send it as the header <code class="mono">authorization: Bearer …</code></p>
      <pw-secret label="Token" .value=${token}></pw-secret>
      <button slot="actions" class="btn primary" @click=${this.#close}>Done</button>
    </pw-dialog>`;
  }

  readonly #close = (): void => {
    tell(this, 'pw-close', null);
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    this.nameProblem = this.name.trim() === '' ? 'A name is wanted, so that others know what it is for.' : '';
    if (this.nameProblem === '' && !this.isBusy) this.dashboard.background(this.#send());
  };

  async #send(): Promise<void> {
    const { client, hubMs } = this.dashboard;
    const lifeMs = lifetimes.find(({ id }) => id === this.lifetime)?.ms ?? null;
    const expiresMs = lifeMs === null ? null : hubMs + lifeMs;
    this.isBusy = true;
    this.failure = '';
    const clientId = this.scope === 'push' ? this.clientId.trim() : '';
    const asked = await createToken(client, { name: this.name.trim(), scope: this.scope, clientId, expiresMs });
    this.isBusy = false;
    if (asked.kind === 'failed') {
      this.failure = asked.why;
      return;
    }
    this.made = asked.value;
    tell(this, 'pw-done', null);
  }
}

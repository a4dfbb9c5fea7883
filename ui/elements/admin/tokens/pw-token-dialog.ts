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
import { formDialog } from '../../dialogs.ts';
import { tell } from '../../events.ts';
import { dialogStyles } from '../dialog-styles.ts';
import { choiceField, lifetimeField, nameField, secretDialog } from '../form-parts.ts';

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
    return formDialog({
      heading: 'New token',
      fields: this.#renderFields(),
      failure: this.failure,
      act: 'Create token',
      isBusy: this.isBusy,
      submit: this.#submit,
      close: this.#close,
    });
  }

  #renderFields() {
    return html`${nameField({
      name: this.name,
      placeholder: 'Which program uses it',
      wrong: this.nameProblem,
      change: (name) => {
        this.name = name;
        this.nameProblem = '';
      },
    })}
    ${choiceField<TokenScope>({
      legend: 'It may',
      field: 'scope',
      chosen: this.scope,
      choices: tokenScopes.map((scope) => ({ value: scope, title: scopeTitles[scope], note: scopeNotes[scope] })),
      choose: (scope) => {
        this.scope = scope;
      },
    })}
    ${this.scope === 'push' ? this.#renderClient() : nothing}
    ${lifetimeField({
      lifetimes,
      chosen: this.lifetime,
      choose: (id) => {
        this.lifetime = id;
      },
    })}`;
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
    return secretDialog({
      heading: `Token ${made.name}`,
      lead: html`Copy it now: it is not shown again. Programs send it as the header <code class="mono">authorization: Bearer …</code>`,
      label: 'Token',
      secret: token,
      close: this.#close,
    });
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

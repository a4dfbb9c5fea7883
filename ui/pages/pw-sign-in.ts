/**
 * Signing in: name and password, and back to where one wanted to go. Before there is a session the page says nothing of
 * hosts or versions.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { HubClient } from '../api/client.ts';
import { signIn } from '../api/session.ts';
import { renderDoor } from '../elements/door/door.ts';
import { adoptDoorStyles } from '../elements/door/door-styles.ts';
import type { SessionWarning } from '../model/session.ts';
import '../elements/door/pw-password-field.ts';

@customElement('pw-sign-in')
export class PwSignIn extends LitElement {
  @property({ attribute: false }) client!: HubClient;
  /** Where to go afterwards. */
  @property() to = '/dashboard';
  @property({ attribute: false }) background!: (work: Promise<void>) => void;
  @property({ attribute: false }) warnings: readonly SessionWarning[] = [];
  @state() private name = '';
  @state() private password = '';
  @state() private isBusy = false;
  @state() private failure = '';

  protected override createRenderRoot(): HTMLElement {
    adoptDoorStyles();
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = 'Sign in · Pulsewire';
  }

  override render() {
    return renderDoor({ form: this.#renderForm(), help, warnings: this.warnings });
  }

  #renderForm() {
    const { name, password, isBusy, failure } = this;
    return html`<form method="post" @submit=${this.#submit}>
      <h1>Sign in</h1>
      <div class="field">
        <label for="username">Name</label>
        <input
          id="username"
          name="username"
          class="input"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          maxlength="400"
          required
          .value=${name}
          @input=${(event: InputEvent) => {
            this.name = (event.target as HTMLInputElement).value;
          }}
        />
      </div>
      <pw-password-field
        .value=${password}
        @pw-change=${(event: CustomEvent<string>) => {
          this.password = event.detail;
        }}
      ></pw-password-field>
      <div role="alert">${failure === '' ? nothing : html`<p class="problem">${failure}</p>`}</div>
      <button class="btn primary" type="submit" ?disabled=${isBusy}>${isBusy ? 'Signing in' : 'Sign in'}</button>
    </form>`;
  }

  override firstUpdated(): void {
    this.querySelector<HTMLInputElement>('#username')?.focus();
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    if (!this.isBusy) this.background(this.#signIn());
  };

  async #signIn(): Promise<void> {
    this.isBusy = true;
    this.failure = '';
    // What a password manager has filled in may not have been told by an event.
    const fields = new FormData(this.querySelector('form')!);
    const name = String(fields.get('username') ?? '');
    const password = String(fields.get('password') ?? '');
    const asked = await signIn(this.client, { name, password });
    if (asked.kind === 'ok') {
      location.replace(this.to);
      return;
    }
    this.isBusy = false;
    this.failure = asked.status === 401 ? 'Name or password is wrong.' : asked.why;
    if (asked.status === 401) {
      this.password = '';
      await this.updateComplete;
      this.querySelector<HTMLInputElement>('#password')?.focus();
    }
  }
}

const help = html`<details>
  <summary>Trouble signing in?</summary>
  <p>Names are as an admin of this hub has entered them. An admin can give you a new password under Admin, People.</p>
  <p>Where no admin is left, whoever runs the hub's machine can set one: <code class="mono">pulsewire person --help</code></p>
</details>`;

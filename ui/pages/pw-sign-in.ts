/**
 * Signing in: name and password, and back to where one wanted to go. Before there is a session the page says nothing of
 * hosts or versions.
 */
import { html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { HubClient } from '../api/client.ts';
import { signIn } from '../api/session.ts';
import { renderDoor, renderDoorForm, typedIn } from '../elements/door/door.ts';
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
    return renderDoorForm({
      heading: 'Sign in',
      name: this.name,
      nameCharsMax: 400,
      changeName: (name) => {
        this.name = name;
      },
      password: html`<pw-password-field
        .value=${this.password}
        @pw-change=${(event: CustomEvent<string>) => {
          this.password = event.detail;
        }}
      ></pw-password-field>`,
      failure: this.failure,
      isBusy: this.isBusy,
      act: 'Sign in',
      busyAct: 'Signing in',
      submit: this.#submit,
    });
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
    const asked = await signIn(this.client, typedIn(this));
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

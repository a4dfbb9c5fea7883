/**
 * The first run: makes the first admin of a hub that has none, for whoever has the link that the hub has printed. Its code
 * comes in the fragment, which is sent nowhere, and is kept in this page's memory alone.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { HubClient } from '../api/client.ts';
import { setUp } from '../api/session.ts';
import { renderDoor, renderDoorForm, typedIn } from '../elements/door/door.ts';
import { adoptDoorStyles } from '../elements/door/door-styles.ts';
import { passwordHint } from '../model/password.ts';
import type { SessionWarning } from '../model/session.ts';
import { setupCodeOf, signInPath } from '../model/sign-in.ts';
import '../elements/door/pw-password-field.ts';

@customElement('pw-first-run')
export class PwFirstRun extends LitElement {
  @property({ attribute: false }) client!: HubClient;
  @property({ attribute: false }) background!: (work: Promise<void>) => void;
  /** Of the link; '' when there was none in the address. */
  @property({ attribute: false }) code = '';
  /** Whether the hub waits for its first admin. */
  @property({ attribute: false }) isWanted = true;
  @property({ attribute: false }) warnings: readonly SessionWarning[] = [];
  @state() private pasted = '';
  @state() private name = '';
  @state() private password = '';
  @state() private isBusy = false;
  @state() private codeProblem = '';
  @state() private passwordProblem = '';
  @state() private failure = '';

  protected override createRenderRoot(): HTMLElement {
    adoptDoorStyles();
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = 'First run · Pulsewire';
  }

  override render() {
    return renderDoor({ form: this.isWanted ? this.#renderForm() : renderDone(), help, warnings: this.warnings });
  }

  #renderForm() {
    return renderDoorForm({
      heading: 'Make the first admin',
      lead: html`<p class="lead">This hub has no account yet. The one that you make now can add others.</p>
        ${this.code === '' ? this.#renderCode() : nothing}`,
      name: this.name,
      nameCharsMax: 100,
      changeName: (name) => {
        this.name = name;
      },
      password: html`<pw-password-field
        isNew
        owner=${this.name}
        .value=${this.password}
        problem=${this.passwordProblem}
        @pw-change=${(event: CustomEvent<string>) => {
          this.password = event.detail;
          this.passwordProblem = '';
        }}
      ></pw-password-field>`,
      failure: this.failure,
      isBusy: this.isBusy,
      act: 'Make account and sign in',
      busyAct: 'Making the account',
      submit: this.#submit,
    });
  }

  /** For a page that was loaded again, and for who has typed the address. */
  #renderCode() {
    return html`<div class="field">
      <label for="code">Link from the hub's log</label>
      <input
        id="code"
        class="input"
        autocomplete="off"
        spellcheck="false"
        maxlength="400"
        required
        aria-invalid=${this.codeProblem === '' ? 'false' : 'true'}
        aria-describedby="code-hint"
        .value=${this.pasted}
        @input=${(event: InputEvent) => {
          this.pasted = (event.target as HTMLInputElement).value;
          this.codeProblem = '';
        }}
      />
      <p class=${this.codeProblem === '' ? 'hint' : 'problem'} id="code-hint">
        ${this.codeProblem === '' ? 'The hub prints it when it starts, and it works once.' : this.codeProblem}
      </p>
    </div>`;
  }

  override firstUpdated(): void {
    this.querySelector<HTMLInputElement>('input')?.focus();
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    if (!this.isBusy) this.background(this.#setUp());
  };

  async #setUp(): Promise<void> {
    const { name: typedName, password } = typedIn(this);
    const name = typedName.trim();
    const code = this.code === '' ? setupCodeOf(this.pasted) : this.code;
    const hint = passwordHint(password, name);
    this.codeProblem = code === '' ? 'This is not the link: it ends with #code= and a long word.' : '';
    this.passwordProblem = hint.level === 'refused' || hint.level === 'none' ? hint.text : '';
    if (this.codeProblem !== '' || this.passwordProblem !== '') {
      await this.updateComplete;
      this.querySelector<HTMLInputElement>('[aria-invalid="true"]')?.focus();
      return;
    }
    this.isBusy = true;
    this.failure = '';
    const asked = await setUp(this.client, { code, name, password });
    if (asked.kind === 'ok') {
      location.replace('/dashboard');
      return;
    }
    this.isBusy = false;
    this.failure = asked.why;
    // A code that does not work is asked for anew.
    if (asked.status === 401 || asked.status === 403) this.code = '';
  }
}

function renderDone() {
  return html`<form>
    <h1>This hub has an admin</h1>
    <p class="lead">The link worked once, and an account has been made with it. Sign in with that account.</p>
    <a class="btn primary" href=${signInPath}>Sign in</a>
  </form>`;
}

const help = html`<details>
  <summary>Where is the link?</summary>
  <p>In what the hub has printed at its start: on its terminal, in its log, or by <code class="mono">journalctl -u pulsewire-hub</code>.</p>
  <p>You have an account? <a href=${signInPath}>Sign in</a></p>
</details>`;

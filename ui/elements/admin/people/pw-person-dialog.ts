/**
 * An account that is added, or somebody's password that was lost: with a password that the hub makes and that is shown
 * this once, or with one that is typed. Tells `pw-done` when the hub has taken it; shown until `pw-close`.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { addPerson, changePerson, type Person } from '../../../api/people.ts';
import type { Dashboard } from '../../../dashboard.ts';
import { passwordHint } from '../../../model/password.ts';
import { type Role, roleNotes, roles, roleTitles } from '../../../model/session.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { passwordStyles } from '../../door/password-styles.ts';
import { showToast, tell } from '../../events.ts';
import { problem } from '../../pw-dialog.ts';
import { dialogStyles } from '../dialog-styles.ts';
import '../../door/pw-password-field.ts';
import '../../pw-dialog.ts';
import '../pw-secret.ts';

@customElement('pw-person-dialog')
export class PwPersonDialog extends LitElement {
  static override readonly styles = [sharedStyles, passwordStyles, dialogStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** Whose password is to be another one; null: somebody is added. */
  @property({ attribute: false }) person: Person | null = null;
  @state() private name = '';
  @state() private chosenRole: Role = 'viewer';
  @state() private isTyped = false;
  @state() private password = '';
  @state() private nameProblem = '';
  @state() private passwordProblem = '';
  @state() private failure = '';
  @state() private isBusy = false;
  /** What the hub has made; null before. */
  @state() private made: string | null = null;

  override render() {
    const name = this.person?.name ?? this.name.trim();
    if (this.made !== null) return this.#renderMade(name, this.made);
    const heading = this.person === null ? 'Add person' : `New password for ${name}`;
    const act = this.person === null ? 'Add person' : 'Set password';
    return html`<pw-dialog .heading=${heading}>
      <form @submit=${this.#submit}>
        ${this.person === null ? this.#renderWho() : html`<p>What they have now no longer works, and they are signed out everywhere.</p>`}
        ${this.#renderPassword(name)}
        <div role="alert">${problem(this.failure)}</div>
        <button class="sr" type="submit" tabindex="-1" aria-hidden="true">${act}</button>
      </form>
      <button slot="actions" class="btn" @click=${this.#close}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${this.isBusy} @click=${this.#submit}>${act}</button>
    </pw-dialog>`;
  }

  #renderWho() {
    return html`<div class="field">
        <label for="name">Name</label>
        <input
          id="name"
          class="input"
          autocomplete="off"
          autofocus
          spellcheck="false"
          maxlength="100"
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
        <legend>Role</legend>
        ${roles.map(
          (role) => html`<label class="choice"
            ><input
              type="radio"
              name="role"
              .checked=${this.chosenRole === role}
              @change=${() => {
                this.chosenRole = role;
              }}
            /><span>${roleTitles[role]}</span><small>${roleNotes[role]}</small></label
          >`,
        )}
      </fieldset>`;
  }

  #renderPassword(owner: string) {
    const choice = (isTyped: boolean, title: string, note: string) => html`<label class="choice"
      ><input
        type="radio"
        name="password-way"
        .checked=${this.isTyped === isTyped}
        @change=${() => {
          this.isTyped = isTyped;
        }}
      /><span>${title}</span><small>${note}</small></label
    >`;
    return html`<fieldset>
        <legend>Password</legend>
        ${choice(false, 'Make one', 'It is shown once, for you to pass on; they can change it.')}
        ${choice(true, 'Type one', 'You agree on it with them.')}
      </fieldset>
      ${
        this.isTyped
          ? html`<pw-password-field
              isNew
              label="New password"
              field="new"
              owner=${owner}
              .value=${this.password}
              problem=${this.passwordProblem}
              @pw-change=${(event: CustomEvent<string>) => {
                this.password = event.detail;
                this.passwordProblem = '';
              }}
            ></pw-password-field>`
          : nothing
      }`;
  }

  #renderMade(name: string, password: string) {
    return html`<pw-dialog .heading=${`Password of ${name}`}>
      <p class="lead">Pass it on by a way that others do not read. It is not shown again.</p>
      <pw-secret label="Password" .value=${password}></pw-secret>
      <button slot="actions" class="btn primary" @click=${this.#close}>Done</button>
    </pw-dialog>`;
  }

  readonly #close = (): void => {
    tell(this, 'pw-close', null);
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const hint = passwordHint(this.password, this.person?.name ?? this.name);
    const isRefused = hint.level === 'refused' || hint.level === 'none';
    this.nameProblem = this.person === null && this.name.trim() === '' ? 'A name is wanted: they sign in by it.' : '';
    this.passwordProblem = this.isTyped && isRefused ? hint.text : '';
    if (this.nameProblem === '' && this.passwordProblem === '' && !this.isBusy) this.dashboard.background(this.#send());
  };

  async #send(): Promise<void> {
    const { client } = this.dashboard;
    const { person, chosenRole: role } = this;
    const name = this.name.trim();
    const password = this.isTyped ? this.password : null;
    this.isBusy = true;
    this.failure = '';
    const asked =
      person === null
        ? await addPerson(client, { name, role, password })
        : await changePerson(client, person.id, { password });
    this.isBusy = false;
    if (asked.kind === 'failed') {
      this.failure = asked.why;
      return;
    }
    this.password = '';
    showToast(this, { kind: 'done', text: person === null ? `${name} added` : `Password of ${person.name} set` });
    tell(this, 'pw-done', null);
    this.made = asked.value.password;
    if (this.made === null) this.#close();
  }
}

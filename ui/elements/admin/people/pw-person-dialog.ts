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
import { formDialog } from '../../dialogs.ts';
import { passwordStyles } from '../../door/password-styles.ts';
import { showToast, tell } from '../../events.ts';
import { dialogStyles } from '../dialog-styles.ts';
import { choiceField, nameField, secretDialog } from '../form-parts.ts';
import '../../door/pw-password-field.ts';

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
    if (this.made !== null)
      return secretDialog({
        heading: `Password of ${name}`,
        lead: 'Pass it on by a way that others do not read. It is not shown again.',
        label: 'Password',
        secret: this.made,
        close: this.#close,
      });
    return formDialog({
      heading: this.person === null ? 'Add person' : `New password for ${name}`,
      fields: html`${this.person === null ? this.#renderWho() : html`<p>What they have now no longer works, and they are signed out everywhere.</p>`}
        ${this.#renderPassword(name)}`,
      failure: this.failure,
      act: this.person === null ? 'Add person' : 'Set password',
      isBusy: this.isBusy,
      submit: this.#submit,
      close: this.#close,
    });
  }

  #renderWho() {
    return html`${nameField({
      name: this.name,
      wrong: this.nameProblem,
      change: (name) => {
        this.name = name;
        this.nameProblem = '';
      },
    })}
    ${choiceField<Role>({
      legend: 'Role',
      field: 'role',
      chosen: this.chosenRole,
      choices: roles.map((role) => ({ value: role, title: roleTitles[role], note: roleNotes[role] })),
      choose: (role) => {
        this.chosenRole = role;
      },
    })}`;
  }

  #renderPassword(owner: string) {
    return html`${choiceField({
      legend: 'Password',
      field: 'password-way',
      chosen: this.isTyped,
      choices: [
        { value: false, title: 'Make one', note: 'It is shown once, for you to pass on; they can change it.' },
        { value: true, title: 'Type one', note: 'You agree on it with them.' },
      ],
      choose: (isTyped) => {
        this.isTyped = isTyped;
      },
    })}
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

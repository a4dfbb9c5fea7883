/** One's own password, changed: the old one is asked for, and every other session of this person ends. */
import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { changePassword } from '../../api/session.ts';
import type { Dashboard } from '../../dashboard.ts';
import { passwordHint } from '../../model/password.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { formDialog } from '../dialogs.ts';
import { passwordStyles } from '../door/password-styles.ts';
import { showToast, tell } from '../events.ts';
import '../door/pw-password-field.ts';

@customElement('pw-password-dialog')
export class PwPasswordDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    passwordStyles,
    css`
      form {
        display: grid;
        gap: 12px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private old = '';
  @state() private next = '';
  @state() private oldProblem = '';
  @state() private nextProblem = '';
  @state() private failure = '';
  @state() private isBusy = false;

  override render() {
    const { name } = this.dashboard.session.view;
    return formDialog({
      heading: 'Change password',
      fields: html`<input class="sr" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" readonly .value=${name} />
        <pw-password-field
          label="Old password"
          field="old"
          .value=${this.old}
          problem=${this.oldProblem}
          @pw-change=${(event: CustomEvent<string>) => {
            this.old = event.detail;
            this.oldProblem = '';
          }}
        ></pw-password-field>
        <pw-password-field
          isNew
          label="New password"
          field="new"
          owner=${name}
          .value=${this.next}
          problem=${this.nextProblem}
          @pw-change=${(event: CustomEvent<string>) => {
            this.next = event.detail;
            this.nextProblem = '';
          }}
        ></pw-password-field>
        <p class="hint">Everywhere else you are signed out.</p>`,
      failure: this.failure,
      act: 'Change password',
      isBusy: this.isBusy,
      submit: this.#submit,
      close: () => tell(this, 'pw-close', null),
    });
  }

  override async firstUpdated(): Promise<void> {
    await new Promise(requestAnimationFrame);
    this.renderRoot.querySelector<HTMLElement>('#old')?.focus();
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const hint = passwordHint(this.next, this.dashboard.session.view.name);
    this.oldProblem = this.old === '' ? 'Type the password that you have now.' : '';
    this.nextProblem = hint.level === 'refused' || hint.level === 'none' ? hint.text : '';
    if (this.oldProblem === '' && this.nextProblem === '' && !this.isBusy) this.dashboard.background(this.#send());
  };

  async #send(): Promise<void> {
    const { client, session } = this.dashboard;
    this.isBusy = true;
    this.failure = '';
    const asked = await session.change(changePassword(client, { old: this.old, next: this.next }));
    this.isBusy = false;
    if (asked.kind === 'failed') {
      if (asked.status === 403) this.oldProblem = 'This is not the password that you have now.';
      else this.failure = asked.why;
      return;
    }
    session.accept(asked.value);
    showToast(this, { kind: 'done', text: 'Password changed' });
    tell(this, 'pw-close', null);
  }
}

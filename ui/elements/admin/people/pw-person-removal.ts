/** Asks before somebody is removed, and says what goes with them. Tells `pw-done` afterwards, `pw-close` when it is left. */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Person, removePerson } from '../../../api/people.ts';
import type { Dashboard } from '../../../dashboard.ts';
import { goesWith } from '../../../model/admin/people-view.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { showToast, tell } from '../../events.ts';
import { problem } from '../../pw-dialog.ts';
import { dialogStyles } from '../dialog-styles.ts';
import '../../pw-dialog.ts';

@customElement('pw-person-removal')
export class PwPersonRemoval extends LitElement {
  static override readonly styles = [sharedStyles, dialogStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) person!: Person;
  @state() private failure = '';
  @state() private isBusy = false;

  override render() {
    const { name } = this.person;
    const others = goesWith(this.person);
    return html`<pw-dialog .heading=${`Remove ${name}?`}>
      <p>They can no longer sign in. What they have written stays, with their name.</p>
      ${others === '' ? nothing : html`<p class="lead">With them go ${others}.</p>`}
      <div role="alert">${problem(this.failure)}</div>
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button slot="actions" class="btn danger" ?disabled=${this.isBusy} @click=${() => this.dashboard.background(this.#remove())}>
        Remove person
      </button>
    </pw-dialog>`;
  }

  async #remove(): Promise<void> {
    this.isBusy = true;
    const removed = await removePerson(this.dashboard.client, this.person.id);
    this.isBusy = false;
    // Somebody else has removed them: that is what was wanted.
    if (removed.kind === 'failed' && removed.status !== 404) {
      this.failure = removed.why;
      return;
    }
    showToast(this, { kind: 'done', text: `${this.person.name} removed` });
    tell(this, 'pw-done', null);
    tell(this, 'pw-close', null);
  }
}

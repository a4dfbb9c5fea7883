/**
 * A password that is typed: hidden until it is asked to be shown, with what is wrong with it or a hint below. It stands in
 * the root of its owner, so that the browser's password manager knows the field as a part of the form.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { passwordHint } from '../../model/password.ts';
import { tell } from '../events.ts';

@customElement('pw-password-field')
export class PwPasswordField extends LitElement {
  @property() label = 'Password';
  /** Of the field, unlike any other in the same root. */
  @property() field = 'password';
  @property() value = '';
  /** What is wrong with it; '' for nothing. */
  @property() problem = '';
  /** A new one, which is judged while it is typed; the name that it should not hold stands in `owner`. */
  @property({ type: Boolean }) isNew = false;
  @property() owner = '';
  @state() private isShown = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render() {
    const { label, field, value, problem, isNew, isShown } = this;
    const hint = isNew ? passwordHint(value, this.owner) : null;
    const notes = `${field}-problem ${field}-hint`;
    return html`<div class="field">
      <label for=${field}>${label}</label>
      <div class="password">
        <input
          id=${field}
          name=${field}
          class="input"
          type=${isShown ? 'text' : 'password'}
          autocomplete=${isNew ? 'new-password' : 'current-password'}
          autocapitalize="none"
          spellcheck="false"
          maxlength="4096"
          required
          aria-invalid=${problem === '' ? 'false' : 'true'}
          aria-describedby=${notes}
          .value=${value}
          @input=${(event: InputEvent) => tell(this, 'pw-change', (event.target as HTMLInputElement).value)}
        />
        <button
          type="button"
          class="btn ghost small"
          aria-pressed=${isShown ? 'true' : 'false'}
          aria-label="Show ${label.toLowerCase()}"
          @click=${() => {
            this.isShown = !this.isShown;
          }}
        >
          ${isShown ? 'Hide' : 'Show'}
        </button>
      </div>
      ${problem === '' ? nothing : html`<p class="problem" id="${field}-problem">${problem}</p>`}
      ${hint === null || problem !== '' ? nothing : html`<p class="hint ${hint.level}" id="${field}-hint" aria-live="polite">${hint.text}</p>`}
    </div>`;
  }
}

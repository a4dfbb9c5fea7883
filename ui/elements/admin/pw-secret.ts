/** A secret that is shown this once, to be copied: a token, a password. It is kept nowhere but in this element. */
import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { sharedStyles } from '../../theme/shared.ts';
import { copyText } from '../clipboard.ts';
import { icon } from '../icons.ts';

@customElement('pw-secret')
export class PwSecret extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      div {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 8px 8px 8px 12px;
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-2);
      }
      code {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
        user-select: all;
      }
    `,
  ];

  @property({ attribute: false }) value = '';
  /** What it is: "Token". */
  @property() label = '';
  /** It is what its dialog is for: Enter copies it, instead of closing the dialog before it was read. */
  @property({ type: Boolean }) main = false;
  @state() private isCopied = false;

  override render() {
    return html`<div role="group" aria-label=${this.label}>
      <code class="mono" tabindex="0">${this.value}</code>
      <button class="btn" @click=${this.#copy}>
        ${icon(this.isCopied ? 'check' : 'copy', 14)}<span aria-live="polite">${this.isCopied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>`;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('value')) this.isCopied = false;
  }

  /** After the dialog that it stands in, which is shown when it is first drawn itself. */
  override firstUpdated(): void {
    if (this.main) this.renderRoot.querySelector('button')?.focus();
  }

  async #copy(): Promise<void> {
    this.isCopied = await copyText(this.value);
    const code = this.renderRoot.querySelector('code');
    // It is marked, to be copied by hand.
    if (!this.isCopied && code !== null) getSelection()?.selectAllChildren(code);
  }
}

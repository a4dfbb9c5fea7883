/** A `key=value` chip, which may be taken away. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { sharedStyles } from '../theme/shared.ts';
import { tell } from './events.ts';
import { icon } from './icons.ts';

@customElement('pw-tag')
export class PwTag extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: inline-flex;
        max-width: 100%;
      }
      span {
        display: inline-flex;
        align-items: center;
        min-width: 0;
        min-height: 24px;
        padding: 0 6px;
        border-radius: var(--pw-r-1);
        background: var(--pw-surface-3);
        color: var(--pw-text-1);
        font-size: var(--pw-fs-2);
        white-space: nowrap;
      }
      :host([on]) span {
        background: var(--pw-accent-bg);
        color: var(--pw-accent);
      }
      i {
        font-style: normal;
        color: var(--pw-text-2);
      }
      :host([on]) i {
        color: inherit;
      }
      button {
        display: grid;
        place-items: center;
        width: 24px;
        height: 24px;
        margin-right: -6px;
        padding: 0;
        border: 0;
        border-radius: var(--pw-r-1);
        background: none;
        color: inherit;
        cursor: pointer;
      }
    `,
  ];

  /** Empty for a text that is no pair: a name, a glob. */
  @property() key = '';
  @property() value = '';
  @property({ type: Boolean, reflect: true }) on = false;
  @property({ type: Boolean }) removable = false;

  override render() {
    const name = this.key === '' ? this.value : `${this.key}=${this.value}`;
    return html`<span
      ><span class="ell">${this.key === '' ? nothing : html`<i>${this.key}=</i>`}${this.value}</span>${
        this.removable
          ? html`<button aria-label="Remove ${name}" @click=${() => tell(this, 'pw-remove', name)}>${icon('close', 12)}</button>`
          : nothing
      }</span
    >`;
  }
}

/** A notice over the whole page: what happened, what it means, what one may do. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { BannerView } from '../../model/link-view.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { type IconName, icon } from '../icons.ts';

@customElement('pw-banner')
export class PwBanner extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 36px;
        padding: 6px 8px 6px 12px;
        border-radius: var(--pw-r-2);
        background: var(--pw-warn-bg);
      }
      :host([kind='error']) {
        background: var(--pw-down-bg);
      }
      svg {
        color: var(--pw-warn);
      }
      :host([kind='error']) svg {
        color: var(--pw-down);
      }
      p {
        flex: 1;
        min-width: 0;
        color: var(--pw-text-2);
      }
      strong {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      .btn {
        background: transparent;
        border-color: var(--pw-border-control);
      }
    `,
  ];

  @property({ reflect: true }) kind: BannerView['kind'] = 'warn';
  /** '': as the view means. */
  @property() icon: IconName | '' = '';
  @property({ attribute: false }) view: BannerView | null = null;

  override render() {
    if (this.view === null) return nothing;
    const { strong, text, canRetry } = this.view;
    return html`${icon(this.icon !== '' ? this.icon : canRetry ? 'offline' : 'database')}
      <p><strong>${strong}</strong> ${text}</p>
      ${canRetry ? html`<button class="btn" @click=${this.#act}>Try now</button>` : nothing}`;
  }

  #act(): void {
    this.dispatchEvent(new CustomEvent('pw-action', { bubbles: true, composed: true }));
  }
}

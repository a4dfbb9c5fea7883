/** Data age and the state of the link: the promise of the product, in sight on every page. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { LinkState } from '../../model/link-view.ts';
import { sharedStyles } from '../../theme/shared.ts';

@customElement('pw-live-pill')
export class PwLivePill extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        height: 28px;
        padding: 0 10px;
        border-radius: var(--pw-r-full);
        background: var(--pw-up-bg);
        color: var(--pw-up);
        font-weight: var(--pw-w-medium);
        font-size: var(--pw-fs-2);
        white-space: nowrap;
      }
      .dot {
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: currentColor;
        forced-color-adjust: none;
      }
      :host([state='delayed']),
      :host([state='polling']) {
        background: var(--pw-warn-bg);
        color: var(--pw-warn);
      }
      :host([state='delayed']) .dot,
      :host([state='polling']) .dot {
        background: none;
        border: 2px solid currentColor;
        border-radius: 50% 50% 50% 0;
      }
      :host([state='lost']) {
        background: var(--pw-down-bg);
        color: var(--pw-down);
      }
      :host([state='lost']) .dot {
        border-radius: 1px;
      }
      :host([state='connecting']),
      :host([state='paused']) {
        background: var(--pw-surface-3);
        color: var(--pw-text-2);
      }
      :host([state='connecting']) .dot {
        background: none;
        border: 1.5px dashed currentColor;
      }
      :host([state='paused']) .dot {
        border-radius: 0;
        background: linear-gradient(90deg, currentColor 0 3px, transparent 3px 5px, currentColor 5px);
      }
      @media (prefers-reduced-motion: no-preference) {
        :host([state='live']) .dot {
          animation: pulse 1s var(--pw-ease) infinite;
        }
        @keyframes pulse {
          0% {
            box-shadow: 0 0 0 0 color-mix(in srgb, currentColor 45%, transparent);
          }
          70%,
          100% {
            box-shadow: 0 0 0 5px transparent;
          }
        }
      }
    `,
  ];

  @property({ reflect: true }) state: LinkState | 'paused' = 'connecting';
  @property() text = '';

  override render() {
    return html`<span class="dot" aria-hidden="true"></span><span>${this.text}</span>`;
  }
}

/** What is shown before the first data: the outline of the page, so that nothing jumps when it comes. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { sharedStyles } from '../theme/shared.ts';

@customElement('pw-skeleton')
export class PwSkeleton extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
        gap: 8px;
      }
      :host([kind='host']) .grid {
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr));
      }
      .block {
        height: 112px;
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-2);
      }
      :host([kind='host']) .block {
        height: 174px;
      }
      .wide-block {
        height: 82px;
        margin-bottom: 12px;
        border-radius: var(--pw-r-3);
        background: var(--pw-surface-2);
      }
      @media (prefers-reduced-motion: no-preference) {
        .block,
        .wide-block {
          animation: breathe 1.4s ease-in-out infinite;
        }
        @keyframes breathe {
          50% {
            opacity: 0.5;
          }
        }
      }
      @media (max-width: 720px) {
        :host([kind='overview']) .grid {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ reflect: true }) kind: 'overview' | 'host' = 'overview';

  override render() {
    const blocks = Array.from({ length: this.kind === 'overview' ? 12 : 6 }, () => html`<div class="block"></div>`);
    return html`<span class="sr" role="status">Loading</span>
      <div class="wide-block"></div>
      <div class="grid">${blocks}</div>`;
  }
}

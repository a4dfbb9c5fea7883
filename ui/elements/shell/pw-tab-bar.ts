/** Navigation at the bottom of a phone, where thumbs are. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Route } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { icon } from '../icons.ts';
import { destinations, isCurrent } from './destinations.ts';

@customElement('pw-tab-bar')
export class PwTabBar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      nav {
        position: fixed;
        inset: auto 0 0;
        z-index: var(--pw-z-bar);
        display: grid;
        grid-template-columns: repeat(5, minmax(0, 1fr));
        height: 56px;
        background: var(--pw-surface-1);
        border-top: 1px solid var(--pw-border-1);
      }
      a {
        position: relative;
        display: flex;
        flex-direction: column;
        align-items: center;
        justify-content: center;
        gap: 3px;
        color: var(--pw-text-2);
        font-size: var(--pw-fs-1);
        line-height: 14px;
        font-weight: var(--pw-w-medium);
      }
      a:focus-visible {
        outline-offset: -3px;
      }
      a[aria-current]:not([aria-current='false']) {
        color: var(--pw-accent);
      }
      .count {
        position: absolute;
        top: 4px;
        left: calc(50% + 5px);
      }
      @media (min-width: 721px) {
        :host {
          display: none;
        }
      }
    `,
  ];

  @property() current: Route['page'] = 'overview';
  @property({ type: Number }) firing = 0;

  override render() {
    return html`<nav aria-label="Main">
      ${destinations.map(
        (destination) => html`<a
          href=${destination.href}
          data-navigate
          aria-current=${isCurrent(destination, this.current)}
          >${icon(destination.icon, 18)}<span>${destination.title}</span>${
            destination.id === 'alerts' && this.firing > 0
              ? html`<span class="badge count">${this.firing}<span class="sr"> firing</span></span>`
              : nothing
          }</a
        >`,
      )}
    </nav>`;
  }
}

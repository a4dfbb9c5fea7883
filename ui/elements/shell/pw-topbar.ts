/** Brand, navigation, jump field, live pill, settings. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Severity } from '#core/rule-spec.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { LinkState } from '../../model/link-view.ts';
import type { Route } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import type { Theme } from '../../theme/theme.ts';
import { tell } from '../events.ts';
import { icon, mark } from '../icons.ts';
import { destinations, isCurrent } from './destinations.ts';
import './pw-account-menu.ts';
import './pw-live-pill.ts';
import './pw-settings-menu.ts';

@customElement('pw-topbar')
export class PwTopbar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        height: var(--pw-h-topbar);
        padding: 0 16px;
        background: var(--pw-surface-1);
        border-bottom: 1px solid var(--pw-border-1);
      }
      .brand {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 24px;
        margin-right: 16px;
        font-weight: var(--pw-w-strong);
        font-size: 14px;
        letter-spacing: -0.01em;
        color: var(--pw-text-1);
      }
      .brand svg {
        color: var(--pw-accent);
      }
      nav {
        display: flex;
        height: 100%;
      }
      nav a {
        position: relative;
        display: flex;
        align-items: center;
        height: 100%;
        padding: 0 10px;
        color: var(--pw-text-2);
        font-weight: var(--pw-w-medium);
      }
      nav a:hover {
        color: var(--pw-text-1);
      }
      nav a[aria-current='page'],
      nav a[aria-current='true'] {
        color: var(--pw-text-1);
      }
      nav a[aria-current='page']::after,
      nav a[aria-current='true']::after {
        content: '';
        position: absolute;
        left: 10px;
        right: 10px;
        bottom: -1px;
        height: 2px;
        background: var(--pw-accent);
        border-radius: 2px 2px 0 0;
      }
      @media (forced-colors: active) {
        nav a[aria-current]::after {
          forced-color-adjust: none;
          background: Highlight;
        }
      }
      nav .badge {
        margin-left: 6px;
      }
      .jump {
        gap: 8px;
        width: 236px;
        margin-left: auto;
        padding: 0 5px 0 8px;
        border-color: var(--pw-border-control);
        background: var(--pw-surface-2);
        color: var(--pw-text-2);
        font-weight: var(--pw-w-regular);
      }
      .jump span:not(.kbd) {
        flex: 1;
        text-align: left;
      }
      @media (max-width: 1100px) {
        .jump {
          width: auto;
          min-width: var(--pw-h-control);
          padding: 0 8px;
        }
        .jump .kbd {
          display: none;
        }
        /* The name is still there for those who hear it. */
        .jump span:not(.kbd) {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
      }
      @media (max-width: 720px) {
        header {
          padding: 0 12px;
        }
        .brand {
          margin-right: auto;
        }
        nav {
          display: none;
        }
        .jump {
          margin-left: 0;
          border-color: transparent;
          background: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property() current: Route['page'] = 'overview';
  @property() state: LinkState | 'paused' = 'connecting';
  @property() pill = '';
  @property() theme: Theme = 'dark';

  /** Alerts that fire, and the worst of them. */
  @property({ type: Number }) firing = 0;
  @property() worst: Severity | '' = '';

  override render() {
    return html`<header>
      <a class="brand" href="/dashboard" data-navigate aria-label="Pulsewire, overview">${mark()}<span>Pulsewire</span></a>
      <nav aria-label="Main">
        ${destinations.map(
          (
            destination,
          ) => html`<a href=${destination.href} data-navigate aria-current=${isCurrent(destination, this.current)}
            >${destination.title}${destination.id === 'alerts' && this.firing > 0 ? this.#renderBadge() : nothing}</a
          >`,
        )}
      </nav>
      <button class="btn jump" aria-keyshortcuts="Control+K" @click=${() => tell(this, 'pw-jump', null)}>
        ${icon('search', 14)}<span>Jump to host or metric</span><span class="kbd" aria-hidden="true">Ctrl K</span>
      </button>
      <pw-live-pill state=${this.state} text=${this.pill}></pw-live-pill>
      <pw-settings-menu theme=${this.theme}></pw-settings-menu>
      <pw-account-menu .dashboard=${this.dashboard}></pw-account-menu>
    </header>`;
  }

  #renderBadge() {
    return html`<span class="badge ${this.worst === 'critical' ? '' : 'warning'}">${this.firing}<span class="sr"> firing</span></span>`;
  }
}

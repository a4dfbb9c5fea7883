/** Brand, navigation, live pill, theme. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { LinkState } from '../model/link-view.ts';
import { formatRoute, type Route } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import type { Theme } from '../theme/theme.ts';
import { icon, mark } from './icons.ts';
import './pw-live-pill.ts';

/** A host's page is below the overview. */
const overviewCurrents = { overview: 'page', host: 'true', storage: 'false' } as const;

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
      pw-live-pill {
        margin-left: auto;
      }
      @media (max-width: 720px) {
        header {
          padding: 0 12px;
        }
        /* The brand leads to the overview, too. */
        .brand {
          margin-right: 4px;
        }
        nav a:first-child {
          display: none;
        }
      }
    `,
  ];

  @property() current: Route['page'] = 'overview';
  @property() state: LinkState | 'paused' = 'connecting';
  @property() pill = '';
  @property() theme: Theme = 'dark';

  override render() {
    const other = this.theme === 'dark' ? 'light' : 'dark';
    return html`<header>
      <a class="brand" href="/dashboard" data-navigate aria-label="Pulsewire, overview">${mark()}<span>Pulsewire</span></a>
      <nav aria-label="Main">
        <a href="/dashboard" data-navigate aria-current=${overviewCurrents[this.current]}>Overview</a>
        <a
          href="/dashboard${formatRoute({ page: 'storage' })}"
          data-navigate
          aria-current=${this.current === 'storage' ? 'page' : 'false'}
          >Storage</a
        >
      </nav>
      <pw-live-pill state=${this.state} text=${this.pill}></pw-live-pill>
      <button
        class="btn ghost icon"
        aria-label="Switch to ${other} theme"
        title="Switch to ${other} theme (t)"
        @click=${this.#switchTheme}
      >
        ${icon(this.theme === 'dark' ? 'sun' : 'moon')}
      </button>
    </header>`;
  }

  #switchTheme(): void {
    this.dispatchEvent(new CustomEvent('pw-theme', { bubbles: true, composed: true }));
  }
}

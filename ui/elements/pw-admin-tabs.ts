/** The pages of administration, at the left of each of them; above it where the page is narrow. */
import { css, html, LitElement, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { type AdminPage, adminPages } from '../model/admin-tabs.ts';
import { hrefOf } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import { type IconName, icon } from './icons.ts';

const icons: Readonly<Record<AdminPage['id'], IconName>> = {
  hosts: 'rows',
  agents: 'server',
  enrol: 'plus',
  tags: 'tag',
  scripts: 'terminal',
  people: 'person',
  tokens: 'key',
  channels: 'send',
  storage: 'database',
  audit: 'list',
  health: 'pulse',
};

/** Of a page that has these tabs: they are the first element in it, what they are about the second. */
export const adminStyles = css`
  :host {
    display: grid;
    grid-template-columns: 168px minmax(0, 1fr);
    gap: 16px;
    align-items: start;
    padding: 12px 16px 48px;
  }
  @media (max-width: 900px) {
    :host {
      display: block;
    }
  }
  @media (max-width: 720px) {
    :host {
      padding: 8px 12px 32px;
    }
  }
`;

@customElement('pw-admin-tabs')
export class PwAdminTabs extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      nav {
        position: sticky;
        top: 60px;
        display: grid;
        gap: 2px;
      }
      a {
        display: flex;
        align-items: center;
        gap: 10px;
        height: max(32px, var(--pw-h-control));
        padding: 0 10px;
        border-radius: var(--pw-r-2);
        color: var(--pw-text-2);
        font-weight: var(--pw-w-medium);
        white-space: nowrap;
      }
      a:hover {
        background: var(--pw-surface-2);
        color: var(--pw-text-1);
      }
      a[aria-current='page'] {
        background: var(--pw-surface-3);
        color: var(--pw-text-1);
      }
      @media (max-width: 900px) {
        nav {
          position: static;
          display: flex;
          overflow-x: auto;
          padding-bottom: 8px;
        }
        a {
          flex: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property() current: AdminPage['id'] = 'hosts';

  constructor() {
    super();
    new Following(this, () => [this.dashboard.session.changed]);
  }

  /** Where they stand in a row, the one that is open may lie beside the screen. */
  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('current')) return;
    const open = this.renderRoot.querySelector<HTMLElement>('a[aria-current="page"]');
    if (open === null) return;
    const row = open.parentElement!;
    row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
  }

  /** Only those that would open. */
  override render() {
    const { session } = this.dashboard;
    return html`<nav aria-label="Administration">
      ${adminPages
        .filter(({ role }) => session.may(role))
        .map(
          ({ id, title, route }) =>
            html`<a href=${hrefOf(route)} data-navigate aria-current=${id === this.current ? 'page' : 'false'}>${icon(icons[id])}${title}</a>`,
        )}
    </nav>`;
  }
}

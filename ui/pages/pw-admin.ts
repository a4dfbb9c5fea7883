/**
 * Administration: its tabs, and beside them the page of the one that the address names. Each page is loaded when it is first
 * opened, and only for those who may open it: others are told so, as the hub would.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { noneStyles } from '../elements/none-styles.ts';
import { adminStyles } from '../elements/pw-admin-tabs.ts';
import { adminPages } from '../model/admin-tabs.ts';
import { type AdminRoute, type AdminTab, adminRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';

const loaders: Readonly<Record<AdminTab, () => Promise<unknown>>> = {
  agents: () => import('./pw-admin-agents.ts'),
  enrol: () => import('./pw-admin-enrol.ts'),
  tags: () => import('./pw-admin-tags.ts'),
  scripts: () => import('./pw-admin-scripts.ts'),
  people: () => import('./pw-admin-people.ts'),
  tokens: () => import('./pw-admin-tokens.ts'),
  channels: () => import('./pw-admin-channels.ts'),
  storage: () => import('./pw-admin-storage.ts'),
  audit: () => import('./pw-admin-audit.ts'),
  health: () => import('./pw-admin-health.ts'),
};

@customElement('pw-admin')
export class PwAdmin extends LitElement {
  static override readonly styles = [sharedStyles, adminStyles, noneStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  @state() private loaded: ReadonlySet<AdminTab> = new Set();
  /** Page whose code could not be loaded. */
  @state() private failed: AdminTab | null = null;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.session.changed]);
    // "Back" asks the page that is shown whether something would be lost.
    this.addEventListener('pw-leaving', (event) => {
      if (event.target !== this || this.#page === null) return;
      const isFree = this.#page.dispatchEvent(new CustomEvent('pw-leaving', { cancelable: true }));
      if (!isFree) event.preventDefault();
    });
  }

  /** For the key "/". */
  focusSearch(): void {
    this.#page?.focusSearch?.();
  }

  override willUpdate(): void {
    if (this.#mayOpen) this.#load(this.route.tab);
  }

  override render() {
    return html`<pw-admin-tabs current=${this.route.tab} .dashboard=${this.dashboard}></pw-admin-tabs>
      <div>${this.#mayOpen ? this.#renderPage() : this.#renderForbidden()}</div>`;
  }

  get #mayOpen(): boolean {
    const role = adminPages.find(({ id }) => id === this.route.tab)?.role ?? 'admin';
    return this.dashboard.session.may(role);
  }

  get #page(): (HTMLElement & { focusSearch?(): void }) | null {
    return this.renderRoot.querySelector('pw-admin-tabs + div > *');
  }

  #renderPage() {
    const { dashboard, route } = this;
    if (this.failed === route.tab) return this.#renderFailed();
    if (!this.loaded.has(route.tab)) return nothing;
    switch (route.tab) {
      case 'agents':
        return html`<pw-admin-agents .dashboard=${dashboard} .route=${route}></pw-admin-agents>`;
      case 'enrol':
        return html`<pw-admin-enrol .dashboard=${dashboard} .route=${route}></pw-admin-enrol>`;
      case 'tags':
        return html`<pw-admin-tags .dashboard=${dashboard} .route=${route}></pw-admin-tags>`;
      case 'scripts':
        return html`<pw-admin-scripts .dashboard=${dashboard} .route=${route}></pw-admin-scripts>`;
      case 'people':
        return html`<pw-admin-people .dashboard=${dashboard} .route=${route}></pw-admin-people>`;
      case 'tokens':
        return html`<pw-admin-tokens .dashboard=${dashboard} .route=${route}></pw-admin-tokens>`;
      case 'channels':
        return html`<pw-admin-channels .dashboard=${dashboard} .route=${route}></pw-admin-channels>`;
      case 'storage':
        return html`<pw-admin-storage .dashboard=${dashboard} .route=${route}></pw-admin-storage>`;
      case 'audit':
        return html`<pw-admin-audit .dashboard=${dashboard} .route=${route}></pw-admin-audit>`;
      case 'health':
        return html`<pw-admin-health .dashboard=${dashboard} .route=${route}></pw-admin-health>`;
    }
  }

  #renderForbidden() {
    return html`<div class="none">
      <h2>This page is for admins</h2>
      <p>Your role does not allow it. Somebody who runs this hub can change that.</p>
    </div>`;
  }

  #renderFailed() {
    return html`<div class="none" role="alert">
      <h2>This page could not be loaded</h2>
      <p>The hub is away, or it has been updated since this page was opened.</p>
      <button class="btn" @click=${() => location.reload()}>Reload</button>
    </div>`;
  }

  #load(tab: AdminTab): void {
    if (this.loaded.has(tab)) return;
    loaders[tab]().then(
      () => {
        this.loaded = new Set([...this.loaded, tab]);
        this.failed = null;
      },
      () => {
        this.failed = tab;
      },
    );
  }
}

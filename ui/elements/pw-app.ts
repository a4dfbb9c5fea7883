/** The shell: route, theme, keys, top bar, banner, and the page that the address names. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { markAll } from '../frames.ts';
import { formatRoute, type OverviewRoute, parseRoute, type Route } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import { currentTheme, switchTheme, themeChanged } from '../theme/theme.ts';
import './pw-banner.ts';
import './pw-topbar.ts';
import '../pages/pw-host.ts';
import '../pages/pw-overview.ts';
import '../pages/pw-storage.ts';

const path = '/dashboard';
const titles = { overview: 'Overview', storage: 'Storage' } as const;

@customElement('pw-app')
export class PwApp extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      pw-topbar {
        position: sticky;
        top: 0;
        z-index: var(--pw-z-bar);
      }
      pw-banner {
        margin: 12px 16px 0;
      }
      pw-banner.host {
        margin-bottom: 12px;
      }
      main:focus {
        outline: none;
      }
      .skip:focus {
        position: fixed;
        left: 8px;
        top: 8px;
        z-index: var(--pw-z-toast);
        width: auto;
        height: auto;
        clip-path: none;
        padding: 6px 10px;
        background: var(--pw-surface-1);
      }
      @media (max-width: 720px) {
        pw-banner {
          margin: 8px 12px 0;
        }
        pw-banner.host {
          margin-bottom: 8px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private route: Route = parseRoute(location.search);
  @state() private isPaused = false;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked]);
    new Following(
      this,
      () => [themeChanged],
      () => {
        markAll();
        this.requestUpdate();
      },
    );
    this.addEventListener('click', (event) => this.#followLink(event));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('popstate', this.#readAddress);
    window.addEventListener('keydown', this.#keyPressed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('popstate', this.#readAddress);
    window.removeEventListener('keydown', this.#keyPressed);
  }

  override render() {
    const { route, dashboard } = this;
    const host = route.page === 'host' ? dashboard.fleet.byName(route.host) : null;
    const view = host === null ? dashboard.fleetView : dashboard.view(host);
    const isPaused = this.isPaused && route.page === 'host' && view.state === 'live';
    const banner = view.banner;
    return html`<a class="sr skip" href="#main" @click=${this.#skip}>Skip to content</a>
      <pw-topbar
        current=${route.page}
        state=${isPaused ? 'paused' : view.state}
        pill=${isPaused ? 'paused' : view.pill}
        theme=${currentTheme()}
        @pw-theme=${switchTheme}
      ></pw-topbar>
      <div role="status">
        ${banner === null ? nothing : html`<pw-banner class=${route.page} kind=${banner.kind} .view=${banner} @pw-action=${this.#retry}></pw-banner>`}
      </div>
      <main tabindex="-1" @pw-filter=${this.#filter} @pw-route=${this.#changeRoute} @pw-pause=${this.#pause}>
        ${this.#renderPage()}
      </main>`;
  }

  #renderPage() {
    const { route, dashboard } = this;
    switch (route.page) {
      case 'overview':
        return html`<pw-overview .dashboard=${dashboard} .route=${route}></pw-overview>`;
      case 'host':
        return html`<pw-host .dashboard=${dashboard} .route=${route}></pw-host>`;
      case 'storage':
        return html`<pw-storage .dashboard=${dashboard}></pw-storage>`;
    }
  }

  override updated(): void {
    const { route } = this;
    const title = `${route.page === 'host' ? this.#titleOf(route.host) : titles[route.page]} · Pulsewire`;
    if (document.title !== title) document.title = title;
  }

  /** A host with an alias goes by both. */
  #titleOf(name: string): string {
    const title = this.dashboard.fleet.byName(name)?.title ?? name;
    return title === name ? name : `${title} (${name})`;
  }

  /** Links of this page are followed without loading it again. */
  #followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event
      .composedPath()
      .find((target) => target instanceof HTMLAnchorElement && target.hasAttribute('data-navigate'));
    if (link === undefined) return;
    event.preventDefault();
    this.#go(parseRoute((link as HTMLAnchorElement).search));
  }

  #go(route: Route): void {
    this.isPaused = false;
    this.route = route;
    history.pushState(null, '', path + formatRoute(route));
    window.scrollTo(0, 0);
    this.renderRoot.querySelector('main')?.focus({ preventScroll: true });
  }

  /** Typing does not fill the history. */
  #replace(route: Route): void {
    this.route = route;
    history.replaceState(null, '', path + formatRoute(route));
  }

  #filter(event: CustomEvent<OverviewRoute>): void {
    this.#replace(event.detail);
  }

  #changeRoute(event: CustomEvent<Route>): void {
    this.#replace(event.detail);
  }

  #pause(event: CustomEvent<boolean>): void {
    this.isPaused = event.detail;
  }

  #retry(): void {
    this.dashboard.retry();
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector('main')?.focus();
  }

  readonly #readAddress = (): void => {
    this.isPaused = false;
    this.route = parseRoute(location.search);
  };

  readonly #keyPressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event)) return;
    const page = this.renderRoot.querySelector<HTMLElement & { focusSearch(): void }>('pw-overview, pw-host');
    if (event.key === 't') switchTheme();
    else if (event.key === '/' && page !== null) {
      event.preventDefault();
      page.focusSearch();
    }
  };
}

/** Single keys are off while one types. */
export function isField(event: Event): boolean {
  const target = event.composedPath()[0];
  return target instanceof Element && target.matches('input, select, textarea');
}

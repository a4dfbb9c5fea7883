/**
 * The shell: route, theme, keys, top bar, banner, and the page that the address names. Pages but the overview are
 * loaded when they are first opened, so that nobody waits for what is not shown.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { type Severity, severities } from '#core/rule-spec.ts';
import { Following } from '../../controllers/following.ts';
import { Keys } from '../../controllers/keys.ts';
import type { Dashboard } from '../../dashboard.ts';
import { markAll } from '../../frames.ts';
import { FreshAlerts } from '../../live/fresh-alerts.ts';
import { adminPages } from '../../model/admin-tabs.ts';
import { displayZone } from '../../model/display-zone.ts';
import { hrefOf, overviewRoute, parseRoute, type Route } from '../../model/route.ts';
import { chooseZone, zoneChanged } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { currentTheme, switchTheme, themeChanged } from '../../theme/theme.ts';
import { showToast, type Toast } from '../events.ts';
import type { PwToasts } from './pw-toasts.ts';
import './pw-banner.ts';
// At once: the letters behind Ctrl K must not be taken for keys of the page.
import './pw-command.ts';
import './pw-tab-bar.ts';
import './pw-toasts.ts';
import './pw-topbar.ts';
import '../../pages/pw-overview.ts';

const titles = {
  overview: 'Overview',
  compare: 'Compare',
  alerts: 'Alerts',
  rule: 'Rule',
  downtimes: 'Downtimes',
  hosts: 'Hosts',
} as const;

/** What each page needs; the overview is what most people open, and is there at once. */
const loaders: Readonly<Record<Route['page'], () => Promise<unknown>>> = {
  overview: async () => {},
  host: () => import('../../pages/pw-host.ts'),
  compare: () => import('../../pages/pw-compare.ts'),
  alerts: () => import('../../pages/pw-alerts.ts'),
  rule: () => import('../../pages/pw-rule.ts'),
  downtimes: () => import('../../pages/pw-downtimes.ts'),
  hosts: () => import('../../pages/pw-hosts.ts'),
  admin: () => import('../../pages/pw-admin.ts'),
};

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
      .failed {
        padding: 14vh 16px 0;
        text-align: center;
        color: var(--pw-text-3);
      }
      .failed h1 {
        color: var(--pw-text-1);
      }
      .failed .btn {
        margin-top: 12px;
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
        /* The navigation lies over the end of the page. */
        main {
          padding-bottom: 56px;
        }
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
  @state() private route: Route = parseRoute(addressOf(location));
  @state() private isPaused = false;
  @state() private over: 'jump' | 'keys' | null = null;
  @state() private loadedPages: ReadonlySet<Route['page']> = new Set(['overview']);
  /** Page whose code could not be loaded; null: all is well. */
  @state() private failedPage: Route['page'] | null = null;

  #fresh!: FreshAlerts;

  constructor() {
    super();
    new Following(this, () => [
      this.dashboard.ticked,
      this.#fresh.changed,
      this.dashboard.alerts.changed,
      this.dashboard.session.changed,
    ]);
    new Following(
      this,
      () => [themeChanged, zoneChanged],
      () => {
        markAll();
        this.requestUpdate();
      },
    );
    this.addEventListener('click', (event) => this.#followLink(event));
    this.addEventListener('pw-route', (event) => this.#replace((event as CustomEvent<Route>).detail));
    this.addEventListener('pw-navigate', (event) => this.#go((event as CustomEvent<Route>).detail));
    this.addEventListener('pw-toast', (event) => this.#showToast(event as CustomEvent<Toast>));
    this.addEventListener('pw-jump', () => this.#openJump());
    this.addEventListener('pw-keys', () => this.#openKeys());
    new Keys(this, {
      t: switchTheme,
      u: () => chooseZone(displayZone() === 'utc' ? 'local' : 'utc'),
      // The overview keeps its filter.
      f: () => this.route.page !== 'overview' && this.#go({ ...overviewRoute, isTv: true }),
      '?': () => this.#openKeys(),
      '/': () => this.#focusSearch(),
    });
  }

  override connectedCallback(): void {
    this.#fresh = new FreshAlerts(this.dashboard);
    this.#fresh.open();
    super.connectedCallback();
    window.addEventListener('popstate', this.#readAddress);
    window.addEventListener('keydown', this.#jumpPressed);
    this.#load(this.route);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#fresh.close();
    window.removeEventListener('popstate', this.#readAddress);
    window.removeEventListener('keydown', this.#jumpPressed);
  }

  override render() {
    const { route, dashboard } = this;
    const host = route.page === 'host' ? dashboard.fleet.byName(route.host) : null;
    const view = host === null ? dashboard.fleetView : dashboard.view(host);
    const isPaused = this.isPaused && (route.page === 'host' || route.page === 'compare') && view.state === 'live';
    const alerts = dashboard.alerts.counts;
    const worst = worstOf(alerts.bySeverity);
    const banner = view.banner;
    if (route.page === 'overview' && route.isTv) return html`<main tabindex="-1">${this.#renderPage()}</main>`;
    return html`<a class="sr skip" href="#main" @click=${this.#skip}>Skip to content</a>
      <pw-topbar
        .dashboard=${dashboard}
        current=${route.page}
        state=${isPaused ? 'paused' : view.state}
        pill=${isPaused ? 'paused' : view.pill}
        theme=${currentTheme()}
        firing=${alerts.firing}
        worst=${worst}
      ></pw-topbar>
      <div role="status">
        ${dashboard.session.view.warnings.map(
          ({ text }) =>
            html`<pw-banner class=${route.page} kind="warn" icon="shield" .view=${{ kind: 'warn', strong: '', text, canRetry: false }}></pw-banner>`,
        )}
        ${banner === null ? nothing : html`<pw-banner class=${route.page} kind=${banner.kind} .view=${banner} @pw-action=${this.#retry}></pw-banner>`}
      </div>
      <main tabindex="-1" @pw-pause=${this.#pause}>
        ${keyed(dashboard.session.view.role, this.#renderPage())}
      </main>
      <pw-tab-bar current=${route.page} firing=${alerts.firing}></pw-tab-bar>
      <div class="sr" role="alert">${this.#fresh.critical}</div>
      <div class="sr" role="status">${this.#fresh.others}</div>
      <pw-toasts></pw-toasts>
      ${this.#renderOver()}`;
  }

  /** What lies over the page; its code is loaded when it is first wanted. */
  #renderOver() {
    const { over } = this;
    // The platform tells of a close a moment later: another may be open by then.
    const close = () => {
      if (this.over === over) this.over = null;
    };
    switch (over) {
      case 'jump':
        return html`<pw-command .dashboard=${this.dashboard} .route=${this.route} @pw-close=${close}></pw-command>`;
      case 'keys':
        return html`<pw-key-list @pw-close=${close}></pw-key-list>`;
      case null:
        return nothing;
    }
  }

  #renderPage() {
    const { route, dashboard } = this;
    if (this.failedPage === route.page) return this.#renderFailed();
    // An element that stands in the page before its code has no properties yet when it is connected.
    if (!this.loadedPages.has(route.page)) return nothing;
    switch (route.page) {
      case 'overview':
        return html`<pw-overview .dashboard=${dashboard} .route=${route}></pw-overview>`;
      case 'host':
        return html`<pw-host .dashboard=${dashboard} .route=${route}></pw-host>`;
      case 'compare':
        return html`<pw-compare .dashboard=${dashboard} .route=${route}></pw-compare>`;
      case 'alerts':
        return html`<pw-alerts .dashboard=${dashboard} .route=${route} .fresh=${this.#fresh}></pw-alerts>`;
      case 'rule':
        return html`<pw-rule .dashboard=${dashboard} .route=${route}></pw-rule>`;
      case 'downtimes':
        return html`<pw-downtimes .dashboard=${dashboard} .route=${route}></pw-downtimes>`;
      case 'hosts':
        return html`<pw-hosts .dashboard=${dashboard} .route=${route}></pw-hosts>`;
      case 'admin':
        return html`<pw-admin .dashboard=${dashboard} .route=${route}></pw-admin>`;
    }
  }

  /** The hub was updated and has other files now, or it is away. */
  #renderFailed() {
    return html`<div class="failed" role="alert">
      <h1>This page could not be loaded</h1>
      <p>The hub is away, or it has been updated since this page was opened.</p>
      <button class="btn" @click=${() => location.reload()}>Reload</button>
    </div>`;
  }

  override updated(): void {
    const { route } = this;
    const title = `${this.#titleOf(route)} · Pulsewire`;
    const { firing, bySeverity } = this.dashboard.alerts.counts;
    const counted = firing === 0 ? title : `(${firing}) ${title}`;
    if (document.title !== counted) document.title = counted;
    showFavicon(worstOf(bySeverity));
  }

  #titleOf(route: Route): string {
    switch (route.page) {
      case 'host':
        return this.#hostTitle(route.host);
      case 'admin':
        return adminPages.find(({ id }) => id === route.tab)?.title ?? 'Admin';
      default:
        return titles[route.page];
    }
  }

  /** A host with an alias goes by both. */
  #hostTitle(name: string): string {
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
    this.#go(parseRoute(addressOf(link as HTMLAnchorElement)));
  }

  #go(route: Route): void {
    const isSamePlace = isSamePage(this.route, route);
    this.isPaused = false;
    this.#show(route);
    history.pushState(null, '', hrefOf(route));
    if (isSamePlace) return;
    window.scrollTo(0, 0);
    this.renderRoot.querySelector('main')?.focus({ preventScroll: true });
  }

  /** Typing does not fill the history. */
  #replace(route: Route): void {
    this.#show(route);
    history.replaceState(null, '', hrefOf(route));
  }

  #show(route: Route): void {
    this.route = route;
    this.#load(route);
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

  /** "Back" and "forward", unless the page that is shown would lose something: it then asks (`controllers/leave-guard.ts`). */
  readonly #readAddress = (): void => {
    const page = this.renderRoot.querySelector('main > *');
    if (page?.dispatchEvent(new CustomEvent('pw-leaving', { cancelable: true })) === false) {
      history.pushState(null, '', hrefOf(this.route));
      return;
    }
    this.isPaused = false;
    this.#show(parseRoute(addressOf(location)));
  };

  readonly #jumpPressed = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#openJump();
  };

  #openJump(): void {
    this.over = 'jump';
  }

  #openKeys(): void {
    import('./pw-key-list.ts').then(
      () => {
        this.over = 'keys';
      },
      () => showToast(this, { kind: 'failed', text: 'The list of keys could not be loaded. Reload the page.' }),
    );
  }

  #showToast({ detail }: CustomEvent<Toast>): void {
    this.renderRoot.querySelector<PwToasts>('pw-toasts')?.show(detail);
  }

  #focusSearch(): boolean {
    const page = this.renderRoot.querySelector<HTMLElement & { focusSearch?(): void }>('main > *');
    if (page?.focusSearch === undefined) return false;
    page.focusSearch();
    return true;
  }

  #load({ page }: Route): void {
    loaders[page]().then(
      () => {
        if (!this.loadedPages.has(page)) this.loadedPages = new Set([...this.loadedPages, page]);
        this.failedPage = null;
      },
      () => {
        this.failedPage = page;
      },
    );
  }
}

function worstOf(bySeverity: Readonly<Record<Severity, number>>): Severity | '' {
  return severities.findLast((severity) => bySeverity[severity] > 0) ?? '';
}

/** The tab says from afar that something fires, and how bad it is. */
function showFavicon(worst: Severity | ''): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const file = worst === 'critical' || worst === 'warning' ? `favicon-${worst}.svg` : 'favicon.svg';
  if (link !== null && !link.href.endsWith(`/${file}`)) link.href = `/dashboard/${file}`;
}

function addressOf({ pathname, search, hash }: Location | HTMLAnchorElement): string {
  return pathname + search + hash;
}

/** Another look at the same thing: the reader stays where he is. */
function isSamePage(before: Route, after: Route): boolean {
  return before.page === 'host' && after.page === 'host' && before.host === after.host;
}

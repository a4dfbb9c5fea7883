/**
 * All hosts: the fleet's figures, the filter, and the hosts as cards, as a table or as tiles, in groups. It decides which
 * hosts are shown in which order, and keeps the hub told of those on the screen; what they look like is decided by the
 * elements. What it shows is worked out once a frame at most, however many hosts change in it.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Drawing } from '../controllers/drawing.ts';
import { Following } from '../controllers/following.ts';
import { Keys } from '../controllers/keys.ts';
import type { Dashboard } from '../dashboard.ts';
import { openRoute, replaceRoute, showToast } from '../elements/events.ts';
import type { PwFilterBar } from '../elements/overview/pw-filter-bar.ts';
import type { FleetHost } from '../live/fleet.ts';
import { formatCount } from '../model/format.ts';
import { nextDensity, othersMsOf } from '../model/overview/density.ts';
import { FleetArrangement } from '../model/overview/fleet-arrangement.ts';
import { type HostSort, type OverviewRoute, overviewRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/pw-empty-state.ts';
import '../elements/pw-skeleton.ts';
import '../elements/overview/pw-filter-bar.ts';
import '../elements/overview/pw-fleet-header.ts';
import '../elements/overview/pw-foot-keys.ts';
import '../elements/overview/pw-host-grid.ts';
import '../elements/overview/pw-host-table.ts';
import '../elements/overview/pw-host-tiles.ts';

/** An order by values is made anew so often: rows that jump each second cannot be read. */
const reorderMs = 3_000;

@customElement('pw-overview')
export class PwOverview extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        padding: 12px 16px 48px;
      }
      .none {
        padding: 10vh 0;
        text-align: center;
        color: var(--pw-text-3);
      }
      .none h2 {
        color: var(--pw-text-1);
        margin-bottom: 4px;
      }
      .none .btn {
        margin-top: 12px;
      }
      @media (max-width: 720px) {
        :host {
          padding: 8px 12px 32px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: OverviewRoute = overviewRoute;
  /** Its code is loaded when it is first wanted. */
  @state() private isTvLoaded = false;
  @state() private collapsed: ReadonlySet<string> = new Set();
  readonly #arrangement = new FleetArrangement<FleetHost>();
  readonly #drawing = new Drawing(this, () => this.requestUpdate());
  /** On the screen, as the shown element says. */
  #inSight: readonly FleetHost[] = [];
  #alertsVersion = 0;
  #orderedMs = 0;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged], this.#drawing.mark);
    new Following(
      this,
      () => [this.dashboard.alerts.changed],
      () => {
        this.#alertsVersion += 1;
        this.#drawing.mark();
      },
    );
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#ticked(),
    );
    new Keys(this, {
      d: () => !this.route.isTv && replaceRoute(this, { ...this.route, view: nextDensity(this.#arrangement.density) }),
      f: () => !this.route.isTv && openRoute(this, { ...this.route, isTv: true }),
    });
    this.addEventListener('pw-sight', (event) => this.#see((event as CustomEvent<readonly FleetHost[]>).detail));
    this.addEventListener('pw-fold', (event) => this.#fold((event as CustomEvent<string>).detail));
    this.addEventListener('pw-sort', (event) => this.#sort((event as CustomEvent<HostSort>).detail));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.wantOverview(null);
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<PwFilterBar>('pw-filter-bar')?.focusSearch();
  }

  override render() {
    const { dashboard, route } = this;
    const { fleet, isComplete, alerts } = dashboard;
    if (fleet.count === 0 && !isComplete) return html`<pw-skeleton></pw-skeleton>`;
    if (fleet.count === 0) return html`<pw-empty-state .dashboard=${dashboard}></pw-empty-state>`;
    if (route.isTv) return this.isTvLoaded ? html`<pw-tv .dashboard=${dashboard} .route=${route}></pw-tv>` : nothing;

    const view = this.#arrangement.of({
      hosts: fleet.hosts,
      route,
      worstOf: (host) => alerts.worstOf(host.id),
      version: `${fleet.version} ${this.#alertsVersion} ${this.#orderedMs}`,
    });
    return html`<h1 class="sr">Overview</h1>
      <pw-fleet-header role="region" aria-label="Fleet" .dashboard=${dashboard} .route=${route}></pw-fleet-header>
      <pw-filter-bar
        role="search"
        aria-label="Hosts"
        .route=${route}
        .counts=${view.counts}
        .tagChoices=${view.tagChoices}
        .tagNames=${view.tagNames}
        .groupBy=${view.groupBy}
        .density=${view.density}
      ></pw-filter-bar>
      ${view.shownCount === 0 ? this.#renderNone() : this.#renderHosts()}
      <pw-foot-keys .shown=${view.shownCount} .all=${fleet.count}></pw-foot-keys>`;
  }

  override updated(): void {
    if (this.route.isTv) this.#loadTv();
    else this.#tellWant();
  }

  /** A hub that is away, or has other files by now: the overview itself is what there is. */
  #loadTv(): void {
    if (this.isTvLoaded) return;
    import('../elements/tv/pw-tv.ts').then(
      () => {
        this.isTvLoaded = true;
      },
      () => {
        showToast(this, { kind: 'failed', text: 'TV mode could not be loaded. Reload the page and try again.' });
        replaceRoute(this, { ...this.route, isTv: false });
      },
    );
  }

  #renderHosts() {
    const { dashboard, route, collapsed } = this;
    const { groups, density } = this.#arrangement;
    switch (density) {
      case 'cards':
        return html`<pw-host-grid
          .dashboard=${dashboard}
          .groups=${groups}
          .collapsed=${collapsed}
          .autoscaled=${route.isAutoScaled}
        ></pw-host-grid>`;
      case 'table':
        return html`<pw-host-table
          .dashboard=${dashboard}
          .groups=${groups}
          .collapsed=${collapsed}
          .sort=${route.sort}
          .autoscaled=${route.isAutoScaled}
        ></pw-host-table>`;
      case 'tiles':
        return html`<pw-host-tiles .dashboard=${dashboard} .groups=${groups} .metric=${route.metric}></pw-host-tiles>`;
    }
  }

  #renderNone() {
    const { query, tags, statuses } = this.route;
    const what = [query === '' ? '' : `\u201c${query}\u201d`, ...tags, statuses.join(' or ')]
      .filter(Boolean)
      .join(' with ');
    return html`<div class="none" role="status">
      <h2>No host matches ${what}</h2>
      <p>${formatCount(this.dashboard.fleet.count)} hosts are there without the filter.</p>
      <button class="btn" @click=${() => replaceRoute(this, { ...this.route, query: '', tags: [], statuses: [] })}>
        Clear filter
      </button>
    </div>`;
  }

  #ticked(): void {
    const isByValue = this.route.sort !== 'attention' && this.route.sort !== 'name';
    const { hubMs } = this.dashboard;
    if (!isByValue || Math.abs(hubMs - this.#orderedMs) < reorderMs) return;
    this.#orderedMs = hubMs;
    this.#drawing.mark();
  }

  #see(hosts: readonly FleetHost[]): void {
    this.#inSight = hosts;
    this.#tellWant();
  }

  #tellWant(): void {
    if (!this.isConnected || this.route.isTv) return;
    const { sort } = this.route;
    const isByValue = sort !== 'attention' && sort !== 'name';
    this.dashboard.wantOverview({
      hosts: this.#inSight,
      othersMs: othersMsOf(this.#arrangement.density, isByValue),
    });
  }

  #fold(id: string): void {
    const collapsed = new Set(this.collapsed);
    if (!collapsed.delete(id)) collapsed.add(id);
    this.collapsed = collapsed;
  }

  #sort(sort: HostSort): void {
    replaceRoute(this, { ...this.route, sort });
  }
}

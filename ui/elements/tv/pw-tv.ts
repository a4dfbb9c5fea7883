/**
 * TV mode: the fleet on a wall. No chrome and no pointer, figures that are read from across a room, pages that follow
 * each other; a new critical alert shows the alerts and keeps them. The screen stays on. "Esc" leaves.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import { WakeLock } from '../../controllers/wake-lock.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatAge, formatClock, formatCount, noValue, partsOf, thinSpace } from '../../model/format.ts';
import { FleetArrangement } from '../../model/overview/fleet-arrangement.ts';
import { type HostStatus, type OverviewRoute, overviewRoute } from '../../model/route.ts';
import { firstPage, jumpToAlerts, type Rotation, type TvPage, turn, tvPages } from '../../model/tv/rotation.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { replaceRoute } from '../events.ts';
import { mark } from '../icons.ts';
import { statusWords } from '../pw-status.ts';
import { tvStyles } from './tv-styles.ts';
import '../overview/pw-wire.ts';
import '../pw-severity.ts';
import '../shell/pw-live-pill.ts';
import './pw-tv-alerts.ts';
import './pw-tv-busiest.ts';
import './pw-tv-tiles.ts';

const titles: Readonly<Record<TvPage, string>> = { fleet: 'Fleet', alerts: 'Alerts', busiest: 'Busiest hosts' };
const statuses: readonly HostStatus[] = ['up', 'stale', 'down', 'downtime', 'never'];
/** All hosts are on the wall, and none of them has a sparkline: their newest values in turns are enough. */
const othersMs = 2_000;

@customElement('pw-tv')
export class PwTv extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tvStyles,
    css`
      :host {
        --s: 1;
        position: fixed;
        inset: 0;
        z-index: var(--pw-z-bar);
        display: grid;
        grid-template-rows: auto auto minmax(0, 1fr) auto;
        gap: calc(22px * var(--s));
        padding: calc(28px * var(--s)) calc(36px * var(--s)) calc(20px * var(--s));
        overflow: hidden;
        background: var(--pw-bg);
        cursor: none;
      }
      header,
      footer {
        display: flex;
        align-items: center;
        gap: calc(14px * var(--s));
        font-size: calc(20px * var(--s));
        line-height: calc(28px * var(--s));
        white-space: nowrap;
      }
      header b {
        font-size: calc(22px * var(--s));
        font-weight: var(--pw-w-strong);
      }
      header > svg {
        width: calc(32px * var(--s));
        height: calc(32px * var(--s));
        color: var(--pw-accent);
      }
      pw-live-pill {
        margin-left: auto;
        zoom: calc(1.45 * var(--s));
      }
      .clock {
        font-size: calc(28px * var(--s));
        font-weight: var(--pw-w-strong);
      }
      dl {
        display: grid;
        grid-template-columns: minmax(max-content, 1.5fr) minmax(max-content, 0.9fr) minmax(max-content, 1.1fr) 1.4fr;
        gap: calc(36px * var(--s));
        margin: 0;
      }
      dl > div {
        min-width: 0;
      }
      dt {
        font-size: calc(18px * var(--s));
        line-height: calc(24px * var(--s));
        color: var(--pw-text-3);
      }
      dd.figure {
        font-size: calc(var(--pw-fs-tv) * var(--s));
        line-height: calc(var(--pw-lh-tv) * var(--s));
        font-weight: var(--pw-w-strong);
        letter-spacing: -0.02em;
        white-space: nowrap;
      }
      dd.figure.critical {
        color: var(--pw-crit);
      }
      dd.figure.warning {
        color: var(--pw-warn);
      }
      dd.under {
        display: flex;
        gap: calc(16px * var(--s));
        height: calc(26px * var(--s));
        font-size: calc(17px * var(--s));
        line-height: calc(26px * var(--s));
        color: var(--pw-text-2);
        white-space: nowrap;
      }
      dd.under span {
        display: inline-flex;
        align-items: center;
        gap: calc(6px * var(--s));
      }
      pw-wire {
        height: calc(64px * var(--s));
        margin-bottom: calc(4px * var(--s));
      }
      .two {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1.2fr);
        gap: calc(40px * var(--s));
        min-height: 0;
      }
      footer {
        font-size: calc(15px * var(--s));
        line-height: calc(20px * var(--s));
        color: var(--pw-text-3);
      }
      footer .on {
        color: var(--pw-text-1);
      }
      footer .end {
        margin-left: auto;
      }
      footer .end.warn {
        color: var(--pw-warn);
      }
      footer .end.error {
        color: var(--pw-down);
      }
      .time {
        width: calc(72px * var(--s));
        height: calc(4px * var(--s));
        margin-right: calc(8px * var(--s));
        border-radius: 2px;
        background: var(--pw-surface-3);
        overflow: hidden;
      }
      .time i {
        display: block;
        width: 100%;
        height: 100%;
        background: var(--pw-accent);
        transform-origin: left;
        transform: scaleX(0);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: OverviewRoute = overviewRoute;
  @state() private rotation!: Rotation;
  readonly #arrangement = new FleetArrangement<FleetHost>();
  /** What tiles are grouped by; made anew when the address changes. */
  #arranged: OverviewRoute = overviewRoute;
  #alertsVersion = 0;
  #knewAlerts = false;

  constructor() {
    super();
    new WakeLock(this);
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#ticked(),
    );
    new Following(
      this,
      () => [this.dashboard.alerts.changed],
      () => this.#alertsChanged(),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.rotation = firstPage(this.#facts());
    this.#knewAlerts = this.dashboard.alerts.isKnown;
    this.dashboard.wantOverview({ hosts: [], othersMs });
    window.addEventListener('keydown', this.#keyPressed);
    window.addEventListener('resize', this.#fit);
    this.#fit();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.wantOverview(null);
    window.removeEventListener('keydown', this.#keyPressed);
    window.removeEventListener('resize', this.#fit);
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('route')) this.#arranged = { ...this.route, sort: 'name', view: 'tiles' };
  }

  override render() {
    const { dashboard } = this;
    const { query, tags } = this.route;
    const view = dashboard.fleetView;
    return html`<h1 class="sr">Fleet on a wall</h1>
      <header>
        ${mark()}<b>Pulsewire</b>
        <span class="quiet ell">${[query, ...tags].filter(Boolean).join('  ')}</span>
        <pw-live-pill state=${view.state} text=${view.pill}></pw-live-pill>
        <span class="clock">${formatClock(dashboard.hubMs).slice(0, 5)}</span>
      </header>
      ${this.#renderFigures()} ${this.#renderPage()}
      <footer>
        ${tvPages.map(
          (page) =>
            html`<span class=${page === this.rotation.page ? 'on' : nothing}>${titles[page]}</span
              ><span class="time"><i data-page=${page}></i></span>`,
        )}
        ${
          view.banner === null
            ? html`<span class="end">A new critical alert shows the alerts. Esc leaves.</span>`
            : html`<span class="end ${view.banner.kind}">${view.banner.strong} ${view.banner.text}</span>`
        }
      </footer>`;
  }

  override updated(): void {
    const { sinceMs, untilMs, page } = this.rotation;
    const share = Math.min(1, Math.max(0, (this.dashboard.hubMs - sinceMs) / (untilMs - sinceMs)));
    for (const bar of this.renderRoot.querySelectorAll<HTMLElement>('.time i'))
      bar.style.transform = `scaleX(${bar.dataset['page'] === page ? share.toFixed(3) : 0})`;
  }

  #renderFigures() {
    const { dashboard } = this;
    const { counts } = this.#view();
    const alerts = dashboard.alerts.counts;
    const { critical, warning } = alerts.bySeverity;
    const { status, wire } = dashboard;
    const rate = partsOf(status?.samplesPerSec ?? null, '1/s');
    const ages = dashboard.ages();
    const heard = wire.filter((ratio) => ratio !== null);
    const onTime = heard.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, heard.length);
    return html`<dl>
      <div>
        <dt>Hosts</dt>
        <dd class="figure">${formatCount(counts.all)}</dd>
        <dd class="under">
          ${statuses
            .filter((word) => counts[word] > 0)
            .map(
              (word) =>
                html`<span><pw-status .state=${word} bare></pw-status>${formatCount(counts[word])} ${statusWords[word].toLowerCase()}</span>`,
            )}
        </dd>
      </div>
      <div>
        <dt>Firing</dt>
        <dd class="figure ${critical > 0 ? 'critical' : warning > 0 ? 'warning' : ''}">${formatCount(alerts.firing)}</dd>
        <dd class="under">
          ${critical === 0 ? nothing : html`<span><pw-severity level="critical" bare></pw-severity>${formatCount(critical)}</span>`}
          ${warning === 0 ? nothing : html`<span><pw-severity level="warning" bare></pw-severity>${formatCount(warning)}</span>`}
          ${alerts.pending === 0 ? nothing : html`<span class="quiet">${formatCount(alerts.pending)} pending</span>`}
        </dd>
      </div>
      <div>
        <dt>Samples per second</dt>
        <dd class="figure">${rate.figure}${thinSpace}${rate.unit.replace('/s', '')}</dd>
        <dd class="under">${ages === null ? noValue : html`<span>data age ${formatAge(ages.medianMs)}</span>`}</dd>
      </div>
      <div>
        <dt>Hosts on time, last 60${thinSpace}s</dt>
        <dd><pw-wire .dashboard=${dashboard}></pw-wire></dd>
        <dd class="under">${heard.length === 0 ? noValue : `${(onTime * 100).toFixed(1)}${thinSpace}%`}</dd>
      </div>
    </dl>`;
  }

  #renderPage() {
    const { dashboard } = this;
    const { groups } = this.#view();
    switch (this.rotation.page) {
      case 'fleet':
        return html`<div class="two">
          <pw-tv-alerts .dashboard=${dashboard} .lines=${7}></pw-tv-alerts>
          <pw-tv-tiles .dashboard=${dashboard} .groups=${groups}></pw-tv-tiles>
        </div>`;
      case 'alerts':
        return html`<pw-tv-alerts .dashboard=${dashboard} .columns=${2} .lines=${7} heading="Firing alerts"></pw-tv-alerts>`;
      case 'busiest':
        return html`<pw-tv-busiest .dashboard=${dashboard} .hosts=${groups.flatMap(({ hosts }) => hosts)}></pw-tv-busiest>`;
    }
  }

  #view(): FleetArrangement<FleetHost> {
    const { fleet, alerts } = this.dashboard;
    return this.#arrangement.of({
      hosts: fleet.hosts,
      route: this.#arranged,
      worstOf: (host) => alerts.worstOf(host.id),
      version: `${fleet.version} ${this.#alertsVersion}`,
    });
  }

  #facts() {
    const { counts } = this.dashboard.alerts;
    return { nowMs: this.dashboard.hubMs, turnMs: this.route.rotateS * 1_000, hasAlerts: counts.firing > 0 };
  }

  #ticked(): void {
    this.rotation = turn(this.rotation, this.#facts());
    this.requestUpdate();
  }

  /** All that the hub tells at first are not new. */
  #alertsChanged(): void {
    const { alerts } = this.dashboard;
    this.#alertsVersion += 1;
    if (this.#knewAlerts && alerts.newest?.severity === 'critical') this.rotation = jumpToAlerts(this.#facts());
    this.#knewAlerts = alerts.isKnown;
    this.requestUpdate();
  }

  readonly #keyPressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    replaceRoute(this, { ...this.route, isTv: false });
  };

  /** One unit of all lengths: the wall is filled whatever its size. */
  readonly #fit = (): void => {
    const scale = Math.max(0.4, Math.min(window.innerWidth / 1_440, window.innerHeight / 860));
    this.style.setProperty('--s', scale.toFixed(3));
  };
}

/**
 * The fleet in one line: hosts by status, what fires, how much data, how old it is, and the arrival strip. A click on a
 * status filters by it, one on a severity opens its alerts.
 */
import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetCounts } from '../../live/fleet.ts';
import { formatAge, formatCount, noValue, partsOf, thinSpace } from '../../model/format.ts';
import { alertsRoute, type HostStatus, hrefOf, type OverviewRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { replaceRoute } from '../events.ts';
import { statusWords } from '../pw-status.ts';
import '../pw-severity.ts';
import './pw-rate-spark.ts';
import './pw-wire.ts';

const statuses: readonly HostStatus[] = ['up', 'stale', 'down', 'downtime', 'never'];

@customElement('pw-fleet-header')
export class PwFleetHeader extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-columns:
          minmax(290px, 1.5fr) minmax(190px, 0.9fr) minmax(160px, 0.75fr) minmax(210px, 0.95fr)
          minmax(240px, 1.3fr);
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-3);
        overflow: hidden;
      }
      .stat {
        min-width: 0;
        padding: 10px 16px 12px;
        border-left: 1px solid var(--pw-border-1);
      }
      .stat:first-child {
        border-left: 0;
      }
      .label {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        font-size: var(--pw-fs-2);
        line-height: 16px;
        color: var(--pw-text-3);
        white-space: nowrap;
      }
      .figure {
        display: flex;
        align-items: baseline;
        gap: 8px;
        height: 28px;
        font-size: var(--pw-fs-6);
        line-height: 28px;
        font-weight: var(--pw-w-strong);
        letter-spacing: -0.02em;
        white-space: nowrap;
      }
      .figure small {
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-regular);
        letter-spacing: 0;
        color: var(--pw-text-3);
      }
      .sub {
        display: flex;
        align-items: center;
        gap: 12px;
        height: 16px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-2);
        white-space: nowrap;
      }
      .sub span {
        display: inline-flex;
        align-items: center;
        gap: 5px;
      }
      .sub b {
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-1);
      }
      .sub button,
      .sub a {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        min-height: 24px;
        margin: -4px -4px;
        padding: 0 4px;
        border: 0;
        border-radius: 4px;
        background: none;
        color: inherit;
        cursor: pointer;
      }
      .sub button:hover,
      .sub a:hover {
        background: var(--pw-surface-3);
      }
      .sub button[aria-pressed='true'] {
        background: var(--pw-accent-bg);
        color: var(--pw-accent);
      }
      .sub .quiet {
        color: var(--pw-text-3);
      }
      .bar {
        flex: 1;
        align-self: center;
        height: 8px;
        width: 100%;
        min-width: 40px;
      }
      .bar .up {
        fill: var(--pw-up);
      }
      .bar .stale {
        fill: var(--pw-stale);
      }
      .bar .down {
        fill: var(--pw-down);
      }
      .bar .downtime {
        fill: var(--pw-maint);
      }
      .bar .never {
        fill: var(--pw-chart-zero);
      }
      pw-wire {
        margin-top: 4px;
      }
      @media (max-width: 1100px) {
        :host {
          grid-template-columns: minmax(0, 1.7fr) minmax(0, 1.1fr) minmax(0, 0.9fr) minmax(0, 1.2fr);
        }
        .arrivals {
          grid-column: 1 / -1;
          border-left: 0;
          border-top: 1px solid var(--pw-border-1);
        }
      }
      @media (max-width: 900px) {
        :host {
          grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr);
        }
        .samples {
          border-left: 0;
        }
        .samples,
        .age {
          border-top: 1px solid var(--pw-border-1);
        }
      }
      @media (max-width: 720px) {
        :host {
          grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr);
        }
        .samples,
        .age {
          border-top: 0;
        }
        .stat {
          padding: 8px 12px 10px;
        }
        .hosts {
          grid-column: 1 / -1;
        }
        .hosts,
        .alerts,
        .samples {
          border-left: 0;
          border-bottom: 1px solid var(--pw-border-1);
        }
        .alerts {
          grid-column: 1;
        }
        .samples {
          border-left: 1px solid var(--pw-border-1);
        }
        .age {
          grid-column: 1 / -1;
          border-left: 0;
        }
        .age {
          display: flex;
          gap: 12px;
        }
        .age .figure {
          display: none;
        }
        .sub {
          flex-wrap: wrap;
          gap: 8px;
          height: auto;
          min-height: 16px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: OverviewRoute;
  /** Each second, and once a frame at most while hundreds of hosts change. */
  readonly #drawing = new Drawing(this, () => this.requestUpdate());

  constructor() {
    super();
    new Following(
      this,
      () => [this.dashboard.ticked, this.dashboard.fleet.listChanged, this.dashboard.alerts.changed],
      this.#drawing.mark,
    );
  }

  override render() {
    const { fleet, status, wire } = this.dashboard;
    const counts = fleet.counts();
    const ages = this.dashboard.ages();
    const rate = partsOf(status === null ? null : status.samplesPerSec, '1/s');
    const heard = wire.filter((ratio): ratio is number => ratio !== null);
    const onTime = heard.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, wire.length);
    const stored = status === null || status.unstoredMs === 0 ? null : formatAge(status.unstoredMs);
    return html`<div class="stat hosts">
        <div class="label">Hosts</div>
        <div class="figure">${formatCount(counts.all)} ${this.#renderBar(counts)}</div>
        <div class="sub">${statuses.filter((word) => counts[word] > 0 || word === 'up').map((word) => this.#renderCount(word, counts[word]))}</div>
      </div>
      <div class="stat alerts">${this.#renderAlerts()}</div>
      <div class="stat samples">
        <div class="label">Samples</div>
        <div class="figure">${rate.figure}${rate.unit === '/s' ? '' : thinSpace + rate.unit.replace('/s', '')} <small>per second</small></div>
        <pw-rate-spark .dashboard=${this.dashboard}></pw-rate-spark>
      </div>
      <div class="stat age">
        <div class="label">Data age</div>
        <div class="figure">${ages === null ? noValue : formatAge(ages.medianMs)} <small>median</small></div>
        <div class="sub">
          ${ages === null ? nothing : html`<span>slowest 1${thinSpace}% <b>${formatAge(ages.slowMs)}</b></span>`}
          ${stored === null ? nothing : html`<span class="quiet" title="Age of the oldest data that is not in the database yet">stored ${stored}</span>`}
        </div>
      </div>
      <div class="stat arrivals">
        <div class="label">
          <span>Hosts on time, last 60${thinSpace}s</span>
          <span>${heard.length === 0 ? noValue : percentText(onTime)}</span>
        </div>
        <pw-wire .dashboard=${this.dashboard}></pw-wire>
      </div>`;
  }

  #renderCount(word: HostStatus, count: number) {
    const isOn = this.route.statuses.includes(word);
    return html`<button
      aria-pressed=${isOn ? 'true' : 'false'}
      title=${isOn ? 'Show all hosts' : `Show only hosts that are ${statusWords[word].toLowerCase()}`}
      @click=${() => replaceRoute(this, { ...this.route, statuses: isOn ? [] : [word] })}
    >
      <pw-status .state=${word} bare aria-hidden="true"></pw-status>${formatCount(count)} ${statusWords[word].toLowerCase()}
    </button>`;
  }

  #renderAlerts() {
    const { counts, isKnown } = this.dashboard.alerts;
    const { critical, warning, info } = counts.bySeverity;
    const link = (severity: 'critical' | 'warning' | 'info', count: number) =>
      count === 0
        ? nothing
        : html`<a href=${hrefOf({ ...alertsRoute, severity })} data-navigate
            ><pw-severity level=${severity} label="${formatCount(count)} ${severity}"></pw-severity
          ></a>`;
    return html`<div class="label">
        <span>Firing alerts</span>
        ${counts.pending === 0 ? nothing : html`<span>${formatCount(counts.pending)} pending</span>`}
      </div>
      <div class="figure">${isKnown ? formatCount(counts.firing) : noValue}</div>
      <div class="sub">
        ${link('critical', critical)} ${link('warning', warning)} ${link('info', info)}
        ${isKnown && counts.firing + counts.pending === 0 ? html`<span class="quiet">nothing fires</span>` : nothing}
      </div>`;
  }

  /** Widths of an SVG, since inline styles are forbidden to the page. */
  #renderBar(counts: FleetCounts) {
    if (counts.all === 0) return nothing;
    const present = statuses.filter((word) => counts[word] > 0);
    const gap = 2;
    const wholeWidth = 200 - gap * (present.length - 1);
    let x = 0;
    const parts = present.map((word) => {
      const width = Math.max(3, (counts[word] / counts.all) * wholeWidth);
      const at = x;
      x += width + gap;
      return { word, at, width };
    });
    return html`<svg class="bar" viewBox="0 0 ${x - gap} 8" preserveAspectRatio="none" aria-hidden="true">
      ${parts.map(({ word, at, width }) => svg`<rect class=${word} x=${at} width=${width} height="8" rx="1.5" />`)}
    </svg>`;
  }
}

function percentText(ratio: number): string {
  return ratio === 1 ? `100${thinSpace}%` : `${(ratio * 100).toFixed(1)}${thinSpace}%`;
}

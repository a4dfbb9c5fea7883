/** The fleet in one line: how many hosts in which state, how much data, how old it is, and the arrival strip. */
import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import type { FleetCounts } from '../fleet.ts';
import { formatAge, formatCount, noValue, partsOf, thinSpace } from '../model/format.ts';
import { sharedStyles } from '../theme/shared.ts';
import './pw-status.ts';
import './pw-wire.ts';

const states = ['up', 'stale', 'down', 'never'] as const;

@customElement('pw-fleet-header')
export class PwFleetHeader extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(280px, 1.5fr) minmax(150px, 0.7fr) minmax(210px, 0.9fr) minmax(260px, 1.4fr);
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
      .bar .never {
        fill: var(--pw-chart-zero);
      }
      pw-wire {
        margin-top: 4px;
      }
      @media (max-width: 1100px) {
        :host {
          grid-template-columns: minmax(0, 1.7fr) minmax(0, 0.9fr) minmax(0, 1.2fr);
        }
        .arrivals {
          grid-column: 1 / -1;
          border-left: 0;
          border-top: 1px solid var(--pw-border-1);
        }
      }
      @media (max-width: 720px) {
        :host {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
        .stat {
          padding: 8px 12px 10px;
        }
        .hosts {
          grid-column: 1 / -1;
          border-bottom: 1px solid var(--pw-border-1);
        }
        .samples {
          border-left: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked, this.dashboard.fleet.listChanged]);
  }

  override render() {
    const { fleet, hubMs, status, wire } = this.dashboard;
    const counts = fleet.counts();
    const ages = fleet.ages(hubMs);
    const rate = partsOf(status === null ? null : status.samplesPerSec, '1');
    const heard = wire.filter((ratio): ratio is number => ratio !== null);
    const onTime = heard.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, wire.length);
    return html`<div class="stat hosts">
        <div class="label">Hosts</div>
        <div class="figure">${formatCount(counts.all)} ${this.#renderBar(counts)}</div>
        <div class="sub">
          ${states
            .filter((state) => counts[state] > 0 || state === 'up')
            .map(
              (state) =>
                html`<span><pw-status .state=${state} bare></pw-status>${formatCount(counts[state])} ${state === 'never' ? 'never seen' : state}</span>`,
            )}
        </div>
      </div>
      <div class="stat samples">
        <div class="label">Samples</div>
        <div class="figure">${rate.figure}${rate.unit} <small>per second</small></div>
        <div class="sub">
          ${status === null ? noValue : html`<span>${formatCount(status.connectedCount)} connected</span>`}
        </div>
      </div>
      <div class="stat">
        <div class="label">Data age</div>
        <div class="figure">${ages === null ? noValue : formatAge(ages.medianMs)} <small>median</small></div>
        <div class="sub">
          ${ages === null ? nothing : html`<span>slowest 1${thinSpace}% <b>${formatAge(ages.slowMs)}</b></span>`}
          ${status === null || status.unstoredMs === 0 ? nothing : html`<span class="wide">unstored <b>${formatAge(status.unstoredMs)}</b></span>`}
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

  /** Widths of an SVG, since inline styles are forbidden to the page. */
  #renderBar(counts: FleetCounts) {
    if (counts.all === 0) return nothing;
    const present = states.filter((state) => counts[state] > 0);
    const gap = 2;
    const wholeWidth = 200 - gap * (present.length - 1);
    let x = 0;
    const parts = present.map((state) => {
      const width = Math.max(3, (counts[state] / counts.all) * wholeWidth);
      const at = x;
      x += width + gap;
      return { state, at, width };
    });
    return html`<svg class="bar" viewBox="0 0 ${x - gap} 8" preserveAspectRatio="none" aria-hidden="true">
      ${parts.map(({ state, at, width }) => svg`<rect class=${state} x=${at} width=${width} height="8" rx="1.5" />`)}
    </svg>`;
  }
}

function percentText(ratio: number): string {
  return ratio === 1 ? `100${thinSpace}%` : `${(ratio * 100).toFixed(1)}${thinSpace}%`;
}

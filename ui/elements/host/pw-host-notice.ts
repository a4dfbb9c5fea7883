/** Over a host's charts, what nobody may overlook: that it is silent, and since when; that a downtime keeps it quiet. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import type { HostMarks } from '../../live/host-marks.ts';
import { shortMoment } from '../../model/alerts/alert-text.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { formatDuration } from '../../model/format.ts';
import { downtimesRoute, hrefOf } from '../../model/route.ts';
import { zoneChanged } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import '../pw-status.ts';

@customElement('pw-host-notice')
export class PwHostNotice extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flow-root;
        padding: 0 16px;
        background: var(--pw-surface-1);
      }
      div {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 34px;
        margin-bottom: 6px;
        padding: 6px 8px 6px 12px;
        border-radius: var(--pw-r-2);
        background: var(--pw-maint-bg);
        color: var(--pw-text-2);
      }
      div.stale {
        background: var(--pw-warn-bg);
      }
      div.down {
        background: var(--pw-down-bg);
      }
      p {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      strong {
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-1);
      }
      .btn {
        border-color: var(--pw-border-control);
        background: transparent;
      }
      @media (max-width: 720px) {
        :host {
          padding: 0 12px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) host!: FleetHost;
  @property({ attribute: false }) marks!: HostMarks;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked, this.host.changed, this.marks.changed, zoneChanged]);
  }

  override render() {
    return html`${this.#renderSilence()}${this.#renderDowntime()}`;
  }

  #renderSilence() {
    const { state, lastMs, title } = this.host;
    if (state !== 'stale' && state !== 'down') return nothing;
    const { hubMs } = this.dashboard;
    const since =
      lastMs === 0 ? '' : `Its last tick is ${formatDuration(hubMs - lastMs)} old, of ${this.#moment(lastMs)}.`;
    return html`<div class=${state} role="status">
      <pw-status state=${state} bare></pw-status>
      <p><strong>${title} is ${state}.</strong> ${since} Charts show what came before.</p>
    </div>`;
  }

  #renderDowntime() {
    const { downtimeUntilMs } = this.host;
    const { hubMs } = this.dashboard;
    if (downtimeUntilMs <= hubMs) return nothing;
    const now = this.marks.downtimes.find(({ fromMs, toMs }) => fromMs <= hubMs && toMs > hubMs);
    const href = hrefOf({ ...downtimesRoute, id: now === undefined ? '' : String(now.id) });
    const reason = now === undefined || now.reason === '' ? '' : `${now.reason}. `;
    return html`<div role="status">
      <pw-status state="downtime" bare></pw-status>
      <p>
        <strong>Downtime until ${this.#moment(downtimeUntilMs)}.</strong> ${reason}Nobody is told of alerts on this host; its
        data is kept.
      </p>
      <a class="btn small" href=${href} data-navigate>Open</a>
    </div>`;
  }

  #moment(atMs: number): string {
    return `${shortMoment(atMs, this.dashboard.hubMs)} ${displayZoneText(atMs)}`;
  }
}

/** Who the host is and how it stands: state, alias and name, tags, facts, age of its newest data. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AlertRow } from '#core/message.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard, OpenHost } from '../../dashboard.ts';
import { keyOf } from '../../live/alert-book.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { factsOf } from '../../model/facts.ts';
import { formatAgo, formatDuration, formatMoment, formatValue } from '../../model/format.ts';
import { alertsRoute, compareRoute, downtimesRoute, hostsRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { icon } from '../icons.ts';
import '../pw-severity.ts';
import '../pw-status.ts';

const chipsMax = 2;

@customElement('pw-host-header')
export class PwHostHeader extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        padding: 10px 16px 8px;
        background: var(--pw-surface-1);
      }
      .who {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 10px;
      }
      h1 {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .name {
        min-width: 0;
        overflow-wrap: anywhere;
        color: var(--pw-text-2);
        font-size: var(--pw-fs-2);
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: flex-end;
        gap: 6px 8px;
        margin-left: auto;
        min-width: 0;
      }
      .chip {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        min-width: 0;
        max-width: 320px;
        min-height: 24px;
        padding: 0 8px;
        border-radius: var(--pw-r-full);
        background: var(--pw-surface-3);
        color: var(--pw-text-1);
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-medium);
      }
      .chip.critical {
        background: var(--pw-crit-bg);
        color: var(--pw-crit);
      }
      .chip.warning {
        background: var(--pw-warn-bg);
        color: var(--pw-warn);
      }
      .chip.info {
        background: var(--pw-info-bg);
        color: var(--pw-info);
      }
      .tags {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        min-width: 0;
      }
      .tags a {
        display: inline-flex;
        max-width: 100%;
        overflow-wrap: anywhere;
        align-items: center;
        min-height: 24px;
        padding: 0 6px;
        border-radius: var(--pw-r-1);
        background: var(--pw-surface-3);
        color: var(--pw-text-1);
        font-size: var(--pw-fs-2);
      }
      .tags a:hover {
        background: var(--pw-accent-bg);
        color: var(--pw-accent);
      }
      .tags .edit {
        display: grid;
        place-items: center;
        width: 24px;
        padding: 0;
        background: none;
        color: var(--pw-text-3);
      }
      /* Small to look at, but not to touch. */
      @media (pointer: coarse) {
        .tags a,
        .chip {
          position: relative;
        }
        .tags a::after,
        .chip::after {
          content: '';
          position: absolute;
          inset: -10px 0;
        }
        .tags .edit {
          width: var(--pw-h-control);
        }
      }
      .tags .edit:hover {
        color: var(--pw-text-1);
      }
      .tags i {
        font-style: normal;
        color: var(--pw-text-2);
      }
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
        margin-top: 6px;
        font-size: var(--pw-fs-2);
        line-height: 16px;
      }
      dl div {
        display: flex;
        gap: 5px;
        white-space: nowrap;
        min-width: 0;
      }
      dt {
        color: var(--pw-text-3);
      }
      dd {
        color: var(--pw-text-2);
        min-width: 0;
      }
      @media (max-width: 720px) {
        :host {
          padding: 8px 12px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) host!: FleetHost;
  @property({ attribute: false }) open!: OpenHost;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked, this.dashboard.alerts.changed, this.host.changed]);
  }

  override render() {
    const { host, dashboard } = this;
    const mayEdit = dashboard.session.may('editor');
    const uptimeS = this.open.stream.ring.newest('uptime_seconds');
    const memory = this.open.stream.ring.newest('memory_total_bytes');
    return html`<div class="who">
        <a class="btn ghost icon" href="/dashboard" data-navigate aria-label="Back to the overview">${icon('left')}</a>
        <pw-status .state=${host.status}></pw-status>
        <h1>${host.title}</h1>
        ${host.title === host.name ? nothing : html`<span class="name mono">${host.name}</span>`}
        <div class="tags">
          ${Object.entries(host.tags).map(
            ([
              name,
              value,
            ]) => html`<a href="/dashboard?tag=${encodeURIComponent(`${name}=${value}`)}" data-navigate title="Hosts with this tag"
              ><i>${name}=</i>${value}</a
            >`,
          )}
          ${
            mayEdit
              ? html`<a
            class="edit"
            href=${hrefOf({ ...hostsRoute, edit: host.name })}
            data-navigate
            aria-label="Edit host"
            title="Edit host: alias, tags, name"
            >${icon('edit', 14)}</a
          >`
              : nothing
          }
        </div>
        <div class="acts">
          ${this.#renderAlerts()}
          <a class="btn" href=${hrefOf({ ...compareRoute, hosts: [host.name] })} data-navigate>${icon('lines', 14)}Compare</a>
          ${
            mayEdit
              ? html`<a class="btn" href=${hrefOf({ ...downtimesRoute, id: 'new', host: host.name })} data-navigate
            >${icon('calendar', 14)}Add downtime</a
          >`
              : nothing
          }
        </div>
      </div>
      <dl>
        ${factsOf(host.facts).map(({ title, value }) => renderFact(title, value))}
        ${Number.isNaN(memory) || 'memory_bytes' in host.facts ? '' : renderFact('Memory', formatValue(memory, 'bytes'))}
        ${Number.isNaN(uptimeS) ? '' : renderFact('Up', formatDuration(uptimeS * 1_000))}
        ${renderFact('Every', formatValue(host.intervalMs / 1_000, 's'))}
        ${host.lastMs === 0 ? '' : renderFact('Last tick', formatAgo(dashboard.hubMs - host.ageMs(dashboard.hubMs), dashboard.hubMs))}
      </dl>`;
  }

  /** The worst two that fire, and how many more there are. */
  #renderAlerts() {
    const { host, dashboard } = this;
    const rows = dashboard.alerts.ofHost(host.id);
    const firing = rows.filter(({ phase }) => phase === 'firing');
    const pendingCount = rows.length - firing.length;
    const list = hrefOf({ ...alertsRoute, query: host.name });
    const restCount = firing.length - chipsMax;
    return html`${firing.slice(0, chipsMax).map((row) => {
      const id = row.alertId === null ? keyOf(row) : String(row.alertId);
      const href = hrefOf({ ...alertsRoute, query: host.name, id });
      const text = chipText(row, dashboard.hubMs);
      return html`<a class="chip ${row.severity}" href=${href} data-navigate title="${row.message}, since ${formatMoment(row.sinceMs)}"
        ><pw-severity level=${row.severity} bare></pw-severity><span class="ell">${text}</span></a
      >`;
    })}
    ${restCount > 0 ? html`<a class="chip" href=${list} data-navigate>${restCount} more</a>` : nothing}
    ${
      pendingCount > 0
        ? html`<a class="chip" href=${list} data-navigate><pw-severity level="pending" bare></pw-severity>${pendingCount} pending</a>`
        : nothing
    }`;
  }
}

function chipText({ ruleName, sinceMs }: AlertRow, hubMs: number): string {
  return `${ruleName} for ${formatDuration(hubMs - sinceMs)}`;
}

function renderFact(title: string, value: string) {
  return html`<div><dt>${title}</dt><dd class="ell" title=${value}>${value}</dd></div>`;
}

/** Who the host is and how it stands: state, alias and name, tags, facts, age of its newest data. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import type { FleetHost } from '../fleet.ts';
import type { HostWindow } from '../host-window.ts';
import { factsOf } from '../model/facts.ts';
import { formatAgo, formatDuration, formatValue } from '../model/format.ts';
import { sharedStyles } from '../theme/shared.ts';
import { icon } from './icons.ts';
import './pw-status.ts';

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
      .tags {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
      }
      .tags a {
        display: inline-flex;
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
  @property({ attribute: false }) window!: HostWindow;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked, this.host.changed]);
  }

  override render() {
    const { host, dashboard } = this;
    const uptimeS = this.window.ring.newest('uptime_seconds');
    const memory = this.window.ring.newest('memory_total_bytes');
    return html`<div class="who">
        <a class="btn ghost icon" href="/dashboard" data-navigate aria-label="Back to the overview">${icon('left')}</a>
        <pw-status .state=${host.state}></pw-status>
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
}

function renderFact(title: string, value: string) {
  return html`<div><dt>${title}</dt><dd class="ell" title=${value}>${value}</dd></div>`;
}

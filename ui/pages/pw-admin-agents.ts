/**
 * Agents: which there are, how they are doing, and what is done about them. Those that need somebody come first; of
 * thousands the first are drawn, and more when somebody asks. What is open at the side stands in the address.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Agent, readAgents } from '../api/agents.ts';
import { Following } from '../controllers/following.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminListStyles } from '../elements/admin/list-styles.ts';
import { openRoute, replaceRoute } from '../elements/events.ts';
import { icon } from '../elements/icons.ts';
import { listTable } from '../elements/list-table.ts';
import { polledValue, problemBar } from '../elements/reading-states.ts';
import { searchField } from '../elements/search-field.ts';
import {
  agentsText,
  currentToken,
  isBehind,
  isSkewed,
  shownAgents,
  skewText,
  troublesOf,
} from '../model/admin/agents-view.ts';
import { formatAgo, formatCount, formatMoment, noValue } from '../model/format.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import '../elements/admin/agents/pw-agent-panel.ts';
import '../elements/admin/settings/pw-settings-editor.ts';
import '../elements/pw-status.ts';

const pollMs = 10_000;
/** Of many changes in a row the list is read again so often. */
const rereadMsMin = 3_000;
const rowsPerStep = 200;

@customElement('pw-admin-agents')
export class PwAdminAgents extends LitElement {
  static override readonly styles = [
    adminListStyles,
    css`
      .split {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        align-items: start;
      }
      .split.open {
        grid-template-columns: minmax(0, 1fr) 420px;
      }
      .search {
        width: 260px;
      }
      tbody tr {
        cursor: pointer;
      }
      tr.on {
        background: var(--pw-surface-2);
      }
      .name {
        max-width: 220px;
        padding: 0;
        border: 0;
        background: none;
        color: var(--pw-text-1);
        font: inherit;
        font-weight: var(--pw-w-medium);
        text-align: left;
        overflow: hidden;
        text-overflow: ellipsis;
        cursor: pointer;
      }
      .revoked {
        display: inline-flex;
        color: var(--pw-warn);
      }
      .pill {
        display: inline-block;
        margin-left: 6px;
        padding: 0 8px;
        border-radius: var(--pw-r-4);
        background: var(--pw-warn-bg);
        color: var(--pw-warn);
      }
      td.warn {
        color: var(--pw-warn);
      }
      td.over {
        color: var(--pw-down);
      }
      .more {
        padding: 8px 16px;
        text-align: center;
      }
      @media (max-width: 1100px) {
        .split.open {
          grid-template-columns: minmax(0, 1fr);
        }
        .split.open pw-agent-panel {
          grid-row: 1;
        }
      }
      @media (max-width: 720px) {
        .head .end {
          flex: 1 0 100%;
        }
        .search {
          flex: 1;
        }
        .wide {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  @state() private rowCount = rowsPerStep;
  readonly #polled = new Polled<readonly Agent[]>(this, {
    dashboard: () => this.dashboard,
    ask: ({ client }, options) => readAgents(client, options),
    everyMs: pollMs,
  });
  #rereadMs = Number.NEGATIVE_INFINITY;

  constructor() {
    super();
    new Following(
      this,
      () => [this.dashboard.agentsChanged],
      () => this.#reread(),
    );
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('.search input')?.focus();
  }

  override render() {
    const { value } = this.#polled;
    return html`<div class="head">
        <h1>Agents</h1>
        <span class="hint">${value === null ? '' : agentsText(value)}</span>
        <div class="end">
          ${value === null || value.length === 0 ? nothing : this.#renderSearch()}
          <button class="btn" @click=${() => openRoute(this, { ...adminRoute, tab: 'enrol' })}>${icon('plus', 14)}Add hosts</button>
        </div>
      </div>
      ${problemBar(this.#polled.why)} ${polledValue(this.#polled, (agents) => this.#renderAgents(agents))}`;
  }

  #renderSearch() {
    return searchField({
      label: 'Search agents',
      placeholder: 'Name, version or address',
      query: this.route.query,
      search: (query) => this.#replace({ query }),
    });
  }

  #renderAgents(agents: readonly Agent[]) {
    if (agents.length === 0)
      return html`<div class="none">
        <h2>No agent has enrolled yet</h2>
        <p>An agent is the small program that measures a machine and sends what it finds.</p>
        <button class="btn" @click=${() => openRoute(this, { ...adminRoute, tab: 'enrol' })}>Add hosts</button>
      </div>`;
    const shown = shownAgents(agents, this.route.query);
    if (shown.length === 0)
      return html`<div class="none">
        <h2>No agent fits “${this.route.query}”</h2>
        <button class="btn" @click=${() => this.#replace({ query: '' })}>Show all</button>
      </div>`;
    const open = agents.find(({ host }) => host === this.route.open) ?? null;
    return html`<div class="split ${open === null ? '' : 'open'}">
      <div class="panel">${this.#renderTable(shown)}</div>
      ${
        open === null
          ? nothing
          : html`<pw-agent-panel
              .dashboard=${this.dashboard}
              .agent=${open}
              @pw-close=${() => this.#replace({ open: '' })}
              @pw-done=${this.#polled.refresh}
            >
              <pw-settings-editor .dashboard=${this.dashboard} host=${open.host}></pw-settings-editor>
            </pw-agent-panel>`
      }
    </div>`;
  }

  #renderTable(shown: readonly Agent[]) {
    const more = shown.length - this.rowCount;
    return html`${listTable({
      label: 'Agents',
      heads: [
        'Host',
        'Version',
        ['Clock skew', 'number'],
        ['Backlog', 'number'],
        ['Given up', 'number'],
        ['Last tick', 'number'],
        ['Address', 'wide'],
        ['Token made', 'wide'],
      ],
      rows: shown.slice(0, this.rowCount),
      keyOf: ({ host }) => host,
      renderRow: (agent) => this.#renderAgent(agent),
    })}
      ${
        more <= 0
          ? nothing
          : html`<p class="more">
              <button
                class="btn small"
                @click=${() => {
                  this.rowCount += rowsPerStep;
                }}
              >
                Show ${formatCount(Math.min(more, rowsPerStep))} more of ${formatCount(more)}
              </button>
            </p>`
      }`;
  }

  #renderAgent(agent: Agent) {
    const { host, alias, status, version, skewMs, backlogTicks, gapTicks, lastMs, address, revokedMs } = agent;
    const { hubMs } = this.dashboard;
    const [trouble] = troublesOf(agent).filter(({ kind }) => kind !== 'down' && kind !== 'stale');
    const token = currentToken(agent);
    const isOpen = this.route.open === host;
    return html`<tr class=${isOpen ? 'on' : ''} @click=${() => this.#replace({ open: isOpen ? '' : host })}>
      <td>
        ${
          revokedMs === null
            ? html`<pw-status state=${status} bare></pw-status>`
            : html`<span class="revoked">${icon('close', 12)}</span>`
        }
        <button class="name" aria-expanded=${isOpen ? 'true' : 'false'} title=${host}>${alias === '' ? host : alias}</button>
        ${trouble === undefined ? nothing : html`<span class="pill">${trouble.text}</span>`}
      </td>
      <td>${version === '' ? noValue : version}</td>
      <td class="number ${isSkewed(agent) ? 'warn' : ''}">${skewText(skewMs)}</td>
      <td class="number ${isBehind(agent) ? 'warn' : ''}">${backlogTicks === null ? noValue : formatCount(backlogTicks)}</td>
      <td class="number ${gapTicks > 0 ? 'warn' : ''}">${formatCount(gapTicks)}</td>
      <td class="number ${revokedMs !== null ? '' : status === 'down' ? 'over' : status === 'stale' ? 'warn' : ''}">
        ${lastMs === null ? 'never' : html`<span title=${formatMoment(lastMs)}>${formatAgo(lastMs, hubMs)}</span>`}
      </td>
      <td class="wide">${address ?? noValue}</td>
      <td class="wide">${token === null ? noValue : formatAgo(token.createdMs, hubMs)}</td>
    </tr>`;
  }

  #reread(): void {
    const { hubMs } = this.dashboard;
    // What is left out is read by the next poll.
    if (Math.abs(hubMs - this.#rereadMs) < rereadMsMin) return;
    this.#rereadMs = hubMs;
    this.#polled.refresh();
  }

  #replace(change: Partial<AdminRoute>): void {
    replaceRoute(this, { ...this.route, ...change });
  }
}

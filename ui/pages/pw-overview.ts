/** All hosts: the fleet's figures, the filter, and a card for each host, grouped. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { icon } from '../elements/icons.ts';
import type { PwFilterBar } from '../elements/pw-filter-bar.ts';
import type { PwHostCard } from '../elements/pw-host-card.ts';
import type { FleetCounts, FleetHost } from '../fleet.ts';
import { formatCount } from '../model/format.ts';
import { defaultGroup, groupHosts, type HostGroup, matchesFilter, tagChoices, tagNames } from '../model/hosts-view.ts';
import { type OverviewRoute, overviewRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/pw-empty-state.ts';
import '../elements/pw-filter-bar.ts';
import '../elements/pw-fleet-header.ts';
import '../elements/pw-group-means.ts';
import '../elements/pw-host-card.ts';
import '../elements/pw-skeleton.ts';

/** Up to so many hosts cards are wide. */
const fewHosts = 6;

@customElement('pw-overview')
export class PwOverview extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        padding: 12px 16px 48px;
      }
      .group {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 32px;
        padding: 4px 2px 0;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        white-space: nowrap;
      }
      .group h2 {
        font-size: var(--pw-fs-3);
        color: var(--pw-text-1);
      }
      .group::after {
        content: '';
        flex: 1;
        height: 1px;
        background: var(--pw-border-1);
      }
      .group button {
        display: grid;
        place-items: center;
        width: 24px;
        height: 24px;
        padding: 0;
        border: 0;
        border-radius: 4px;
        background: none;
        color: var(--pw-text-3);
        cursor: pointer;
      }
      .group [aria-expanded='false'] svg {
        transform: rotate(-90deg);
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
        gap: 8px;
      }
      /* A newcomer's one host is not a stamp in a corner. */
      .grid.few {
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr));
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
        .grid:not(.few) {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
        .group {
          overflow: hidden;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: OverviewRoute = overviewRoute;
  @state() private collapsed: ReadonlySet<string> = new Set();
  /** Name of the card that the keyboard is on. */
  @state() private current = '';

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged]);
    this.addEventListener('keydown', (event) => this.#moveByKey(event));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.wantOverview(true);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.wantOverview(false);
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<PwFilterBar>('pw-filter-bar')?.focusSearch();
  }

  override render() {
    const { fleet, isComplete } = this.dashboard;
    if (fleet.hosts.length === 0 && !isComplete) return html`<pw-skeleton></pw-skeleton>`;
    if (fleet.hosts.length === 0) return html`<pw-empty-state .dashboard=${this.dashboard}></pw-empty-state>`;

    const matching = fleet.hosts.filter((host) => matchesFilter(host, this.route));
    const shown = this.route.state === null ? matching : matching.filter((host) => host.state === this.route.state);
    const groupBy = this.route.groupBy ?? defaultGroup(fleet.hosts);
    const groups = groupHosts(shown, groupBy);
    const reachable = shown.find((host) => host.name === this.current) ?? groups[0]?.hosts[0];
    return html`<h1 class="sr">Overview</h1>
      <pw-fleet-header role="region" aria-label="Fleet" .dashboard=${this.dashboard}></pw-fleet-header>
      <pw-filter-bar
        role="search"
        aria-label="Hosts"
        .route=${this.route}
        .counts=${countStates(matching)}
        .tagChoices=${tagChoices(fleet.hosts)}
        .tagNames=${tagNames(fleet.hosts)}
        .groupBy=${groupBy}
      ></pw-filter-bar>
      ${
        shown.length === 0
          ? this.#renderNone()
          : repeat(
              groups,
              ({ id }) => id,
              (group) => this.#renderGroup(group, reachable),
            )
      }`;
  }

  #renderGroup(group: HostGroup<FleetHost>, reachable: FleetHost | undefined) {
    const isOpen = !this.collapsed.has(group.id);
    return html`<section aria-label=${group.title}>
      <div class="group">
        <button
          aria-label="${isOpen ? 'Collapse' : 'Expand'} ${group.title}"
          aria-expanded=${isOpen ? 'true' : 'false'}
          @click=${() => this.#toggle(group.id)}
        >
          ${icon('down', 12)}
        </button>
        <h2>${group.title}</h2>
        <span>${formatCount(group.hosts.length)} ${group.hosts.length === 1 ? 'host' : 'hosts'}</span>
        ${group.id === 'attention' ? nothing : html`<pw-group-means .dashboard=${this.dashboard} .hosts=${group.hosts}></pw-group-means>`}
      </div>
      ${
        isOpen
          ? html`<div class="grid ${this.dashboard.fleet.hosts.length <= fewHosts ? 'few' : ''}">
            ${repeat(
              group.hosts,
              (host) => host,
              (host) =>
                html`<pw-host-card
                  .dashboard=${this.dashboard}
                  .host=${host}
                  .reachable=${host === reachable}
                  @focusin=${() => {
                    this.current = host.name;
                  }}
                ></pw-host-card>`,
            )}
          </div>`
          : nothing
      }
    </section>`;
  }

  #renderNone() {
    const { query, tags, state: wanted } = this.route;
    const what = [query === '' ? '' : `\u201c${query}\u201d`, ...tags, wanted ?? ''].filter(Boolean).join(' with ');
    return html`<div class="none" role="status">
      <h2>No host matches ${what}</h2>
      <p>${formatCount(this.dashboard.fleet.hosts.length)} hosts are there without the filter.</p>
      <button class="btn" @click=${this.#clear}>Clear filter</button>
    </div>`;
  }

  #clear(): void {
    const detail = { ...overviewRoute, groupBy: this.route.groupBy };
    this.dispatchEvent(new CustomEvent('pw-filter', { detail, bubbles: true, composed: true }));
  }

  #toggle(id: string): void {
    const collapsed = new Set(this.collapsed);
    if (!collapsed.delete(id)) collapsed.add(id);
    this.collapsed = collapsed;
  }

  /** Arrows walk the grid as it is seen, across the groups. */
  #moveByKey(event: KeyboardEvent): void {
    const from = event
      .composedPath()
      .find((target): target is PwHostCard => target instanceof Element && target.localName === 'pw-host-card');
    if (from === undefined || !event.key.startsWith('Arrow')) return;
    const cards = [...this.renderRoot.querySelectorAll<PwHostCard>('pw-host-card')];
    const to = neighbour(cards, from, event.key);
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: 'nearest' });
  }
}

function neighbour(cards: readonly PwHostCard[], from: PwHostCard, key: string): PwHostCard | undefined {
  const at = cards.indexOf(from);
  if (key === 'ArrowRight') return cards[at + 1];
  if (key === 'ArrowLeft') return cards[at - 1];
  const box = from.getBoundingClientRect();
  const isDown = key === 'ArrowDown';
  const distance = (card: PwHostCard) => {
    const other = card.getBoundingClientRect();
    return Math.abs(other.top - box.top) * 3 + Math.abs(other.left - box.left);
  };
  return cards
    .filter((card) => {
      const { top } = card.getBoundingClientRect();
      return isDown ? top > box.top + 10 : top < box.top - 10;
    })
    .sort((a, b) => distance(a) - distance(b))[0];
}

function countStates(hosts: readonly FleetHost[]): FleetCounts {
  const counts = { all: hosts.length, up: 0, stale: 0, down: 0, never: 0 };
  for (const host of hosts) counts[host.state] += 1;
  return counts;
}

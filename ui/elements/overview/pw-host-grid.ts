/**
 * Hosts as cards under the heads of their groups. Only the lines in sight are elements; the rest is empty space of the
 * right height. One card is in the tab order, arrows walk over all of them. Tells `pw-sight` with the hosts on screen.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { Viewport } from '../../controllers/viewport.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatCount } from '../../model/format.ts';
import type { HostGroup } from '../../model/overview/hosts-view.ts';
import { type HostLine, heightOf, type Line, layOutCards, linesBetween } from '../../model/overview/lines.ts';
import { walk } from '../../model/overview/walk.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { groupHead, groupHeadStyles } from './group-head.ts';
import './pw-host-card.ts';
import './pw-host-chip.ts';

/** Up to so many hosts cards are wide: a newcomer's one host is not a stamp in a corner. */
const fewHosts = 6;
const gap = 8;
const cardHeight = 112 + gap;
const chipHeight = 28 + 4;
/** Lines are made so far before they scroll into sight, px. */
const margin = 240;

@customElement('pw-host-grid')
export class PwHostGrid extends LitElement {
  static override readonly styles = [
    sharedStyles,
    groupHeadStyles,
    css`
      .cards,
      .chips {
        display: grid;
        grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
        grid-auto-rows: 112px;
        gap: 8px;
        padding-bottom: 8px;
      }
      .chips {
        grid-template-columns: repeat(var(--chip-columns), minmax(0, 1fr));
        grid-auto-rows: 28px;
        gap: 4px 8px;
        padding-bottom: 4px;
      }
      .more {
        height: 28px;
        font-size: var(--pw-fs-2);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) groups: readonly HostGroup<FleetHost>[] = [];
  @property({ attribute: false }) collapsed: ReadonlySet<string> = new Set();
  @property({ type: Boolean }) autoscaled = false;
  /** Whether all that need attention are shown, however many. */
  @state() private isWhole = false;
  /** The host that the keyboard is on. */
  @state() private current: FleetHost | null = null;
  readonly #viewport = new Viewport(this, () => this.#look());
  #lines: readonly Line<FleetHost>[] = [];
  #laidOut = '';
  #seen: readonly FleetHost[] = [];
  #start = -1;
  #end = -1;

  override willUpdate(changed: PropertyValues): void {
    const columns = this.#columns();
    const chipColumns = Math.max(1, Math.floor((this.#viewport.width + gap) / (200 + gap)));
    const layout = `${columns} ${chipColumns}`;
    const isSame = layout === this.#laidOut;
    if (isSame && !['groups', 'collapsed', 'isWhole'].some((name) => changed.has(name))) return;
    this.#laidOut = layout;
    this.#lines = layOutCards(this.groups, {
      ...{ columns, chipColumns, cardHeight, chipHeight, headHeight: 32 },
      ...{ collapsed: this.collapsed, isWhole: this.isWhole },
    });
    this.style.setProperty('--columns', String(columns));
    this.style.setProperty('--chip-columns', String(chipColumns));
  }

  override render() {
    const { start, end } = this.#range();
    this.#start = start;
    this.#end = end;
    const shown = this.#lines.slice(start, end);
    const hosts = shown.flatMap((line) => line.hosts);
    const reachable = this.current !== null && hosts.includes(this.current) ? this.current : hosts[0];
    const groups = this.groups.filter((group) => shown.some((line) => line.group === group));
    return html`<div class="list" @keydown=${this.#keyPressed} @focusin=${this.#focused}>
      ${repeat(
        groups,
        ({ id }) => id,
        (group) => {
          const lines = shown.filter((line) => line.group === group);
          return html`<section aria-label=${group.title}>
            ${lines[0]?.kind === 'head' ? groupHead(this, { group, dashboard: this.dashboard, isOpen: !this.collapsed.has(group.id) }) : nothing}
            ${this.#renderHosts(lines, reachable)}
          </section>`;
        },
      )}
    </div>`;
  }

  override updated(): void {
    const list = this.renderRoot.querySelector<HTMLElement>('.list')!;
    list.style.paddingTop = `${this.#lines[this.#start]?.top ?? 0}px`;
    // Not the minimum: what is folded must not leave its space behind.
    list.style.height = `${heightOf(this.#lines)}px`;
    list.style.boxSizing = 'border-box';
    this.#tellSight();
  }

  /** Puts the focus on the host that the keyboard was on, or the first. */
  override focus(): void {
    this.#cards()
      .find(({ reachable }) => reachable)
      ?.focus();
  }

  #renderHosts(lines: readonly Line<FleetHost>[], reachable: FleetHost | undefined) {
    const hostLines = lines.filter((line): line is HostLine<FleetHost> => line.kind !== 'head');
    const hosts = hostLines.flatMap((line) => line.hosts);
    const last = hostLines.at(-1);
    if (last === undefined) return nothing;
    const { dashboard } = this;
    if (last.kind === 'chips') {
      return html`<div class="chips">
        ${repeat(
          hosts,
          (host) => host,
          (host) =>
            html`<pw-host-chip .dashboard=${dashboard} .host=${host} .reachable=${host === reachable}></pw-host-chip>`,
        )}
        ${
          last.hiddenCount === 0
            ? nothing
            : html`<button class="btn more" @click=${this.#showAll}>and ${formatCount(last.hiddenCount)} more</button>`
        }
      </div>`;
    }
    return html`<div class="cards">
      ${repeat(
        hosts,
        (host) => host,
        (host) =>
          html`<pw-host-card
            .dashboard=${dashboard}
            .host=${host}
            .autoscaled=${this.autoscaled}
            .reachable=${host === reachable}
          ></pw-host-card>`,
      )}
    </div>`;
  }

  #columns(): number {
    const { width } = this.#viewport;
    const isPhone = window.innerWidth <= 720;
    const least = this.dashboard.fleet.count <= fewHosts ? 420 : isPhone ? 150 : 220;
    return Math.max(1, Math.floor((width + gap) / (least + gap)));
  }

  #range() {
    const { top, bottom } = this.#viewport;
    return linesBetween(this.#lines, { top: top - margin, bottom: bottom + margin });
  }

  #look(): void {
    const { start, end } = this.#range();
    const isSame = start === this.#start && end === this.#end && this.#laidOut.startsWith(`${this.#columns()} `);
    if (!isSame) this.requestUpdate();
  }

  #tellSight(): void {
    const hosts = this.#lines
      .slice(this.#start, this.#end)
      .flatMap((line) => (line.kind === 'cards' ? line.hosts : []));
    if (hosts.length === this.#seen.length && hosts.every((host, index) => host === this.#seen[index])) return;
    this.#seen = hosts;
    tell(this, 'pw-sight', hosts);
  }

  #cards() {
    return [...this.renderRoot.querySelectorAll<HTMLElementTagNameMap['pw-host-card']>('pw-host-card, pw-host-chip')];
  }

  #showAll(): void {
    this.isWhole = true;
  }

  #focused(event: FocusEvent): void {
    const card = this.#cards().find((one) => event.composedPath().includes(one));
    if (card !== undefined) this.current = card.host;
  }

  /** Arrows walk the grid as it is seen, across the groups. */
  #keyPressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.composedPath().some((target) => this.#isCard(target)))
      return;
    const pageLines = Math.max(1, Math.floor((this.#viewport.bottom - this.#viewport.top) / cardHeight) - 1);
    const step = walk(this.#lines, this.current, { key: event.key, pageLines });
    if (step === null) return;
    event.preventDefault();
    this.current = step.host;
    const { top, height } = this.#lines[step.line]!;
    this.#viewport.show(top, top + height);
    this.requestUpdate();
    this.updateComplete.then(() => this.focus());
  }

  #isCard(target: EventTarget): boolean {
    return target instanceof Element && (target.localName === 'pw-host-card' || target.localName === 'pw-host-chip');
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'pw-host-card': import('./pw-host-card.ts').PwHostCard;
  }
}

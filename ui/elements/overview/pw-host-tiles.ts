/**
 * Hosts as tiles for thousands: a canvas for each group, side by side. The whole is one tab stop; arrows move a frame
 * over the tiles, and a line that is read out names the host under it. The table is the full alternative for those who
 * do not see it. Tells `pw-sight` with no hosts: tiles live on the pace of all.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import { Viewport } from '../../controllers/viewport.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatValue } from '../../model/format.ts';
import { cornerOf } from '../../model/overview/corner.ts';
import type { HostGroup } from '../../model/overview/hosts-view.ts';
import { cardRows, metricRow, rowValueAt, shownRow } from '../../model/overview/metrics.ts';
import { niceMax } from '../../model/overview/tiles.ts';
import { type WalkedLine, walk } from '../../model/overview/walk.ts';
import { type FleetMetric, hostRoute } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { openRoute, tell } from '../events.ts';
import { statusWords } from '../pw-status.ts';
import { asideOf } from './pw-host-card.ts';
import type { PwTileGroup } from './pw-tile-group.ts';
import './pw-tile-group.ts';
import './pw-tile-legend.ts';

interface Pointed {
  readonly host: FleetHost;
  readonly x: number;
  readonly y: number;
}

@customElement('pw-host-tiles')
export class PwHostTiles extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .groups {
        display: grid;
        grid-template-columns: repeat(2, minmax(0, 1fr));
        gap: 12px 16px;
        align-items: start;
        border-radius: var(--pw-r-3);
      }
      .groups.one {
        grid-template-columns: minmax(0, 1fr);
      }
      @media (max-width: 720px) {
        .groups {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      .tip {
        position: fixed;
        z-index: var(--pw-z-pop);
        width: 240px;
        padding: 8px 10px;
        background: var(--pw-surface-2);
        border: 1px solid var(--pw-border-2);
        border-radius: var(--pw-r-2);
        box-shadow: var(--pw-shadow-2);
        font-size: var(--pw-fs-2);
        pointer-events: none;
      }
      .tip p {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        color: var(--pw-text-3);
      }
      .tip b {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) groups: readonly HostGroup<FleetHost>[] = [];
  @property() metric: FleetMetric = 'cpu';
  /** The tile that the keyboard is on. */
  @state() private current: FleetHost | null = null;
  @state() private pointed: Pointed | null = null;
  @state() private max = 100;
  readonly #viewport = new Viewport(this, () => {});
  readonly #drawing = new Drawing(this, () => this.#measure());

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked], this.#drawing.mark);
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('metric')) this.#measure();
    if (
      this.current !== null &&
      changed.has('groups') &&
      !this.groups.some(({ hosts }) => hosts.includes(this.current!))
    )
      this.current = null;
  }

  override firstUpdated(): void {
    tell(this, 'pw-sight', []);
  }

  override render() {
    return html`<pw-tile-legend .metric=${this.metric} .max=${this.max}></pw-tile-legend>
      <div
        class="groups ${this.groups.length === 1 ? 'one' : ''}"
        role="application"
        aria-roledescription="tiles"
        aria-label="Hosts as tiles. Arrows move, Enter opens; the table has the same as text."
        tabindex="0"
        @keydown=${this.#keyPressed}
        @focus=${this.#focused}
        @pw-tile=${this.#pointerMoved}
        @pw-open-host=${(event: CustomEvent<FleetHost>) => this.#open(event.detail)}
      >
        ${repeat(
          this.groups,
          ({ id }) => id,
          (group) =>
            html`<pw-tile-group
              role="group"
              aria-label="${group.title}, ${group.hosts.length === 1 ? '1 host' : `${group.hosts.length} hosts`}"
              .dashboard=${this.dashboard}
              .group=${group}
              .metric=${this.metric}
              .max=${this.max}
              .current=${this.current !== null && group.hosts.includes(this.current) ? this.current : null}
            ></pw-tile-group>`,
        )}
      </div>
      <p class="sr" role="status">${this.current === null ? '' : this.#sentenceOf(this.current)}</p>
      ${this.pointed === null ? nothing : this.#renderTip(this.pointed.host)}`;
  }

  override updated(): void {
    const tip = this.renderRoot.querySelector<HTMLElement>('.tip');
    if (tip === null || this.pointed === null) return;
    const { x, y } = this.pointed;
    const isLeft = x > window.innerWidth - 270;
    tip.style.left = `${isLeft ? x - 254 : x + 14}px`;
    tip.style.top = `${Math.min(y + 14, window.innerHeight - tip.offsetHeight - 40)}px`;
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.groups')?.focus();
  }

  #renderTip(host: FleetHost) {
    const firing = this.dashboard.alerts.ofHost(host.id).filter(({ phase }) => phase === 'firing');
    const corner = this.#cornerOf(host);
    return html`<div class="tip">
      <p><b class="ell">${host.title}</b><span class="ell">${asideOf(host)}</span></p>
      <p><span>${statusWords[host.status]}</span><span>${corner}</span></p>
      ${firing.slice(0, 3).map(({ ruleName, severity }) => html`<p><b class="ell">${ruleName}</b><span>${severity}</span></p>`)}
      ${
        host.state === 'down'
          ? nothing
          : cardRows
              .map((row) => shownRow(host.values, row))
              .map(
                (row) =>
                  html`<p><span>${row.title}</span><b>${formatValue(rowValueAt(host.values, 0, row), row.unit)}</b></p>`,
              )
      }
    </div>`;
  }

  #sentenceOf(host: FleetHost): string {
    const row = metricRow(this.metric);
    const firing = this.dashboard.alerts.ofHost(host.id).filter(({ phase }) => phase === 'firing');
    const figure = `${row.name} ${formatValue(rowValueAt(host.values, 0, row), row.unit)}`;
    return [host.title, statusWords[host.status].toLowerCase(), this.#cornerOf(host), figure, firing[0]?.ruleName ?? '']
      .filter(Boolean)
      .join(', ');
  }

  #cornerOf(host: FleetHost): string {
    return cornerOf(host, { hubMs: this.dashboard.hubMs, isFrozen: this.dashboard.fleetView.state === 'lost' });
  }

  /** Percentages end at 100; the rest at what the fleet reaches, in steps that hold still. */
  #measure(): void {
    const row = metricRow(this.metric);
    if (row.max !== null) {
      this.max = row.max;
      return;
    }
    let highest = 0;
    for (const host of this.dashboard.fleet.hosts) {
      const value = rowValueAt(host.values, 0, row);
      if (value > highest) highest = value;
    }
    this.max = niceMax(highest);
  }

  #pointerMoved(event: CustomEvent<Pointed | null>): void {
    this.pointed = event.detail;
  }

  #focused(): void {
    if (this.current === null) this.current = this.groups[0]?.hosts[0] ?? null;
  }

  #open(host: FleetHost): void {
    openRoute(this, { ...hostRoute, host: host.name });
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && this.current !== null) {
      event.preventDefault();
      this.#open(this.current);
      return;
    }
    const step = walk(this.#walkedLines(), this.current, { key: event.key, pageLines: 10 });
    if (step === null) return;
    event.preventDefault();
    this.current = step.host;
    this.updateComplete.then(() => this.#scrollTo(step.host));
  }

  #walkedLines(): WalkedLine<FleetHost>[] {
    return this.#groupElements().flatMap(({ group, columns }) => {
      const lines: WalkedLine<FleetHost>[] = [];
      for (let at = 0; at < group.hosts.length; at += columns)
        lines.push({ hosts: group.hosts.slice(at, at + columns) });
      return lines;
    });
  }

  #scrollTo(host: FleetHost): void {
    const element = this.#groupElements().find(({ group }) => group.hosts.includes(host));
    if (element === undefined) return;
    const above = element.getBoundingClientRect().top - this.getBoundingClientRect().top;
    const { top, bottom } = element.placeOf(host);
    this.#viewport.show(above + top, above + bottom);
  }

  #groupElements(): PwTileGroup[] {
    return [...this.renderRoot.querySelectorAll<PwTileGroup>('pw-tile-group')];
  }
}

/**
 * One host of the overview: its status, what fires on it, its newest values, and one canvas for all its sparklines.
 * Values are written straight into text nodes, and only when the text has changed; the template renders when the words do.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Severity } from '#core/rule-spec.ts';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { fitCanvas } from '../../frames.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { cornerOf } from '../../model/overview/corner.ts';
import { cardRows, shownRow } from '../../model/overview/metrics.ts';
import { type HostStatus, hostRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { figureParts, hotFigures, setText, sparkTimeOf, writeParts } from './host-sparks.ts';
import { drawSpark } from './spark.ts';
import { standingStyles } from './standing-styles.ts';
import '../pw-severity.ts';
import '../pw-status.ts';

const rowHeight = 18;
const lineHeight = 16;

@customElement('pw-host-card')
export class PwHostCard extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        min-width: 0;
        contain: content;
        border-radius: var(--pw-r-2);
      }
      a {
        display: block;
        height: 112px;
        padding: 7px 10px 8px;
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        color: inherit;
        transition: border-color var(--pw-t-fast);
      }
      a:hover {
        border-color: var(--pw-border-control);
      }
      a:focus-visible {
        outline-offset: -2px;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 6px;
        height: 20px;
        margin-bottom: 3px;
      }
      .name {
        font-weight: var(--pw-w-strong);
        min-width: 0;
      }
      .aside {
        flex: 1 1 0;
        min-width: 0;
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
      }
      .age {
        margin-left: auto;
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-medium);
        white-space: nowrap;
        color: var(--pw-text-3);
        /* The name goes last. */
        flex-shrink: 9999;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .rows {
        display: grid;
        grid-template-columns: 28px minmax(0, 1fr) auto;
        grid-auto-rows: 18px;
        column-gap: 6px;
        align-items: center;
      }
      .title {
        grid-column: 1;
        font-size: var(--pw-fs-1);
        color: var(--pw-text-3);
      }
      .value {
        grid-column: 3;
        min-width: 62px;
        text-align: right;
        font-size: var(--pw-fs-2);
        white-space: nowrap;
      }
      .value b {
        font-weight: var(--pw-w-regular);
      }
      .value span {
        color: var(--pw-text-3);
      }
      canvas {
        grid-column: 2;
        grid-row: 1 / span 4;
        width: 100%;
        height: 72px;
      }
      pw-severity {
        margin-left: auto;
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-medium);
      }
      .age:not(:empty) + pw-severity {
        margin-left: 0;
      }
      :host([status='down']) .value,
      :host([status='stale']) .value,
      :host([frozen]) .value {
        color: var(--pw-text-3);
      }
      .value.warning b {
        color: var(--pw-warn);
        font-weight: var(--pw-w-strong);
      }
      .value.critical b {
        color: var(--pw-crit);
        font-weight: var(--pw-w-strong);
      }
      @media (max-width: 720px) {
        a {
          padding: 7px 8px 8px;
        }
        .rows {
          grid-template-columns: 26px minmax(0, 1fr) auto;
          column-gap: 4px;
        }
        .value {
          min-width: 54px;
        }
        .aside {
          display: none;
        }
      }
    `,
    standingStyles,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) host!: FleetHost;
  /** In the tab order: one card of the grid is. */
  @property({ type: Boolean }) reachable = false;
  /** Percentages are drawn as high as they reach. */
  @property({ type: Boolean }) autoscaled = false;
  @property({ reflect: true }) status: HostStatus = 'up';
  /** The worst that fires; '' for nothing. */
  @property({ reflect: true }) severity: Severity | '' = '';
  /** The link is lost: what is shown is what was last heard. */
  @property({ type: Boolean, reflect: true }) frozen = false;
  readonly #drawing = new Drawing(this, () => this.#draw());
  #shownWords = '';

  constructor() {
    super();
    new Following(
      this,
      () => [this.host.changed, this.dashboard.alerts.changed],
      () => this.#changed(),
    );
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#ticked(),
    );
  }

  override willUpdate(): void {
    this.status = this.host.status;
    this.severity = this.dashboard.alerts.worstOf(this.host.id) ?? '';
    this.#shownWords = this.#words();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('host') || changed.has('autoscaled')) this.#drawing.mark();
  }

  override render() {
    const { name, title } = this.host;
    const aside = asideOf(this.host);
    const firing = this.#firingCount();
    const hot = hotFigures(this.dashboard.alerts.ofHost(this.host.id));
    return html`<a
      href=${hrefOf({ ...hostRoute, host: name })}
      data-navigate
      tabindex=${this.reachable ? 0 : -1}
      title=${title === name ? name : `${title} (${name})`}
    >
      <div class="head">
        <pw-status .state=${this.status} bare></pw-status>
        <span class="name ell">${title}</span>
        ${aside === '' || aside === title ? nothing : html`<span class="aside ell">${aside}</span>`}
        <span class="age standing"></span>
        ${firing === 0 ? nothing : html`<pw-severity level=${this.severity || 'info'} label=${firing}></pw-severity>`}
      </div>
      <div class="rows">
        ${cardRows.map((row, index) => html`<span class="title" aria-label=${row.name}>${row.title}</span>${index === 0 ? html`<canvas aria-hidden="true"></canvas>` : nothing}<span class="value ${hot.get(row.metric) ?? ''}"><b></b><span></span></span>`)}
      </div>
    </a>`;
  }

  override focus(): void {
    this.renderRoot.querySelector('a')?.focus();
  }

  #firingCount(): number {
    return this.dashboard.alerts.ofHost(this.host.id).filter(({ phase }) => phase === 'firing').length;
  }

  /** Everything that the template shows. */
  #words(): string {
    const { host } = this;
    const firing = this.dashboard.alerts
      .ofHost(host.id)
      .map(({ phase, severity, series }) => phase + severity + series);
    return [host.status, host.name, host.title, asideOf(host), ...firing].join('\n');
  }

  #changed(): void {
    if (this.#words() !== this.#shownWords) this.requestUpdate();
    this.#drawing.mark();
  }

  /** A silent host's age grows, and its line moves away, although nothing comes. */
  #ticked(): void {
    const isFrozen = this.dashboard.fleetView.state === 'lost';
    if (this.frozen !== isFrozen) this.frozen = isFrozen;
    if (this.host.state !== 'up' || isFrozen) this.#drawing.mark();
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const { host, dashboard } = this;
    if (canvas === null || canvas.clientWidth === 0) return;
    const width = canvas.clientWidth;
    const context = fitCanvas(canvas, width, rowHeight * cardRows.length);
    if (context !== null) {
      const time = sparkTimeOf(host, dashboard, this.autoscaled);
      for (const [index, row] of cardRows.entries()) {
        const y = index * rowHeight + (rowHeight - lineHeight) / 2;
        drawSpark(
          context,
          { ring: host.spark, row: shownRow(host.values, row) },
          { box: { x: 0, y, width, height: lineHeight }, time },
        );
      }
    }
    this.#write();
  }

  #write(): void {
    const { host, dashboard } = this;
    const values = this.renderRoot.querySelectorAll('.value');
    for (const [index, row] of cardRows.entries()) {
      const element = values[index];
      if (element !== undefined) writeParts(element.children[0]!, element.children[1]!, figureParts(host, row));
    }
    const age = this.renderRoot.querySelector('.age');
    if (age !== null) setText(age, cornerOf(host, { hubMs: dashboard.hubMs, isFrozen: this.frozen }));
  }
}

/** A word beside the title: what the host is for. */
export function asideOf({ tags, facts }: FleetHost): string {
  return tags['alias'] ?? facts['alias'] ?? tags['role'] ?? '';
}

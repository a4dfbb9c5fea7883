/**
 * One host of the overview: its state, its newest values, and one canvas for all its sparklines. Values are written
 * straight into text nodes, and only when the text has changed; the template renders when the state does.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../controllers/drawing.ts';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { type FleetHost, sparkTicks } from '../fleet.ts';
import { fitCanvas } from '../frames.ts';
import { formatAge, formatClock, formatDuration, noValue, partsOf, thinSpace } from '../model/format.ts';
import { cardRows } from '../model/metrics.ts';
import { sharedStyles } from '../theme/shared.ts';
import { drawSparks, rowValue } from './spark.ts';
import './pw-status.ts';

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
        content-visibility: auto;
        contain-intrinsic-size: auto 220px auto 112px;
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
      :host([state='down']) a {
        border-color: color-mix(in srgb, var(--pw-down) 55%, var(--pw-border-1));
      }
      :host([state='down']) .age {
        color: var(--pw-down);
      }
      :host([state='stale']) a {
        border-color: color-mix(in srgb, var(--pw-warn) 45%, var(--pw-border-1));
      }
      :host([state='stale']) .age {
        color: var(--pw-warn);
      }
      :host([state='down']) .value,
      :host([state='stale']) .value,
      :host([frozen]) .value {
        color: var(--pw-text-3);
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
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) host!: FleetHost;
  /** In the tab order: one card of the grid is. */
  @property({ type: Boolean }) reachable = false;
  @property({ reflect: true }) state = 'up';
  /** The link is lost: what is shown is what was last heard. */
  @property({ type: Boolean, reflect: true }) frozen = false;
  readonly #drawing = new Drawing(this, () => this.#draw());
  #shownWords = '';

  constructor() {
    super();
    new Following(
      this,
      () => [this.host.changed],
      () => this.#changed(),
    );
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#ticked(),
    );
  }

  override willUpdate(): void {
    this.state = this.host.state;
    this.#shownWords = wordsOf(this.host);
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('host')) this.#drawing.mark();
  }

  override render() {
    const { name, title, state } = this.host;
    const aside = asideOf(this.host);
    return html`<a
      href="/dashboard?host=${encodeURIComponent(name)}"
      data-navigate
      tabindex=${this.reachable ? 0 : -1}
      title=${title === name ? name : `${title} (${name})`}
    >
      <div class="head">
        <pw-status .state=${state} bare></pw-status>
        <span class="name ell">${title}</span>
        ${aside === '' || aside === title ? nothing : html`<span class="aside ell">${aside}</span>`}
        <span class="age"></span>
      </div>
      <div class="rows">
        ${cardRows.map((row, index) => html`<span class="title" aria-label=${row.name}>${row.title}</span>${index === 0 ? html`<canvas aria-hidden="true"></canvas>` : nothing}<span class="value"><b></b><span></span></span>`)}
      </div>
    </a>`;
  }

  override focus(): void {
    this.renderRoot.querySelector('a')?.focus();
  }

  #changed(): void {
    if (wordsOf(this.host) !== this.#shownWords) this.requestUpdate();
    this.#drawing.mark();
  }

  /** A silent host's age grows, and its line moves away, although nothing comes. */
  #ticked(): void {
    const { state } = this.dashboard.fleetView;
    const isFrozen = state === 'lost';
    if (this.frozen !== isFrozen) this.frozen = isFrozen;
    if (this.host.state !== 'up' || isFrozen) this.#drawing.mark();
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const { host, dashboard } = this;
    const { spark } = host;
    if (canvas === null || canvas.clientWidth === 0) return;
    const hubMs = dashboard.hubMs;
    const isSilent = host.state === 'down' || host.state === 'stale';
    const newestMs = spark.newestMs ?? host.lastMs;
    const context = fitCanvas(canvas, canvas.clientWidth, rowHeight * cardRows.length);
    if (context !== null) {
      drawSparks(context, spark, cardRows, {
        width: canvas.clientWidth,
        rowHeight,
        lineHeight,
        endMs: isSilent ? hubMs : newestMs,
        spanMs: sparkTicks * Math.max(1_000, host.intervalMs),
        intervalMs: Math.max(1_000, host.intervalMs),
        deadFromMs: isSilent ? newestMs : null,
      });
    }
    this.#write(hubMs);
  }

  #write(hubMs: number): void {
    const { host } = this;
    const values = this.renderRoot.querySelectorAll('.value');
    for (const [index, row] of cardRows.entries()) {
      const element = values[index];
      if (element === undefined) continue;
      const value =
        host.state === 'down' || host.spark.count === 0 ? Number.NaN : rowValue(host.spark, host.spark.slot(0), row);
      const parts = partsOf(value, row.unit);
      setText(element.children[0]!, parts.figure);
      setText(element.children[1]!, parts.unit === '' ? '' : thinSpace + parts.unit);
    }
    const age = this.renderRoot.querySelector('.age');
    if (age !== null) setText(age, this.#ageText(hubMs));
  }

  #ageText(hubMs: number): string {
    const { state, lastMs } = this.host;
    if (state === 'never') return 'never seen';
    if (lastMs === 0) return noValue;
    if (this.frozen) return `as of ${formatClock(lastMs).slice(0, 5)}`;
    if (state === 'down') return `silent ${formatDuration(hubMs - lastMs)}`;
    return state === 'stale' ? `${formatAge(hubMs - lastMs)} old` : '';
  }
}

/** A word beside the title: what the host is for. */
function asideOf({ tags, facts }: FleetHost): string {
  return tags['alias'] ?? facts['alias'] ?? tags['role'] ?? '';
}

/** Everything that the template shows. */
function wordsOf(host: FleetHost): string {
  return [host.state, host.name, host.title, asideOf(host)].join('\n');
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

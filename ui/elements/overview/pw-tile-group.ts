/**
 * One group of hosts as tiles in one canvas. A tile is painted when it looks different from before, and all of them
 * only when the canvas, the theme or the hosts are others. Hot path: thousands of hosts are compared each frame with new values.
 */
import { css, html, LitElement, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { fitCanvas, pixelRatio } from '../../frames.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatCount } from '../../model/format.ts';
import type { HostGroup } from '../../model/overview/hosts-view.ts';
import { metricRow, rowValueAt } from '../../model/overview/metrics.ts';
import {
  heatOf,
  lookOf,
  type TileMark,
  tileAt,
  tileColumns,
  tileMarkOf,
  tilePitch,
  tilesHeight,
} from '../../model/overview/tiles.ts';
import type { FleetMetric } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { themeChanged } from '../../theme/theme.ts';
import { tell } from '../events.ts';
import { paintCursor, paintTile } from './tile-paint.ts';
import '../pw-severity.ts';
import '../pw-status.ts';
import './pw-group-means.ts';

/** Room around the tiles for the frame of the one under the cursor. */
const inset = 2;

@customElement('pw-tile-group')
export class PwTileGroup extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        min-width: 0;
        padding: 8px 10px 10px;
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-3);
      }
      .head {
        display: flex;
        align-items: center;
        gap: 10px;
        height: 24px;
        padding: 0 2px 4px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        white-space: nowrap;
        overflow: hidden;
      }
      h2 {
        font-size: var(--pw-fs-3);
        color: var(--pw-text-1);
      }
      .marks {
        display: flex;
        gap: 10px;
        margin-left: auto;
      }
      .marks span {
        display: inline-flex;
        align-items: center;
        gap: 4px;
      }
      canvas {
        width: 100%;
        cursor: pointer;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) group!: HostGroup<FleetHost>;
  @property() metric: FleetMetric = 'cpu';
  /** Value of the warmest colour. */
  @property({ type: Number }) max = 100;
  /** The host that the keyboard is on. */
  @property({ attribute: false }) current: FleetHost | null = null;
  readonly #drawing = new Drawing(this, () => this.#draw());
  #looks = new Uint8Array(0);
  #columns = 1;
  /** What all tiles were painted for. */
  #painted = '';
  #cursorAt = -1;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.valuesChanged, this.dashboard.alerts.changed], this.#drawing.mark);
    new Following(
      this,
      () => [themeChanged],
      () => {
        this.#painted = '';
        this.#drawing.mark();
      },
    );
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('group')?.hosts;
    // A change of one host makes new groups: only places that have another host now are painted again.
    if (before !== undefined)
      for (const [index, host] of this.group.hosts.entries()) if (before[index] !== host) this.#looks[index] = 0;
  }

  override render() {
    const { group, dashboard } = this;
    const counts = this.#countMarks();
    return html`<div class="head">
        <h2 class="ell">${group.title}</h2>
        <span>${formatCount(group.hosts.length)} ${group.hosts.length === 1 ? 'host' : 'hosts'}</span>
        <span><pw-group-means .dashboard=${dashboard} .hosts=${group.hosts} .metrics=${[this.metric]}></pw-group-means></span>
        <span class="marks">
          <pw-severity level="critical" label=${formatCount(counts.critical)} ?hidden=${counts.critical === 0}></pw-severity>
          <pw-severity level="warning" label=${formatCount(counts.warning)} ?hidden=${counts.warning === 0}></pw-severity>
          <span ?hidden=${counts.stale === 0}><pw-status state="stale" bare></pw-status>${formatCount(counts.stale)}</span>
          <span ?hidden=${counts.down === 0}><pw-status state="down" bare></pw-status>${formatCount(counts.down)}</span>
        </span>
      </div>
      <canvas
        aria-hidden="true"
        @pointermove=${this.#pointed}
        @pointerleave=${() => tell(this, 'pw-tile', null)}
        @click=${this.#clicked}
      ></canvas>`;
  }

  override updated(): void {
    this.#fit();
    this.#drawing.mark();
  }

  get columns(): number {
    return this.#columns;
  }

  /** Top and bottom of a host's tile, px from the top of this element. */
  placeOf(host: FleetHost): { readonly top: number; readonly bottom: number } {
    const at = this.group.hosts.indexOf(host);
    const canvas = this.renderRoot.querySelector('canvas');
    const above = (canvas?.offsetTop ?? 0) - this.offsetTop + inset;
    const top = above + Math.floor(at / this.#columns) * tilePitch;
    return { top, bottom: top + tilePitch };
  }

  /** Its height is known before it is drawn, so that nothing jumps when it scrolls into sight. */
  #fit(): HTMLCanvasElement | null {
    const canvas = this.renderRoot.querySelector('canvas');
    if (canvas === null) return null;
    this.#columns = tileColumns(canvas.clientWidth - inset * 2);
    const height = `${tilesHeight(this.group.hosts.length, this.#columns) + inset * 2}px`;
    if (canvas.style.height !== height) canvas.style.height = height;
    return canvas;
  }

  #draw(): void {
    const canvas = this.#fit();
    if (canvas === null || canvas.clientWidth === 0) return;
    const { hosts } = this.group;
    const layout = `${canvas.clientWidth} ${hosts.length} ${pixelRatio()}`;
    if (layout !== this.#painted) {
      fitCanvas(canvas, canvas.clientWidth, tilesHeight(hosts.length, this.#columns) + inset * 2);
      this.#looks = new Uint8Array(hosts.length);
      this.#painted = layout;
      this.#cursorAt = -1;
    }
    const context = canvas.getContext('2d');
    if (context === null) return;
    const row = metricRow(this.metric);
    const cursorAt = this.current === null ? -1 : hosts.indexOf(this.current);
    if (this.#cursorAt !== cursorAt && this.#cursorAt >= 0) this.#looks[this.#cursorAt] = 0;
    for (let index = 0; index < hosts.length; index += 1) {
      const host = hosts[index]!;
      const mark = tileMarkOf(host.status, this.dashboard.alerts.worstOf(host.id));
      const heat = heatOf(rowValueAt(host.values, 0, row), this.max);
      const look = lookOf(heat, mark);
      if (this.#looks[index] === look && index !== cursorAt) continue;
      this.#looks[index] = look;
      paintTile(context, this.#cornerOf(index), { heat, mark });
    }
    if (cursorAt >= 0) paintCursor(context, this.#cornerOf(cursorAt));
    this.#cursorAt = cursorAt;
  }

  #cornerOf(index: number) {
    return {
      x: inset + (index % this.#columns) * tilePitch,
      y: inset + Math.floor(index / this.#columns) * tilePitch,
    };
  }

  #countMarks(): Record<TileMark, number> {
    const counts: Record<TileMark, number> = {
      none: 0,
      down: 0,
      critical: 0,
      warning: 0,
      stale: 0,
      downtime: 0,
      never: 0,
    };
    for (const host of this.group.hosts) counts[tileMarkOf(host.status, this.dashboard.alerts.worstOf(host.id))] += 1;
    return counts;
  }

  #hostAt(event: PointerEvent | MouseEvent): FleetHost | null {
    const place = { x: event.offsetX - inset, y: event.offsetY - inset };
    const at = tileAt(place, this.#columns, this.group.hosts.length);
    return at === null ? null : this.group.hosts[at]!;
  }

  #pointed(event: PointerEvent): void {
    const host = this.#hostAt(event);
    tell(this, 'pw-tile', host === null ? null : { host, x: event.clientX, y: event.clientY });
  }

  #clicked(event: MouseEvent): void {
    const host = this.#hostAt(event);
    if (host !== null) tell(this, 'pw-open-host', host);
  }
}

/**
 * Every host as a tile in the colour of a metric, as large as the wall has room for: with its value and name while that
 * can be read, as a plain tile of the overview's shapes when there are hundreds. One canvas.
 */
import { css, html, LitElement, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { fitCanvas } from '../../frames.ts';
import type { FleetHost } from '../../live/fleet.ts';
import type { HostGroup } from '../../model/overview/hosts-view.ts';
import { metricRow, rowValueAt } from '../../model/overview/metrics.ts';
import { heatOf, type TileMark, tileMarkOf, tileSize } from '../../model/overview/tiles.ts';
import { fitTiles, type TileFit } from '../../model/tv/tile-fit.ts';
import { token } from '../../theme/canvas-tokens.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { themeChanged } from '../../theme/theme.ts';
import { paintTile } from '../overview/tile-paint.ts';
import { tvStyles } from './tv-styles.ts';

const headHeight = 26;

@customElement('pw-tv-tiles')
export class PwTvTiles extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tvStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-width: 0;
        min-height: 0;
      }
      .room {
        position: relative;
        flex: 1;
        min-height: 0;
      }
      canvas {
        position: absolute;
        width: 100%;
        height: 100%;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) groups: readonly HostGroup<FleetHost>[] = [];
  readonly #drawing = new Drawing(this, () => this.#draw());

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked, this.dashboard.alerts.changed, themeChanged], this.#drawing.mark);
  }

  override updated(changed: PropertyValues): void {
    if (changed.has('groups')) this.#drawing.mark();
  }

  override render() {
    return html`<h2>CPU by host</h2>
      <div class="room"><canvas role="img" aria-label="CPU of each host"></canvas></div>`;
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const room = this.renderRoot.querySelector('.room');
    if (canvas === null || room === null || room.clientWidth === 0) return;
    const scale = Number(getComputedStyle(this).getPropertyValue('--s')) || 1;
    const context = fitCanvas(canvas, room.clientWidth, room.clientHeight);
    if (context === null) return;
    context.scale(scale, scale);
    const width = room.clientWidth / scale;
    const fit = fitTiles(
      this.groups.map(({ hosts }) => hosts.length),
      { width, height: room.clientHeight / scale },
    );
    const columns = Math.max(1, Math.floor((width + fit.gap) / (fit.size + fit.gap)));
    const family = getComputedStyle(this).fontFamily;
    let y = 0;
    for (const group of this.groups) {
      context.font = `600 15px ${family}`;
      context.textAlign = 'left';
      context.textBaseline = 'middle';
      context.fillStyle = token('text-1');
      context.fillText(group.title, 0, y + headHeight / 2);
      const titleWidth = context.measureText(group.title).width;
      context.font = `400 15px ${family}`;
      context.fillStyle = token('text-3');
      context.fillText(String(group.hosts.length), titleWidth + 6, y + headHeight / 2);
      y += headHeight;
      for (const [index, host] of group.hosts.entries()) {
        const x = (index % columns) * (fit.size + fit.gap);
        const tileY = y + Math.floor(index / columns) * (fit.size + fit.gap);
        this.#drawTile(context, { x, y: tileY }, { host, fit, family, group: group.title });
      }
      y += Math.ceil(group.hosts.length / columns) * (fit.size + fit.gap);
    }
  }

  #drawTile(
    context: CanvasRenderingContext2D,
    { x, y }: { readonly x: number; readonly y: number },
    { host, fit, family, group }: TileText,
  ): void {
    const mark = tileMarkOf(host.status, this.dashboard.alerts.worstOf(host.id));
    const value = rowValueAt(host.values, 0, metricRow('cpu'));
    const heat = heatOf(value, 100);
    if (!fit.hasText) {
      context.save();
      context.translate(x, y);
      context.scale(fit.size / tileSize, fit.size / tileSize);
      paintTile(context, { x: 0, y: 0 }, { heat, mark });
      context.restore();
      return;
    }
    const { size } = fit;
    const isPlain = mark === 'none' || mark === 'critical' || mark === 'warning' || mark === 'stale';
    context.beginPath();
    context.roundRect(x + 1, y + 1, size - 2, size - 2, 7);
    context.fillStyle = isPlain && heat >= 0 ? token(`heat-${heat}`) : token(backgrounds[mark]);
    context.fill();
    const color = strokes[mark];
    if (color !== null) {
      context.strokeStyle = token(color);
      context.lineWidth = 3;
      context.setLineDash(mark === 'stale' || mark === 'downtime' || mark === 'never' ? [5, 4] : []);
      context.stroke();
      context.setLineDash([]);
    }
    context.textAlign = 'center';
    context.fillStyle = isPlain ? textOn(heat) : token(strokes[mark] ?? 'text-1');
    context.font = `600 ${Math.round(size * 0.31)}px ${family}`;
    const figure = mark === 'down' ? '×' : Number.isNaN(value) ? '–' : value.toFixed(0);
    context.fillText(figure, x + size / 2, y + size * 0.42);
    context.font = `400 ${Math.round(size * 0.19)}px ${family}`;
    context.fillText(shortName(host, group), x + size / 2, y + size * 0.74, size - 8);
  }
}

interface TileText {
  readonly host: FleetHost;
  readonly fit: TileFit;
  readonly family: string;
  readonly group: string;
}

const strokes: Readonly<Record<TileMark, string | null>> = {
  none: null,
  down: 'down',
  critical: 'crit',
  warning: 'warn',
  stale: 'stale',
  downtime: 'maint',
  never: 'text-3',
};

const backgrounds: Readonly<Record<TileMark, string>> = {
  none: 'surface-3',
  down: 'down-bg',
  critical: 'surface-3',
  warning: 'surface-3',
  stale: 'surface-3',
  downtime: 'maint-bg',
  never: 'surface-1',
};

/** Dark on light steps of the ramp and the other way round: in dark the ramp rises in lightness, in light it falls. */
function textOn(heat: number): string {
  if (heat < 0) return token('text-1');
  return luminance(token(`heat-${heat}`)) > 0.3 ? '#000000' : '#ffffff';
}

/** Relative luminance of a `#rrggbb` colour, 0..1. */
function luminance(color: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** What tells hosts of one group apart: the title or else the name, without that of the group, or the end of the name. */
function shortName({ title, name }: FleetHost, group: string): string {
  for (const text of [title, name]) {
    const rest = text.startsWith(group) ? text.slice(group.length).replace(/^[-_. ]/, '') : text;
    if (rest.length <= 8 && rest !== '') return rest;
  }
  return `…${name.slice(-7)}`;
}

/** What the colours and the shapes of the tiles mean. */
import { css, html, LitElement, svg, unsafeCSS } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import { fitCanvas } from '../../frames.ts';
import { formatValue } from '../../model/format.ts';
import { metricRow } from '../../model/overview/metrics.ts';
import { heatCount, type TileMark, tileSize } from '../../model/overview/tiles.ts';
import type { FleetMetric } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { themeChanged } from '../../theme/theme.ts';
import { paintTile } from './tile-paint.ts';

const marks: readonly (readonly [TileMark, string])[] = [
  ['critical', 'critical'],
  ['warning', 'warning'],
  ['stale', 'stale'],
  ['down', 'down'],
  ['downtime', 'downtime'],
  ['never', 'never seen'],
];

@customElement('pw-tile-legend')
export class PwTileLegend extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 16px;
        padding: 4px 0 12px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-2);
      }
      span {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        white-space: nowrap;
      }
      canvas {
        width: 12px;
        height: 12px;
      }
    `,
    unsafeCSS(
      Array.from({ length: heatCount }, (_, step) => `.heat-${step} { fill: var(--pw-heat-${step}); }`).join('\n'),
    ),
  ];

  @property() metric: FleetMetric = 'cpu';
  @property({ type: Number }) max = 100;
  readonly #drawing = new Drawing(this, () => this.#draw());

  constructor() {
    super();
    new Following(this, () => [themeChanged], this.#drawing.mark);
  }

  override render() {
    const row = metricRow(this.metric);
    return html`<span
        >${row.title} 0
        <svg width="144" height="10" viewBox="0 0 144 10" aria-hidden="true">
          ${Array.from({ length: heatCount }, (_, step) => svg`<rect class="heat-${step}" x=${step * 16} width="16" height="10" />`)}
        </svg>
        ${formatValue(this.max, row.unit)}</span
      >
      ${marks.map(([mark, word]) => html`<span><canvas data-mark=${mark} aria-hidden="true"></canvas>${word}</span>`)}`;
  }

  #draw(): void {
    for (const [index, canvas] of this.renderRoot.querySelectorAll('canvas').entries()) {
      const context = fitCanvas(canvas, tileSize, tileSize);
      if (context !== null) paintTile(context, { x: 0, y: 0 }, { heat: -1, mark: marks[index]![0] });
    }
  }
}

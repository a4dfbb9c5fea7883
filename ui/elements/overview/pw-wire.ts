/**
 * The arrival strip: one stroke per second, its height the share of hosts whose tick came in time. A second in which
 * nothing was heard is a small cross on the ground line.
 */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { wireSeconds } from '../../dashboard.ts';
import { fitCanvas } from '../../frames.ts';
import { token, tokenWithAlpha } from '../../theme/canvas-tokens.ts';
import { sharedStyles } from '../../theme/shared.ts';

/** Below it a second was bad, below the other it was not good. */
const badRatio = 0.6;
const poorRatio = 0.9;

@customElement('pw-wire')
export class PwWire extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        height: 42px;
      }
      canvas {
        width: 100%;
        height: 100%;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  readonly #drawing = new Drawing(this, () => this.#draw());

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked], this.#drawing.mark);
  }

  override render() {
    return html`<canvas
      role="img"
      aria-label="Share of hosts whose data came in time, in each of the last ${wireSeconds} seconds"
    ></canvas>`;
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const width = this.clientWidth;
    const height = this.clientHeight;
    const context = canvas === null || width === 0 ? null : fitCanvas(canvas, width, height);
    if (context === null) return;
    const { wire } = this.dashboard;
    const pitch = width / wireSeconds;
    context.fillStyle = token('chart-zero');
    context.fillRect(0, height - 1, width, 1);
    for (let index = 0; index < wire.length; index += 1) {
      const second = wireSeconds - wire.length + index;
      const x = second * pitch;
      const ratio = wire[index]!;
      if (ratio === null || ratio === 0) drawCross(context, x + pitch / 2, height - 5);
      else {
        const size = Math.max(3, ratio * (height - 2));
        context.fillStyle = colorOf(ratio, index === wire.length - 1, second / wireSeconds);
        context.fillRect(x + 0.5, height - size, Math.max(1.5, pitch - 1.5), size);
      }
    }
  }
}

function colorOf(ratio: number, isNewest: boolean, recency: number): string {
  if (ratio < badRatio) return token('stale');
  if (ratio < poorRatio) return tokenWithAlpha('stale', 0.8);
  return isNewest ? token('up') : tokenWithAlpha('up', 0.35 + 0.4 * recency);
}

function drawCross(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.strokeStyle = tokenWithAlpha('down', 0.75);
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x - 2, y - 2);
  context.lineTo(x + 2, y + 2);
  context.moveTo(x + 2, y - 2);
  context.lineTo(x - 2, y + 2);
  context.stroke();
}

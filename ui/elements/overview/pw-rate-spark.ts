/** Samples per second over the last minute, as a line without a scale: whether it holds, falls or grows. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import { type Dashboard, wireSeconds } from '../../dashboard.ts';
import { fitCanvas } from '../../frames.ts';
import { token, tokenWithAlpha } from '../../theme/canvas-tokens.ts';
import { sharedStyles } from '../../theme/shared.ts';

@customElement('pw-rate-spark')
export class PwRateSpark extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        height: 16px;
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
    return html`<canvas role="img" aria-label="Samples per second in the last ${wireSeconds} seconds"></canvas>`;
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const width = this.clientWidth;
    const height = this.clientHeight;
    const context = canvas === null || width === 0 ? null : fitCanvas(canvas, width, height);
    const { sampleRates } = this.dashboard;
    if (context === null || sampleRates.length < 2) return;
    const low = Math.min(...sampleRates);
    const high = Math.max(...sampleRates);
    // A rate that holds is a level line in the middle, not noise at full height.
    const margin = Math.max((high - low) * 0.15, high * 0.02, 1);
    const scale = (height - 3) / (high - low + margin * 2);
    const pitch = width / (wireSeconds - 1);
    const yOf = (rate: number) => height - 1.5 - (rate - low + margin) * scale;
    const startX = width - (sampleRates.length - 1) * pitch;
    context.beginPath();
    for (const [index, rate] of sampleRates.entries()) context.lineTo(startX + index * pitch, yOf(rate));
    context.strokeStyle = token('c9');
    context.lineWidth = 1.25;
    context.lineJoin = 'round';
    context.stroke();
    context.lineTo(width, height);
    context.lineTo(startX, height);
    context.fillStyle = tokenWithAlpha('c9', 0.14);
    context.fill();
  }
}

/** The value of a series around an alert, with its limit; hatched where nothing came. A picture beside figures. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { fitCanvas, pixelRatio } from '../../frames.ts';
import type { AlertSparks } from '../../live/alert-sparks.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { type SparkTrack, sparkRange, wantOf } from '../../model/alerts/spark-plan.ts';
import { hatch, token, tokenWithAlpha } from '../../theme/canvas-tokens.ts';
import { sharedStyles } from '../../theme/shared.ts';

const levelTokens = { critical: 'crit', warning: 'warn', info: 'info' } as const;

/** Only what is in sight asks for samples. */
const sight = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) (entry.target as PwAlertSpark).isInSight = entry.isIntersecting;
  },
  { rootMargin: '120px' },
);

interface Plot {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly low: number;
  readonly high: number;
}

@customElement('pw-alert-spark')
export class PwAlertSpark extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        height: 28px;
      }
      canvas {
        width: 100%;
        height: 100%;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) sparks!: AlertSparks;
  @property({ attribute: false }) item!: AlertItem;
  #isInSight = false;
  #drawn: SparkTrack | null = null;
  /** When a pixel has passed since it was drawn. */
  #nextMs = 0;
  readonly #drawing = new Drawing(this, () => this.#draw());

  constructor() {
    super();
    new Following(
      this,
      () => [this.sparks.changed],
      () => {
        // Of a host that is silent nothing new comes, and its gap grows.
        const isOld = this.dashboard.hubMs >= this.#nextMs && this.item.phase !== 'resolved';
        if (isOld || this.sparks.trackOf(this.item.key) !== this.#drawn) this.#drawing.mark();
      },
    );
  }

  set isInSight(isInSight: boolean) {
    this.#isInSight = isInSight;
    if (isInSight) this.#want();
    else this.sparks.hide(this.item.key);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    sight.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    sight.unobserve(this);
    this.sparks.hide(this.item.key);
  }

  override render() {
    return html`<canvas aria-hidden="true"></canvas>`;
  }

  override updated(): void {
    if (this.#isInSight) this.#want();
    this.#drawing.mark();
  }

  #want(): void {
    const want = wantOf(this.item, this.dashboard.hubMs);
    if (want !== null) this.sparks.show(want);
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    if (canvas === null) return;
    const { clientWidth: width, clientHeight: height } = this;
    const context = fitCanvas(canvas, width, height);
    const nowMs = this.dashboard.hubMs;
    const want = wantOf(this.item, nowMs);
    const track = this.sparks.trackOf(this.item.key);
    this.#drawn = track;
    this.#nextMs = nowMs + (want?.spanMs ?? 0) / Math.max(1, width);
    // As an alert lasts, a longer span is shown.
    if (want !== null && this.#isInSight) this.sparks.show(want);
    if (context === null || want === null || track === null || width === 0) return;
    const threshold = this.item.series === '' ? null : this.item.threshold;
    const plot = {
      context,
      width,
      height,
      fromMs: want.fromMs,
      toMs: want.toMs ?? nowMs,
      ...sparkRange(track, threshold),
    };
    drawGaps(plot, track);
    drawLine(plot, track, this.item.phase === 'resolved' ? 'c9' : 'c1');
    if (threshold !== null) drawLimit(plot, threshold, levelTokens[this.item.severity]);
  }
}

function xOf({ fromMs, toMs, width }: Plot, timeMs: number): number {
  return ((timeMs - fromMs) / (toMs - fromMs)) * width;
}

function yOf({ low, high, height }: Plot, value: number): number {
  return height - 1 - ((value - low) / (high - low)) * (height - 2);
}

/** Before the first sample nothing is known to be missing: the host may be new. */
function drawGaps(plot: Plot, { times, gapMs }: SparkTrack): void {
  for (let at = 0; at < times.length; at += 1) {
    const fromMs = Math.max(plot.fromMs, times[at]!);
    const toMs = Math.min(plot.toMs, times[at + 1] ?? plot.toMs);
    // At the right edge a sample may be on its way.
    const patienceMs = at + 1 < times.length ? gapMs : gapMs + (plot.toMs - plot.fromMs) / 50;
    if (toMs - fromMs > patienceMs) hatchSpan(plot, fromMs, toMs);
  }
}

function hatchSpan(plot: Plot, fromMs: number, toMs: number): void {
  const { context, height } = plot;
  const ratio = pixelRatio();
  const left = xOf(plot, fromMs);
  context.save();
  context.globalAlpha = 0.55;
  context.translate(left, 0);
  context.scale(1 / ratio, 1 / ratio);
  context.fillStyle = hatch(context, ratio);
  context.fillRect(0, 0, (xOf(plot, toMs) - left) * ratio, height * ratio);
  context.restore();
}

function drawLine(plot: Plot, { times, values, gapMs }: SparkTrack, color: string): void {
  const { context, height } = plot;
  const line = new Path2D();
  const area = new Path2D();
  let beforeMs = Number.NaN;
  let x = 0;
  for (let at = 0; at < times.length; at += 1) {
    const timeMs = times[at]!;
    if (timeMs < plot.fromMs - gapMs || timeMs > plot.toMs + gapMs) continue;
    const isJoined = timeMs - beforeMs <= gapMs;
    if (!isJoined && !Number.isNaN(beforeMs)) area.lineTo(x, height);
    x = xOf(plot, timeMs);
    const y = yOf(plot, values[at]!);
    if (isJoined) line.lineTo(x, y);
    else {
      line.moveTo(x, y);
      area.moveTo(x, height);
    }
    area.lineTo(x, y);
    beforeMs = timeMs;
  }
  if (Number.isNaN(beforeMs)) return;
  area.lineTo(x, height);
  context.fillStyle = tokenWithAlpha(color, Number(token('chart-fill')) + 0.04);
  context.fill(area);
  context.strokeStyle = token(color);
  context.lineWidth = 1.25;
  context.lineJoin = 'round';
  context.stroke(line);
}

function drawLimit(plot: Plot, threshold: number, color: string): void {
  const { context, width } = plot;
  const y = Math.round(yOf(plot, threshold)) + 0.5;
  context.save();
  context.strokeStyle = token(color);
  context.setLineDash([4, 3]);
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(width, y);
  context.stroke();
  context.restore();
}

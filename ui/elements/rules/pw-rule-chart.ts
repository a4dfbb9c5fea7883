/**
 * The chart of a rule: what it compares on the hosts that it means, the one nearest to firing in colour, and its limits
 * as lines that are dragged by handles at the right edge. It holds no rule: a limit that is moved is told by `pw-change`
 * as a part of the form, and comes back with the next `spec`. `pw-drag` says that something is being dragged, and no more.
 */
import { css, html, LitElement, type PropertyValues, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { RuleSpec } from '#core/rule-spec.ts';
import { parseSeriesKey } from '#core/series.ts';
import { type ChartOverlays, noOverlays } from '../../chart-source.ts';
import type { Dashboard } from '../../dashboard.ts';
import { SeriesWindow } from '../../history/series-window.ts';
import { type FoundSeries, lookedAtMax, type MatchingSeries } from '../../live/matching-series.ts';
import type { Chart } from '../../model/charts/charts.ts';
import { formatCount } from '../../model/format.ts';
import { durationText } from '../../model/rules/duration-text.ts';
import { JudgedSource } from '../../model/rules/judged-source.ts';
import { limitText } from '../../model/rules/limit-text.ts';
import { metricTitles } from '../../model/rules/metric-title.ts';
import {
  dragStep,
  labelsOf,
  linesOf,
  moveLine,
  shownRange,
  spreadHandles,
  type ThresholdLine,
} from '../../model/rules/threshold-lines.ts';
import { rangePresets, type TimeRange } from '../../model/time-range.ts';
import { sharedStyles } from '../../theme/shared.ts';
import type { PwChart } from '../charts/pw-chart.ts';
import { tell } from '../events.ts';
import type { HandleMove, PwThreshold } from './pw-threshold.ts';
import '../charts/pw-chart.ts';
import './pw-threshold.ts';

const plotHeight = 300;
/** Of the time axis under the plot. */
const axisHeight = 18;
const handleHeight = 24;
/** Height of a label at its line. */
const labelRoom = 18;
/** Between the right edge of the plot and the handles: a line leads from one to the other. */
const leaderWidth = 14;
const defaultSpanMs = 15 * 60_000;

@customElement('pw-rule-chart')
export class PwRuleChart extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .panel {
        position: relative;
        display: flex;
      }
      pw-chart {
        flex: 1 1 auto;
        border: 0;
      }
      .rail {
        position: relative;
        flex: none;
        width: 66px;
      }
      .rail svg {
        position: absolute;
        left: -12px;
        top: 0;
        overflow: visible;
        pointer-events: none;
      }
      .rail path {
        fill: none;
        stroke-width: 1.5;
      }
      .rail .fire {
        stroke: var(--pw-warn);
      }
      .rail .clear {
        stroke: var(--pw-up);
        stroke-dasharray: 2 3;
      }
      pw-threshold {
        position: absolute;
        left: 2px;
        margin-top: -12px;
        visibility: hidden;
      }
      pw-threshold.placed {
        visibility: visible;
      }
      .message {
        display: grid;
        place-items: center;
        min-height: 160px;
        padding: 16px;
        text-align: center;
        color: var(--pw-text-2);
      }
      .message .btn {
        margin-top: 8px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** null: it makes no sense yet. */
  @property({ attribute: false }) spec: RuleSpec | null = null;
  @property({ attribute: false }) matching!: MatchingSeries;
  /** Series that are drawn, the one nearest to firing first. */
  @property({ attribute: false }) shown: readonly FoundSeries[] = [];
  /** Unit of what is compared. */
  @property() unit = '';
  @property({ type: Boolean }) disabled = false;
  @state() private chart: Chart | null = null;
  @state() private source: JudgedSource | null = null;
  #window: SeriesWindow | null = null;
  #overlays: ChartOverlays = noOverlays;
  #chartKey = '';
  #sourceKey = '';
  #isDragging = false;
  #lines: readonly ThresholdLine[] = [];
  #unfollow: () => void = () => {};
  #followed: PwChart | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unfollow();
    this.#followed = null;
    this.#window?.release();
    this.#window = null;
    this.#sourceKey = '';
  }

  override willUpdate(_: PropertyValues<this>): void {
    const subject = this.spec?.subject;
    if (this.spec === null || subject?.kind !== 'series') return;
    const hold = this.spec.forMs > 0 ? ` for ${durationText(this.spec.forMs)}` : '';
    this.#lines = linesOf(subject.condition, { unit: this.unit, hold });
    this.#follow(this.spec);
    // The scale stands still under the hand.
    if (!this.#isDragging || this.chart === null) this.#compose(subject.series.patterns);
    const shownSpan = (this.chart?.max ?? 100) - (this.chart?.min ?? 0);
    const labels = labelsOf(this.#lines, (labelRoom / (plotHeight - axisHeight)) * shownSpan);
    this.#overlays = {
      ...noOverlays,
      thresholds: this.#lines.map(({ value, role }, index) => ({
        value,
        label: labels[index]!,
        role: role === 'clear' ? 'clear' : this.spec!.severity,
      })),
    };
  }

  override render() {
    if (this.chart === null || this.source === null || this.shown.length === 0) return this.#renderMessage();
    return html`<section class="panel" aria-label="Chart of what the rule compares">
      <pw-chart
        .chart=${this.chart}
        .source=${this.source}
        .overlays=${this.#overlays}
        .height=${plotHeight}
        ?fitsThresholds=${!this.#isDragging}
        @pw-zoom=${this.#ignore}
        @pw-pan=${this.#ignore}
        @pw-live=${this.#ignore}
      ></pw-chart>
      <div class="rail">
        <svg width="1" height="1" aria-hidden="true">${this.#lines.map(({ role }) => svg`<path class=${role}></path>`)}</svg>
        ${this.#lines.map(
          (line) => html`<pw-threshold
            role-name=${line.role}
            label=${line.name}
            text=${limitText(line.value, this.unit)}
            .value=${line.value}
            .low=${this.chart?.min ?? 0}
            .high=${this.chart?.max ?? 100}
            spoken=${line.label}
            .step=${this.#step}
            ?disabled=${this.disabled}
            .valueAt=${this.#valueAt}
            @pw-move=${(event: CustomEvent<HandleMove>) => this.#moved(line, event)}
          ></pw-threshold>`,
        )}
      </div>
    </section>`;
  }

  override updated(): void {
    const chart = this.renderRoot.querySelector<PwChart>('pw-chart');
    if (chart !== this.#followed) {
      this.#unfollow();
      this.#followed = chart;
      this.#unfollow = chart?.drawn.subscribe(() => this.#place()) ?? (() => {});
    }
    this.#place();
  }

  #renderMessage() {
    const { isLoading, why, hostNames } = this.matching;
    if (why !== null)
      return html`<div class="panel message" role="status">
        <div>
          <p>${why}</p>
          <button class="btn small" type="button" @click=${() => this.matching.retry()}>Try again</button>
        </div>
      </div>`;
    const text =
      isLoading || this.spec === null
        ? 'Looking for series that the rule means.'
        : hostNames.length === 0
          ? 'No host matches.'
          : 'No host that matches has had a value of this metric in the last 15 minutes.';
    return html`<div class="panel message" role="status"><p>${text}</p></div>`;
  }

  get #step(): number {
    const { min, max } = this.chart ?? { min: 0, max: 100 };
    return dragStep((max ?? 100) - (min ?? 0), this.unit);
  }

  /** Live over a span in which a window of the rule fits some times. */
  #follow({ subject }: RuleSpec): void {
    if (subject.kind !== 'series') return;
    const { input } = subject;
    const key = JSON.stringify(input);
    if (key === this.#sourceKey) return;
    this.#sourceKey = key;
    const wantedMs = input.kind === 'value' ? defaultSpanMs : Math.max(defaultSpanMs, input.windowMs * 4);
    const preset = rangePresets.find(({ spanMs }) => spanMs >= wantedMs);
    const range: TimeRange = { kind: 'live', spanMs: preset?.spanMs ?? defaultSpanMs };
    this.#window?.release();
    this.#window = new SeriesWindow({ dashboard: this.dashboard, range });
    this.source = new JudgedSource(this.#window, input);
  }

  #compose(patterns: readonly string[]): void {
    const values = this.shown.flatMap(({ lowest, highest }) => [lowest, highest]).filter(Number.isFinite);
    const isValue = this.spec?.subject.kind === 'series' && this.spec.subject.input.kind === 'value';
    const [min, max] = shownRange(
      this.#lines.map(({ value }) => value),
      {
        unit: this.unit,
        // Of an average or a rate the values say little of where it moves.
        dataMin: isValue && values.length > 0 ? Math.min(...values) : Number.NaN,
        dataMax: isValue && values.length > 0 ? Math.max(...values) : Number.NaN,
      },
    );
    const chart = chartOf(this.shown, { title: metricTitles(patterns), note: this.#note(), unit: this.unit, min, max });
    const key = JSON.stringify(chart);
    if (key === this.#chartKey) return;
    this.#chartKey = key;
    this.chart = chart;
  }

  #note(): string {
    const { found, hostNames } = this.matching;
    const first = this.shown[0];
    if (first === undefined) return '';
    const count = hostNames.length > lookedAtMax ? `the first ${lookedAtMax} of ${formatCount(hostNames.length)}` : '';
    if (found.length === 1) return first.host;
    const what = count === '' ? `${found.length} series` : `series of ${count} hosts`;
    return `nearest to firing of ${what}: ${first.host}${this.shown.length < found.length ? `, and ${this.shown.length - 1} more` : ' and the rest'}`;
  }

  /** A value at a height of the screen; null while nothing is drawn. */
  readonly #valueAt = (clientY: number): number | null => {
    const chart = this.#followed;
    const box = plotBoxOf(chart);
    if (chart === null || box === null) return null;
    const { min, max } = this.chart ?? { min: 0, max: 100 };
    const value = chart.topToValue(clientY - box.top);
    return value === null ? null : Math.max(min ?? 0, Math.min(max ?? 100, value));
  };

  #moved({ field }: ThresholdLine, { detail }: CustomEvent<HandleMove>): void {
    const subject = this.spec?.subject;
    if (detail.isDragging !== this.#isDragging) {
      this.#isDragging = detail.isDragging;
      tell(this, 'pw-drag', detail.isDragging);
    }
    if (subject?.kind === 'series' && detail.value !== null) {
      const move = { field, value: detail.value, step: this.#step, unit: this.unit };
      tell(this, 'pw-change', moveLine(subject.condition, move));
    }
    this.requestUpdate();
  }

  /** Puts handles beside their lines; those that would cover each other move apart, and a line leads to each. */
  #place(): void {
    const chart = this.#followed;
    const handles = [...this.renderRoot.querySelectorAll<PwThreshold>('pw-threshold')];
    const box = plotBoxOf(chart);
    if (chart === null || box === null || handles.length === 0) return;
    const offset = box.top - this.renderRoot.querySelector('.rail')!.getBoundingClientRect().top;
    const wanted = this.#lines.map(({ value }) => (chart.valueToTop(value) ?? Number.NaN) + offset);
    // Before its first drawing the plot has no scale.
    if (!wanted.every(Number.isFinite)) return;
    const widest = Math.max(...handles.map(({ offsetWidth }) => offsetWidth));
    this.renderRoot.querySelector<HTMLElement>('.rail')!.style.width = `${widest + 14}px`;
    const at = spreadHandles(wanted, {
      height: handleHeight,
      top: offset - 12,
      bottom: offset + plotHeight - axisHeight + 12,
    });
    for (const [index, handle] of handles.entries()) {
      handle.style.top = `${at[index]}px`;
      handle.classList.add('placed');
    }
    for (const [index, path] of this.renderRoot.querySelectorAll('.rail path').entries())
      path.setAttribute('d', `M0 ${wanted[index]}h3L${leaderWidth} ${at[index]}`);
  }

  /** Here a chart is always live. */
  #ignore(event: Event): void {
    event.stopPropagation();
  }
}

function plotBoxOf(chart: PwChart | null): DOMRect | null {
  const plot = chart?.renderRoot.querySelector('.plot') ?? null;
  return plot === null ? null : plot.getBoundingClientRect();
}

function chartOf(
  shown: readonly FoundSeries[],
  head: {
    readonly title: string;
    readonly note: string;
    readonly unit: string;
    readonly min: number;
    readonly max: number;
  },
): Chart {
  const isOneEach = new Set(shown.map(({ host }) => host)).size === shown.length;
  return {
    id: 'rule',
    ...head,
    kind: 'line',
    factor: 1,
    maxKey: null,
    lines: shown.map(({ host, key }, index) => {
      const labels = Object.values(parseSeriesKey(key)?.labels ?? {}).join(' ');
      return {
        key,
        host,
        name: isOneEach || labels === '' ? host : `${host} ${labels}`,
        color: index === 0 ? 'c1' : 'c9',
        dash: 0,
        isBelow: false,
      };
    }),
  };
}

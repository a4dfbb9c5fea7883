/**
 * What a chart is drawn from, whoever it is: the live ring of a host, history of one host or of many, a fixed span of
 * one series beside an alert. `pw-chart` knows only this.
 */

import type { Severity } from '#core/rule-spec.ts';
import type { Signal } from './live/signal.ts';
import type { ChartData, Window } from './model/charts/chart-data.ts';
import type { Chart, Line } from './model/charts/charts.ts';

export interface ChartSource {
  /** Other samples, or another window: whoever shows it draws again. */
  readonly changed: Signal;
  /** Time that is shown. */
  readonly window: Window;
  /** Up to here something may be known, epoch ms: what still lasts is drawn so far. Without it, the end of the window. */
  readonly nowMs?: number;
  /**
   * Fills `data` with what lies in `window` and one sample on each side of it. `data` belongs to the caller and is
   * reused; nothing in it may be kept.
   */
  fill(data: ChartData, chart: Chart): void;
  /** Newest value of a line, before `factor`; NaN when there is none. */
  newest(line: Pick<Line, 'key' | 'host'>): number;
  /**
   * `owner` shows these lines from now on (an empty list: none any more), so that only what somebody looks at is
   * asked for. A source that has everything does nothing.
   */
  want(owner: object, lines: readonly Line[]): void;
  /** How it stands with these lines; a source without it always has what there is. */
  stateOf?(lines: readonly Line[]): SourceState;
  /**
   * The plot of `owner` is so many CSS pixels wide: how fine a span is read follows from the widest. It counts until
   * its owner wants nothing any more.
   */
  fit?(owner: object, plotPx: number): void;
  /** Asks again for what failed. */
  retry?(): void;
}

export type SourceState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'loading' }
  /** One sentence: what happened. */
  | { readonly kind: 'failed'; readonly why: string };

/** What is drawn over and under the lines. All instants are epoch ms, values are as shown (after `factor`). */
export interface ChartOverlays {
  readonly thresholds: readonly ThresholdMark[];
  readonly spans: readonly SpanMark[];
  readonly moments: readonly MomentMark[];
}

export const noOverlays: ChartOverlays = { thresholds: [], spans: [], moments: [] };

export interface ThresholdMark {
  readonly value: number;
  /** "warning at 85 %", "clears below 75 %". */
  readonly label: string;
  /** `clear` is the recovery threshold. */
  readonly role: Severity | 'clear';
}

/** `alert`: a bar on the baseline with its shape at the start; `downtime`: a tint with a bar at the top. */
export interface SpanMark {
  readonly kind: 'alert' | 'downtime';
  readonly fromMs: number;
  /** null: it still lasts. */
  readonly toMs: number | null;
  readonly severity: Severity;
  readonly label: string;
}

/** A note that somebody made: a deploy, a reboot. */
export interface MomentMark {
  readonly atMs: number;
  readonly label: string;
}

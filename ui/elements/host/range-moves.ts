/**
 * What keys, drags and buttons of a host's page mean for the span that it shows. A zoom and another preset are places
 * that "back" comes back from; a pan and a pause are the same place.
 */

import type { KeyTable } from '../../controllers/keys.ts';
import type { SeriesWindow } from '../../history/series-window.ts';
import type { Window } from '../../model/charts/chart-data.ts';
import { fixedRange, panned, zoomedBy } from '../../model/range-moves.ts';
import { liveRange, rangePresets, type TimeRange } from '../../model/time-range.ts';
import type { ChartPan } from '../charts/pw-chart.ts';

export interface RangeView {
  /** null while there is no host. */
  readonly window: SeriesWindow | null;
  readonly nowMs: number;
  /** Shows it as another place. */
  open(range: TimeRange): void;
  /** Shows it as the same place. */
  replace(range: TimeRange): void;
}

export class RangeMoves {
  readonly #view: RangeView;
  /** Goes live again with this one. */
  #live: TimeRange = liveRange;

  constructor(view: RangeView) {
    this.#view = view;
  }

  readonly keys: KeyTable = {
    ...Object.fromEntries(
      rangePresets.map(({ spanMs }, index) => [String(index + 1), () => this.#view.open({ kind: 'live', spanMs })]),
    ),
    ' ': () => this.togglePause(),
    '0': () => this.goLive(),
    '[': () => this.#pan(-0.5),
    ']': () => this.#pan(0.5),
    '+': () => this.#zoomBy(0.5),
    '=': () => this.#zoomBy(0.5),
    '-': () => this.#zoomBy(2),
    '\u2212': () => this.#zoomBy(2),
  };

  /** Takes note of what is shown, however it came to be. */
  shown(range: TimeRange): void {
    if (range.kind === 'live') this.#live = range;
  }

  readonly togglePause = (): void => {
    const { window } = this.#view;
    if (window !== null) this.#view.replace(window.isPaused ? this.#live : window.pause());
  };

  readonly goLive = (): void => this.#view.open(liveRange);

  readonly zoomed = ({ detail }: CustomEvent<Window>): void => this.#view.open(fixedRange(detail));

  /** The charts follow the hand at once; the address when it lets go. */
  readonly dragged = ({ detail }: CustomEvent<ChartPan>): void => {
    const range = fixedRange(detail.window);
    if (detail.isDone) this.#view.replace(range);
    else this.#view.window?.show(range);
  };

  readonly chosen = ({ detail }: CustomEvent<TimeRange>): void => this.#view.open(detail);

  /** Shows a span with as much again on each side. */
  around(fromMs: number, toMs: number): void {
    const spanMs = Math.max(60_000, toMs - fromMs);
    const middleMs = (fromMs + toMs) / 2;
    this.#view.open(fixedRange({ fromMs: middleMs - spanMs * 1.5, toMs: middleMs + spanMs * 1.5 }));
  }

  /** Shows the hour up to a moment. */
  before(toMs: number): void {
    this.#view.open(fixedRange({ fromMs: toMs - 3_600_000, toMs }));
  }

  #zoomBy(factor: number): void {
    const { window, nowMs } = this.#view;
    if (window !== null) this.#view.open(fixedRange(zoomedBy(window.window, factor, nowMs)));
  }

  #pan(share: number): void {
    const { window, nowMs } = this.#view;
    if (window !== null) this.#view.replace(fixedRange(panned(window.window, share, nowMs)));
  }
}

/** A comparison as what charts are drawn from: which statistic, and against what. */
import type { ChartSource } from '../chart-source.ts';
import type { ChartData, Window } from '../model/charts/chart-data.ts';
import type { Chart, Line } from '../model/charts/charts.ts';
import { fillCompared, type Reference } from '../model/compare/fill-compare.ts';
import type { GridStat } from '../model/compare/grid.ts';
import type { CompareWindow } from './compare-window.ts';
import type { Signal } from './signal.ts';

export class CompareSource implements ChartSource {
  readonly changed: Signal;
  readonly #compared: CompareWindow;
  #stat: GridStat = 'avg';
  #against: Reference = null;

  constructor(compared: CompareWindow) {
    this.#compared = compared;
    this.changed = compared.changed;
  }

  get window(): Window {
    return this.#compared.window;
  }

  show(stat: GridStat, against: Reference): void {
    if (stat === this.#stat && against === this.#against) return;
    this.#stat = stat;
    this.#against = against;
    this.changed.announce();
  }

  fill(data: ChartData, chart: Chart): void {
    const { grid } = this.#compared;
    if (grid !== null) {
      fillCompared(data, chart, grid, { window: this.window, stat: this.#stat, against: this.#against });
      return;
    }
    data.times.length = data.gaps.length = 0;
    for (const values of [...data.values, ...data.lows, ...data.highs]) values.length = 0;
  }

  newest({ key, host }: Pick<Line, 'key' | 'host'>): number {
    const { grid } = this.#compared;
    const line = grid?.find(host ?? '', key) ?? -1;
    for (let cell = (grid?.cellCount ?? 0) - 1; cell >= 0; cell -= 1) {
      const value = grid!.value(line, cell, this.#stat);
      if (!Number.isNaN(value)) return value;
    }
    return Number.NaN;
  }

  /** The window has every line that is compared. */
  want(): void {}
}

/**
 * What a rule compares with its limits, as a source of charts: the values themselves, or their average or rate over a
 * window, by the very machine that the hub judges with (`core/rule-window.ts`). While the window is not filled there is
 * no value, as for the rule.
 */
import type { RuleInput } from '#core/rule-spec.ts';
import { windowOf } from '#core/rule-window.ts';
import type { ChartSource, SourceState } from '../../chart-source.ts';
import type { Signal } from '../../live/signal.ts';
import type { ChartData, Window } from '../charts/chart-data.ts';
import type { Chart, Line } from '../charts/charts.ts';

export class JudgedSource implements ChartSource {
  readonly #source: ChartSource;
  readonly #input: RuleInput;
  readonly #newest = new Map<string, number>();

  constructor(source: ChartSource, input: RuleInput) {
    this.#source = source;
    this.#input = input;
  }

  get changed(): Signal {
    return this.#source.changed;
  }

  get window(): Window {
    return this.#source.window;
  }

  fill(data: ChartData, chart: Chart): void {
    this.#source.fill(data, chart);
    if (this.#input.kind === 'value') return;
    for (const [index, line] of chart.lines.entries()) {
      this.#judge(data, index);
      this.#newest.set(keyOf(line), data.values[index]!.findLast((value) => value !== null) ?? Number.NaN);
    }
  }

  newest(line: Pick<Line, 'key' | 'host'>): number {
    if (this.#input.kind === 'value') return this.#source.newest(line);
    return this.#newest.get(keyOf(line)) ?? Number.NaN;
  }

  want(owner: object, lines: readonly Line[]): void {
    this.#source.want(owner, lines);
  }

  stateOf(lines: readonly Line[]): SourceState {
    return this.#source.stateOf?.(lines) ?? { kind: 'ready' };
  }

  fit(owner: object, plotPx: number): void {
    this.#source.fit?.(owner, plotPx);
  }

  retry(): void {
    this.#source.retry?.();
  }

  #judge({ times, values, lows, highs }: ChartData, line: number): void {
    const column = values[line]!;
    const window = windowOf(this.#input, intervalOf(times));
    if (window === null) return;
    for (let index = 0; index < times.length; index += 1) {
      const value = column[index];
      if (value === null || value === undefined) continue;
      const judged = window.push({ timeMs: times[index]!, ordinal: 1, value });
      column[index] = Number.isNaN(judged) ? null : judged;
      // Lowest and highest are those of values, not of what is compared.
      const low = lows[line];
      const high = highs[line];
      if (low !== undefined && low.length > 0) low[index] = null;
      if (high !== undefined && high.length > 0) high[index] = null;
    }
  }
}

function keyOf({ host, key }: Pick<Line, 'key' | 'host'>): string {
  return `${host ?? ''}\n${key}`;
}

/** The usual time between samples: the least of those that are there. */
function intervalOf(times: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let index = 1; index < times.length; index += 1) least = Math.min(least, times[index]! - times[index - 1]!);
  return Number.isFinite(least) && least > 0 ? least : 1_000;
}

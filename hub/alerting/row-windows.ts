/**
 * The windows of one host: one for each row of its table whose rule compares an average or a rate. They outlive the
 * table, as long as the next one has the same input on the same series.
 */
import type { RuleInput } from '#core/rule-spec.ts';
import { type RuleWindow, type WindowedValue, windowOf } from '#core/rule-window.ts';
import type { RuleTable } from './rule-tables.ts';
import { targetKey } from './target-book.ts';

interface KeyedWindow {
  readonly input: RuleInput;
  readonly window: RuleWindow;
}

export class RowWindows {
  #byKey: ReadonlyMap<string, KeyedWindow> = new Map();
  readonly #byRow = new Map<number, RuleWindow>();

  /** Takes the rows of another table. */
  setTable({ rules, ruleIndexes, places, rowCount, layout }: RuleTable): void {
    this.#byRow.clear();
    const byKey = new Map<string, KeyedWindow>();
    for (let row = 0; row < rowCount; row += 1) {
      const { input, hostRule } = rules[ruleIndexes[row]!]!;
      const { key: series, every } = layout.series[places[row]!]!;
      if (input.kind === 'value') continue;
      const key = targetKey(hostRule.rule.id, series);
      const known = this.#byKey.get(key);
      const isSame = known !== undefined && isSameInput(known.input, input);
      const window = isSame ? known.window : windowOf(input, every * layout.intervalMs)!;
      byKey.set(key, { input, window });
      this.#byRow.set(row, window);
    }
    this.#byKey = byKey;
  }

  /** What the rule of a row compares, from the next value of its series: itself where there is no window; NaN for not yet. */
  push(row: number, value: WindowedValue): number {
    const window = this.#byRow.get(row);
    return window === undefined ? value.value : window.push(value);
  }
}

/** Whether a table has rows that need windows. */
export function hasWindows({ rules }: RuleTable): boolean {
  return rules.some(({ input }) => input.kind !== 'value');
}

function isSameInput(one: RuleInput, other: RuleInput): boolean {
  if (one.kind === 'value' || other.kind === 'value') return one.kind === other.kind;
  return one.kind === other.kind && one.windowMs === other.windowMs;
}

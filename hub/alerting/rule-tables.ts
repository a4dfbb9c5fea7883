/**
 * Rules × one host × one layout as dense arrays: what a tick is compared with, in one loop without a branch that is
 * taken while all is well.
 *
 * A row is one rule on one series: the place of the series in the column, and the band of values that change nothing
 * now (`quietBand`). Hosts with equal layouts and rules share all of it, until something is pending or firing: a host
 * has bands of its own then. While a series is pending, or its rule looks at a window, no value lies in the band: each is looked
 * at. Hot path, guarded by `judge.bench.ts`.
 */
import { newMachine, quietBand, type RuleMachine } from '#core/rule.ts';
import type { Layout } from '#core/series.ts';
import { nameOfKey } from '#core/series-pattern.ts';
import type { SeriesChoice, SeriesRule } from './rule-set.ts';

/** Rows of one host: a rule on everything times a host of thousands of series must not eat the hub. */
export const rowsPerHostMax = 100_000;

export interface RuleTable {
  readonly layout: Layout;
  readonly rules: readonly SeriesRule[];
  readonly rowCount: number;
  /** Rows beyond the bound, which are not judged. */
  readonly omittedCount: number;
  /** Of each row: place in the column, index in `rules`. */
  readonly places: Int32Array;
  readonly ruleIndexes: Int32Array;
  /** As long as nothing is pending or firing. */
  readonly idleBands: RowBands;
}

/** Of each row: the band of values that change nothing. */
export interface RowBands {
  readonly lows: Float64Array;
  readonly highs: Float64Array;
}

/** Places by text: of a key itself, and of all series that bear the name. */
interface LayoutIndex {
  readonly layout: Layout;
  readonly places: Map<string, number[]>;
}

/** Compiles tables; remembers them, and what globs mean in each layout, as long as there are such a layout and rule. */
export class TableCompiler {
  readonly #tables = new WeakMap<Layout, WeakMap<readonly SeriesRule[], RuleTable>>();
  readonly #chosen = new WeakMap<Layout, WeakMap<SeriesChoice, readonly number[]>>();
  /** Of the layout asked for last: hosts of a kind share theirs. */
  #index: LayoutIndex | null = null;

  /**
   * One table for all hosts with this layout and these very rules. `former` is the layout that the host had before: an
   * agent appends series, and what is meant of the others is known.
   */
  tableFor(layout: Layout, rules: readonly SeriesRule[], former: Layout | null = null): RuleTable {
    let ofLayout = this.#tables.get(layout);
    if (ofLayout === undefined) this.#tables.set(layout, (ofLayout = new WeakMap()));
    let table = ofLayout.get(rules);
    if (table === undefined) ofLayout.set(rules, (table = this.#compile(layout, rules, former)));
    return table;
  }

  #compile(layout: Layout, rules: readonly SeriesRule[], former: Layout | null): RuleTable {
    const extended = former !== null && isExtension(layout, former) ? former : null;
    const chosen = rules.map((rule) => this.#placesOf(layout, rule.series, extended));
    const wanted = chosen.reduce((sum, places) => sum + places.length, 0);
    const rowCount = Math.min(wanted, rowsPerHostMax);
    const table: RuleTable = {
      layout,
      rules,
      rowCount,
      omittedCount: wanted - rowCount,
      places: new Int32Array(rowCount),
      ruleIndexes: new Int32Array(rowCount),
      idleBands: { lows: new Float64Array(rowCount), highs: new Float64Array(rowCount) },
    };
    let row = 0;
    for (const [index, places] of chosen.entries()) {
      for (const place of places) {
        if (row === rowCount) return table;
        table.places[row] = place;
        table.ruleIndexes[row] = index;
        setBand(table.idleBands, { table, row, machine: idle });
        row += 1;
      }
    }
    return table;
  }

  /** Places of the series that are meant, ascending. `extended`: a layout that this one begins with. */
  #placesOf(layout: Layout, choice: SeriesChoice, extended: Layout | null): readonly number[] {
    if (choice.texts !== null) return this.#lookUp(layout, choice.texts);
    let ofLayout = this.#chosen.get(layout);
    if (ofLayout === undefined) this.#chosen.set(layout, (ofLayout = new WeakMap()));
    const chosen = ofLayout.get(choice);
    if (chosen !== undefined) return chosen;
    const known = extended === null ? undefined : this.#chosen.get(extended)?.get(choice);
    const places = [...(known ?? [])];
    const { series } = layout;
    for (let place = known === undefined ? 0 : extended!.series.length; place < series.length; place += 1)
      if (choice.isMeant(series[place]!.key)) places.push(place);
    ofLayout.set(choice, places);
    return places;
  }

  /** Place of a key; -1 when the layout has none. */
  placeOf(layout: Layout, key: string): number {
    for (const place of this.#indexOf(layout).get(key) ?? []) if (layout.series[place]!.key === key) return place;
    return -1;
  }

  #lookUp(layout: Layout, texts: readonly string[]): readonly number[] {
    const index = this.#indexOf(layout);
    if (texts.length === 1) return index.get(texts[0]!) ?? [];
    return [...new Set(texts.flatMap((text) => index.get(text) ?? []))].sort((one, other) => one - other);
  }

  #indexOf(layout: Layout): Map<string, number[]> {
    if (this.#index?.layout === layout) return this.#index.places;
    const places = new Map<string, number[]>();
    const note = (text: string, place: number) => {
      const known = places.get(text);
      if (known === undefined) places.set(text, [place]);
      else known.push(place);
    };
    for (const [place, { key }] of layout.series.entries()) {
      const name = nameOfKey(key);
      note(key, place);
      if (name !== key) note(name, place);
    }
    this.#index = { layout, places };
    return places;
  }
}

function isExtension({ series }: Layout, former: Layout): boolean {
  return former.series.length <= series.length && former.series.every(({ key }, place) => key === series[place]!.key);
}

const idle: RuleMachine = newMachine();

/** Sets the band of a row as its machine is now. A window wants every value. */
export function setBand(
  { lows, highs }: RowBands,
  { table, row, machine }: { readonly table: RuleTable; readonly row: number; readonly machine: RuleMachine },
): void {
  const { limits, input } = table.rules[table.ruleIndexes[row]!]!;
  const isWindowed = input.kind !== 'value';
  const { low, high } = quietBand(machine, limits);
  lows[row] = isWindowed ? Number.POSITIVE_INFINITY : low;
  highs[row] = isWindowed ? Number.NEGATIVE_INFINITY : high;
}

/** Bands for a host of its own, as they are while nothing is pending or firing. */
export function copyBands({ idleBands }: RuleTable): RowBands {
  return { lows: idleBands.lows.slice(), highs: idleBands.highs.slice() };
}

/** The row of a rule on the series at a place; -1 when there is none. */
export function rowOf({ rowCount, rules, ruleIndexes, places }: RuleTable, ruleId: number, place: number): number {
  for (let row = 0; row < rowCount; row += 1)
    if (places[row] === place && rules[ruleIndexes[row]!]!.hostRule.rule.id === ruleId) return row;
  return -1;
}

/**
 * One host under its rules: each tick through the table, then the silence of its series, then what is pending or firing.
 *
 * Only ticks that are newer than the last judged one, in the order of (ordinal, seq), and fresh are judged: a `live` tick
 * and the `frame` of the same place are one. A host that pushes has a stream for each body, whose order is that of
 * time; for its machines they are one stream, or nothing would ever be pending for longer than a body. Hot path,
 * guarded by `judge.bench.ts`.
 */
import { absenceAt } from '#core/absence.ts';
import { Freshness } from '#core/freshness.ts';
import type { RuleMachine } from '#core/rule.ts';
import type { Layout } from '#core/series.ts';
import type { AcceptedTick } from '../intake/intake.ts';
import type { HostIdentity } from '../registry.ts';
import type { JudgeShared, TickClocks } from './judge-shared.ts';
import type { Judgement, SavedTarget } from './judgement.ts';
import { hasWindows, RowWindows } from './row-windows.ts';
import { type HostRules, type JudgedRule, ruleNamed, type SilenceRule } from './rule-set.ts';
import { copyBands, type RowBands, type RuleTable, rowOf, setBand } from './rule-tables.ts';
import { SilentSeries, type Trouble } from './silent-series.ts';
import { newTarget, type Target, targetKey } from './target-book.ts';
import type { TickValues } from './tick-values.ts';

/** Time and stream of a tick, as machines have them. */
interface TickPlace {
  readonly timeMs: number;
  readonly ordinal: number;
}

/** Whom a series in trouble concerns. */
interface TroubleRules {
  /** Rows of rules on its values that fire when there are none for so many intervals. */
  readonly rows: readonly { readonly row: number; readonly intervals: number }[];
  readonly silence: readonly SilenceRule[];
  /** The first of them fires after so many. */
  readonly intervalsMin: number;
}

/** A body that was pushed is news for so long after its time, and no more than so long before it. */
const pushedMsMax = 300_000;
/** A series that is gone takes its targets with it after so long, or ten of its own intervals if that is longer. */
const goneMsMin = 60_000;
const goneIntervals = 10;

/** Shared by all hosts that are well: empty maps would cost more than all the rest of a quiet host. */
const noTargets: Map<string, Target> = new Map();
const noRowTargets: Map<number, Target> = new Map();
const noTroubleRules: Map<number, TroubleRules> = new Map();
const noBands: RowBands = { lows: new Float64Array(0), highs: new Float64Array(0) };

export class HostJudge {
  identity: HostIdentity;
  readonly freshness = new Freshness();
  readonly #shared: JudgeShared;
  readonly #silent: SilentSeries;
  #rules: HostRules | null = null;
  #table: RuleTable | null = null;
  #bands = noBands;
  #looksForSilence = false;
  /** Those that are pending or firing, by `targetKey`, and of them those that have a row. */
  #targets = noTargets;
  #byRow = noRowTargets;
  #windows: RowWindows | null = null;
  /** By place of the series, of those in trouble. */
  #troubleRules = noTroubleRules;
  /** Time of the newest tick that anybody has seen, judged or not. */
  seenMs: number;
  /** Active ms of the tick judged last. */
  #judgedMs: number;
  #ordinal = 0;
  #seq = 0;
  #timeMs = Number.NEGATIVE_INFINITY;

  constructor(identity: HostIdentity, shared: JudgeShared, activeMs: number) {
    this.identity = identity;
    this.seenMs = identity.lastMs;
    this.#judgedMs = activeMs;
    this.#shared = shared;
    this.#silent = new SilentSeries(activeMs);
  }

  /** Those that are pending or firing, by `targetKey`. */
  get targets(): ReadonlyMap<string, Target> {
    return this.#targets;
  }

  get rules(): HostRules {
    this.#rules ??= this.#shared.ruleSet.rulesOf(this.identity);
    return this.#rules;
  }

  get rowCount(): number {
    return this.#table?.rowCount ?? 0;
  }

  get omittedRowCount(): number {
    return this.#table?.omittedCount ?? 0;
  }

  get troubleCount(): number {
    return this.#silent.count;
  }

  /** Targets of rules on the host being down, which are firing. */
  downTargets(): Target[] {
    return this.rules.hostDown.flatMap(({ hostRule }) => this.targets.get(targetKey(hostRule.rule.id, '')) ?? []);
  }

  get isDown(): boolean {
    return this.targets.size > 0 && this.downTargets().length > 0;
  }

  /** The start of a link counts as a value of each series. */
  linked(activeMs: number): void {
    this.#silent.restart(activeMs);
  }

  /** Rules, or what they look at of the host, have changed: what none means any more ends. */
  rulesChanged(timeMs: number): void {
    this.#rules = null;
    this.#table = null;
    this.#byRow = noRowTargets;
    for (const target of this.targets.values()) {
      const { ruleId, series } = target.name;
      const rule = ruleNamed(this.rules, ruleId, series);
      target.row = -1;
      if (rule === null || rule.kind !== target.subject) this.end(target, { timeMs, why: 'disabled' });
      else target.rule = rule;
    }
  }

  /** There is nothing to judge of the target any more. */
  end(target: Target, { timeMs, why }: { readonly timeMs: number; readonly why: Judgement['why'] }): void {
    this.#shared.book.end(target, { timeMs, value: null, why });
    this.keep(target);
  }

  /** Keeps a target as long as it is pending or firing. */
  keep(target: Target): void {
    const { row, name, machine } = target;
    const key = targetKey(name.ruleId, name.series);
    const isOver = machine.phase === 'inactive';
    if (isOver) this.#targets.delete(key);
    else if (this.#targets === noTargets) this.#targets = new Map([[key, target]]);
    else this.#targets.set(key, target);
    if (row < 0) return;
    if (isOver) this.#byRow.delete(row);
    else if (this.#byRow === noRowTargets) this.#byRow = new Map([[row, target]]);
    else this.#byRow.set(row, target);
    this.#setBand(row, machine);
  }

  #setBand(row: number, machine: RuleMachine): void {
    const table = this.#table!;
    if (this.#byRow.size === 0) this.#bands = table.idleBands;
    else {
      if (this.#bands === table.idleBands) this.#bands = copyBands(table);
      setBand(this.#bands, { table, row, machine });
    }
  }

  /** Puts a target into a state that is known already. Answers false when no rule means it. */
  restore(saved: SavedTarget): boolean {
    const { ruleId, hostId, series } = saved;
    const rule = ruleNamed(this.rules, ruleId, series);
    const known = this.targets.get(targetKey(ruleId, series));
    if (known !== undefined) this.#shared.book.forget(known);
    if (known === undefined && rule === null) return false;
    const target = known ?? this.#createTarget({ ruleId, hostId, series }, rule!);
    this.#shared.book.restore(target, saved);
    this.keep(target);
    return true;
  }

  /** Judges a tick if it is new and fresh. Answers whether it is new. */
  tick(tick: AcceptedTick, clocks: TickClocks): boolean {
    const { counters, scratch } = this.#shared;
    if (tick.timeMs > this.seenMs) this.seenMs = tick.timeMs;
    if (!this.#isNewer(tick)) {
      counters.oldTicks += 1;
      return false;
    }
    if (!this.#isFresh(tick, clocks)) {
      counters.lateTicks += 1;
      return true;
    }
    this.#ordinal = tick.ordinal;
    this.#seq = tick.seq;
    this.#timeMs = tick.timeMs;
    this.#judgedMs = clocks.activeMs;
    const table = this.#tableFor(tick.layout);
    const place = { timeMs: tick.timeMs, ordinal: this.identity.kind === 'push' ? 1 : tick.ordinal };
    const column = scratch.fill(tick.column);
    counters.judgedTicks += 1;
    counters.judgedRows += table.rowCount;
    this.#judgeRows(table, column.values, place);
    if (this.#looksForSilence) this.#judgeTroubles(column, place, clocks.activeMs);
    if (this.targets.size > 0) this.#judgeTargets(column, place, clocks.activeMs);
    return true;
  }

  /**
   * A host that pushes has no connection that could end: rules on its values that fire without any look at the clock.
   * Which series it has is known from its newest body, so that after a start it has to be heard of once.
   */
  judgeQuiet(activeMs: number, nowMs: number): void {
    const table = this.#table;
    if (table === null || this.identity.kind !== 'push') return;
    const { rowCount, rules, ruleIndexes, places, layout } = table;
    const quietMs = activeMs - this.#judgedMs;
    for (let row = 0; row < rowCount; row += 1) {
      const { noDataIntervals } = rules[ruleIndexes[row]!]!;
      const ownMs = layout.intervalMs * layout.series[places[row]!]!.every;
      if (noDataIntervals === null || quietMs < noDataIntervals * ownMs) continue;
      const target = this.#byRow.get(row) ?? this.#createForRow(row, Number.NaN)!;
      this.#shared.book.judgeSilence(target, { timeMs: nowMs, ordinal: 1 });
      this.keep(target);
    }
  }

  /** Whether it stands behind the tick judged last. */
  #isNewer({ ordinal, seq, timeMs }: AcceptedTick): boolean {
    if (this.identity.kind === 'push' || ordinal === 0 || this.#ordinal === 0) return timeMs > this.#timeMs;
    if (ordinal !== this.#ordinal) return ordinal > this.#ordinal;
    return seq > 0 && this.#seq > 0 ? seq > this.#seq : timeMs > this.#timeMs;
  }

  #isFresh({ timeMs, layout }: AcceptedTick, { nowMs, nowMonotonicMs }: TickClocks): boolean {
    if (this.identity.kind === 'push') return Math.abs(nowMs - timeMs) <= pushedMsMax;
    return this.freshness.accept({ timeMs, intervalMs: layout.intervalMs }, nowMonotonicMs);
  }

  #tableFor(layout: Layout): RuleTable {
    const known = this.#table;
    if (known !== null && known.layout === layout) return known;
    const { rules } = this;
    const table = this.#shared.compiler.tableFor(layout, rules.series, known?.layout ?? null);
    this.#table = table;
    this.#bands = table.idleBands;
    this.#looksForSilence =
      rules.silence.length > 0 || rules.series.some(({ noDataIntervals }) => noDataIntervals !== null);
    this.#byRow = noRowTargets;
    this.#troubleRules = noTroubleRules;
    if (!hasWindows(table)) this.#windows = null;
    else (this.#windows ??= new RowWindows()).setTable(table);
    for (const target of this.targets.values()) {
      this.#setPlace(target);
      this.keep(target);
    }
    return table;
  }

  #createTarget(name: Target['name'], rule: JudgedRule): Target {
    const target = newTarget(name, rule);
    this.#setPlace(target);
    return target;
  }

  /** Where the series of a target is in the present table. */
  #setPlace(target: Target): void {
    const table = this.#table;
    target.row = -1;
    if (table === null || target.name.series === '') return;
    target.place = this.#shared.compiler.placeOf(table.layout, target.name.series);
    if (target.place < 0) return;
    const { unit, every } = table.layout.series[target.place]!;
    target.unit = unit;
    target.intervalMs = every * table.layout.intervalMs;
    if (target.subject === 'series') target.row = rowOf(table, target.name.ruleId, target.place);
  }

  #judgeRows(table: RuleTable, values: Float64Array, place: TickPlace): void {
    const { rowCount, places } = table;
    // What fires at a row changes the bands of that row alone, which has been looked at by then.
    const { lows, highs } = this.#bands;
    for (let row = 0; row < rowCount; row += 1) {
      const value = values[places[row]!]!;
      if (value >= lows[row]! && value <= highs[row]!) continue;
      if (!Number.isNaN(value)) this.#judgeRow(row, value, place);
    }
  }

  #judgeRow(row: number, value: number, place: TickPlace): void {
    const compared = this.#windows === null ? value : this.#windows.push(row, { ...place, value });
    if (Number.isNaN(compared)) return;
    const target = this.#byRow.get(row) ?? this.#createForRow(row, compared);
    if (target === null) return;
    const { phase } = target.machine;
    this.#shared.book.judgeValue(target, compared, place);
    if (target.machine.phase !== phase) this.keep(target);
    else this.#setBand(row, target.machine);
  }

  /** null when the value is not bad, and so begins nothing; NaN is. */
  #createForRow(row: number, value: number): Target | null {
    const { rules, ruleIndexes, places, layout } = this.#table!;
    const rule = rules[ruleIndexes[row]!]!;
    if (value >= rule.limits.low && value <= rule.limits.high) return null;
    const place = places[row]!;
    const { key, unit, every } = layout.series[place]!;
    const target = newTarget({ ruleId: rule.hostRule.rule.id, hostId: this.identity.hostId, series: key }, rule);
    return Object.assign(target, { place, row, unit, intervalMs: every * layout.intervalMs });
  }

  #judgeTroubles(column: TickValues, place: TickPlace, activeMs: number): void {
    const table = this.#table!;
    this.#silent.scan(column, table.layout, activeMs);
    if (this.#silent.count === 0) this.#troubleRules = noTroubleRules;
    for (const trouble of this.#silent.troubles) {
      const { rows, silence, intervalsMin } = this.#rulesOn(trouble);
      const intervals = (activeMs - trouble.sinceMs) / trouble.intervalMs;
      if (intervals < intervalsMin) continue;
      for (const one of rows) {
        if (intervals < one.intervals) continue;
        const target = this.#byRow.get(one.row) ?? this.#createForRow(one.row, Number.NaN)!;
        this.#shared.book.judgeSilence(target, place);
        this.keep(target);
      }
      for (const rule of silence) {
        const ruleId = rule.hostRule.rule.id;
        const key = targetKey(ruleId, trouble.key);
        if (intervals < rule.intervals || this.targets.has(key)) continue;
        // Judged with the other targets, in a moment.
        if (this.#targets === noTargets) this.#targets = new Map();
        this.#targets.set(key, this.#createTarget({ ruleId, hostId: this.identity.hostId, series: trouble.key }, rule));
      }
    }
  }

  #rulesOn({ place, key }: Trouble): TroubleRules {
    const known = this.#troubleRules.get(place);
    if (known !== undefined) return known;
    const { rowCount, places, ruleIndexes, rules } = this.#table!;
    const rows: { readonly row: number; readonly intervals: number }[] = [];
    for (let row = 0; row < rowCount; row += 1) {
      const intervals = places[row] === place ? rules[ruleIndexes[row]!]!.noDataIntervals : null;
      if (intervals !== null) rows.push({ row, intervals });
    }
    const silence = this.rules.silence.filter(({ series }) => series.isMeant(key));
    const all = [...rows, ...silence].map(({ intervals }) => intervals);
    const found = { rows, silence, intervalsMin: Math.min(...all) };
    if (this.#troubleRules === noTroubleRules) this.#troubleRules = new Map();
    this.#troubleRules.set(place, found);
    return found;
  }

  /** Silent series that speak again, and series that are gone. */
  #judgeTargets({ values, words }: TickValues, at: TickPlace, activeMs: number): void {
    for (const target of this.targets.values()) {
      if (target.name.series === '') continue;
      const { place } = target;
      const isPresent = place >= 0 && !Number.isNaN(values[place]!);
      const absence = isPresent ? null : place < 0 ? 'gone' : absenceAt(words, place);
      if (absence === 'notDue') continue;
      if (absence !== 'gone') {
        target.goneSinceMs = Number.NaN;
        if (target.rule.kind === 'silence') this.#judgeSilent(target, target.rule, { at, isPresent, activeMs });
      } else if (Number.isNaN(target.goneSinceMs)) target.goneSinceMs = activeMs;
      else if (activeMs - target.goneSinceMs >= Math.max(goneMsMin, goneIntervals * target.intervalMs))
        this.end(target, { timeMs: at.timeMs, why: 'gone' });
    }
  }

  /** While it is not known whether the series is silent, as after a start, the machine stays as it is. */
  #judgeSilent(
    target: Target,
    rule: SilenceRule,
    { at, isPresent, activeMs }: { readonly at: TickPlace; readonly isPresent: boolean; readonly activeMs: number },
  ): void {
    const trouble = this.#silent.at(target.place);
    const isSilent = trouble !== undefined && activeMs - trouble.sinceMs >= rule.intervals * trouble.intervalMs;
    if (!isPresent && !isSilent) return;
    this.#shared.book.judgeValue(target, isSilent ? 1 : 0, at);
    this.keep(target);
  }
}

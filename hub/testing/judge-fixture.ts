/**
 * A judge with a fake clock and hosts whose ticks, links and failures a test commands; and rules in a few words.
 */
import { type Absence, wordsOf, writeAbsence } from '#core/absence.ts';
import { anyHost, type HostSelector, type Rule, type RuleCondition, type RuleSpec } from '#core/rule-spec.ts';
import type { Layout } from '#core/series.ts';
import { Judge } from '../alerting/judge.ts';
import type { Judgement, SavedTarget } from '../alerting/judgement.ts';
import type { HostIdentity } from '../registry.ts';
import { hostIdentity } from './host-identity.ts';

export function rule(id: number, spec: Partial<RuleSpec>, said: Partial<Rule> = {}): Rule {
  return {
    id,
    name: `rule-${id}`,
    spec: {
      subject: { kind: 'hostDown', afterMs: 10_000 },
      hosts: anyHost,
      ...{ forMs: 0, keepFiringMs: 0, severity: 'warning', summary: '', message: '' },
      ...{ channels: null, groupBy: [], repeatMs: null, escalations: [], overrides: [] },
      ...spec,
    },
    isEnabled: true,
    origin: 'api',
    version: 1,
    createdMs: 0,
    changedMs: 0,
    ...said,
  };
}

export function above(threshold: number, recovery: number | null = null): RuleCondition {
  return { kind: 'above', threshold, recovery };
}

export function hostsNamed(...names: string[]): HostSelector {
  return { ...anyHost, names };
}

/** A rule on the values of series. */
export function seriesRule(
  id: number,
  pattern: string,
  said: Partial<RuleSpec> &
    Partial<Pick<Extract<RuleSpec['subject'], { kind: 'series' }>, 'condition' | 'input' | 'noDataIntervals'>> = {},
): Rule {
  const { condition = above(90), input = { kind: 'value' }, noDataIntervals = null, ...spec } = said;
  const series = { patterns: [pattern], labels: {} };
  return rule(id, { subject: { kind: 'series', series, input, condition, noDataIntervals }, ...spec });
}

export function silenceRule(id: number, intervals: number, spec: Partial<RuleSpec> = {}): Rule {
  return rule(id, { subject: { kind: 'silence', series: { patterns: [], labels: {} }, intervals }, ...spec });
}

/** A layout of these keys; `key/10` comes each tenth tick only. */
export function layoutOf(keys: readonly string[], intervalMs = 1_000): Layout {
  const series = keys.map((text) => {
    const [key = '', every = '1'] = text.split('/');
    return { key, unit: 'percent', kind: 'gauge' as const, every: Number(every) };
  });
  return { id: keys.join(), intervalMs, series };
}

export type TickValue = number | Absence;

/** The bytes of a tick, at a place that is not a multiple of 8. */
export function columnOf(values: readonly TickValue[]): Uint8Array {
  const column = new Float64Array(values.length);
  const words = wordsOf(column);
  values.forEach((value, index) => {
    if (typeof value === 'number') column[index] = value;
    else writeAbsence(words, index, value);
  });
  const bytes = new Uint8Array(column.byteLength + 3);
  bytes.set(new Uint8Array(column.buffer), 3);
  return bytes.subarray(3);
}

export interface TickOptions {
  readonly layout?: Layout;
  readonly ordinal?: number;
  readonly seq?: number;
  /** How much later than its own time it arrives. */
  readonly lateMs?: number;
}

export class JudgeWorld {
  readonly judge: Judge;
  readonly judgements: Judgement[] = [];
  /** "fired 1/2/cpu limits": rule, host, series, and the cause; of what has resolved why instead. */
  readonly told: string[] = [];
  hasRoom = true;
  nowMs = 1_700_000_000_000;
  nowMonotonicMs = 50_000;
  readonly #seqs = new Map<number, number>();
  readonly #layouts = new Map<string, Layout>();

  constructor(rules: readonly Rule[] = [], hostCount = 1) {
    this.judge = new Judge({ judged: (judgement) => this.#judged(judgement), mayJudge: () => this.hasRoom });
    this.judge.setRules(rules);
    for (let hostId = 1; hostId <= hostCount; hostId += 1) this.put(hostId);
    this.judge.poll(this.clocks);
  }

  get clocks() {
    const { nowMs, nowMonotonicMs } = this;
    return { nowMs, nowMonotonicMs };
  }

  put(hostId: number, said: Partial<HostIdentity> = {}): void {
    this.judge.putHost(hostIdentity(hostId, said));
  }

  /** The connection opens; the clock of the agent is ahead by so much. */
  link(hostId: number, aheadMs = 0): void {
    this.judge.linked(hostId, { ...this.clocks, wallMs: this.nowMs + aheadMs, isAdmitted: true });
  }

  unlink(hostId: number): void {
    this.judge.unlinked(hostId, this.clocks);
  }

  /** Time passes with polls each 100 ms. */
  pass(ms: number): void {
    for (let leftMs = ms; leftMs > 0; leftMs -= 100) {
      this.jump(Math.min(100, leftMs));
      this.judge.poll(this.clocks);
    }
  }

  /** Time passes and nobody looks. */
  jump(ms: number): void {
    this.nowMs += ms;
    this.nowMonotonicMs += ms;
  }

  /** The next tick of a host, of now. */
  tick(hostId: number, values: Readonly<Record<string, TickValue>>, options: TickOptions = {}): void {
    const { layout = this.#layoutOf(Object.keys(values)), ordinal = 1, lateMs = 0 } = options;
    const seq = options.seq ?? (this.#seqs.get(hostId) ?? 0) + 1;
    this.#seqs.set(hostId, seq);
    const column = columnOf(layout.series.map(({ key }) => values[key] ?? 'gone'));
    this.judge.tick({ hostId, ordinal, seq, layout, timeMs: this.nowMs - lateMs, column }, this.nowMonotonicMs);
  }

  /** A tick a second, of these values in turn. */
  ticks(hostId: number, key: string, values: readonly TickValue[], options: TickOptions = {}): void {
    for (const value of values) {
      this.pass(1_000);
      this.tick(hostId, { [key]: value }, options);
    }
  }

  /** What has been told since it was last asked. */
  take(): string[] {
    return this.told.splice(0);
  }

  /** What is kept over a restart, as if all that was told had been recorded. */
  saved(): SavedTarget[] {
    return this.judge
      .targetStates()
      .map((state) => ({ ...state, seq: state.phase === 'firing' ? 1 : 0, isTold: true, alertId: 1 }));
  }

  #layoutOf(keys: readonly string[]): Layout {
    const name = keys.join();
    let layout = this.#layouts.get(name);
    if (layout === undefined) this.#layouts.set(name, (layout = layoutOf(keys)));
    return layout;
  }

  #judged(judgement: Judgement): void {
    this.judgements.push(judgement);
    const { kind, target, cause, why } = judgement;
    const reason = kind === 'resolved' || kind === 'dropped' ? why : cause;
    this.told.push(`${kind} ${target.ruleId}/${target.hostId}/${target.series} ${reason}`);
  }
}

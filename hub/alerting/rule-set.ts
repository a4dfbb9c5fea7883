/**
 * The rules that are enabled, and which of them mean a host: selectors compiled, overrides applied.
 *
 * Rules that name their hosts are found by name, so that ten thousand of them for one host each cost nothing for all
 * the others. What a rule says for a host is one object for all hosts with the same override.
 */
import { limitsOf, type RuleLimits } from '#core/rule.ts';
import type { HostSelector, Rule, RuleInput, RuleOverride, SeriesSelector } from '#core/rule-spec.ts';
import { type HostMatcher, hostMatcherOf, type SelectableHost, seriesMatcherOf } from '#core/selector.ts';
import type { SeriesMatcher } from '#core/series-pattern.ts';
import type { HostRule } from './judgement.ts';

/** Which series, compiled. One object a rule, whatever it says for a host. */
export interface SeriesChoice {
  /** Keys, and names in front of labels, when these are all that is asked for: they are looked up; null: `isMeant` decides. */
  readonly texts: readonly string[] | null;
  readonly isMeant: SeriesMatcher;
}

export interface SeriesRule {
  readonly kind: 'series';
  readonly hostRule: HostRule;
  readonly series: SeriesChoice;
  readonly limits: RuleLimits;
  readonly input: RuleInput;
  readonly noDataIntervals: number | null;
}

/** Its machine judges 1 for silent and 0 for not. */
export interface SilenceRule {
  readonly kind: 'silence';
  readonly hostRule: HostRule;
  readonly series: SeriesChoice;
  readonly limits: RuleLimits;
  readonly intervals: number;
}

export interface HostDownRule {
  readonly kind: 'hostDown';
  readonly hostRule: HostRule;
  readonly afterMs: number;
  readonly keepFiringMs: number;
}

/** Its machine judges by how much the clock of the host is ahead, ms. */
export interface ClockSkewRule {
  readonly kind: 'clockSkew';
  readonly hostRule: HostRule;
  readonly limits: RuleLimits;
}

export type JudgedRule = SeriesRule | SilenceRule | HostDownRule | ClockSkewRule;

/** What means one host, by kind. One object for all hosts of which that is the same. */
export interface HostRules {
  readonly series: readonly SeriesRule[];
  readonly silence: readonly SilenceRule[];
  readonly hostDown: readonly HostDownRule[];
  readonly clockSkew: readonly ClockSkewRule[];
}

interface CompiledRule {
  readonly rule: Rule;
  readonly isMeant: HostMatcher;
  readonly overrides: readonly (MarkedRule & { readonly isMeant: HostMatcher })[];
  readonly plain: MarkedRule;
}

/** What a rule says for some hosts; null: it does not mean them. `mark` tells it from all others of the set. */
interface MarkedRule {
  readonly mark: string;
  readonly judged: JudgedRule | null;
}

export class RuleSet {
  #rules: readonly Rule[] = [];
  #general: readonly Rule[] = [];
  #byHostName = new Map<string, Rule[]>();
  /** Made when a host asks; those of rules that have not changed are kept. */
  #compiled = new Map<number, CompiledRule>();
  /** By the marks of all that means a host. */
  readonly #combinations = new Map<string, HostRules>();

  /** All rules, those that are disabled as well. Ten thousand take some milliseconds: what can wait for a host does. */
  set(rules: readonly Rule[]): void {
    const general: Rule[] = [];
    const byHostName = new Map<string, Rule[]>();
    for (const rule of rules) {
      if (!rule.isEnabled) continue;
      const names = namesOf(rule.spec.hosts);
      if (names === null) general.push(rule);
      for (const name of names ?? []) {
        const named = byHostName.get(name);
        if (named === undefined) byHostName.set(name, [rule]);
        else named.push(rule);
      }
    }
    this.#rules = rules;
    this.#general = general;
    this.#byHostName = byHostName;
    this.#combinations.clear();
    // Of many rules that are gone the last traces go.
    if (this.#compiled.size > 2 * rules.length) this.#compiled.clear();
  }

  /** A rule by its id, enabled or not. Takes time in proportion to their number. */
  find(ruleId: number): Rule | undefined {
    return this.#rules.find(({ id }) => id === ruleId);
  }

  /** The rules that mean a host. */
  rulesOf(host: SelectableHost): HostRules {
    const marks: string[] = [];
    const meant: JudgedRule[] = [];
    for (const rules of [this.#general, this.#byHostName.get(host.name) ?? []])
      for (const rule of rules) {
        const { mark, judged } = markedFor(this.#compile(rule), host);
        if (judged === null) continue;
        marks.push(mark);
        meant.push(judged);
      }
    const key = marks.join();
    let rules = this.#combinations.get(key);
    if (rules === undefined) {
      rules = {
        series: meant.filter((rule) => rule.kind === 'series'),
        silence: meant.filter((rule) => rule.kind === 'silence'),
        hostDown: meant.filter((rule) => rule.kind === 'hostDown'),
        clockSkew: meant.filter((rule) => rule.kind === 'clockSkew'),
      };
      this.#combinations.set(key, rules);
    }
    return rules;
  }

  #compile(rule: Rule): CompiledRule {
    let compiled = this.#compiled.get(rule.id);
    if (compiled === undefined || !isSame(compiled.rule, rule)) this.#compiled.set(rule.id, (compiled = compile(rule)));
    return compiled;
  }
}

/** The rule of a host by its id, if it means the series; empty: the host itself. */
export function ruleNamed(rules: HostRules, ruleId: number, series: string): JudgedRule | null {
  const isNamed = ({ hostRule }: JudgedRule) => hostRule.rule.id === ruleId;
  if (series === '') return rules.hostDown.find(isNamed) ?? rules.clockSkew.find(isNamed) ?? null;
  const rule = rules.series.find(isNamed) ?? rules.silence.find(isNamed);
  return rule?.series.isMeant(series) ? rule : null;
}

/** The names without a glob, each once, if there are no others; else null. */
function namesOf({ names }: HostSelector): readonly string[] | null {
  if (names.length === 0 || names.some((name) => name.includes('*'))) return null;
  return names.length === 1 ? names : [...new Set(names)];
}

function isSame(one: Rule, other: Rule): boolean {
  return one === other || (one.version === other.version && one.changedMs === other.changedMs);
}

const unmeant: MarkedRule = { mark: '', judged: null };

function markedFor(compiled: CompiledRule, host: SelectableHost): MarkedRule {
  if (!compiled.isMeant(host)) return unmeant;
  for (const override of compiled.overrides) if (override.isMeant(host)) return override;
  return compiled.plain;
}

function compile(rule: Rule): CompiledRule {
  const { hosts, overrides, subject } = rule.spec;
  const series = subject.kind === 'series' || subject.kind === 'silence' ? choiceOf(subject.series) : null;
  return {
    rule,
    isMeant: hostMatcherOf(hosts),
    overrides: overrides.map((override, index) => ({
      mark: `${rule.id}/${index}`,
      isMeant: hostMatcherOf(override.hosts),
      judged: override.isEnabled === false ? null : judgedOf(rule, { override, series }),
    })),
    plain: { mark: `${rule.id}`, judged: judgedOf(rule, { override: null, series }) },
  };
}

function choiceOf(selector: SeriesSelector): SeriesChoice {
  const { patterns, labels } = selector;
  const isLookedUp =
    patterns.length > 0 && Object.keys(labels).length === 0 && patterns.every((pattern) => !pattern.includes('*'));
  return { texts: isLookedUp ? [...new Set(patterns)] : null, isMeant: seriesMatcherOf(selector) };
}

function judgedOf(
  rule: Rule,
  { override, series }: { readonly override: RuleOverride | null; readonly series: SeriesChoice | null },
): JudgedRule {
  const { subject, keepFiringMs } = rule.spec;
  const severity = override?.severity ?? rule.spec.severity;
  const forMs = override?.forMs ?? rule.spec.forMs;
  const hostRuleOf = (condition: HostRule['condition']): HostRule => ({ rule, severity, condition, forMs });
  const durations = { forMs, keepFiringMs };
  switch (subject.kind) {
    case 'series': {
      const condition = override?.condition ?? subject.condition;
      const { input, noDataIntervals } = subject;
      const limits = limitsOf(condition, durations);
      return { kind: 'series', hostRule: hostRuleOf(condition), series: series!, limits, input, noDataIntervals };
    }
    case 'silence': {
      const limits = limitsOf({ kind: 'above', threshold: 0.5, recovery: null }, durations);
      return { kind: 'silence', hostRule: hostRuleOf(null), series: series!, limits, intervals: subject.intervals };
    }
    case 'hostDown':
      return { kind: 'hostDown', hostRule: hostRuleOf(null), afterMs: subject.afterMs + forMs, keepFiringMs };
    case 'clockSkew': {
      const { thresholdMs } = subject;
      const limits = limitsOf(
        { kind: 'outside', low: -thresholdMs, high: thresholdMs, recoveryLow: null, recoveryHigh: null },
        durations,
      );
      return { kind: 'clockSkew', hostRule: hostRuleOf(null), limits };
    }
  }
}

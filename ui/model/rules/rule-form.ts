/**
 * A rule as the editor has it: every field as people type it, so that what is half typed or wrong stays where it is.
 * `readForm` makes a rule of it or says what is wrong, in the hub's own words and at the hub's own places
 * (`core/rule-check.ts`), so that a refusal stands at the same field as a problem found here. Pure.
 */
import { ruleProblems } from '#core/rule-check.ts';
import type {
  HostSelector,
  RuleCondition,
  RuleInput,
  RuleOverride,
  RuleSpec,
  RuleSubject,
  Severity,
} from '#core/rule-spec.ts';
import { durationText, parseDuration } from './duration-text.ts';
import { limitParts, parseLimit } from './limit-text.ts';
import type { RuleDraft } from './rule-draft.ts';
import { comparedUnit } from './rule-text.ts';

/** Limits as texts; those that the comparison does not have are kept for when it is chosen again. */
export interface ConditionForm {
  readonly comparison: RuleCondition['kind'];
  readonly threshold: string;
  /** Empty: good as soon as it is not bad. So are the other two. */
  readonly recovery: string;
  readonly low: string;
  readonly high: string;
  readonly recoveryLow: string;
  readonly recoveryHigh: string;
}

export interface OverrideForm extends ConditionForm {
  readonly hosts: HostSelector;
  /** Whether the rule is judged on these hosts at all. */
  readonly isEnabled: boolean;
  readonly hasCondition: boolean;
  /** Empty: as in the rule. */
  readonly hold: string;
  readonly severity: Severity | '';
}

export interface EscalationForm {
  readonly after: string;
  readonly channels: readonly string[];
}

export interface RuleForm extends ConditionForm {
  readonly name: string;
  readonly severity: Severity;
  readonly isEnabled: boolean;
  readonly kind: RuleSubject['kind'];
  readonly patterns: readonly string[];
  /** `name=value` each. */
  readonly labels: readonly string[];
  readonly input: RuleInput['kind'];
  readonly inputWindow: string;
  readonly hold: string;
  readonly keepFiring: string;
  readonly firesWithoutData: boolean;
  readonly noData: string;
  /** Of the kind "silence". */
  readonly intervals: string;
  /** Of the kind "hostDown". */
  readonly after: string;
  /** Of the kind "clockSkew". */
  readonly skew: string;
  readonly hosts: HostSelector;
  readonly overrides: readonly OverrideForm[];
  /** null: all that are enabled. */
  readonly channels: readonly string[] | null;
  readonly groupBy: readonly string[];
  readonly repeats: boolean;
  readonly repeat: string;
  readonly escalations: readonly EscalationForm[];
  readonly summary: string;
  readonly message: string;
}

/** Problems by place, as the hub names places: "threshold", "overrides.0.for". */
export type Problems = ReadonlyMap<string, string>;

export interface ReadForm {
  /** null while something is wrong. */
  readonly draft: RuleDraft | null;
  readonly problems: Problems;
}

const defaults = { window: '1 m', noData: '30', intervals: '30', after: '10 s', skew: '30 s', repeat: '4 h' };
const nameCharactersMax = 200;

/** `unit` of what is compared, when it is known better than the metric's name tells. */
export function formOf({ name, spec, isEnabled }: RuleDraft, unit?: string): RuleForm {
  const { subject } = spec;
  const isOfSeries = subject.kind === 'series';
  const series = isOfSeries || subject.kind === 'silence' ? subject.series : { patterns: [], labels: {} };
  const shownUnit = comparedUnit(subject, unit);
  return {
    ...conditionFormOf(isOfSeries ? subject.condition : null, shownUnit),
    name,
    severity: spec.severity,
    isEnabled,
    kind: subject.kind,
    patterns: series.patterns,
    labels: Object.entries(series.labels).map(([label, value]) => `${label}=${value}`),
    input: isOfSeries ? subject.input.kind : 'value',
    inputWindow: isOfSeries && subject.input.kind !== 'value' ? durationText(subject.input.windowMs) : defaults.window,
    hold: durationText(spec.forMs),
    keepFiring: durationText(spec.keepFiringMs),
    firesWithoutData: isOfSeries && subject.noDataIntervals !== null,
    noData: isOfSeries ? String(subject.noDataIntervals ?? defaults.noData) : defaults.noData,
    intervals: subject.kind === 'silence' ? String(subject.intervals) : defaults.intervals,
    after: subject.kind === 'hostDown' ? durationText(subject.afterMs) : defaults.after,
    skew: subject.kind === 'clockSkew' ? durationText(subject.thresholdMs) : defaults.skew,
    hosts: spec.hosts,
    overrides: spec.overrides.map((override) => overrideFormOf(override, subject, shownUnit)),
    channels: spec.channels,
    groupBy: spec.groupBy,
    repeats: spec.repeatMs !== null,
    repeat: spec.repeatMs === null ? defaults.repeat : durationText(spec.repeatMs),
    escalations: spec.escalations.map(({ afterMs, channels }) => ({ after: durationText(afterMs), channels })),
    summary: spec.summary,
    message: spec.message,
  };
}

/** An override to be filled in: limits begin with those of the rule. */
export function newOverride(form: RuleForm): OverrideForm {
  const { comparison, threshold, recovery, low, high, recoveryLow, recoveryHigh } = form;
  return {
    comparison,
    threshold,
    recovery,
    low,
    high,
    recoveryLow,
    recoveryHigh,
    hosts: { names: [], tags: {}, notNames: [], notTags: {} },
    isEnabled: true,
    hasCondition: form.kind === 'series',
    hold: '',
    severity: '',
  };
}

export function readForm(form: RuleForm): ReadForm {
  const problems = new Map<string, string>();
  const reader = new FormReader(problems);
  const subject = readSubject(form, reader);
  const escalations = form.escalations.map(({ after, channels }, index) => {
    if (channels.length === 0) reader.note(`escalations.${index}.channels`, 'at least one channel is wanted');
    return { afterMs: reader.duration(`escalations.${index}.after`, after), channels };
  });
  const spec: RuleSpec = {
    subject,
    hosts: form.hosts,
    forMs: reader.duration('for', form.hold),
    keepFiringMs: reader.duration('keep_firing', form.keepFiring),
    severity: form.severity,
    summary: form.summary.trim(),
    message: form.message,
    channels: form.channels,
    groupBy: form.groupBy,
    repeatMs: form.repeats ? reader.duration('repeat', form.repeat) : null,
    escalations: escalations.sort((a, b) => a.afterMs - b.afterMs),
    overrides: form.overrides.map((override, index) => readOverride(override, { form, reader, index })),
  };
  const name = form.name.trim();
  if (name.length > nameCharactersMax)
    reader.note('name', `a name has at most ${nameCharactersMax} characters: got ${name.length}`);
  // What could not be read was replaced by something that can: what is found of that is no problem of its own.
  for (const problem of ruleProblems(spec)) {
    const { place, text } = splitProblem(problem);
    if (place !== '' && !hasPlace(problems, place)) problems.set(place, text);
  }
  return { draft: problems.size === 0 ? { name, spec, isEnabled: form.isEnabled } : null, problems };
}

/** "threshold: a number is wanted" as its place and its text; without a place the whole is the text. */
function splitProblem(problem: string): { readonly place: string; readonly text: string } {
  const match = /^([a-z_]+(?:\.[A-Za-z0-9_]+)*): (.+)$/s.exec(problem);
  return match === null ? { place: '', text: problem } : { place: match[1]!, text: match[2]! };
}

/**
 * What the hub has refused, by place; '' for what belongs to no field. "Cannot change rule: threshold: a number is
 * wanted; for: …" is several problems, "Cannot create rule: the name is taken" is one of the name.
 */
export function problemsOfRefusal(why: string): Problems {
  const rest = why.replace(/^Cannot [a-z -]+: /, '');
  const problems = new Map<string, string>();
  for (const part of rest.split(/; (?=[a-z_]+(?:\.[A-Za-z0-9_]+)*: |and \d+ more$)/)) {
    const { place, text } = placed(part);
    if (place === '') problems.set('', why);
    else if (!problems.has(place)) problems.set(place, text);
  }
  return problems;
}

/** What the hub says of a field without naming it. */
const spoken: readonly (readonly [start: string, place: string])[] = [
  ['a name is given once', 'name'],
  ['channels must be there', 'channels'],
];

function placed(problem: string): { readonly place: string; readonly text: string } {
  const place = spoken.find(([start]) => problem.startsWith(start))?.[1];
  return place === undefined ? splitProblem(problem) : { place, text: problem };
}

/** Whether something at this place, or in front of it, is wrong already: a condition whose threshold is no number. */
function hasPlace(problems: Problems, place: string): boolean {
  const at = place.lastIndexOf('.') + 1;
  const prefix = place.slice(0, at);
  const fields = place.slice(at) === 'condition' ? conditionPlaces : [place.slice(at)];
  return fields.some((field) => problems.has(prefix + field)) || problems.has(place);
}

const conditionPlaces = ['threshold', 'recovery', 'low', 'high', 'recovery_low', 'recovery_high'] as const;

/** Reads texts; what cannot be read is noted at its place, and something that can stands for it. */
class FormReader {
  readonly #problems: Map<string, string>;

  constructor(problems: Map<string, string>) {
    this.#problems = problems;
  }

  note(place: string, problem: string): void {
    if (!this.#problems.has(place)) this.#problems.set(place, problem);
  }

  duration(place: string, text: string): number {
    const durationMs = parseDuration(text);
    if (durationMs === null) this.note(place, `a duration is wanted, such as "2 m" or "90 s"${gotText(text)}`);
    // A minute is allowed everywhere.
    return durationMs ?? 60_000;
  }

  limit(place: string, text: string): number {
    const value = parseLimit(text);
    if (value === null) this.note(place, `a number is wanted${gotText(text)}`);
    return value ?? 0;
  }

  optionalLimit(place: string, text: string): number | null {
    return text.trim() === '' ? null : this.limit(place, text);
  }

  count(place: string, text: string): number {
    const plain = text.trim();
    if (/^\d{1,9}$/.test(plain)) return Number(plain);
    this.note(place, `a whole number is wanted${gotText(text)}`);
    return 1;
  }

  /** `name=value` each. */
  pairs(place: string, texts: readonly string[]): Record<string, string> {
    const pairs: [string, string][] = [];
    for (const text of texts) {
      const at = text.indexOf('=');
      if (at > 0) pairs.push([text.slice(0, at).trim(), text.slice(at + 1).trim()]);
      else this.note(place, `a label is wanted as name=value${gotText(text)}`);
    }
    return Object.fromEntries(pairs);
  }
}

function gotText(text: string): string {
  return text.trim() === '' ? '' : `: got ${JSON.stringify(text.trim().slice(0, 60))}`;
}

function readSubject(form: RuleForm, reader: FormReader): RuleSubject {
  switch (form.kind) {
    case 'series': {
      const windowMs = form.input === 'value' ? 0 : reader.duration('input', form.inputWindow);
      return {
        kind: 'series',
        series: { patterns: form.patterns, labels: reader.pairs('labels', form.labels) },
        input: form.input === 'value' ? { kind: 'value' } : { kind: form.input, windowMs },
        condition: readCondition(form, reader, ''),
        noDataIntervals: form.firesWithoutData ? reader.count('no_data', form.noData) : null,
      };
    }
    case 'silence': {
      const series = { patterns: form.patterns, labels: reader.pairs('labels', form.labels) };
      return { kind: 'silence', series, intervals: reader.count('intervals', form.intervals) };
    }
    case 'hostDown':
      return { kind: 'hostDown', afterMs: reader.duration('after', form.after) };
    case 'clockSkew':
      return { kind: 'clockSkew', thresholdMs: reader.duration('threshold', form.skew) };
  }
}

function readCondition(form: ConditionForm, reader: FormReader, prefix: string): RuleCondition {
  const { comparison } = form;
  if (comparison === 'outside')
    return {
      kind: comparison,
      low: reader.limit(`${prefix}low`, form.low),
      high: reader.limit(`${prefix}high`, form.high),
      recoveryLow: reader.optionalLimit(`${prefix}recovery_low`, form.recoveryLow),
      recoveryHigh: reader.optionalLimit(`${prefix}recovery_high`, form.recoveryHigh),
    };
  return {
    kind: comparison,
    threshold: reader.limit(`${prefix}threshold`, form.threshold),
    recovery: reader.optionalLimit(`${prefix}recovery`, form.recovery),
  };
}

function readOverride(
  override: OverrideForm,
  { form, reader, index }: { readonly form: RuleForm; readonly reader: FormReader; readonly index: number },
): RuleOverride {
  const prefix = `overrides.${index}.`;
  const hasCondition = override.hasCondition && form.kind === 'series';
  return {
    hosts: override.hosts,
    ...(override.isEnabled ? {} : { isEnabled: false }),
    ...(hasCondition ? { condition: readCondition(override, reader, prefix) } : {}),
    ...(override.hold.trim() === '' ? {} : { forMs: reader.duration(`${prefix}for`, override.hold) }),
    ...(override.severity === '' ? {} : { severity: override.severity }),
  };
}

function overrideFormOf(override: RuleOverride, subject: RuleSubject, unit: string): OverrideForm {
  const rulesOwn = subject.kind === 'series' ? subject.condition : null;
  return {
    ...conditionFormOf(override.condition ?? rulesOwn, unit),
    hosts: override.hosts,
    isEnabled: override.isEnabled !== false,
    hasCondition: override.condition !== undefined,
    hold: override.forMs === undefined ? '' : durationText(override.forMs),
    severity: override.severity ?? '',
  };
}

function conditionFormOf(condition: RuleCondition | null, unit: string): ConditionForm {
  const text = (value: number | null) => (value === null ? '' : limitParts(value, unit).figure);
  const none = { threshold: '', recovery: '', low: '', high: '', recoveryLow: '', recoveryHigh: '' };
  if (condition === null) return { ...none, comparison: 'above', threshold: '85', recovery: '75' };
  const { kind: comparison } = condition;
  if (comparison !== 'outside')
    return { ...none, comparison, threshold: text(condition.threshold), recovery: text(condition.recovery) };
  return {
    ...none,
    comparison,
    low: text(condition.low),
    high: text(condition.high),
    recoveryLow: text(condition.recoveryLow),
    recoveryHigh: text(condition.recoveryHigh),
  };
}

/** Limits and recoveries of a form that change with a comparison: nothing that was typed is lost. */
export function compareBy(form: ConditionForm, comparison: RuleCondition['kind']): ConditionForm {
  if (comparison === form.comparison) return form;
  if (comparison === 'outside') {
    const isFilled = form.low !== '' && form.high !== '';
    return { ...form, comparison, ...(isFilled ? {} : { low: form.recovery || '0', high: form.threshold }) };
  }
  const threshold = form.threshold === '' ? form.high : form.threshold;
  // A recovery lies on the other side of the other comparison.
  return { ...form, comparison, threshold, recovery: form.comparison === 'outside' ? form.recovery : '' };
}

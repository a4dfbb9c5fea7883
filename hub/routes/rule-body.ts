/**
 * Rules between the form that people write (`alert-schemas.ts`) and `RuleSpec`. There and back gives the same rule.
 */

import { conditionText } from '#core/message-template.ts';
import { ruleProblems } from '#core/rule-check.ts';
import type { HostSelector, RuleCondition, RuleInput, RuleOverride, RuleSpec, RuleSubject } from '#core/rule-spec.ts';
import { cutText } from '#core/utf8.ts';
import type { RuleDraft } from '../store/alerts/rules.ts';
import type { HostSelectorBody, OverrideBody, RuleBody } from './alert-schemas.ts';

/** The draft, or everything that the schema could not see. */
export type DraftedRule =
  | { readonly kind: 'drafted'; readonly draft: RuleDraft }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

type ConditionFields = Pick<OverrideBody, 'threshold' | 'recovery' | 'low' | 'high' | 'recovery_low' | 'recovery_high'>;

const conditionFields = ['threshold', 'recovery', 'low', 'high', 'recovery_low', 'recovery_high'] as const;
const nameCharactersMax = 200;

export function draftOf(body: RuleBody): DraftedRule {
  const problems: string[] = [];
  const subject = subjectOf(body, problems);
  const overrides = body.overrides.map((override, index) => overrideOf(override, { body, index, problems }));
  if (subject === null || problems.length > 0) return { kind: 'refused', problems };
  const spec: RuleSpec = {
    subject,
    hosts: selectorOf(body.hosts),
    forMs: msOf(body.for),
    keepFiringMs: msOf(body.keep_firing),
    severity: body.severity,
    summary: body.summary,
    message: body.message,
    channels: body.channels,
    groupBy: body.group_by,
    repeatMs: body.repeat === null ? null : msOf(body.repeat),
    escalations: body.escalations
      .map(({ after, channels }) => ({ afterMs: msOf(after), channels }))
      .sort((a, b) => a.afterMs - b.afterMs),
    overrides,
  };
  problems.push(...ruleProblems(spec));
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'drafted', draft: { name: body.name ?? nameOf(spec), spec, isEnabled: body.enabled } };
}

/** The form in which people get it, with every field that its kind has. */
export function ruleBodyOf({ name, spec, isEnabled }: RuleDraft): RuleBody {
  const common = {
    name,
    hosts: selectorBodyOf(spec.hosts),
    for: spec.forMs / 1_000,
    keep_firing: spec.keepFiringMs / 1_000,
    severity: spec.severity,
    summary: spec.summary,
    message: spec.message,
    channels: spec.channels === null ? null : [...spec.channels],
    group_by: [...spec.groupBy],
    repeat: spec.repeatMs === null ? null : spec.repeatMs / 1_000,
    escalations: spec.escalations.map(({ afterMs, channels }) => ({ after: afterMs / 1_000, channels: [...channels] })),
    overrides: spec.overrides.map(overrideBodyOf),
    enabled: isEnabled,
  };
  const { subject } = spec;
  switch (subject.kind) {
    case 'series':
      return {
        kind: 'series',
        metric: metricOf(subject.series.patterns),
        labels: { ...subject.series.labels },
        input: inputBodyOf(subject.input),
        ...conditionBodyOf(subject.condition),
        no_data: subject.noDataIntervals,
        ...common,
      };
    case 'silence': {
      const { patterns, labels } = subject.series;
      return {
        kind: 'silence',
        metric: metricOf(patterns),
        labels: { ...labels },
        intervals: subject.intervals,
        ...common,
      };
    }
    case 'hostDown':
      return { kind: 'host_down', after: subject.afterMs / 1_000, ...common };
    case 'clockSkew':
      return { kind: 'clock_skew', threshold: subject.thresholdMs / 1_000, ...common };
  }
}

export function selectorOf(body: HostSelectorBody): HostSelector {
  return { names: body.names, tags: body.tags, notNames: body.not_names, notTags: body.not_tags };
}

export function selectorBodyOf(selector: HostSelector): HostSelectorBody {
  const { names, tags, notNames, notTags } = selector;
  return { names: [...names], tags: { ...tags }, not_names: [...notNames], not_tags: { ...notTags } };
}

/** What was changed takes the place of what there was; a condition of another kind takes nothing over from the one before. */
export function patchedRuleBody(before: RuleDraft, patch: Readonly<Record<string, unknown>>): unknown {
  const body: Record<string, unknown> = ruleBodyOf(before);
  const isOtherKind = patch['kind'] !== undefined && patch['kind'] !== body['kind'];
  const isOtherCondition = patch['condition'] !== undefined && patch['condition'] !== body['condition'];
  const left = isOtherKind ? ['metric', 'labels', 'input', 'condition', 'no_data', 'intervals', 'after'] : [];
  const gone = new Set<string>([...left, ...(isOtherKind || isOtherCondition ? conditionFields : [])]);
  return { ...Object.fromEntries(Object.entries(body).filter(([field]) => !gone.has(field))), ...patch };
}

function subjectOf(body: RuleBody, problems: string[]): RuleSubject | null {
  switch (body.kind) {
    case 'silence':
      return { kind: 'silence', series: seriesOf(body), intervals: body.intervals };
    case 'host_down':
      return { kind: 'hostDown', afterMs: msOf(body.after) };
    case 'clock_skew':
      return { kind: 'clockSkew', thresholdMs: msOf(body.threshold) };
    case 'series':
    case undefined: {
      const condition = conditionOf(body.condition, body, problems);
      if (condition === null) return null;
      return {
        kind: 'series',
        series: seriesOf(body),
        input: inputOf(body.input),
        condition,
        noDataIntervals: body.no_data,
      };
    }
  }
}

function conditionOf(
  kind: RuleCondition['kind'],
  fields: ConditionFields,
  problems: string[],
  place = '',
): RuleCondition | null {
  const isOutside = kind === 'outside';
  const wanted: readonly string[] = isOutside ? ['low', 'high'] : ['threshold'];
  const known: readonly string[] = [...wanted, ...(isOutside ? ['recovery_low', 'recovery_high'] : ['recovery'])];
  for (const field of conditionFields) {
    const isGiven = fields[field] !== undefined && fields[field] !== null;
    if (isGiven && !known.includes(field)) problems.push(`${place}${field}: "${kind}" has no such field`);
    if (!isGiven && wanted.includes(field)) problems.push(`${place}${field}: "${kind}" wants a number`);
  }
  const { threshold, low, high } = fields;
  const { recovery = null, recovery_low: recoveryLow = null, recovery_high: recoveryHigh = null } = fields;
  if (kind === 'outside') {
    if (typeof low !== 'number' || typeof high !== 'number') return null;
    return { kind, low, high, recoveryLow, recoveryHigh };
  }
  return typeof threshold === 'number' ? { kind, threshold, recovery } : null;
}

function conditionBodyOf(condition: RuleCondition) {
  if (condition.kind !== 'outside') {
    return { condition: condition.kind, threshold: condition.threshold, recovery: condition.recovery };
  }
  const { low, high, recoveryLow, recoveryHigh } = condition;
  return { condition: condition.kind, low, high, recovery_low: recoveryLow, recovery_high: recoveryHigh };
}

function overrideOf(
  override: OverrideBody,
  { body, index, problems }: { readonly body: RuleBody; readonly index: number; readonly problems: string[] },
): RuleOverride {
  const place = `overrides.${index}.`;
  const hasCondition =
    override.condition !== undefined || conditionFields.some((field) => override[field] !== undefined);
  const isOfSeries = body.kind === undefined || body.kind === 'series';
  if (hasCondition && !isOfSeries) problems.push(`${place}condition: a rule of this kind has none`);
  const condition =
    hasCondition && isOfSeries ? conditionOf(override.condition ?? body.condition, override, problems, place) : null;
  return {
    hosts: selectorOf(override.hosts),
    ...(override.enabled === undefined ? {} : { isEnabled: override.enabled }),
    ...(condition === null ? {} : { condition }),
    ...(override.for === undefined ? {} : { forMs: msOf(override.for) }),
    ...(override.severity === undefined ? {} : { severity: override.severity }),
  };
}

function overrideBodyOf({ hosts, isEnabled, condition, forMs, severity }: RuleOverride): OverrideBody {
  return {
    hosts: selectorBodyOf(hosts),
    ...(isEnabled === undefined ? {} : { enabled: isEnabled }),
    ...(condition === undefined ? {} : conditionBodyOf(condition)),
    ...(forMs === undefined ? {} : { for: forMs / 1_000 }),
    ...(severity === undefined ? {} : { severity }),
  };
}

function seriesOf({ metric, labels }: { readonly metric: string | string[]; readonly labels: Record<string, string> }) {
  return { patterns: typeof metric === 'string' ? [metric] : metric, labels };
}

function metricOf(patterns: readonly string[]): string | string[] {
  return patterns.length === 1 ? patterns[0]! : [...patterns];
}

type InputBody = Extract<RuleBody, { readonly input: unknown }>['input'];

function inputOf(input: InputBody): RuleInput {
  if (input === 'value') return { kind: 'value' };
  if ('average' in input) return { kind: 'average', windowMs: msOf(input.average) };
  return { kind: 'rate', windowMs: msOf(input.rate) };
}

function inputBodyOf(input: RuleInput): InputBody {
  switch (input.kind) {
    case 'value':
      return 'value';
    case 'average':
      return { average: input.windowMs / 1_000 };
    case 'rate':
      return { rate: input.windowMs / 1_000 };
  }
}

/** For a rule that was given none; numbered by whoever keeps it where it is taken. */
function nameOf({ subject, hosts }: RuleSpec): string {
  const what = subjectText(subject);
  const where = hosts.names.length === 1 ? ` on ${hosts.names[0]}` : '';
  return cutText(what + where, nameCharactersMax);
}

function subjectText(subject: RuleSubject): string {
  switch (subject.kind) {
    case 'series':
      return `${subject.series.patterns.join(', ')} ${conditionText(subject.condition)}`;
    case 'silence':
      return `${subject.series.patterns.length === 0 ? 'Any series' : subject.series.patterns.join(', ')} silent`;
    case 'hostDown':
      return `Down for ${subject.afterMs / 1_000} s`;
    case 'clockSkew':
      return `Clock ${subject.thresholdMs / 1_000} s off`;
  }
}

/** Whole ms: a number that people write has no more of it than that. */
export function msOf(seconds: number): number {
  return Math.round(seconds * 1_000);
}

/**
 * Rules between the JSON of REST (durations in seconds, snake_case) and `RuleSpec`. What the hub answers is read
 * leniently; what is sent has every field that its kind has.
 */
import {
  type Escalation,
  type Rule,
  type RuleCondition,
  type RuleInput,
  type RuleOverride,
  type RuleSpec,
  type RuleSubject,
  ruleOrigins,
  severities,
} from '#core/rule-spec.ts';
import type { RuleDraft } from '../model/rules/rule-draft.ts';
import { msOf as exactMsOf, fieldsOf, listOf, numberOf, textOf, textRecordOf, textsOf, wordOf } from './parse.ts';
import { parseSelector, selectorJsonOf } from './selector.ts';

type Fields = ReadonlyMap<string, unknown>;

/** Whole ms: seconds as they are written have no more of it than that. */
function msOf(seconds: unknown): number | null {
  const ms = exactMsOf(seconds);
  return ms === null ? null : Math.round(ms);
}

/** null when it is none that this page knows. */
export function parseRule(body: unknown): Rule | null {
  const fields = fieldsOf(body);
  const id = numberOf(fields.get('id'));
  const subject = subjectOf(fields);
  if (id === null || subject === null) return null;
  const spec: RuleSpec = {
    subject,
    hosts: parseSelector(fields.get('hosts')),
    forMs: msOf(fields.get('for')) ?? 0,
    keepFiringMs: msOf(fields.get('keep_firing')) ?? 0,
    severity: wordOf(severities, fields.get('severity')) ?? 'warning',
    summary: textOf(fields.get('summary')),
    message: textOf(fields.get('message')),
    channels: Array.isArray(fields.get('channels')) ? textsOf(fields.get('channels')) : null,
    groupBy: textsOf(fields.get('group_by')),
    repeatMs: msOf(fields.get('repeat')),
    escalations: listOf(fields.get('escalations')).map(escalationOf),
    overrides: listOf(fields.get('overrides')).map((override) => overrideOf(fieldsOf(override), subject)),
  };
  return {
    id,
    name: textOf(fields.get('name')),
    spec,
    isEnabled: fields.get('enabled') !== false,
    origin: wordOf(ruleOrigins, fields.get('origin')) ?? 'api',
    version: numberOf(fields.get('version')) ?? 1,
    createdMs: msOf(fields.get('created')) ?? 0,
    changedMs: msOf(fields.get('changed')) ?? 0,
  };
}

/** Body of a POST, and of a PATCH that replaces everything. Without a name the hub makes one. */
export function ruleJsonOf({ name, spec, isEnabled }: RuleDraft): Readonly<Record<string, unknown>> {
  return {
    ...(name === '' ? {} : { name }),
    ...subjectJsonOf(spec.subject),
    hosts: selectorJsonOf(spec.hosts),
    for: spec.forMs / 1_000,
    keep_firing: spec.keepFiringMs / 1_000,
    severity: spec.severity,
    summary: spec.summary,
    message: spec.message,
    channels: spec.channels,
    group_by: spec.groupBy,
    repeat: spec.repeatMs === null ? null : spec.repeatMs / 1_000,
    escalations: spec.escalations.map(({ afterMs, channels }) => ({ after: afterMs / 1_000, channels })),
    overrides: spec.overrides.map(overrideJsonOf),
    enabled: isEnabled,
  };
}

function subjectOf(fields: Fields): RuleSubject | null {
  const metric = fields.get('metric');
  const series = {
    patterns: typeof metric === 'string' ? [metric] : textsOf(metric),
    labels: textRecordOf(fields.get('labels')),
  };
  switch (fields.get('kind')) {
    case undefined:
    case 'series': {
      const condition = conditionOf(fields);
      if (condition === null) return null;
      const noDataIntervals = numberOf(fields.get('no_data'));
      return { kind: 'series', series, input: inputOf(fields.get('input')), condition, noDataIntervals };
    }
    case 'silence':
      return { kind: 'silence', series, intervals: numberOf(fields.get('intervals')) ?? 30 };
    case 'host_down':
      return { kind: 'hostDown', afterMs: msOf(fields.get('after')) ?? 10_000 };
    case 'clock_skew':
      return { kind: 'clockSkew', thresholdMs: msOf(fields.get('threshold')) ?? 30_000 };
  }
  return null;
}

function conditionOf(fields: Fields, fallback?: RuleCondition['kind']): RuleCondition | null {
  const number = (field: string) => numberOf(fields.get(field));
  const kind = wordOf(['above', 'below', 'outside'] as const, fields.get('condition')) ?? fallback;
  if (kind === 'outside') {
    const [low, high] = [number('low'), number('high')];
    if (low === null || high === null) return null;
    return { kind, low, high, recoveryLow: number('recovery_low'), recoveryHigh: number('recovery_high') };
  }
  const threshold = number('threshold');
  return kind === undefined || threshold === null ? null : { kind, threshold, recovery: number('recovery') };
}

function inputOf(value: unknown): RuleInput {
  const fields = fieldsOf(value);
  const averageMs = msOf(fields.get('average'));
  if (averageMs !== null) return { kind: 'average', windowMs: averageMs };
  const rateMs = msOf(fields.get('rate'));
  return rateMs === null ? { kind: 'value' } : { kind: 'rate', windowMs: rateMs };
}

function escalationOf(value: unknown): Escalation {
  const fields = fieldsOf(value);
  return { afterMs: msOf(fields.get('after')) ?? 0, channels: textsOf(fields.get('channels')) };
}

function overrideOf(fields: Fields, subject: RuleSubject): RuleOverride {
  const condition = subject.kind === 'series' ? conditionOf(fields, subject.condition.kind) : null;
  const isEnabled = fields.get('enabled');
  const forMs = msOf(fields.get('for'));
  const severity = wordOf(severities, fields.get('severity'));
  return {
    hosts: parseSelector(fields.get('hosts')),
    ...(typeof isEnabled === 'boolean' ? { isEnabled } : {}),
    ...(condition === null ? {} : { condition }),
    ...(forMs === null ? {} : { forMs }),
    ...(severity === null ? {} : { severity }),
  };
}

function subjectJsonOf(subject: RuleSubject): Readonly<Record<string, unknown>> {
  switch (subject.kind) {
    case 'series': {
      const { series, input, condition, noDataIntervals } = subject;
      return {
        kind: 'series',
        metric: series.patterns,
        labels: series.labels,
        input: inputJsonOf(input),
        ...conditionJsonOf(condition),
        no_data: noDataIntervals,
      };
    }
    case 'silence':
      return {
        kind: 'silence',
        metric: subject.series.patterns,
        labels: subject.series.labels,
        intervals: subject.intervals,
      };
    case 'hostDown':
      return { kind: 'host_down', after: subject.afterMs / 1_000 };
    case 'clockSkew':
      return { kind: 'clock_skew', threshold: subject.thresholdMs / 1_000 };
  }
}

function inputJsonOf(input: RuleInput): unknown {
  switch (input.kind) {
    case 'value':
      return 'value';
    case 'average':
      return { average: input.windowMs / 1_000 };
    case 'rate':
      return { rate: input.windowMs / 1_000 };
  }
}

function conditionJsonOf(condition: RuleCondition): Readonly<Record<string, unknown>> {
  const { kind } = condition;
  if (kind !== 'outside') return { condition: kind, threshold: condition.threshold, recovery: condition.recovery };
  const { low, high, recoveryLow, recoveryHigh } = condition;
  return { condition: kind, low, high, recovery_low: recoveryLow, recovery_high: recoveryHigh };
}

function overrideJsonOf({ hosts, isEnabled, condition, forMs, severity }: RuleOverride): unknown {
  return {
    hosts: selectorJsonOf(hosts),
    ...(isEnabled === undefined ? {} : { enabled: isEnabled }),
    ...(condition === undefined ? {} : conditionJsonOf(condition)),
    ...(forMs === undefined ? {} : { for: forMs / 1_000 }),
    ...(severity === undefined ? {} : { severity }),
  };
}

/** What rules, alerts, downtimes and notes of a host mean for one of its charts. Pure. */
import { type Rule, type RuleCondition, type Severity, severities } from '#core/rule-spec.ts';
import { hostMatcherOf, type SelectableHost, seriesMatcherOf } from '#core/selector.ts';
import type { MomentMark, SpanMark, ThresholdMark } from '../../chart-source.ts';
import { unitOfKey } from '../names.ts';
import { limitText } from '../rules/limit-text.ts';
import type { Chart } from './charts.ts';

/** More lines than this hide what they are about. */
const thresholdsMax = 4;

/** A rule as it judges one host. */
export interface HostLimit {
  readonly ruleId: number;
  readonly severity: Severity;
  readonly condition: RuleCondition;
  readonly isMeant: (key: string) => boolean;
}

/** An alert that fired on one series of the host; '' is the host itself. */
export interface HostAlert {
  readonly series: string;
  readonly severity: Severity;
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** The rules that compare values of this host with limits; one on rates has no line in a chart of values. */
export function limitsOf(rules: readonly Rule[], host: SelectableHost): HostLimit[] {
  return rules.flatMap(({ id, isEnabled, spec }) => {
    const { subject } = spec;
    if (!isEnabled || subject.kind !== 'series' || subject.input.kind === 'rate') return [];
    if (!hostMatcherOf(spec.hosts)(host)) return [];
    const override = spec.overrides.find(({ hosts }) => hostMatcherOf(hosts)(host));
    if (override?.isEnabled === false) return [];
    return [
      {
        ruleId: id,
        severity: override?.severity ?? spec.severity,
        condition: override?.condition ?? subject.condition,
        isMeant: seriesMatcherOf(subject.series),
      },
    ];
  });
}

/** Lines for the limits of what a chart shows. `maxValue` is what its `maxKey` has now, as shown; NaN for none. */
export function thresholdsOf(chart: Chart, limits: readonly HostLimit[], maxValue: number): ThresholdMark[] {
  const marks = new Map<string, ThresholdMark>();
  for (const { severity, condition, isMeant } of limits) {
    for (const { key, scale, unit } of placesOf(chart, maxValue)) {
      if (!isMeant(key)) continue;
      for (const { value, word } of boundsOf(condition)) {
        const label = `${severity} ${word} ${limitText(value, unit)}`;
        marks.set(`${value * scale} ${label}`, { value: value * scale, label, role: severity });
      }
    }
  }
  return [...marks.values()].sort((a, b) => rank(b.role) - rank(a.role) || a.value - b.value).slice(0, thresholdsMax);
}

function rank(role: ThresholdMark['role']): number {
  return role === 'clear' ? -1 : severities.indexOf(role);
}

interface Place {
  readonly key: string;
  /** What its values are multiplied by in the chart. */
  readonly scale: number;
  /** Of its own values. */
  readonly unit: string;
}

/** The series that a chart shows. */
function placesOf(chart: Chart, maxValue: number): Place[] {
  if (chart.kind === 'heat') return [];
  // A layer lies on others: its own value stands nowhere.
  const lines = chart.kind === 'stack' && chart.lines.length > 1 ? [] : chart.lines;
  const unitOf = (key: string) => (chart.factor === 1 ? chart.unit : unitOfKey(key));
  const places = lines.map(({ key, isBelow }) => ({
    key,
    scale: isBelow ? -chart.factor : chart.factor,
    unit: unitOf(key),
  }));
  const { sumKey, shareKey } = chart;
  if (sumKey !== undefined) places.push({ key: sumKey, scale: chart.factor, unit: unitOf(sumKey) });
  if (shareKey !== undefined && maxValue > 0) places.push({ key: shareKey, scale: maxValue / 100, unit: 'percent' });
  return places;
}

function boundsOf(condition: RuleCondition): { readonly value: number; readonly word: string }[] {
  if (condition.kind !== 'outside') return [{ value: condition.threshold, word: 'at' }];
  return [
    { value: condition.low, word: 'below' },
    { value: condition.high, word: 'above' },
  ];
}

/** The alerts on what a chart shows, as spans. */
export function alertSpansOf(chart: Chart, alerts: readonly HostAlert[]): SpanMark[] {
  const keys = new Set(chart.lines.map(({ key }) => key));
  if (chart.sumKey !== undefined) keys.add(chart.sumKey);
  if (chart.shareKey !== undefined) keys.add(chart.shareKey);
  return alerts
    .filter(({ series }) => keys.has(series))
    .map(({ fromMs, toMs, severity, label }) => ({ kind: 'alert', fromMs, toMs, severity, label }));
}

export interface HostDowntime {
  readonly id: number;
  readonly reason: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export function downtimeSpansOf(downtimes: readonly HostDowntime[]): SpanMark[] {
  return downtimes.map(({ fromMs, toMs, reason }) => ({
    kind: 'downtime',
    fromMs,
    toMs,
    severity: 'info',
    label: reason === '' ? 'Downtime' : `Downtime: ${reason}`,
  }));
}

export interface HostNote {
  readonly id: number;
  readonly atMs: number;
  readonly text: string;
}

export function momentsOf(notes: readonly HostNote[]): MomentMark[] {
  return notes.map(({ atMs, text }) => ({ atMs, label: text }));
}

/** What a notice of a rule would read like, of a host that it means and the value nearest to firing. Pure. */
import { formatMessage, type MessageContext, templateProblem } from '#core/message-template.ts';
import type { AlertCause, RuleSpec } from '#core/rule-spec.ts';
import type { FoundSeries } from '../../live/matching-series.ts';
import { matchingHosts } from '../host-choice.ts';
import { unitOfPatterns } from './metric-title.ts';

export interface PreviewedHost {
  readonly name: string;
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface PreviewFacts {
  readonly name: string;
  readonly spec: RuleSpec;
  /** The series nearest to firing; null when none is known. */
  readonly series: FoundSeries | null;
  readonly fleet: { readonly hosts: readonly PreviewedHost[] };
}

const causes: Readonly<Record<RuleSpec['subject']['kind'], AlertCause>> = {
  series: 'limits',
  silence: 'silence',
  hostDown: 'hostDown',
  clockSkew: 'clockSkew',
};

/** '' when its template cannot be used. */
export function previewOf({ name, spec, series, fleet }: PreviewFacts): string {
  if (templateProblem(spec.message) !== null) return '';
  const { subject } = spec;
  const host = fleet.hosts.find((one) => one.name === series?.host) ?? matchingHosts(fleet.hosts, spec.hosts)[0];
  const unit = series?.unit ?? ('series' in subject ? unitOfPatterns(subject.series.patterns) : '');
  const context: MessageContext = {
    state: 'firing',
    cause: causes[subject.kind],
    rule: name,
    severity: spec.severity,
    host: host?.name ?? 'host-1',
    alias: host?.alias ?? '',
    tags: host?.tags ?? {},
    series: keyOf(spec, series),
    unit,
    value: firingValueOf(spec, unit),
    condition: subject.kind === 'series' ? subject.condition : null,
    ...(subject.kind === 'series' ? { input: subject.input } : {}),
    forMs: spec.forMs,
  };
  return formatMessage(spec.message, context);
}

function keyOf({ subject }: RuleSpec, series: FoundSeries | null): string {
  if (subject.kind !== 'series' && subject.kind !== 'silence') return '';
  return series?.key ?? subject.series.patterns[0] ?? '';
}

/** A value that fires: a little beyond the limit. */
function firingValueOf({ subject }: RuleSpec, unit: string): number | null {
  switch (subject.kind) {
    case 'series': {
      const { condition } = subject;
      const limit = condition.kind === 'outside' ? condition.high : condition.threshold;
      const beyond = limit + Math.max(Math.abs(limit) * 0.08, 0.1) * (condition.kind === 'below' ? -1 : 1);
      return Number((unit === 'percent' ? Math.min(100, beyond) : beyond).toPrecision(3));
    }
    case 'clockSkew':
      return subject.thresholdMs * 1.5;
    case 'silence':
    case 'hostDown':
      return null;
  }
}

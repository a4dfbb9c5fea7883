/**
 * The rules that every hub begins with. They are quiet by design: each waits until what it sees has lasted, goes on
 * until it is really over, and says in one line what it is for. People change or remove them as any other rule.
 */
import { anyHost, type RuleSpec, type RuleSubject } from '#core/rule-spec.ts';
import type { RuleDraft } from '../store/alerts/rules.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const MiB = 1024 * 1024;

/** Of a metric, whatever its labels. */
function above(
  metric: string,
  limits: { readonly threshold: number; readonly recovery: number; readonly averageMs?: number },
): RuleSubject {
  const { threshold, recovery, averageMs } = limits;
  return {
    kind: 'series',
    series: { patterns: [metric], labels: {} },
    input: averageMs === undefined ? { kind: 'value' } : { kind: 'average', windowMs: averageMs },
    condition: { kind: 'above', threshold, recovery },
    noDataIntervals: null,
  };
}

function rule(
  name: string,
  subject: RuleSubject,
  more: Pick<RuleSpec, 'severity' | 'summary'> & Partial<RuleSpec>,
): RuleDraft {
  const spec: RuleSpec = {
    subject,
    hosts: anyHost,
    forMs: 0,
    keepFiringMs: 0,
    message: '',
    channels: null,
    groupBy: [],
    repeatMs: 4 * 3_600_000,
    escalations: [],
    overrides: [],
    ...more,
  };
  return { name, spec, isEnabled: true };
}

export const defaultRules: readonly RuleDraft[] = [
  rule(
    'Host down',
    { kind: 'hostDown', afterMs: 10 * secondMs },
    {
      severity: 'critical',
      summary:
        'Its agent has been away for 10 s without having said so: the machine, its network or the agent has died',
    },
  ),
  // 30 of its own intervals: at one second a script that hangs once is ended after 10 s and tried again after 10 s more, and
  // that is no news; at a minute it is half an hour, by which a series is as good as lost.
  rule(
    'Series silent',
    { kind: 'silence', series: { patterns: [], labels: {} }, intervals: 30 },
    {
      severity: 'warning',
      repeatMs: null,
      summary: 'A series has had no value for 30 of its intervals though the host is up: its collector or script fails',
    },
  ),
  rule('Disk nearly full', above('filesystem_used_percent', { threshold: 90, recovery: 88 }), {
    severity: 'warning',
    forMs: 5 * minuteMs,
    keepFiringMs: 5 * minuteMs,
    summary: 'A filesystem has been more than 90 % full for 5 minutes: make room before writes fail',
  }),
  rule('Memory pressure', above('memory_used_percent', { threshold: 95, recovery: 90 }), {
    severity: 'warning',
    forMs: 5 * minuteMs,
    keepFiringMs: minuteMs,
    summary: 'More than 95 % of the memory has been in use (caches not counted) for 5 minutes: processes may be killed',
  }),
  rule('Swap thrashing', above('swap_in_bytes_per_sec', { threshold: 5 * MiB, recovery: MiB, averageMs: minuteMs }), {
    severity: 'warning',
    forMs: 2 * minuteMs,
    keepFiringMs: 2 * minuteMs,
    summary: 'More than 5 MiB/s have come back from swap for minutes: memory is too small for what runs',
  }),
  rule('CPU saturated', above('cpu_used_percent', { threshold: 95, recovery: 85, averageMs: minuteMs }), {
    severity: 'warning',
    forMs: 10 * minuteMs,
    keepFiringMs: 2 * minuteMs,
    summary: 'All processors have been more than 95 % busy for 10 minutes',
  }),
  rule(
    'Clock skew',
    { kind: 'clockSkew', thresholdMs: 30 * secondMs },
    {
      severity: 'warning',
      forMs: minuteMs,
      keepFiringMs: minuteMs,
      summary: "The host's clock and the hub's are more than 30 s apart: times of its data are corrected or wrong",
    },
  ),
];

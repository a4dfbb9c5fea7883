/** A rule as it is to be kept, and what a new one begins with. Pure. */
import { anyHost, type HostSelector, type RuleSpec } from '#core/rule-spec.ts';

export interface RuleDraft {
  /** Empty: the hub makes one of the condition. */
  readonly name: string;
  readonly spec: RuleSpec;
  readonly isEnabled: boolean;
}

const minuteMs = 60_000;

/** A new rule; with the hub's own defaults. `metric` '' begins with the processors. */
export function newRuleDraft({ host, metric }: { readonly host: string; readonly metric: string }): RuleDraft {
  const hosts: HostSelector = host === '' ? anyHost : { ...anyHost, names: [host] };
  const spec: RuleSpec = {
    subject: {
      kind: 'series',
      series: { patterns: [metric === '' ? 'cpu_used_percent' : metric], labels: {} },
      input: { kind: 'value' },
      condition: { kind: 'above', threshold: 85, recovery: 75 },
      noDataIntervals: null,
    },
    hosts,
    forMs: 2 * minuteMs,
    keepFiringMs: minuteMs,
    severity: 'warning',
    summary: '',
    message: '',
    channels: null,
    groupBy: [],
    repeatMs: 240 * minuteMs,
    escalations: [],
    overrides: [],
  };
  return { name: '', spec, isEnabled: true };
}

/** A copy to be changed and kept under another name. */
export function duplicateOf(draft: RuleDraft): RuleDraft {
  return { ...draft, name: `${draft.name} (copy)`.slice(0, 200) };
}

/**
 * What a rule says, as plain data: shared by the hub, its database, the file of rules and the dashboard. How a rule is
 * judged on one series is `rule.ts`; which hosts and series it means is `selector.ts`.
 *
 * Durations are ms. Words as Prometheus and Alertmanager use them: for, keep firing for, severity, silence, repeat.
 */

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Which hosts: by name or glob (empty: any), having all of the tags (a value may be a glob), and none of the `not` ones. */
export interface HostSelector {
  readonly names: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly notNames: readonly string[];
  /** A host that has one of these tags is left out. */
  readonly notTags: Readonly<Record<string, string>>;
}

/** Which series: canonical keys, names or globs (`series-pattern.ts`), whose labels have all of these values (globs). */
export interface SeriesSelector {
  readonly patterns: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What of the series is compared. `rate`: change per second over the window. Windows: 2 s to 1 h. */
export type RuleInput =
  | { readonly kind: 'value' }
  | { readonly kind: 'average'; readonly windowMs: number }
  | { readonly kind: 'rate'; readonly windowMs: number };

/** When it is bad, and (not null) from where on it is good again; without, everything that is not bad is good. */
export type RuleCondition =
  | { readonly kind: 'above'; readonly threshold: number; readonly recovery: number | null }
  | { readonly kind: 'below'; readonly threshold: number; readonly recovery: number | null }
  | {
      readonly kind: 'outside';
      readonly low: number;
      readonly high: number;
      readonly recoveryLow: number | null;
      readonly recoveryHigh: number | null;
    };

/** What a rule looks at. */
export type RuleSubject =
  | {
      readonly kind: 'series';
      readonly series: SeriesSelector;
      readonly input: RuleInput;
      readonly condition: RuleCondition;
      /** Fires as well when the series has been silent for so many of its own intervals; null: it does not. */
      readonly noDataIntervals: number | null;
    }
  /** Series that have gone silent: their values failed, or were due and absent, for so many of their own intervals. */
  | { readonly kind: 'silence'; readonly series: SeriesSelector; readonly intervals: number }
  /** Hosts whose agent has been away for so long without having said so. */
  | { readonly kind: 'hostDown'; readonly afterMs: number }
  /** Hosts whose clock is so far from the hub's. */
  | { readonly kind: 'clockSkew'; readonly thresholdMs: number };

/** Tells other channels when nobody has acknowledged after so long. */
export interface Escalation {
  readonly afterMs: number;
  readonly channels: readonly string[];
}

/** What is different for some hosts. The first that means a host counts. What is absent is as in the rule. */
export interface RuleOverride {
  readonly hosts: HostSelector;
  readonly isEnabled?: boolean;
  readonly condition?: RuleCondition;
  readonly forMs?: number;
  readonly severity?: Severity;
}

export interface RuleSpec {
  readonly subject: RuleSubject;
  readonly hosts: HostSelector;
  /** It must be bad for so long, on the time of ticks. */
  readonly forMs: number;
  /** It goes on firing until it has been good for so long. */
  readonly keepFiringMs: number;
  readonly severity: Severity;
  /** One line for people: what it is for. */
  readonly summary: string;
  /** Text of the notice (`message-template.ts`); empty: the standard one. */
  readonly message: string;
  /** Names of channels; null: all that are enabled. */
  readonly channels: readonly string[] | null;
  /** Tags of the host by which notices are put together; empty: all of the rule. */
  readonly groupBy: readonly string[];
  /** Tells again so often while nobody has acknowledged; null: never. */
  readonly repeatMs: number | null;
  /** In order of `afterMs`. */
  readonly escalations: readonly Escalation[];
  readonly overrides: readonly RuleOverride[];
}

export const ruleOrigins = ['default', 'api', 'file'] as const;
/** Who keeps it: the hub made it, somebody did by REST, or it stands in a file and is read-only elsewhere. */
export type RuleOrigin = (typeof ruleOrigins)[number];

export interface Rule {
  readonly id: number;
  readonly name: string;
  readonly spec: RuleSpec;
  readonly isEnabled: boolean;
  readonly origin: RuleOrigin;
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
}

export const anyHost: HostSelector = { names: [], tags: {}, notNames: [], notTags: {} };

/** Why an alert fires. */
export const alertCauses = ['limits', 'silence', 'hostDown', 'massOutage', 'clockSkew'] as const;
export type AlertCause = (typeof alertCauses)[number];

/** Why there was a notice of something, or none. */
export const alertDecisions = [
  'told',
  'downtime',
  'silenced',
  'hostDown',
  'massOutage',
  'noChannel',
  'unchanged',
  'note',
] as const;
export type AlertDecision = (typeof alertDecisions)[number];

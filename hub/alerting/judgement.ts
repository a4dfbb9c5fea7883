/**
 * What the judge of the stream says, and what is known of a target: plain data between `judge.ts`, which decides what
 * is so, and `alerting.ts`, which decides who is told. A *target* is one rule on one series of one host.
 */

import type { Phase } from '#core/rule.ts';
import type { AlertCause, Rule, RuleCondition, Severity } from '#core/rule-spec.ts';

export interface TargetName {
  readonly ruleId: number;
  /** 0 for the fleet as a whole. */
  readonly hostId: number;
  /** Canonical key; empty for the host itself. */
  readonly series: string;
}

/** What a rule says for one host, overrides applied. */
export interface HostRule {
  readonly rule: Rule;
  readonly severity: Severity;
  /** null for a subject that has none. */
  readonly condition: RuleCondition | null;
  readonly forMs: number;
}

export interface Judgement {
  readonly kind: 'pending' | 'dropped' | 'fired' | 'resolved';
  readonly target: TargetName;
  readonly hostRule: HostRule;
  readonly cause: AlertCause;
  /** Time of the tick, or the hub's for what no tick tells (a host that is down), epoch ms. */
  readonly timeMs: number;
  readonly ordinal: number;
  /** Since when it has been pending, on the same clock. */
  readonly sinceMs: number;
  /** null where there is none: silence, a host that is down. */
  readonly value: number | null;
  readonly unit: string;
  /** Of `resolved`: why. `good`: the value is; of the others there is nothing left to judge, but for `back`: the host is. */
  readonly why: 'good' | 'gone' | 'disabled' | 'back' | 'removed';
  /** Of a mass outage: how many hosts were lost out of how many, and the names of the first of them. */
  readonly outage?: Outage;
}

export interface Outage {
  readonly lostCount: number;
  readonly connectedCount: number;
  /** At most 20, sorted. */
  readonly names: readonly string[];
}

/** What of a target's machine is kept over a restart. */
export interface TargetState extends TargetName {
  readonly phase: Phase;
  readonly cause: AlertCause;
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly ordinal: number;
}

/** A target as it is kept over a restart. */
export interface SavedTarget extends TargetState {
  readonly seq: number;
  readonly isTold: boolean;
  readonly alertId: number | null;
}

/** What the database knows of a host that this hub misses. */
export interface HeardHost {
  readonly hostId: number;
  /** Time of the newest stored tick, epoch ms; 0 for none that is near. */
  readonly timeMs: number;
  /** Its agent has said bye, and has not come back. */
  readonly hasLeft: boolean;
}

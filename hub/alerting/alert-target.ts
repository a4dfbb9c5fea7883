/**
 * What alerting remembers of a target between its transitions: where it stands, what people were told, and what there is to
 * say of it. One for each that is pending or firing, or has ever fired.
 */
import type { AlertRow } from '#core/message.ts';
import type { Phase } from '#core/rule.ts';
import type { AlertCause, AlertDecision, Severity } from '#core/rule-spec.ts';
import type { StoredTarget } from '../store/alerts/record.ts';
import type { HubClocks } from './judge.ts';
import type { HostRule, Outage, TargetName } from './judgement.ts';

export interface AlertTarget {
  readonly name: TargetName;
  phase: Phase;
  /** Transitions so far: odd while it fires. */
  seq: number;
  /** Whether people were last told that it fires, or are about to be. */
  isTold: boolean;
  /** Names of the channels on which that was, as far as this run of the hub knows. */
  toldChannels: readonly string[];
  /** null while it does not fire, and until the firing is recorded. */
  alertId: number | null;
  /** The rule as it was judged by last; null until then after a start. */
  hostRule: HostRule | null;
  hostName: string;
  cause: AlertCause;
  severity: Severity;
  /** Tick time of the last change of phase. */
  sinceMs: number;
  value: number | null;
  unit: string;
  message: string;
  /** Monotonic ms at which it fired. */
  firedMonotonicMs: number;
  /** Wall clock at which it fired and resolved last, epoch ms; null when that is not known. */
  firedMs: number | null;
  resolvedMs: number | null;
  /** Time and stream of the tick that changed it last. */
  tickMs: number;
  ordinal: number;
  isAcknowledged: boolean;
  repeats: number;
  escalations: number;
  /** Monotonic ms at which people were last told; NaN for never since the start. */
  toldMonotonicMs: number;
  /** Why people were told of the last change, or not. */
  decision: AlertDecision;
  outage: Outage | null;
}

export function newTarget(name: TargetName): AlertTarget {
  return {
    name,
    phase: 'inactive',
    seq: 0,
    isTold: false,
    toldChannels: [],
    alertId: null,
    hostRule: null,
    hostName: '',
    cause: 'limits',
    severity: 'warning',
    sinceMs: 0,
    value: null,
    unit: '',
    message: '',
    firedMonotonicMs: 0,
    firedMs: null,
    resolvedMs: null,
    tickMs: 0,
    ordinal: 0,
    isAcknowledged: false,
    repeats: 0,
    escalations: 0,
    toldMonotonicMs: Number.NaN,
    decision: 'note',
    outage: null,
  };
}

/** As the run before has left it. `hostName`: as the host is called now. */
export function restoredTarget(
  stored: StoredTarget,
  { hostName, nowMs, nowMonotonicMs }: HubClocks & { readonly hostName: string },
): AlertTarget {
  const { ruleId, hostId, series, phase, seq, isTold, alertId, cause, sinceMs, lastMs, ordinal } = stored;
  const { severity, message, value, isAcknowledged, repeats, escalations } = stored;
  // The clock of the database may be behind.
  const firedAgoMs = Math.max(0, stored.firedAgoMs);
  return {
    ...newTarget({ ruleId, hostId, series }),
    ...{ phase, seq, isTold, alertId, cause, severity, message, value, sinceMs, ordinal },
    ...{ isAcknowledged, repeats, escalations, tickMs: lastMs, hostName },
    firedMonotonicMs: nowMonotonicMs - firedAgoMs,
    firedMs: phase === 'firing' ? nowMs - firedAgoMs : null,
    // Whoever was told before the restart is not reminded right after it.
    toldMonotonicMs: nowMonotonicMs,
    decision: isTold ? 'told' : 'note',
  };
}

/** Names the target in a map. No series key has a line feed. */
export function mapKeyOf({ ruleId, hostId, series }: TargetName): string {
  return `${ruleId}\n${hostId}\n${series}`;
}

/** Whether what people were told last is not what is so. */
export function isUntold({ phase, isTold }: AlertTarget): boolean {
  return (phase === 'firing') !== isTold;
}

/** As viewers see it. `ruleName` as the rule is called now. */
export function alertRowOf(target: AlertTarget, ruleName: string): AlertRow {
  const { name, phase, alertId, severity, cause, sinceMs, value, message, decision, isAcknowledged } = target;
  return { ...name, phase, alertId, ruleName, severity, cause, sinceMs, value, message, decision, isAcknowledged };
}

/** It neither fires nor is pending, and people know that. */
export function isIdle({ phase, isTold }: AlertTarget): boolean {
  return phase === 'inactive' && !isTold;
}

/**
 * What is recorded of a step of a target, and what people are told by it should that have to happen from memory: both
 * from the target as it is after the step.
 */
import { conditionText } from '#core/message-template.ts';
import type { Rule } from '#core/rule-spec.ts';
import type { EventKind, EventRow } from '../store/alerts/record.ts';
import type { AlertTarget } from './alert-target.ts';
import { thresholdOf } from './alert-text.ts';
import { eventKeyOf, targetKeyOf } from './event-key.ts';
import type { QueuedEvent } from './event-queue.ts';
import type { Verdict } from './telling.ts';

export interface AlertStep {
  readonly kind: EventKind;
  readonly verdict: Verdict;
  /** Of `resolved`. */
  readonly why: string | null;
  /** Phases that led to it, oldest first. */
  readonly path?: readonly unknown[];
  /** Of `repeated` and `escalated`: the count with this one. */
  readonly step?: number;
}

export function eventOf(
  target: AlertTarget,
  happened: AlertStep,
  of: { readonly hubId: string; readonly life: string; readonly rule: Rule | null; readonly nowMs: number },
): QueuedEvent {
  const { hubId, rule, nowMs } = of;
  const { kind, verdict, why, path, step = 0 } = happened;
  const key = eventKeyOf(of, target.name, { kind, seq: target.seq, step });
  const ruleName = rule?.name ?? '';
  const bounds = target.hostRule?.condition ?? null;
  const condition = bounds === null ? '' : conditionText(bounds);
  const { name, seq, hostName, severity, cause, value, unit, message, tickMs, ordinal } = target;
  const row: EventRow = {
    ...name,
    ...{ key, kind, seq, atMs: nowMs, tickMs, ordinal, value, message, decision: verdict.decision },
    trace: {
      ...verdict.trace,
      ...(path === undefined ? {} : { path }),
      ...(rule === null ? {} : { rule: { name: rule.name, version: rule.version, spec: rule.spec } }),
    },
    ...{ ruleName, hostName, severity, cause, condition, threshold: thresholdOf(bounds, value), unit },
    ...{ why, step, notices: verdict.notices },
  };
  const { alertId, firedMs, resolvedMs } = target;
  const isFiring = target.phase === 'firing';
  const summary = rule?.spec.summary ?? '';
  const said = { ruleName, hostName, series: name.series, severity, cause, condition, value, unit, message, summary };
  const targetKey = targetKeyOf(hubId, name);
  const notice = { key, targetKey, kind, isFiring, alertId, ...said, atMs: nowMs, firedMs, resolvedMs };
  return { row, notice, sentChannelIds: new Set(), triedChannelIds: new Set() };
}

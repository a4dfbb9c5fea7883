/**
 * What a notice says of a judgement, and the bound that its value has to do with.
 */
import { alertTextCharactersMax } from '#core/limits.ts';
import { formatMessage } from '#core/message-template.ts';
import type { RuleCondition } from '#core/rule-spec.ts';
import { cutText } from '#core/utf8.ts';
import type { Judgement } from './judgement.ts';

/** What of a host stands in a message. */
export interface NamedHost {
  readonly name: string;
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** By the template of the rule. `host`: null for the fleet as a whole. */
export function alertText(judgement: Judgement, host: NamedHost | null): string {
  const { target, hostRule, value, unit, kind, cause, why, outage } = judgement;
  const { rule, severity, condition, forMs } = hostRule;
  const text = formatMessage(rule.spec.message, {
    state: kind === 'resolved' || kind === 'dropped' ? 'resolved' : 'firing',
    cause,
    rule: rule.name,
    severity,
    host: host?.name ?? '',
    alias: host?.alias ?? '',
    tags: host?.tags ?? {},
    series: target.series,
    unit,
    value,
    condition,
    ...(rule.spec.subject.kind === 'series' ? { input: rule.spec.subject.input } : {}),
    forMs,
    ...(kind === 'resolved' && why !== 'good' && why !== 'back' ? { ended: why } : {}),
  });
  if (outage === undefined || kind !== 'fired') return text;
  const others = outage.lostCount - outage.names.length;
  const names = outage.names.join(', ');
  const all = `${text}: ${outage.lostCount} of ${outage.connectedCount}: ${names}${others > 0 ? ` and ${others} more` : ''}`;
  return cutText(all, alertTextCharactersMax);
}

/** Of two bounds the nearer one. null for none. */
export function thresholdOf(condition: RuleCondition | null, value: number | null): number | null {
  if (condition === null) return null;
  if (condition.kind !== 'outside') return condition.threshold;
  const { low, high } = condition;
  return value !== null && Math.abs(value - low) < Math.abs(value - high) ? low : high;
}

/**
 * One alert as the page shows it: what the hub tells live, joined with what only REST knows (who has acknowledged, by
 * which limits, which silence covers it), or what is stored of one that is over. Pure.
 */
import type { Silence } from '#core/downtime.ts';
import type { AlertRow } from '#core/message.ts';
import type {
  AlertCause,
  AlertDecision,
  HostSelector,
  Rule,
  RuleCondition,
  RuleInput,
  RuleSpec,
  RuleSubject,
  Severity,
} from '#core/rule-spec.ts';
import { type HostMatcher, hostMatcherOf, type SelectableHost } from '#core/selector.ts';
import { parseSeriesKey } from '#core/series.ts';
import type { Acknowledgement, StoredAlert } from '../../api/alerts.ts';
import { keyOf } from '../../live/alert-book.ts';
import { unitOfKey } from '../names.ts';
import { comparedUnit } from '../rules/rule-text.ts';
import { silenceOf } from './silence-match.ts';

export type AlertPhase = 'firing' | 'pending' | 'resolved';

/** What of a host an alert shows. */
export interface AlertHost extends SelectableHost {
  /** Alias, else its name. */
  readonly title: string;
}

export interface AlertItem {
  /** Stays the same while it is open: rule, host and series; of one that is over its id. */
  readonly key: string;
  /** null while it is pending, and for a moment after it has fired. */
  readonly id: number | null;
  readonly phase: AlertPhase;
  readonly ruleId: number;
  readonly ruleName: string;
  readonly severity: Severity;
  readonly cause: AlertCause;
  /** Name of the host; '' for the fleet as a whole. */
  readonly host: string;
  readonly hostTitle: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Canonical key; '' for the host itself. */
  readonly series: string;
  /** Since when it fires or is pending; of one that is over when it fired. Epoch ms. */
  readonly sinceMs: number;
  readonly endMs: number | null;
  /** At the last change. */
  readonly value: number | null;
  readonly unit: string;
  /** What it is judged by; null where values have no limits, or while the rule is not known. */
  readonly condition: RuleCondition | null;
  readonly input: RuleInput;
  /** The bound that counts, for a line in a plot. */
  readonly threshold: number | null;
  /** When a pending one fires if it stays as it is, epoch ms; null when that is not known. */
  readonly firesMs: number | null;
  readonly message: string;
  /** Why people were told, or not; null when that is not known. */
  readonly decision: AlertDecision | null;
  readonly isAcknowledged: boolean;
  /** Who, when it is known. */
  readonly acknowledged: Acknowledgement | null;
  /** What keeps it quiet now. */
  readonly silence: Silence | null;
  readonly resolvedWhy: string;
}

/** What open alerts are joined with. */
export interface Joined {
  /** By id of the alert. */
  readonly stored: ReadonlyMap<number, StoredAlert>;
  /** By id of the rule. */
  readonly rules: ReadonlyMap<number, Rule>;
  readonly silences: readonly Silence[];
  readonly nowMs: number;
  /** null for the fleet, and for a host that is not known. */
  host(hostId: number): AlertHost | null;
}

/** One that is pending or firing. */
export function openItem(row: AlertRow, joined: Joined): AlertItem {
  const stored = row.alertId === null ? undefined : joined.stored.get(row.alertId);
  const host = joined.host(row.hostId);
  const tags = host?.tags ?? {};
  const name = host?.name ?? stored?.host ?? '';
  const limits = limitsFor(joined.rules.get(row.ruleId)?.spec ?? null, { name, tags });
  const silence = silenceOf(joined.silences, {
    ...{ host: row.hostId === 0 ? null : { name, tags }, ruleName: row.ruleName },
    ...{ series: row.series, severity: row.severity, nowMs: joined.nowMs },
  });
  return {
    key: keyOf(row),
    id: row.alertId,
    phase: row.phase === 'pending' ? 'pending' : 'firing',
    ...{ ruleId: row.ruleId, ruleName: row.ruleName, severity: row.severity, cause: row.cause },
    ...{ host: name, hostTitle: host?.title ?? name, tags, series: row.series },
    sinceMs: row.sinceMs,
    endMs: null,
    value: row.value,
    unit: unitOf(limits, stored?.unit ?? '') || unitOfCause(row),
    condition: limits.condition,
    input: limits.input,
    threshold: stored?.threshold ?? thresholdOf(limits.condition, row.value),
    firesMs: row.phase === 'pending' && limits.forMs !== null ? row.sinceMs + limits.forMs : null,
    message: row.message,
    decision: row.phase === 'pending' ? null : row.decision,
    // What was polled does not say it of a row.
    isAcknowledged: row.isAcknowledged || stored?.acknowledged != null,
    acknowledged: stored?.acknowledged ?? null,
    silence,
    resolvedWhy: '',
  };
}

/** One that is stored: over, or still firing while the hub's live messages do not come. */
export function storedItem(alert: StoredAlert, joined: Joined): AlertItem {
  const host = joined.host(alert.hostId);
  const tags = host?.tags ?? {};
  const limits = limitsFor(joined.rules.get(alert.ruleId)?.spec ?? null, { name: alert.host, tags });
  const isOver = alert.resolvedMs !== null;
  return {
    key: isOver ? `#${alert.id}` : keyOf(alert),
    id: alert.id,
    phase: isOver ? 'resolved' : 'firing',
    ...{ ruleId: alert.ruleId, ruleName: alert.ruleName, severity: alert.severity, cause: alert.cause },
    ...{ host: alert.host, hostTitle: host?.title ?? alert.host, tags, series: alert.series },
    sinceMs: alert.firedMs,
    endMs: alert.resolvedMs,
    value: isOver ? alert.resolvedValue : alert.value,
    unit: unitOf(limits, alert.unit),
    condition: limits.condition,
    input: limits.input,
    threshold: alert.threshold,
    firesMs: null,
    message: alert.message,
    decision: null,
    isAcknowledged: alert.acknowledged !== null,
    acknowledged: alert.acknowledged,
    silence: null,
    resolvedWhy: alert.resolvedWhy,
  };
}

/** What the address calls it: the id as soon as there is one. */
export function addressOf(item: Pick<AlertItem, 'id' | 'key'>): string {
  return item.id === null ? item.key : String(item.id);
}

/** Whether the address means it: a link to a pending one means it also when it has fired. */
export function isAddressed(item: Pick<AlertItem, 'id' | 'key'>, address: string): boolean {
  return address !== '' && (address === item.key || (item.id !== null && address === String(item.id)));
}

/** Words of the search: all of them must be in host, alias, rule or series, or be `key=value` of a tag or label. */
export function matchesAlert(item: AlertItem, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = `${item.host} ${item.hostTitle} ${item.ruleName} ${item.series}`.toLowerCase();
  const labels = parseSeriesKey(item.series)?.labels ?? {};
  return words.every((word) => text.includes(word) || hasPair(item.tags, word) || hasPair(labels, word));
}

/** `role=web`, `env=` (whatever the value is). */
function hasPair(pairs: Readonly<Record<string, string>>, word: string): boolean {
  const at = word.indexOf('=');
  if (at <= 0) return false;
  const value = word.slice(at + 1);
  return Object.entries(pairs).some(
    ([name, own]) => name.toLowerCase() === word.slice(0, at) && own.toLowerCase().startsWith(value),
  );
}

interface HostLimits {
  readonly condition: RuleCondition | null;
  readonly input: RuleInput;
  readonly forMs: number | null;
  /** null while the rule is not known. */
  readonly subject: RuleSubject | null;
}

/** Compiled once for each selector: an alert is joined anew with each message. */
const matchers = new WeakMap<HostSelector, HostMatcher>();

function matcherOf(hosts: HostSelector): HostMatcher {
  const matcher = matchers.get(hosts) ?? hostMatcherOf(hosts);
  matchers.set(hosts, matcher);
  return matcher;
}

const plainInput: RuleInput = { kind: 'value' };

/** What a rule says for one host, its overrides applied: the first that means the host counts. */
export function limitsFor(spec: RuleSpec | null, host: SelectableHost): HostLimits {
  if (spec === null) return { condition: null, input: plainInput, forMs: null, subject: null };
  const override = spec.overrides.find(({ hosts }) => matcherOf(hosts)(host));
  const { subject } = spec;
  const isSeries = subject.kind === 'series';
  return {
    condition: isSeries ? (override?.condition ?? subject.condition) : null,
    input: isSeries ? subject.input : plainInput,
    forMs: override?.forMs ?? spec.forMs,
    subject,
  };
}

/** Of what is compared with the limits; `own` is that of the series, as far as it is known. */
function unitOf({ subject }: HostLimits, own: string): string {
  if (subject?.kind !== 'series') return own;
  return comparedUnit(subject, own === '' ? undefined : own);
}

/** Of two bounds the nearer one. */
export function thresholdOf(condition: RuleCondition | null, value: number | null): number | null {
  if (condition === null) return null;
  if (condition.kind !== 'outside') return condition.threshold;
  const { low, high } = condition;
  return value !== null && Math.abs(value - low) < Math.abs(value - high) ? low : high;
}

function unitOfCause({ cause, series }: Pick<AlertRow, 'cause' | 'series'>): string {
  return cause === 'clockSkew' ? 'ms' : unitOfKey(series);
}

/**
 * Alerts, what happened to them, and their notices, as REST gives them.
 */
import { z } from 'zod';
import type { AlertRow } from '#core/message.ts';
import { severities } from '#core/rule-spec.ts';
import type { AlertEvent, ListedNotice, StoredAlert, StoredNotice } from '../../store/alerts/alerts.ts';
import { causeWord, decisionWord } from '../../store/alerts/record.ts';
import { traceFields, traceFieldsOf } from './trace-fields.ts';
import { explain } from './trace-text.ts';

export const alertStates = ['pending', 'firing', 'resolved'] as const;
const seconds = z.number().describe('Epoch seconds');

const decision = z.enum([
  'told',
  'downtime',
  'silenced',
  'host_down',
  'mass_outage',
  'no_channel',
  'unchanged',
  'note',
]);

export const alertAnswer = z.object({
  id: z.number().int().nullable().describe('null while it is pending, and for a moment after it has fired'),
  rule_id: z.number().int(),
  rule: z.string().describe('Name of the rule, as it was then'),
  host_id: z.number().int().describe('0 for the fleet as a whole'),
  host: z.string(),
  series: z.string().describe('Canonical key; empty for the host itself'),
  state: z.enum(alertStates),
  severity: z.enum(severities),
  cause: z.enum(['limits', 'silence', 'host_down', 'mass_outage', 'clock_skew']),
  condition: z.string().describe('"above 90"; empty where there is none, and while it is pending'),
  threshold: z.number().nullable(),
  unit: z.string(),
  message: z.string().describe('One line for people'),
  since: seconds.describe('Time of the tick with which this state began'),
  value: z.number().nullable().describe('With which it fired'),
  fired: seconds.nullable().describe("By the hub's clock"),
  resolved: seconds.nullable(),
  resolved_value: z.number().nullable(),
  resolved_why: z.string().nullable().describe('good, or why else: gone, disabled, back, removed'),
  acknowledged: z.object({ at: seconds, by: z.string(), comment: z.string() }).nullable(),
  repeats: z.number().int().describe('How often it was told again'),
  escalations: z.number().int().describe('Steps of escalation taken'),
  decision: decision.describe('Whether people were told that it fires, or why not; note while that is not decided'),
});

export const alertListAnswer = z.object({
  alerts: z.array(alertAnswer),
  next: z.number().int().nullable().describe('To be given as "before" for what follows; null at the end'),
});

export const noticeAnswer = z.object({
  id: z.number().int(),
  channel_id: z.number().int(),
  channel: z.string(),
  kind: z.string().describe('Of the channel'),
  state: z.enum(['waiting', 'sending', 'sent', 'dead']),
  group: z.string().describe('Notices of one group that are due become one message'),
  created: seconds,
  due: seconds,
  sent: seconds.nullable(),
  attempts: z.number().int(),
  tries: z.array(z.unknown()).describe('The newest: when, how long it took, what was answered'),
});

export const noticeListAnswer = z.object({
  notices: z.array(
    noticeAnswer.extend({
      alert_id: z.number().int(),
      event: z.string().describe('What it tells: fired, resolved, …'),
      rule: z.string(),
      host: z.string(),
      message: z.string(),
    }),
  ),
  next: z.number().int().nullable(),
});

export const traceAnswer = z.object({
  alert: alertAnswer,
  explanation: z.array(z.string()).describe('Why somebody was told, or nobody, line by line'),
  events: z.array(
    z.object({
      id: z.number().int(),
      kind: z.enum(['fired', 'resolved', 'told', 'repeated', 'escalated', 'acknowledged']),
      at: seconds.describe("By the hub's clock"),
      tick: seconds.nullable().describe('Time of the tick'),
      value: z.number().nullable(),
      message: z.string(),
      decision,
      trace: traceFields,
      notices: z.array(noticeAnswer),
    }),
  ),
});

export function alertAnswerOf(alert: StoredAlert): z.infer<typeof alertAnswer> {
  const { acknowledgedMs, acknowledgedBy, acknowledgedComment, resolvedMs } = alert;
  return {
    id: alert.id,
    rule_id: alert.ruleId,
    rule: alert.ruleName,
    host_id: alert.hostId,
    host: alert.hostName,
    series: alert.series,
    state: resolvedMs === null ? 'firing' : 'resolved',
    severity: alert.severity,
    cause: alert.cause as z.infer<typeof alertAnswer>['cause'],
    condition: alert.condition,
    threshold: alert.threshold,
    unit: alert.unit,
    message: alert.message,
    since: (alert.resolvedTickMs ?? alert.firedTickMs) / 1_000,
    value: alert.firedValue,
    fired: alert.firedMs / 1_000,
    resolved: resolvedMs === null ? null : resolvedMs / 1_000,
    resolved_value: alert.resolvedValue,
    resolved_why: alert.resolvedWhy,
    acknowledged:
      acknowledgedMs === null
        ? null
        : { at: acknowledgedMs / 1_000, by: acknowledgedBy ?? '', comment: acknowledgedComment ?? '' },
    repeats: alert.repeats,
    escalations: alert.escalations,
    decision: alert.decision as z.infer<typeof decision>,
  };
}

/** `stored` is its history; null while it has none, and while the database is away. What it is now is known better in memory. */
export function openAlertAnswerOf(
  row: AlertRow,
  { hostName, stored }: { readonly hostName: string; readonly stored: StoredAlert | null },
): z.infer<typeof alertAnswer> {
  const now = {
    severity: row.severity,
    message: row.message,
    since: row.sinceMs / 1_000,
    decision: decisionWord(row.decision) as z.infer<typeof decision>,
  };
  if (stored !== null && row.phase === 'firing')
    return { ...alertAnswerOf(stored), ...now, rule: row.ruleName, host: hostName, state: 'firing' };
  return {
    ...now,
    id: row.alertId,
    rule_id: row.ruleId,
    rule: row.ruleName,
    host_id: row.hostId,
    host: hostName,
    series: row.series,
    state: row.phase === 'pending' ? 'pending' : 'firing',
    cause: causeWord(row.cause) as z.infer<typeof alertAnswer>['cause'],
    condition: '',
    threshold: null,
    unit: '',
    value: row.value,
    fired: null,
    resolved: null,
    resolved_value: null,
    resolved_why: null,
    acknowledged: null,
    repeats: 0,
    escalations: 0,
  };
}

export function noticeAnswerOf(notice: StoredNotice): z.infer<typeof noticeAnswer> {
  return {
    id: notice.id,
    channel_id: notice.channelId,
    channel: notice.channelName,
    kind: notice.channelKind,
    state: notice.state,
    group: notice.groupKey,
    created: notice.createdMs / 1_000,
    due: notice.dueMs / 1_000,
    sent: notice.sentMs === null ? null : notice.sentMs / 1_000,
    attempts: notice.attempts,
    tries: Array.isArray(notice.tries) ? notice.tries : [],
  };
}

export function listedNoticeOf(notice: ListedNotice): z.infer<typeof noticeListAnswer>['notices'][number] {
  const { alertId, eventKind, ruleName, hostName, message } = notice;
  return {
    ...noticeAnswerOf(notice),
    alert_id: alertId,
    event: eventKind,
    rule: ruleName,
    host: hostName,
    message,
  };
}

export function traceAnswerOf({
  alert,
  events,
}: {
  readonly alert: StoredAlert;
  readonly events: readonly AlertEvent[];
}): z.input<typeof traceAnswer> {
  return {
    alert: alertAnswerOf(alert),
    explanation: explain(alert, events),
    events: events.map(({ id, kind, atMs, tickMs, value, message, decision, trace, notices }) => ({
      id,
      kind: kind as z.infer<typeof traceAnswer>['events'][number]['kind'],
      at: atMs / 1_000,
      tick: tickMs === null ? null : tickMs / 1_000,
      value,
      message,
      decision: decision as z.infer<typeof traceAnswer>['events'][number]['decision'],
      trace: traceFieldsOf(trace),
      notices: notices.map(noticeAnswerOf),
    })),
  };
}

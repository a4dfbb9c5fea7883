/**
 * Alerts by REST: those that fire and fired, why somebody was told or nobody, acknowledging, and notices that were
 * given up. What the fields mean is in `docs/api.md`.
 */
import { type AlertCause, type AlertDecision, type Severity, severities } from '#core/rule-spec.ts';
import type { Asked, AskOptions, HubClient, JsonAnswer } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, textsOf, wordOf } from './parse.ts';

/** An alert as it is stored: one run of one rule on one series of one host. */
export interface StoredAlert {
  readonly id: number;
  readonly ruleId: number;
  readonly ruleName: string;
  /** 0 for the fleet. */
  readonly hostId: number;
  readonly host: string;
  readonly series: string;
  readonly severity: Severity;
  readonly cause: AlertCause;
  /** "above 90"; empty where there is none. */
  readonly condition: string;
  readonly threshold: number | null;
  readonly unit: string;
  readonly message: string;
  /** With which it fired. */
  readonly value: number | null;
  /** By the hub's clock. */
  readonly firedMs: number;
  readonly resolvedMs: number | null;
  readonly resolvedValue: number | null;
  /** `good`, or why else it ended. */
  readonly resolvedWhy: string;
  readonly acknowledged: Acknowledgement | null;
  readonly repeats: number;
  readonly escalations: number;
}

export interface Acknowledgement {
  readonly atMs: number;
  readonly by: string;
  readonly comment: string;
}

export const noticeStates = ['waiting', 'sending', 'sent', 'dead'] as const;

export interface Notice {
  readonly id: number;
  readonly channelId: number;
  readonly channel: string;
  /** Of the channel. */
  readonly kind: string;
  readonly state: (typeof noticeStates)[number];
  readonly dueMs: number;
  readonly sentMs: number | null;
  readonly attempts: number;
  /** The newest, oldest first. */
  readonly tries: readonly NoticeTry[];
}

export interface NoticeTry {
  readonly atMs: number;
  readonly tookMs: number | null;
  /** What the receiver said, or what went wrong. */
  readonly answer: string;
}

const eventKinds = ['fired', 'resolved', 'told', 'repeated', 'escalated', 'acknowledged'] as const;

export interface TraceEvent {
  readonly id: number;
  readonly kind: (typeof eventKinds)[number];
  readonly atMs: number;
  readonly value: number | null;
  readonly message: string;
  readonly decision: AlertDecision;
  /** States that led to it, by the time of ticks, oldest first. */
  readonly path: readonly { readonly phase: string; readonly atMs: number }[];
  /** Who kept it quiet: the downtime or the silence. */
  readonly quietBy: { readonly id: number; readonly author: string; readonly reason: string } | null;
  /** The first of what an acknowledgement says. */
  readonly by: string;
  readonly comment: string;
  /** Names; of channels that the rule names and that were not there. */
  readonly channels: readonly string[];
  readonly missingChannels: readonly string[];
  readonly notices: readonly Notice[];
}

export interface AlertTrace {
  readonly alert: StoredAlert;
  /** Oldest first. */
  readonly events: readonly TraceEvent[];
}

export interface AlertPage {
  readonly alerts: readonly StoredAlert[];
  /** To be given as `before` for what follows; null at the end. */
  readonly next: number | null;
}

export interface AlertQuery {
  readonly state?: 'firing' | 'resolved';
  readonly ruleId?: number;
  readonly host?: string;
  readonly severity?: Severity | null;
  /** Those that were open then or fired later, epoch ms. */
  readonly sinceMs?: number;
  readonly before?: number | null;
  readonly limit?: number;
}

/** Newest first. */
export async function readAlerts(
  client: HubClient,
  query: AlertQuery,
  options: AskOptions = {},
): Promise<Asked<AlertPage>> {
  const fields = new URLSearchParams();
  const write = (name: string, value: string | number | null | undefined) => {
    if (value !== null && value !== undefined && value !== '') fields.set(name, String(value));
  };
  write('state', query.state);
  write('rule', query.ruleId);
  write('host', query.host);
  write('severity', query.severity);
  write('since', query.sinceMs === undefined ? null : query.sinceMs / 1_000);
  write('before', query.before);
  write('limit', query.limit);
  const asked = await client.getJson(`/api/v1/alerts?${fields}`, options);
  return mapped(asked, ({ body }) => {
    const answer = fieldsOf(body);
    return { alerts: listOf(answer.get('alerts')).flatMap(alertOf), next: numberOf(answer.get('next')) };
  });
}

export async function readTrace(
  client: HubClient,
  alertId: number,
  options: AskOptions = {},
): Promise<Asked<AlertTrace>> {
  const asked = await client.getJson(`/api/v1/alerts/${alertId}/trace`, options);
  if (asked.kind === 'failed') return asked;
  const answer = fieldsOf(asked.value.body);
  const [alert] = alertOf(answer.get('alert'));
  if (alert === undefined) return unreadable;
  return { kind: 'ok', value: { alert, events: listOf(answer.get('events')).flatMap(eventOf) } };
}

/** Asked again it answers the same: the first to acknowledge counts. */
export async function acknowledgeAlert(
  client: HubClient,
  alertId: number,
  said: { readonly by: string; readonly comment: string },
): Promise<Asked<StoredAlert>> {
  const asked = await client.sendJson('POST', `/api/v1/alerts/${alertId}/ack`, said);
  if (asked.kind === 'failed') return asked;
  const [alert] = alertOf(asked.value.body);
  return alert === undefined ? unreadable : { kind: 'ok', value: alert };
}

/** Tries a notice again that was given up. */
export async function retryNotice(client: HubClient, noticeId: number): Promise<Asked<null>> {
  const asked = await client.sendJson('POST', `/api/v1/notices/${noticeId}/retry`, {});
  return mapped(asked, () => null);
}

const unreadable: Asked<never> = {
  kind: 'failed',
  why: 'The hub answered something that is no alert. Reload the page: it may have been updated.',
  status: null,
};

function mapped<T>(asked: Asked<JsonAnswer>, read: (answer: JsonAnswer) => T): Asked<T> {
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: read(asked.value) };
}

const causes: Readonly<Record<string, AlertCause>> = {
  limits: 'limits',
  silence: 'silence',
  host_down: 'hostDown',
  mass_outage: 'massOutage',
  clock_skew: 'clockSkew',
};

/** None for what is no stored alert: one that is pending has no id. */
export function alertOf(value: unknown): StoredAlert[] {
  const fields = fieldsOf(value);
  const id = numberOf(fields.get('id'));
  const firedMs = msOf(fields.get('fired'));
  if (id === null || firedMs === null) return [];
  return [
    {
      id,
      ruleId: numberOf(fields.get('rule_id')) ?? 0,
      ruleName: textOf(fields.get('rule')),
      hostId: numberOf(fields.get('host_id')) ?? 0,
      host: textOf(fields.get('host')),
      series: textOf(fields.get('series')),
      severity: wordOf(severities, fields.get('severity')) ?? 'warning',
      cause: causes[textOf(fields.get('cause'))] ?? 'limits',
      condition: textOf(fields.get('condition')),
      threshold: numberOf(fields.get('threshold')),
      unit: textOf(fields.get('unit')),
      message: textOf(fields.get('message')),
      value: numberOf(fields.get('value')),
      firedMs,
      resolvedMs: msOf(fields.get('resolved')),
      resolvedValue: numberOf(fields.get('resolved_value')),
      resolvedWhy: textOf(fields.get('resolved_why')),
      acknowledged: acknowledgementOf(fields.get('acknowledged')),
      repeats: numberOf(fields.get('repeats')) ?? 0,
      escalations: numberOf(fields.get('escalations')) ?? 0,
    },
  ];
}

function acknowledgementOf(value: unknown): Acknowledgement | null {
  const fields = fieldsOf(value);
  const atMs = msOf(fields.get('at'));
  return atMs === null ? null : { atMs, by: textOf(fields.get('by')), comment: textOf(fields.get('comment')) };
}

const decisions: Readonly<Record<string, AlertDecision>> = {
  told: 'told',
  downtime: 'downtime',
  silenced: 'silenced',
  host_down: 'hostDown',
  mass_outage: 'massOutage',
  no_channel: 'noChannel',
  unchanged: 'unchanged',
  note: 'note',
};

function eventOf(value: unknown): TraceEvent[] {
  const fields = fieldsOf(value);
  const kind = wordOf(eventKinds, fields.get('kind'));
  const atMs = msOf(fields.get('at'));
  if (kind === null || atMs === null) return [];
  const trace = fieldsOf(fields.get('trace'));
  return [
    {
      id: numberOf(fields.get('id')) ?? 0,
      kind,
      atMs,
      value: numberOf(fields.get('value')),
      message: textOf(fields.get('message')),
      decision: decisions[textOf(fields.get('decision'))] ?? 'note',
      path: listOf(trace.get('path')).flatMap(stepOf),
      quietBy: quietOf(trace.get('downtime'), 'reason') ?? quietOf(trace.get('silence'), 'comment'),
      by: textOf(trace.get('by')),
      comment: textOf(trace.get('comment')),
      channels: textsOf(trace.get('channels')),
      missingChannels: textsOf(trace.get('missing_channels')),
      notices: listOf(fields.get('notices')).flatMap(noticeOf),
    },
  ];
}

function stepOf(value: unknown): { phase: string; atMs: number }[] {
  const fields = fieldsOf(value);
  const atMs = msOf(fields.get('at'));
  const phase = textOf(fields.get('phase'));
  return atMs === null || phase === '' ? [] : [{ phase, atMs }];
}

function quietOf(value: unknown, reasonField: string): TraceEvent['quietBy'] {
  const fields = fieldsOf(value);
  const id = numberOf(fields.get('id'));
  return id === null ? null : { id, author: textOf(fields.get('author')), reason: textOf(fields.get(reasonField)) };
}

export function noticeOf(value: unknown): Notice[] {
  const fields = fieldsOf(value);
  const id = numberOf(fields.get('id'));
  if (id === null) return [];
  return [
    {
      id,
      channelId: numberOf(fields.get('channel_id')) ?? 0,
      channel: textOf(fields.get('channel')),
      kind: textOf(fields.get('kind')),
      state: wordOf(noticeStates, fields.get('state')) ?? 'waiting',
      dueMs: msOf(fields.get('due')) ?? 0,
      sentMs: msOf(fields.get('sent')),
      attempts: numberOf(fields.get('attempts')) ?? 0,
      tries: listOf(fields.get('tries')).flatMap(tryOf),
    },
  ];
}

/** Times of tries are written as text. */
function tryOf(value: unknown): NoticeTry[] {
  const fields = fieldsOf(value);
  const atMs = Date.parse(textOf(fields.get('at')));
  if (Number.isNaN(atMs)) return [];
  return [{ atMs, tookMs: numberOf(fields.get('took_ms')), answer: textOf(fields.get('answer')) }];
}

/**
 * Writes what has happened to alerts: state, event and outbox in one statement (`record_events`, sql/0003-alerts.sql).
 * May be repeated after any failure: what is known is left alone.
 */

import type { Phase } from '#core/rule.ts';
import type { AlertCause, AlertDecision, Severity } from '#core/rule-spec.ts';
import type { SavedTarget, TargetName } from '../../alerting/judgement.ts';
import type { Sql } from '../connect.ts';

export type EventKind = 'fired' | 'resolved' | 'told' | 'repeated' | 'escalated';

/** A row of the outbox to be. */
export interface OutboxRow {
  readonly channelId: number;
  readonly groupKey: string;
  /** How long it waits for others of its group, and how far it keeps from the message of the group before. */
  readonly waitMs: number;
  readonly intervalMs: number;
  /** It has been sent already, from memory. */
  readonly isSent: boolean;
}

export interface EventRow extends TargetName {
  readonly key: string;
  readonly kind: EventKind;
  /** Of the target, after the event. */
  readonly seq: number;
  /** Clock of the hub, and of the tick. */
  readonly atMs: number;
  readonly tickMs: number;
  readonly ordinal: number;
  readonly value: number | null;
  readonly message: string;
  readonly decision: AlertDecision;
  /** What answers "why": plain data. */
  readonly trace: unknown;
  readonly ruleName: string;
  readonly hostName: string;
  readonly severity: Severity;
  readonly cause: AlertCause;
  readonly condition: string;
  readonly threshold: number | null;
  readonly unit: string;
  /** Of `resolved`. */
  readonly why: string | null;
  /** Of `repeated` and `escalated`: the count with this one. */
  readonly step: number;
  readonly notices: readonly OutboxRow[];
}

/** Where the target of a row stands. `refused`: the step does not follow from it: somebody else has moved it. */
export interface RecordedEvent {
  readonly key: string;
  readonly outcome: 'recorded' | 'known' | 'refused';
  readonly alertId: number | null;
  readonly seq: number;
  readonly phase: Phase;
  readonly isTold: boolean;
}

const causeWords: Readonly<Record<AlertCause, string>> = {
  limits: 'limits',
  silence: 'silence',
  hostDown: 'host_down',
  massOutage: 'mass_outage',
  clockSkew: 'clock_skew',
};

const decisionWords: Readonly<Record<AlertDecision, string>> = {
  told: 'told',
  downtime: 'downtime',
  silenced: 'silenced',
  hostDown: 'host_down',
  massOutage: 'mass_outage',
  noChannel: 'no_channel',
  unchanged: 'unchanged',
  note: 'note',
};

/** The cause as it stands in the database and in REST, and back. */
export function causeWord(cause: AlertCause): string {
  return causeWords[cause];
}

/** The decision, likewise. */
export function decisionWord(decision: AlertDecision): string {
  return decisionWords[decision];
}

export function causeOfWord(word: string): AlertCause {
  const found = Object.entries(causeWords).find(([, value]) => value === word);
  return (found?.[0] ?? 'limits') as AlertCause;
}

/** Records the rows in order. Rejects when the database is away, or by the data of a row: then nothing is recorded. */
export async function recordEvents(sql: Sql, rows: readonly EventRow[]): Promise<RecordedEvent[]> {
  const answers = await sql<
    {
      key: string;
      outcome: RecordedEvent['outcome'];
      alert: string | null;
      seq: string;
      phase: Phase;
      is_told: boolean;
    }[]
  >`select * from record_events(${sql.json(rows.map(columnsOf) as never)})`;
  return answers.map((row) => ({
    key: row.key,
    outcome: row.outcome,
    alertId: row.alert === null ? null : Number(row.alert),
    seq: Number(row.seq),
    phase: row.phase,
    isTold: row.is_told,
  }));
}

function columnsOf(row: EventRow) {
  return {
    key: row.key,
    kind: row.kind,
    rule: row.ruleId,
    host: row.hostId,
    series: row.series,
    seq: row.seq,
    at_ms: row.atMs,
    tick_ms: row.tickMs,
    ordinal: row.ordinal,
    value: row.value,
    message: row.message,
    decision: decisionWords[row.decision],
    trace: row.trace,
    rule_name: row.ruleName,
    host_name: row.hostName,
    severity: row.severity,
    cause: causeWords[row.cause],
    condition: row.condition,
    threshold: row.threshold,
    unit: row.unit,
    why: row.why,
    step: row.step,
    notices: row.notices.map((notice) => ({
      channel: notice.channelId,
      group_key: notice.groupKey,
      wait_ms: notice.waitMs,
      interval_ms: notice.intervalMs,
      state: notice.isSent ? 'sent' : 'waiting',
    })),
  };
}

/** What alerting goes on with after a restart. */
export interface StoredTarget extends SavedTarget {
  /** This and what follows: of the open alert, or of the last one while people are still to be told of its end. */
  readonly firedAgoMs: number;
  readonly isAcknowledged: boolean;
  readonly repeats: number;
  readonly escalations: number;
  readonly severity: Severity;
  readonly message: string;
  readonly value: number | null;
}

/**
 * Targets that have ever left "inactive", as their seq is what the next event follows: all that people may have to be told
 * of, and of the others those that moved last. Of the rest it is learnt when they fire.
 */
export async function readTargets(sql: Sql, idleTargetsMax: number): Promise<StoredTarget[]> {
  const rows = await sql<
    {
      rule: number;
      host: number;
      series: string;
      phase: Phase;
      seq: string;
      isTold: boolean;
      alert: string | null;
      cause: string | null;
      sinceMs: number;
      lastMs: number;
      ordinal: number;
      firedAgoMs: number | null;
      isAcknowledged: boolean;
      repeats: number | null;
      escalations: number | null;
      severity: Severity | null;
      message: string | null;
      value: number | null;
    }[]
  >`
    select t.rule, t.host, t.series, t.phase, t.seq, t.is_told as "isTold", t.alert, a.cause, t.since_ms as "sinceMs",
      t.last_ms as "lastMs", t.ordinal, extract(epoch from clock_timestamp() - a.fired_at)::float8 * 1000 as "firedAgoMs",
      a.acknowledged_at is not null as "isAcknowledged", a.repeats, a.escalations, a.severity,
      case when t.phase = 'firing' then a.message else e.message end as message,
      case when t.phase = 'firing' then a.fired_value else a.resolved_value end as value
    from (
        (select * from alert_target where phase <> 'inactive' or is_told)
        union all
        (select * from alert_target where phase = 'inactive' and not is_told order by last_ms desc limit ${idleTargetsMax})
      ) t
      -- The open one; or the last one, when people are still to be told that it has ended.
      left join alert a on a.rule = t.rule and a.host = t.host and a.series = t.series
        and a.seq = case when t.phase = 'firing' or not t.is_told then t.seq else t.seq - 1 end
      left join alert_event e on e.alert = a.id and e.kind = 'resolved'`;
  return rows.map((row) => ({
    ruleId: row.rule,
    hostId: row.host,
    series: row.series,
    phase: row.phase,
    seq: Number(row.seq),
    isTold: row.isTold,
    alertId: row.alert === null ? null : Number(row.alert),
    cause: causeOfWord(row.cause ?? 'limits'),
    sinceMs: row.sinceMs,
    lastMs: row.lastMs,
    ordinal: row.ordinal,
    firedAgoMs: row.firedAgoMs ?? 0,
    isAcknowledged: row.isAcknowledged,
    repeats: row.repeats ?? 0,
    escalations: row.escalations ?? 0,
    severity: row.severity ?? 'warning',
    message: row.message ?? '',
    value: row.value,
  }));
}

export interface PendingTarget extends TargetName {
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly ordinal: number;
}

/** Keeps how far pending targets have come, and notes those that are pending no more. What fires is not touched. */
export async function savePending(
  sql: Sql,
  { pending, ended }: { readonly pending: readonly PendingTarget[]; readonly ended: readonly TargetName[] },
): Promise<void> {
  const columns = (targets: readonly TargetName[]) =>
    targets.map(({ ruleId, hostId, series }) => ({ rule: ruleId, host: hostId, series }));
  if (ended.length > 0) {
    await sql`
      update alert_target t set phase = 'inactive'
      from jsonb_to_recordset(${sql.json(columns(ended) as never)}) x(rule int, host int, series text)
      where t.rule = x.rule and t.host = x.host and t.series = x.series and t.phase = 'pending'`;
  }
  if (pending.length === 0) return;
  const rows = pending.map((target) => ({
    ...columns([target])[0],
    since_ms: target.sinceMs,
    last_ms: target.lastMs,
    ordinal: target.ordinal,
  }));
  await sql`
    insert into alert_target as t (rule, host, series, phase, since_ms, last_ms, ordinal)
    select x.rule, x.host, x.series, 'pending', x.since_ms, x.last_ms, x.ordinal
    from jsonb_to_recordset(${sql.json(rows as never)})
      x(rule int, host int, series text, since_ms float8, last_ms float8, ordinal int)
    on conflict (rule, host, series) do update
      set phase = 'pending', since_ms = excluded.since_ms, last_ms = excluded.last_ms, ordinal = excluded.ordinal
      where t.phase <> 'firing'`;
}

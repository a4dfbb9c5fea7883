/**
 * Alerts as people look at them: lists, one with everything that happened to it and why, acknowledging, and the notices
 * that wait, went out or could not. Reads take the newest first and are bounded; a cursor is the id of the last one.
 */
import type { Severity } from '#core/rule-spec.ts';
import type { Sql } from '../connect.ts';

export interface AlertRequest {
  /** null in these: any. */
  readonly state: 'firing' | 'resolved' | null;
  readonly hostName: string | null;
  readonly hostId: number | null;
  readonly ruleId: number | null;
  readonly severities: readonly Severity[];
  readonly isAcknowledged: boolean | null;
  /** Alerts that were open at any time in between, epoch ms. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  /** Only what stands behind this one in the list. */
  readonly beforeId: number | null;
  readonly countMax: number;
}

export interface StoredAlert {
  readonly id: number;
  readonly ruleId: number;
  readonly ruleName: string;
  /** 0 for the fleet. */
  readonly hostId: number;
  readonly hostName: string;
  readonly series: string;
  readonly severity: Severity;
  /** As in the database: `host_down`. */
  readonly cause: string;
  readonly condition: string;
  readonly threshold: number | null;
  readonly unit: string;
  readonly message: string;
  /** On the hub's clock, in which alerts are in order, and on that of the ticks. */
  readonly firedMs: number;
  readonly firedTickMs: number;
  readonly firedValue: number | null;
  readonly resolvedMs: number | null;
  readonly resolvedTickMs: number | null;
  readonly resolvedValue: number | null;
  readonly resolvedWhy: string | null;
  readonly acknowledgedMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedComment: string | null;
  readonly repeats: number;
  readonly escalations: number;
  /** What was decided last of telling that it fires, as in the database: `host_down`. */
  readonly decision: string;
}

export interface AlertEvent {
  readonly id: number;
  readonly kind: string;
  readonly atMs: number;
  readonly tickMs: number | null;
  readonly value: number | null;
  readonly message: string;
  readonly decision: string;
  /** What whoever decided has noted. */
  readonly trace: unknown;
  readonly notices: readonly StoredNotice[];
}

export interface StoredNotice {
  readonly id: number;
  readonly channelId: number;
  /** As it is called now, also one that has been removed. */
  readonly channelName: string;
  readonly channelKind: string;
  readonly state: 'waiting' | 'sending' | 'sent' | 'dead';
  readonly groupKey: string;
  readonly createdMs: number;
  readonly dueMs: number;
  readonly sentMs: number | null;
  readonly attempts: number;
  /** The newest tries: when, how long, what was answered. */
  readonly tries: unknown;
}

/** A notice with what it tells of. */
export interface ListedNotice extends StoredNotice {
  readonly alertId: number;
  readonly eventKind: string;
  readonly ruleName: string;
  readonly hostName: string;
  readonly message: string;
}

export interface NoticeRequest {
  readonly state: 'waiting' | 'sent' | 'dead' | null;
  readonly channelId: number | null;
  /** Only older ones than this. */
  readonly beforeId: number | null;
  readonly countMax: number;
}

/** Rejects, as all here, when the database is away. */
export async function readAlerts(sql: Sql, request: AlertRequest): Promise<StoredAlert[]> {
  const { state, hostName, hostId, ruleId, severities, isAcknowledged, sinceMs, untilMs, beforeId, countMax } = request;
  const rows = await sql<AlertColumns[]>`
    select ${alertColumns(sql)} from alert a
    where true
      ${state === 'firing' ? sql`and a.resolved_at is null` : state === 'resolved' ? sql`and a.resolved_at is not null` : sql``}
      ${hostName === null ? sql`` : sql`and a.host_name = ${hostName}`}
      ${hostId === null ? sql`` : sql`and a.host = ${hostId}`}
      ${ruleId === null ? sql`` : sql`and a.rule = ${ruleId}`}
      ${severities.length === 0 ? sql`` : sql`and a.severity in ${sql(severities)}`}
      ${isAcknowledged === null ? sql`` : isAcknowledged ? sql`and a.acknowledged_at is not null` : sql`and a.acknowledged_at is null`}
      ${untilMs === null ? sql`` : sql`and a.fired_at < to_timestamp(${untilMs}::float8 / 1000)`}
      ${sinceMs === null ? sql`` : sql`and coalesce(a.resolved_at, 'infinity') >= to_timestamp(${sinceMs}::float8 / 1000)`}
      ${beforeId === null ? sql`` : sql`and (a.fired_at, a.id) < (select b.fired_at, b.id from alert b where b.id = ${beforeId})`}
    order by a.fired_at desc, a.id desc limit ${countMax}`;
  return rows.map(alertOf);
}

/** In any order; those that are not there are missing. */
export async function readAlertsById(sql: Sql, ids: readonly number[]): Promise<StoredAlert[]> {
  const rows = await sql<AlertColumns[]>`
    select ${alertColumns(sql)} from alert a where a.id = any(${`{${ids.join(',')}}`}::int8[])`;
  return rows.map(alertOf);
}

export async function findAlert(sql: Sql, id: number): Promise<StoredAlert | null> {
  const [row] = await sql<AlertColumns[]>`select ${alertColumns(sql)} from alert a where a.id = ${id}`;
  return row === undefined ? null : alertOf(row);
}

/** Everything that happened to an alert, oldest first; null when there is none of that id. */
export async function readTrace(
  sql: Sql,
  id: number,
): Promise<{ readonly alert: StoredAlert; readonly events: readonly AlertEvent[] } | null> {
  const alert = await findAlert(sql, id);
  if (alert === null) return null;
  const isShown = sql`e.alert = ${id} and (
    e.id in (select f.id from alert_event f where f.alert = ${id} order by f.id limit ${firstEvents})
    or e.id in (select n.id from alert_event n where n.alert = ${id} order by n.id desc limit ${newestEvents}))`;
  const events = await sql<(Omit<AlertEvent, 'id' | 'notices'> & { id: string })[]>`
    select e.id, e.kind, extract(epoch from e.at)::float8 * 1000 as "atMs", e.tick_ms as "tickMs", e.value, e.message,
      e.decision, e.trace
    from alert_event e where ${isShown} order by e.id`;
  const notices = await sql<(NoticeColumns & { event: string })[]>`
    select o.event, ${noticeColumns(sql)} from outbox o left join channel c on c.id = o.channel
    where o.event in (select e.id from alert_event e where ${isShown}) order by o.id`;
  const byEvent = new Map<string, StoredNotice[]>(events.map((event) => [event.id, []]));
  for (const notice of notices) byEvent.get(notice.event)?.push(noticeOf(notice));
  return {
    alert,
    events: events.map((event) => ({
      ...event,
      id: Number(event.id),
      notices: byEvent.get(event.id) ?? [],
    })),
  };
}

export interface Acknowledgement {
  readonly alertId: number;
  readonly by: string;
  readonly comment: string;
}

/** The first to acknowledge counts; whoever comes later gets the alert as it is. null when there is none of that id. */
export async function acknowledge(
  sql: Sql,
  { alertId, by, comment }: Acknowledgement,
): Promise<{ readonly alert: StoredAlert; readonly isNew: boolean } | null> {
  const taken = await sql`
    with a as (
      update alert set acknowledged_at = clock_timestamp(), acknowledged_by = ${by}, acknowledged_comment = ${comment}
      where id = ${alertId} and acknowledged_at is null returning id, seq, acknowledged_at)
    insert into alert_event (alert, key, kind, seq, at, message, decision, trace)
    select a.id, 'acknowledged.' || a.id, 'acknowledged', a.seq, a.acknowledged_at, ${`Acknowledged by ${by}`}, 'note',
      ${sql.json({ by, comment })} from a
    returning id`;
  const alert = await findAlert(sql, alertId);
  return alert === null ? null : { alert, isNew: taken.length > 0 };
}

/** Newest first. */
export async function readNotices(sql: Sql, request: NoticeRequest): Promise<ListedNotice[]> {
  const { state, channelId, beforeId, countMax } = request;
  const rows = await sql<(NoticeColumns & ListedColumns)[]>`
    select ${noticeColumns(sql)}, e.alert, e.kind as "eventKind", e.message, a.rule_name as "ruleName", a.host_name as "hostName"
    from outbox o join alert_event e on e.id = o.event join alert a on a.id = e.alert left join channel c on c.id = o.channel
    where true
      ${state === null ? sql`` : state === 'waiting' ? sql`and o.state in ('waiting', 'sending')` : sql`and o.state = ${state}`}
      ${channelId === null ? sql`` : sql`and o.channel = ${channelId}`}
      ${beforeId === null ? sql`` : sql`and o.id < ${beforeId}`}
    order by o.id desc limit ${countMax}`;
  return rows.map(({ alert, ...row }) => ({ ...row, ...noticeOf(row), alertId: Number(alert) }));
}

/** Puts a dead notice back into the line, with all its tries before it; it goes out by itself, under another key. */
export async function retryNotice(sql: Sql, id: number): Promise<'waiting' | 'unknown' | 'notDead'> {
  const retried = await sql`
    update outbox set state = 'waiting', attempts = 0, due_at = clock_timestamp(), created_at = clock_timestamp(),
      leased_until = null, message = null
    where id = ${id} and state = 'dead'`;
  if (retried.count > 0) return 'waiting';
  const [row] = await sql`select from outbox where id = ${id}`;
  return row === undefined ? 'unknown' : 'notDead';
}

/** Events that are shown of one alert: how it began, and the newest. An alert that is repeated each minute for a day has more. */
const firstEvents = 20;
const newestEvents = 980;

type AlertColumns = Omit<StoredAlert, 'id'> & { readonly id: string };

function alertColumns(sql: Sql) {
  return sql`a.id, a.rule as "ruleId", a.rule_name as "ruleName", a.host as "hostId", a.host_name as "hostName", a.series,
    a.severity, a.cause, a.condition, a.threshold, a.unit, a.message,
    extract(epoch from a.fired_at)::float8 * 1000 as "firedMs", a.fired_ms as "firedTickMs", a.fired_value as "firedValue",
    extract(epoch from a.resolved_at)::float8 * 1000 as "resolvedMs", a.resolved_ms as "resolvedTickMs",
    a.resolved_value as "resolvedValue", a.resolved_why as "resolvedWhy",
    extract(epoch from a.acknowledged_at)::float8 * 1000 as "acknowledgedMs", a.acknowledged_by as "acknowledgedBy",
    a.acknowledged_comment as "acknowledgedComment", a.repeats, a.escalations,
    coalesce((select e.decision from alert_event e where e.alert = a.id and e.kind in ('fired', 'told')
      order by e.id desc limit 1), 'note') as decision`;
}

function alertOf(row: AlertColumns): StoredAlert {
  return { ...row, id: Number(row.id) };
}

type NoticeColumns = Omit<StoredNotice, 'id'> & { readonly id: string };

interface ListedColumns {
  readonly alert: string;
  readonly eventKind: string;
  readonly ruleName: string;
  readonly hostName: string;
  readonly message: string;
}

function noticeColumns(sql: Sql) {
  return sql`o.id, o.channel as "channelId", coalesce(c.name, '') as "channelName", coalesce(c.kind, '') as "channelKind",
    o.state, o.group_key as "groupKey", extract(epoch from o.created_at)::float8 * 1000 as "createdMs",
    extract(epoch from o.due_at)::float8 * 1000 as "dueMs", extract(epoch from o.sent_at)::float8 * 1000 as "sentMs",
    o.attempts, o.tries`;
}

function noticeOf(row: NoticeColumns): StoredNotice {
  const { id, channelId, channelName, channelKind, state, groupKey, createdMs, dueMs, sentMs, attempts, tries } = row;
  return {
    id: Number(id),
    channelId,
    channelName,
    channelKind,
    state,
    groupKey,
    createdMs,
    dueMs,
    sentMs,
    attempts,
    tries,
  };
}

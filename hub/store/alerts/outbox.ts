/**
 * The outbox as a queue: who may send, what is due, what became of it. Several hubs may work on one database.
 *
 *   waiting --claimed: the channel is leased, rows of due groups become messages--> sending --sent--> sent
 *      ^                                                                             |  |
 *      |--------- failed, due later; after a day --> dead <-------------------------'  |
 *      '--------- the lease has expired: its sender is gone, the same message again ----'
 *
 * A channel has one sender at a time, so its notices stay in order. A row stays in its message (`message`, the key by which
 * receivers know it) until that has surely not arrived; only then it is put together anew.
 */
import type { Severity } from '#core/rule-spec.ts';
import { targetKeyOf } from '../../alerting/event-key.ts';
import type { ChannelKind } from '../../notices/channel.ts';
import type { Outbox } from '../../notices/delivery.ts';
import type { NoticeEvent, NoticeKind } from '../../notices/notice.ts';
import type { Sql } from '../connect.ts';
import { causeOfWord } from './record.ts';

/** A channel is a sender's for so long, and so is what it has claimed. */
export const leaseMs = 60_000;
/** A notice that has not got through after so long is dead. */
export const outboxAgeMsMax = 86_400_000;
/** The newest tries that a row keeps. */
const triesMax = 10;

export interface LeasedChannel {
  readonly id: number;
  readonly name: string;
  readonly kind: ChannelKind;
  readonly sealedSettings: Readonly<Record<string, unknown>>;
  /** Neither removed nor disabled. */
  readonly isOpen: boolean;
  /** Names this very lease: its end, as the database writes it. Goes back as text, as a Date has no microseconds. */
  readonly lease: string;
}

/** A row in somebody's hands. */
export interface ClaimedRow {
  readonly id: string;
  readonly groupKey: string;
  /** Key of the message that it belongs to. */
  readonly messageKey: string;
  /** It has been in this message before. */
  readonly isRepeated: boolean;
  readonly attempts: number;
  readonly event: NoticeEvent;
}

export interface ClaimBounds {
  /** Rows that are in no message yet. */
  readonly rowsMax: number;
  /** More groups than that become one message together. */
  readonly groupsMax: number;
}

/** What is noted of a try at the row. */
export interface TryNote {
  readonly atMs: number;
  readonly tookMs: number;
  readonly answer: string;
}

/** Takes a channel that has something due and is nobody's; null when there is none. `exceptIds`: those that are in use here. */
export async function leaseChannel(sql: Sql, exceptIds: readonly number[]): Promise<LeasedChannel | null> {
  const [row] = await sql<
    {
      id: number;
      name: string;
      kind: ChannelKind;
      settings: Record<string, unknown>;
      isOpen: boolean;
      lease: string;
    }[]
  >`
    with ready as (
      select c.id from channel c
      where c.leased_until <= clock_timestamp() and c.id <> all (${`{${exceptIds.join(',')}}`}::int[])
        and exists (
          select from outbox o where o.channel = c.id and o.state in ('waiting', 'sending') and o.due_at <= clock_timestamp()
            and (o.state = 'waiting' or o.leased_until <= clock_timestamp()))
      order by c.leased_until, c.id limit 1 for update skip locked
    )
    update channel c set leased_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1_000})
    from ready where c.id = ready.id
    returning c.id, c.name, c.kind, c.settings, c.removed_at is null and c.is_enabled as "isOpen",
      c.leased_until::text as lease`;
  if (row === undefined) return null;
  const { settings, ...channel } = row;
  return { ...channel, sealedSettings: settings };
}

/**
 * Takes what is due of a leased channel, with all that waits in the same groups, in the order in which it happened. Rows
 * that may have arrived stay in their message; the others become one message for each group, or one for all of them.
 */
export async function claimRows(
  sql: Sql,
  { id, lease }: LeasedChannel,
  { rowsMax, groupsMax }: ClaimBounds,
): Promise<ClaimedRow[]> {
  const rows = await sql<ClaimedColumns[]>`
    with due as materialized (
      select distinct o.group_key from outbox o
      where o.channel = ${id} and o.state in ('waiting', 'sending') and o.due_at <= clock_timestamp()
        and (o.state = 'waiting' or o.leased_until <= clock_timestamp())
    ), candidate as materialized (
      select o.id, o.key, o.group_key, o.message from outbox o
      where o.channel = ${id} and o.group_key in (select group_key from due)
        and (o.state = 'waiting' or o.state = 'sending' and o.leased_until <= clock_timestamp())
      order by o.id for update
    ), fresh as materialized (
      select * from candidate where message is null order by id limit ${rowsMax}
    ), shape as (
      select count(distinct group_key) > ${groupsMax} as is_digest from fresh
    ), made as (
      select case when s.is_digest then null else f.group_key end as part,
        encode(sha256(convert_to(${id} || ' ' || string_agg(f.key, ' ' order by f.id), 'UTF8')), 'hex') as message
      from fresh f cross join shape s group by 1
    ), chosen as (
      select id, message, true as is_repeated from candidate where message is not null
      union all
      select f.id, m.message, false from fresh f cross join shape s
        join made m on m.part is not distinct from case when s.is_digest then null else f.group_key end
    ), claimed as (
      update outbox o set state = 'sending', message = c.message, leased_until = ${lease}::text::timestamptz,
        -- What is being sent is due: the index finds it when its sender is gone.
        due_at = least(o.due_at, clock_timestamp())
      from chosen c where o.id = c.id
      returning o.id, o.event, o.group_key, o.message, o.attempts, c.is_repeated
    )
    select c.id, c.group_key as "groupKey", c.message as "messageKey", c.attempts, c.is_repeated as "isRepeated",
      (select encode(h.id, 'hex') from hub h) as "hubId", e.key, e.kind, e.seq, e.value, e.message,
      coalesce(e.trace->'rule'->'spec'->>'summary', '') as summary,
      extract(epoch from e.at)::float8 * 1000 as "atMs", a.id as alert, a.rule, a.host, a.series, a.rule_name as "ruleName",
      a.host_name as "hostName", a.severity, a.cause, a.condition, a.unit,
      extract(epoch from a.fired_at)::float8 * 1000 as "firedMs", extract(epoch from a.resolved_at)::float8 * 1000 as "resolvedMs"
    from claimed c join alert_event e on e.id = c.event join alert a on a.id = e.alert order by c.id`;
  return rows.map(({ id: rowId, groupKey, messageKey, isRepeated, attempts, ...columns }) => ({
    id: rowId,
    groupKey,
    messageKey,
    isRepeated,
    attempts,
    event: eventOf(columns),
  }));
}

/** Notes that a message has been sent, by whoever holds it now. What came into its groups meanwhile keeps its distance. */
export async function settleSent(
  sql: Sql,
  { channelId, messageKey, note, intervalMs }: MessageName & { readonly note: TryNote; readonly intervalMs: number },
): Promise<void> {
  await sql`
    with sent as (
      update outbox o set state = 'sent', sent_at = clock_timestamp(), leased_until = null, attempts = o.attempts + 1,
        tries = ${withTry(sql, note)}
      where o.channel = ${channelId} and o.message = ${messageKey} and o.state in ('waiting', 'sending')
      returning o.group_key, o.id
    ), one as (
      select group_key, max(id) as id from sent group by 1
    ), kept as (
      insert into outbox_group as g (channel, group_key, sent_at)
      select ${channelId}, group_key, clock_timestamp() from one
      on conflict (channel, group_key) do update set sent_at = excluded.sent_at
    )
    update outbox o set due_at = greatest(o.due_at, clock_timestamp() + make_interval(secs => ${intervalMs / 1_000}))
    from one where o.channel = ${channelId} and o.group_key = one.group_key and o.id > one.id
      and o.state = 'waiting' and o.message is null`;
}

/** Notes that a message has failed: due again after `waitMs`, or dead when it is too old. Answers how many notices have died. */
export async function settleFailed(
  sql: Sql,
  message: MessageName & {
    readonly lease: string;
    readonly note: TryNote;
    readonly waitMs: number;
    /** It may be known to the receiver: it stays as it is. */
    readonly mayHaveArrived: boolean;
  },
): Promise<number> {
  const { channelId, messageKey, lease, note, waitMs, mayHaveArrived } = message;
  const rows = await sql<{ state: string }[]>`
    update outbox o set attempts = o.attempts + 1, leased_until = null, tries = ${withTry(sql, note)},
      message = case when ${mayHaveArrived} then o.message end,
      due_at = clock_timestamp() + make_interval(secs => ${waitMs / 1_000}),
      state = case when o.created_at < clock_timestamp() - make_interval(secs => ${outboxAgeMsMax / 1_000}) then 'dead'
        else 'waiting' end
    where o.channel = ${channelId} and o.message = ${messageKey} and o.state = 'sending' and o.leased_until = ${lease}::text::timestamptz
    returning o.state`;
  return rows.filter(({ state }) => state === 'dead').length;
}

/** Puts back what was claimed and not tried: it is as if nobody had touched it. `keptKeys`: messages that had been tried before. */
export async function putBack(
  sql: Sql,
  { id, lease }: Pick<LeasedChannel, 'id' | 'lease'>,
  keptKeys: readonly string[],
): Promise<void> {
  await sql`
    update outbox o set state = 'waiting', leased_until = null,
      message = case when o.message = any (${`{${keptKeys.join(',')}}`}::text[]) then o.message end
    where o.channel = ${id} and o.state = 'sending' and o.leased_until = ${lease}::text::timestamptz`;
}

/** Ends the lease; the channel is nobody's for `waitMs` after. */
export async function releaseChannel(
  sql: Sql,
  { id, lease }: Pick<LeasedChannel, 'id' | 'lease'>,
  waitMs: number,
): Promise<void> {
  await sql`
    update channel c set leased_until = clock_timestamp() + make_interval(secs => ${waitMs / 1_000})
    where c.id = ${id} and c.leased_until = ${lease}::text::timestamptz`;
}

/**
 * Of the channels that this transaction has changed or removed: what has failed is due at once, as it may be mended what it
 * failed of, and so is what nobody will send any more. A channel that is just being sent to is left alone.
 */
export async function hastenChanged(tx: Sql): Promise<void> {
  await tx`
    with changed as (
      update channel c set leased_until = '-infinity'
      where c.changed_at >= now() and not exists (
        select from outbox o where o.channel = c.id and o.state = 'sending' and o.leased_until > clock_timestamp())
      returning c.id, c.removed_at)
    update outbox o set due_at = clock_timestamp()
    from changed c where o.channel = c.id and o.state = 'waiting' and o.due_at > clock_timestamp()
      and (o.attempts > 0 or c.removed_at is not null)`;
}

/** Gives up what waits for a channel that is closed. Answers how many notices have died. */
export async function buryRows(sql: Sql, channelId: number, note: TryNote): Promise<number> {
  const result = await sql`
    update outbox o set state = 'dead', leased_until = null, tries = ${withTry(sql, note)}
    where o.channel = ${channelId} and (o.state = 'waiting' or o.state = 'sending' and o.leased_until <= clock_timestamp())`;
  return result.count;
}

/** In how many ms the next notice is due; null when none waits. Negative: for so long already. */
export async function readNextDueMs(sql: Sql): Promise<number | null> {
  const [row] = await sql<{ waitMs: number | null }[]>`
    select extract(epoch from min(greatest(c.leased_until, o.at)) - clock_timestamp())::float8 * 1000 as "waitMs"
    from channel c cross join lateral (
      select min(case o.state when 'waiting' then o.due_at else o.leased_until end) as at from outbox o
      where o.channel = c.id and o.state in ('waiting', 'sending')
    ) o where o.at is not null`;
  return row?.waitMs ?? null;
}

/** What waits and what is dead, all channels together. */
export interface OutboxUse {
  readonly waitingCount: number;
  /** Age of the oldest that waits; 0 without. */
  readonly waitingMs: number;
  readonly deadCount: number;
}

export async function readOutboxUse(sql: Sql): Promise<OutboxUse> {
  const [row] = await sql<OutboxUse[]>`
    select count(*)::int as "waitingCount", (select count(*)::int from outbox where state = 'dead') as "deadCount",
      coalesce(extract(epoch from clock_timestamp() - min(created_at))::float8 * 1000, 0) as "waitingMs"
    from outbox where state in ('waiting', 'sending')`;
  return row!;
}

/** The outbox behind these connections. */
export function outboxOver(sql: Sql): Outbox {
  return {
    lease: (exceptIds) => leaseChannel(sql, exceptIds),
    claim: (channel, bounds) => claimRows(sql, channel, bounds),
    settleSent: (sent) => settleSent(sql, sent),
    settleFailed: (failed) => settleFailed(sql, failed),
    putBack: (channel, keptKeys) => putBack(sql, channel, keptKeys),
    release: (channel, waitMs) => releaseChannel(sql, channel, waitMs),
    bury: (channelId, note) => buryRows(sql, channelId, note),
    nextDueMs: () => readNextDueMs(sql),
    use: () => readOutboxUse(sql),
  };
}

interface MessageName {
  readonly channelId: number;
  readonly messageKey: string;
}

interface EventColumns {
  readonly hubId: string;
  readonly key: string;
  readonly kind: NoticeKind;
  readonly seq: string;
  readonly value: number | null;
  readonly message: string;
  readonly summary: string;
  readonly atMs: number;
  readonly alert: string;
  readonly rule: number;
  readonly host: number;
  readonly series: string;
  readonly ruleName: string;
  readonly hostName: string;
  readonly severity: Severity;
  readonly cause: string;
  readonly condition: string;
  readonly unit: string;
  readonly firedMs: number;
  readonly resolvedMs: number | null;
}

interface ClaimedColumns extends EventColumns, Omit<ClaimedRow, 'event'> {}

function eventOf(row: EventColumns): NoticeEvent {
  const { key, kind, ruleName, hostName, series, severity, condition, value, unit, message, atMs, firedMs } = row;
  // As it was when it happened; the alert may have ended since.
  const isFiring = Number(row.seq) % 2 === 1;
  return {
    key,
    targetKey: targetKeyOf(row.hubId, { ruleId: row.rule, hostId: row.host, series }),
    kind,
    isFiring,
    alertId: Number(row.alert),
    ruleName,
    hostName,
    series,
    severity,
    cause: causeOfWord(row.cause),
    condition,
    value,
    unit,
    message,
    summary: row.summary,
    atMs,
    firedMs,
    resolvedMs: isFiring ? null : row.resolvedMs,
  };
}

/** The row's tries and this one, the newest of them. */
function withTry(sql: Sql, { atMs, tookMs, answer }: TryNote) {
  const note = { at: new Date(atMs).toISOString(), took_ms: Math.round(tookMs), answer };
  return sql`(
    select jsonb_agg(t.value order by t.place) from (
      select * from jsonb_array_elements(o.tries || ${sql.json([note])}::jsonb) with ordinality x(value, place)
      order by x.place desc limit ${triesMax}) t)`;
}

/** Rows of the outbox for tests: a channel, and notices that wait for it. */
import type postgres from 'postgres';
import type { ChannelKind } from '../notices/channel.ts';

/** Answers the id of a new channel. */
export async function addChannel(
  sql: postgres.Sql,
  channel: { readonly name?: string; readonly kind?: ChannelKind; readonly settings?: Record<string, unknown> } = {},
): Promise<number> {
  const { name = 'ops', kind = 'webhook', settings = {} } = channel;
  const [row] = await sql<{ id: number }[]>`
    insert into channel (name, kind, settings, origin) values (${name}, ${kind}, ${sql.json(settings as never)}, 'api') returning id`;
  return row!.id;
}

export interface NoticeOptions {
  readonly channelId: number;
  readonly groupKey?: string;
  /** The target; each has an alert of its own. */
  readonly series?: string;
  readonly seq?: number;
  readonly kind?: 'fired' | 'resolved' | 'told' | 'repeated' | 'escalated';
  /** From now; negative: it has been due. */
  readonly dueInMs?: number;
  readonly ageMs?: number;
}

/** An event and a row of the outbox for it. Answers the row's id. */
export async function addNotice(sql: postgres.Sql, options: NoticeOptions): Promise<string> {
  const { channelId, groupKey = 'rule:1', series = 'a', seq = 1, kind = 'fired', dueInMs = -1, ageMs = 0 } = options;
  const alertSeq = seq - ((seq + 1) % 2);
  const [alert] = await sql<{ id: string }[]>`
    insert into alert as a (rule, host, series, seq, rule_name, host_name, severity, cause, condition, unit, message,
      fired_at, fired_ms, resolved_at)
    values (1, 2, ${series}, ${alertSeq}, 'Disk nearly full', 'web-1', 'critical', 'limits', 'above 0.9', 'ratio', 'full',
      to_timestamp(1700000000), 1700000000000, case when ${seq % 2 === 0} then to_timestamp(1700000060) end)
    on conflict (rule, host, series, seq) do update set resolved_at = coalesce(a.resolved_at, excluded.resolved_at)
    returning id`;
  const key = `${series}.${seq}.${kind}`;
  const [event] = await sql<{ id: string }[]>`
    insert into alert_event as e (alert, key, kind, seq, at, value, message, decision)
    values (${alert!.id}, ${key}, ${kind}, ${seq}, to_timestamp(1700000000 + ${seq}), 0.97, 'full', 'told')
    on conflict (key) do update set message = excluded.message returning id`;
  const [row] = await sql<{ id: string }[]>`
    insert into outbox (channel, event, key, group_key, created_at, due_at)
    values (${channelId}, ${event!.id}, ${`${key}.${channelId}`}, ${groupKey},
      clock_timestamp() - make_interval(secs => ${ageMs / 1_000}), clock_timestamp() + make_interval(secs => ${dueInMs / 1_000}))
    returning id`;
  return row!.id;
}

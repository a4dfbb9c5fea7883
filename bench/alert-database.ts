/**
 * What the database says of alerts: targets, what was recorded and when that was committed, and what waits to be sent.
 */
import type { AlertTarget, RecordedEvent } from './alert-check.ts';
import type { Database, Sql } from './database.ts';

export interface CommittedEvent extends RecordedEvent {
  readonly ruleName: string;
  readonly hostName: string;
  readonly cause: string;
  readonly tickMs: number;
  /** Epoch ms by the machine's wall clock: of the commit where the server keeps it, else of the statement's start. */
  readonly committedMs: number;
}

/** The server keeps the moment of each commit from its next start on. */
export async function trackCommits({ sql }: Database): Promise<void> {
  await sql.unsafe('alter system set track_commit_timestamp = on');
}

export async function readEvents(sql: Sql): Promise<CommittedEvent[]> {
  const [setting] = await sql<{ value: string }[]>`select current_setting('track_commit_timestamp') as value`;
  const committed = setting?.value === 'on' ? sql`coalesce(pg_xact_commit_timestamp(e.xmin), e.at)` : sql`e.at`;
  return await sql<CommittedEvent[]>`
    select e.key, a.rule || ' ' || a.host || ' ' || a.series as target, e.kind, e.seq::int as seq, e.decision,
      a.rule_name as "ruleName", a.host_name as "hostName", a.cause, e.tick_ms as "tickMs",
      extract(epoch from ${committed})::float8 * 1000 as "committedMs"
    from alert_event e join alert a on a.id = e.alert where e.kind <> 'acknowledged' order by e.id`;
}

/** Targets that have ever fired. */
export async function readAlertTargets(sql: Sql): Promise<(AlertTarget & { readonly ruleName: string })[]> {
  return await sql`
    select t.rule || ' ' || t.host || ' ' || t.series as target, r.name as "ruleName", t.phase = 'firing' as "isFiring",
      t.is_told as "isTold"
    from alert_target t join rule r on r.id = t.rule where t.seq > 0`;
}

export interface OutboxCounts {
  readonly unsent: number;
  readonly dead: number;
}

export async function readOutbox(sql: Sql): Promise<OutboxCounts> {
  const [row] = await sql<OutboxCounts[]>`
    select count(*) filter (where state in ('waiting', 'sending'))::int as unsent,
      count(*) filter (where state = 'dead')::int as dead from outbox`;
  return row ?? { unsent: 0, dead: 0 };
}

export async function countRules(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from rule where removed_at is null and is_enabled`;
  return row?.count ?? 0;
}

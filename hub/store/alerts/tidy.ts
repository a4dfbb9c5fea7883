/**
 * Lets go of what is old: notices that are settled, alerts that have ended, with all that happened to them, and targets that
 * nothing can be said of any more. Slice by slice, so that nothing waits for it.
 */
import type { Sql } from '../connect.ts';

/** A trace of who was told is of use for a quarter; the event itself stays as long as its alert. */
const settledNoticeDays = 90;
/** A target without alerts begins anew, with keys that it had before: by then no receiver knows them. */
const idleTargetDays = 366;
const sliceRows = 1_000;

export interface TidyCounts {
  readonly notices: number;
  readonly alerts: number;
}

/** `alertDays`: for how long an alert is kept after its end. `pause` is awaited between two slices. Rejects when the database is away. */
export async function tidyAlerts(
  sql: Sql,
  { alertDays, pause }: { readonly alertDays: number; readonly pause: () => Promise<void> },
): Promise<TidyCounts> {
  const inSlices = async (remove: () => Promise<number>) => {
    for (let total = 0; ; await pause()) {
      const count = await remove();
      total += count;
      if (count < sliceRows) return total;
    }
  };
  const alerts = await inSlices(() => removeAlerts(sql, alertDays));
  const notices = await inSlices(() => removeNotices(sql));
  await inSlices(() => removeTargets(sql));
  await sql`delete from outbox_group where sent_at < now() - make_interval(days => ${settledNoticeDays})`;
  return { notices, alerts };
}

/** Events and notices go with their alert. One stays as long as people are still to be told of its end. */
async function removeAlerts(sql: Sql, days: number): Promise<number> {
  const removed = await sql`
    with old as (
      select id from alert a where fired_at < now() - make_interval(days => ${days})
        and resolved_at < now() - make_interval(days => ${days})
        and not exists (select from alert_target t
          where t.rule = a.rule and t.host = a.host and t.series = a.series and t.is_told and t.seq = a.seq + 1)
      order by fired_at limit ${sliceRows} for update of a skip locked
    )
    delete from alert a using old where a.id = old.id`;
  return removed.count;
}

/** Ids rise with time: when there is nothing old among the first, there is nothing old at all. */
async function removeNotices(sql: Sql): Promise<number> {
  const removed = await sql`
    with first as materialized (
      select id, state, created_at from outbox order by id limit ${sliceRows}
    ), old as (
      select id from first where state in ('sent', 'dead') and created_at < now() - make_interval(days => ${settledNoticeDays})
    )
    delete from outbox o using old where o.id = old.id`;
  return removed.count;
}

/** Of removed rules and hosts, which do not come back; those that were pending and never fired; and those whose alerts are all gone. */
async function removeTargets(sql: Sql): Promise<number> {
  const removed = await sql`
    with idle as (
      select t.rule, t.host, t.series from alert_target t
      where t.phase = 'inactive' and not t.is_told and (
        t.seq = 0
        or exists (select from rule r where r.id = t.rule and r.removed_at is not null)
        or t.host <> 0 and not exists (select from host h where h.id = t.host)
        or t.last_ms < extract(epoch from now() - make_interval(days => ${idleTargetDays})) * 1000
          and not exists (select from alert a where a.rule = t.rule and a.host = t.host and a.series = t.series))
      limit ${sliceRows} for update skip locked
    )
    delete from alert_target t using idle i where t.rule = i.rule and t.host = i.host and t.series = i.series`;
  return removed.count;
}

import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { withDatabase } from '../../testing/database.ts';
import { addChannel, addNotice } from '../../testing/outbox-fixture.ts';
import { tidyAlerts } from './tidy.ts';

const dayMs = 86_400_000;

/** Alerts of targets that fired so many days ago; they ended a day later unless they are open. */
async function addAlerts(sql: postgres.Sql, count: number, age: { readonly days: number; readonly isOpen?: boolean }) {
  await sql`
    insert into alert (rule, host, series, seq, rule_name, host_name, severity, cause, message, fired_at, fired_ms, resolved_at)
    select 1, 1, ${`${age.days} ${age.isOpen ?? false} `} || n, 1, 'r', 'h', 'info', 'limits', '', now() - make_interval(days => ${age.days}), 0,
      ${age.isOpen === true ? null : sql`now() - make_interval(days => ${age.days - 1})`}
    from generate_series(1, ${count}) n`;
  await sql`
    insert into alert_event (alert, key, kind, seq, at, message, decision)
    select id, 'k' || id, 'fired', 1, now(), '', 'told' from alert on conflict do nothing`;
}

const count = async (sql: postgres.Sql, table: string) =>
  Number((await sql`select count(*) as n from ${sql(table)}`)[0]!['n']);

test('tidyAlerts() removes alerts that ended long ago with their events, in slices, and no open one', () =>
  withDatabase(async ({ sql }) => {
    await addAlerts(sql, 2_100, { days: 40 });
    await addAlerts(sql, 3, { days: 31 });
    await addAlerts(sql, 5, { days: 40, isOpen: true });
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    expect(await tidyAlerts(sql, { alertDays: 30, pause })).toEqual({ alerts: 2_103, notices: 0 });
    expect(pauses).toBe(2);
    expect([await count(sql, 'alert'), await count(sql, 'alert_event')]).toEqual([5, 5]);
  }));

test('tidyAlerts() keeps an alert of whose end people are still to be told', () =>
  withDatabase(async ({ sql }) => {
    await addAlerts(sql, 2, { days: 40 });
    const target = { rule: 1, host: 1, series: '40 false 1', phase: 'inactive', seq: 2, is_told: true };
    await sql`insert into alert_target ${sql(target)}`;
    expect(await tidyAlerts(sql, { alertDays: 30, pause: async () => {} })).toEqual({ alerts: 1, notices: 0 });
    expect(await sql`select series from alert`).toEqual([{ series: '40 false 1' }]);
  }));

test('tidyAlerts() removes settled notices after 90 days, and none that waits', () =>
  withDatabase(async ({ sql }) => {
    const channelId = await addChannel(sql);
    const old = [];
    for (const series of ['a', 'b', 'c']) old.push(await addNotice(sql, { channelId, series, ageMs: 91 * dayMs }));
    const young = await addNotice(sql, { channelId, series: 'd', ageMs: 89 * dayMs });
    await sql`update outbox set state = 'sent' where id = any (${[old[0]!, young]})`;
    await sql`update outbox set state = 'dead' where id = ${old[1]!}`;
    await sql`insert into outbox_group values (${channelId}, 'old', now() - interval '91 days'), (${channelId}, 'new', now())`;

    expect(await tidyAlerts(sql, { alertDays: 1_000_000, pause: async () => {} })).toEqual({ alerts: 0, notices: 2 });
    expect((await sql<{ id: string }[]>`select id from outbox order by id`).map(({ id }) => id)).toEqual([
      old[2],
      young,
    ]);
    expect(await sql`select group_key from outbox_group`).toEqual([{ group_key: 'new' }]);
  }));

test('tidyAlerts() removes targets that never fired, of removed rules, and of long ago; none that people were told of', () =>
  withDatabase(async ({ sql }) => {
    await sql`insert into rule (id, name, spec, origin, removed_at) overriding system value
      values (1, 'kept', '{}', 'api', null), (2, 'removed', '{}', 'api', now())`;
    const oldMs = Date.now() - 400 * dayMs;
    const targets = [
      { rule: 1, series: 'never fired', phase: 'inactive', seq: 0, is_told: false, last_ms: Date.now() },
      { rule: 1, series: 'pending', phase: 'pending', seq: 0, is_told: false, last_ms: Date.now() },
      { rule: 1, series: 'lately', phase: 'inactive', seq: 2, is_told: false, last_ms: Date.now() },
      { rule: 1, series: 'long ago', phase: 'inactive', seq: 2, is_told: false, last_ms: oldMs },
      { rule: 1, series: 'untold', phase: 'inactive', seq: 2, is_told: true, last_ms: oldMs },
      { rule: 1, series: '400 false 1', phase: 'inactive', seq: 2, is_told: false, last_ms: oldMs },
      { rule: 2, series: 'rule removed', phase: 'inactive', seq: 2, is_told: false, last_ms: Date.now() },
    ];
    const [{ id: host } = { id: 0 }] = await sql<
      { id: number }[]
    >`insert into host (name, kind) values ('web', 'push') returning id`;
    await sql`insert into alert_target ${sql(targets.map((one) => ({ host, ...one })))}`;
    await sql`insert into alert_target ${sql({ ...targets[2]!, host: 99 })}`;
    await addAlerts(sql, 1, { days: 400 });
    await tidyAlerts(sql, { alertDays: 1_000, pause: async () => {} });
    const left = await sql<{ series: string }[]>`select series from alert_target order by series`;
    expect(left.map(({ series }) => series)).toEqual(['400 false 1', 'lately', 'pending', 'untold']);
  }));

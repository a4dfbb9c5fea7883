/**
 * Archived hosts: hidden, their names free, their data kept until it expires. Hosts tagged `ephemeral` are archived by
 * themselves; one whose agent comes back is brought back.
 */
import type { Sql } from './connect.ts';

/**
 * Archives the hosts tagged `ephemeral` of which nothing has been stored for as many hours as the tag says, or for
 * `hours` where it says no number. What people say of the tag wins over the agent; null takes it away. The streams of
 * pushed bodies do not stay, so their ticks are looked for as well. Answers the names.
 */
export async function archiveEphemeral(sql: Sql, hours: number): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    update host h set archived_at = now()
    from (
      select id, case when said ~ '^[0-9]{1,4}$' and said::int > 0 then said::int else ${hours}::int end as hours
      from (select id, (agent_tags || tags) ->> 'ephemeral' as said from host
        where removed_at is null and archived_at is null and (agent_tags || tags) ? 'ephemeral') tagged
      where said is not null) e
    where h.id = e.id and h.archived_at is null and h.removed_at is null
      and h.created_at < now() - make_interval(hours => e.hours)
      and not exists (select from stream s where s.host = h.id and s.stored_at > now() - make_interval(hours => e.hours))
      and not exists (select from batch b where b.host = h.id and b.to_ms > (extract(epoch from now()) - e.hours * 3600) * 1000)
      and not exists (select from chunk c where c.host = h.id and c.tier = 0
        and c.day >= floor(extract(epoch from now()) / 86400)::int - e.hours / 24 - 1
        and c.to_ms > (extract(epoch from now()) - e.hours * 3600) * 1000)
    returning h.name`;
  return rows.map(({ name }) => name);
}

/** Brings an archived host back, under its name or, where that is taken, under the next free `name-n`. No-op for any other host. */
export async function reviveHost(sql: Sql, hostId: number): Promise<void> {
  const [archived] =
    await sql`select from host where id = ${hostId} and archived_at is not null and removed_at is null`;
  if (archived === undefined) return;
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    // As an enrolment does: two must not find the same name free.
    await tx`select pg_advisory_xact_lock(hashtext('pulsewire.enrol'))`;
    await tx`update host h set archived_at = null, name = (
        select candidate from (
          select h.name as candidate, 0 as place union all select left(h.name, 240) || '-' || n, n from generate_series(2, 10000) n) c
        where not exists (select from host o where o.name = c.candidate and o.removed_at is null and o.archived_at is null)
        order by place limit 1)
      where h.id = ${hostId} and h.archived_at is not null and h.removed_at is null`;
  });
}

/** Brings back the host of this name that pushed and was archived last, unless another host has the name. */
export async function revivePushedHost(sql: Sql, name: string): Promise<void> {
  await sql`
    update host set archived_at = null
    where id = (
        select id from host where name = ${name} and kind = 'push' and archived_at is not null and removed_at is null
        order by archived_at desc limit 1)
      and not exists (select from host h where h.name = ${name} and h.removed_at is null and h.archived_at is null)`;
}

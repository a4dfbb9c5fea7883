/**
 * What the file of alerts says, put into the database by one transaction: what is new is made, what differs is changed,
 * what the file says no more is removed. Rows are known by their names; one that people made by REST under such a name
 * becomes the file's.
 */
import type { DowntimeSpec } from '#core/downtime.ts';
import type { Sql } from '../connect.ts';
import type { ChannelDraft } from './channels.ts';
import { hastenChanged } from './outbox.ts';
import type { RuleDraft } from './rules.ts';

export interface FileDefinitions {
  readonly rules: readonly RuleDraft[];
  readonly channels: readonly ChannelDraft[];
  readonly downtimes: readonly { readonly name: string; readonly spec: DowntimeSpec }[];
}

export interface FileSummary {
  readonly created: number;
  readonly changed: number;
  readonly removed: number;
}

/** Two hubs that start at once apply theirs one after the other. */
const lockName = 'pulsewire.alerts-file';

/** Answers what was done, or which bound was in the way: then nothing is changed. Rejects when the database is away. */
export async function applyFile(
  sql: Sql,
  {
    file,
    max,
  }: { readonly file: FileDefinitions; readonly max: Readonly<Record<'rule' | 'channel' | 'downtime', number>> },
): Promise<
  { readonly kind: 'done'; readonly summary: FileSummary } | { readonly kind: 'full'; readonly table: string }
> {
  try {
    return await sql.begin(async (transaction) => {
      const tx = transaction as unknown as Sql;
      await tx`select pg_advisory_xact_lock(hashtext(${lockName}))`;
      const summaries = [await applyChannels(tx, file), await applyRules(tx, file), await applyDowntimes(tx, file)];
      for (const table of ['rule', 'channel', 'downtime'] as const) {
        const [row] = await tx<{ count: number }[]>`
          select count(*)::int as count from ${tx(table)} where removed_at is null`;
        if (row!.count > max[table]) throw new FullError(table);
      }
      const total = (field: keyof FileSummary) => summaries.reduce((sum, one) => sum + one[field], 0);
      return {
        kind: 'done' as const,
        summary: { created: total('created'), changed: total('changed'), removed: total('removed') },
      };
    });
  } catch (error) {
    if (error instanceof FullError) return { kind: 'full', table: error.table };
    throw error;
  }
}

/** Takes the transaction back. */
class FullError extends Error {
  readonly table: string;

  constructor(table: string) {
    super(`Cannot apply the file: there are too many of ${table}`);
    this.table = table;
  }
}

async function applyRules(tx: Sql, { rules }: FileDefinitions): Promise<FileSummary> {
  const rows = rules.map(({ name, spec, isEnabled }) => ({ name, spec, is_enabled: isEnabled }));
  const [summary] = await tx<FileSummary[]>`
    with x as (
        select * from rows from (jsonb_to_recordset(${tx.json(rows as never)}) as (name text, spec jsonb, is_enabled boolean))
          with ordinality x(name, spec, is_enabled, place)),
      changed as (
        update rule r set spec = x.spec, is_enabled = x.is_enabled, origin = 'file', version = r.version + 1,
          changed_at = clock_timestamp()
        from x where r.name = x.name and r.removed_at is null
          and (r.spec, r.is_enabled, r.origin) is distinct from (x.spec, x.is_enabled, 'file') returning r.id),
      removed as (
        update rule r set removed_at = clock_timestamp(), changed_at = clock_timestamp(), version = r.version + 1
        where r.removed_at is null and r.origin = 'file' and not exists (select from x where x.name = r.name)
        returning r.id),
      created as (
        insert into rule (name, spec, is_enabled, origin) select x.name, x.spec, x.is_enabled, 'file' from x
        where not exists (select from rule r where r.name = x.name and r.removed_at is null) order by x.place
        returning id)
    select (select count(*) from created)::int as created, (select count(*) from changed)::int as changed,
      (select count(*) from removed)::int as removed`;
  return summary!;
}

async function applyChannels(tx: Sql, { channels }: FileDefinitions): Promise<FileSummary> {
  const rows = channels.map(({ name, kind, sealedSettings, isEnabled }) => ({
    name,
    kind,
    settings: sealedSettings,
    is_enabled: isEnabled,
  }));
  const [summary] = await tx<FileSummary[]>`
    with x as (
        select * from rows from (
            jsonb_to_recordset(${tx.json(rows as never)}) as (name text, kind text, settings jsonb, is_enabled boolean))
          with ordinality x(name, kind, settings, is_enabled, place)),
      changed as (
        update channel c set kind = x.kind, settings = x.settings, is_enabled = x.is_enabled, origin = 'file',
          version = c.version + 1, changed_at = clock_timestamp()
        from x where c.name = x.name and c.removed_at is null
          and (c.kind, c.settings, c.is_enabled, c.origin) is distinct from (x.kind, x.settings, x.is_enabled, 'file')
        returning c.id),
      removed as (
        update channel c set removed_at = clock_timestamp(), changed_at = clock_timestamp(), version = c.version + 1
        where c.removed_at is null and c.origin = 'file' and not exists (select from x where x.name = c.name)
        returning c.id),
      created as (
        insert into channel (name, kind, settings, is_enabled, origin)
        select x.name, x.kind, x.settings, x.is_enabled, 'file' from x
        where not exists (select from channel c where c.name = x.name and c.removed_at is null) order by x.place
        returning id)
    select (select count(*) from created)::int as created, (select count(*) from changed)::int as changed,
      (select count(*) from removed)::int as removed`;
  await hastenChanged(tx);
  return summary!;
}

/** Those of people have no name: the two never meet. */
async function applyDowntimes(tx: Sql, { downtimes }: FileDefinitions): Promise<FileSummary> {
  const [summary] = await tx<FileSummary[]>`
    with x as (
        select * from rows from (jsonb_to_recordset(${tx.json(downtimes as never)}) as (name text, spec jsonb))
          with ordinality x(name, spec, place)),
      changed as (
        update downtime d set spec = x.spec, changed_at = clock_timestamp()
        from x where d.name = x.name and d.removed_at is null and d.origin = 'file' and d.spec is distinct from x.spec
        returning d.id),
      removed as (
        update downtime d set removed_at = clock_timestamp(), changed_at = clock_timestamp()
        where d.removed_at is null and d.origin = 'file' and not exists (select from x where x.name = d.name)
        returning d.id),
      created as (
        insert into downtime (name, spec, origin) select x.name, x.spec, 'file' from x
        where not exists (select from downtime d where d.name = x.name and d.removed_at is null and d.origin = 'file')
        order by x.place returning id)
    select (select count(*) from created)::int as created, (select count(*) from changed)::int as changed,
      (select count(*) from removed)::int as removed`;
  return summary!;
}

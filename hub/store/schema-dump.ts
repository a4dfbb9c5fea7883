/**
 * The schema of a database as sorted text: what `sql/schema.sql` holds and CI compares, as the embedded
 * binaries have no pg_dump. It is read by people and by diff, not run: names and definitions are those of
 * PostgreSQL's own catalogue functions, and nothing in it depends on the order of creation or on the major version.
 * Partitions whose name ends in a number are made at run time (chunks/partitions.ts) and left out.
 */
import type postgres from 'postgres';

interface RelationRow {
  readonly id: number;
  readonly name: string;
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'S' | 'f';
  readonly parent: string | null;
  readonly bound: string | null;
  readonly partition_key: string | null;
  readonly options: string | null;
  readonly persistence: 'p' | 'u' | 't';
  readonly definition: string | null;
}

interface PartRow {
  readonly relation: number;
  readonly text: string;
}

/** The text for everything in the schema `public`, without what extensions brought. It ends in a line feed. */
export async function dumpSchema(sql: postgres.Sql): Promise<string> {
  const relations = await readRelations(sql);
  const columns = group(await readColumns(sql));
  const details = group([...(await readConstraints(sql)), ...(await readIndexes(sql)), ...(await readTriggers(sql))]);
  const blocks = [
    '-- Written from the catalogue after all migrations. Do not edit: change a migration and write it again.\n',
    ...(await readTypes(sql)),
    ...relations.map((relation) => formatRelation(relation, { columns, details })),
    ...(await readFunctions(sql)),
  ];
  return blocks.join('\n');
}

function formatRelation(
  relation: RelationRow,
  parts: { readonly columns: Map<number, string[]>; readonly details: Map<number, string[]> },
): string {
  const columns = parts.columns.get(relation.id) ?? [];
  const details = (parts.details.get(relation.id) ?? []).map((line) => `${line};\n`).join('');
  const options = relation.options === null ? '' : ` with (${relation.options})`;
  switch (relation.kind) {
    case 'v':
    case 'm':
      return `create ${relation.kind === 'm' ? 'materialized ' : ''}view ${relation.name}${options} as\n${relation.definition}\n${details}`;
    case 'S':
      return `create sequence ${relation.name};\n`;
    case 'r':
    case 'p':
    case 'f': {
      const kind = `${relation.persistence === 'u' ? 'unlogged ' : ''}${relation.kind === 'f' ? 'foreign ' : ''}table`;
      const partition = relation.partition_key === null ? '' : ` partition by ${relation.partition_key}`;
      const parent = relation.parent === null ? '' : ` partition of ${relation.parent} ${relation.bound ?? ''}`;
      const body = columns.map((column) => `  ${column}`).join(',\n');
      return `create ${kind} ${relation.name}${parent} (\n${body}\n)${partition}${options};\n${details}`;
    }
  }
}

function group(rows: readonly PartRow[]): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const { relation, text } of rows) {
    const lines = groups.get(relation);
    if (lines === undefined) groups.set(relation, [text]);
    else lines.push(text);
  }
  return groups;
}

/** Sorted by name in byte order, partitions after all other tables. A sequence of an identity column is part of that column. */
async function readRelations(sql: postgres.Sql): Promise<readonly RelationRow[]> {
  return sql<RelationRow[]>`
    select c.oid::int8::int as id, c.relname as name, c.relkind as kind, c.relpersistence as persistence,
      i.inhparent::regclass::text as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
      case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
      (select string_agg(o, ', ' order by o) from (
         select unnest(c.reloptions) as o
         union all select 'toast.' || unnest(t.reloptions) from pg_class t where t.oid = c.reltoastrelid) x) as options,
      case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid, true) end as definition
    from pg_class c left join pg_inherits i on i.inhrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      and c.relname !~ '^chunk_(raw|minute|hour)_[0-9]+$'
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'i') and d.refclassid <> 'pg_class'::regclass)
      and not (c.relkind = 'S' and exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
    order by c.relispartition, c.relname collate "C"`;
}

async function readColumns(sql: postgres.Sql): Promise<readonly PartRow[]> {
  return sql<PartRow[]>`
    select a.attrelid::int8::int as relation,
      a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || case when a.attcollation not in (0, t.typcollation) then ' collate "' || l.collname || '"' else '' end
        || case when a.attstorage <> t.typstorage
             then ' storage ' || case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end
             else '' end
        || case a.attcompression when 'p' then ' compression pglz' when 'l' then ' compression lz4' else '' end
        || case when a.attnotnull then ' not null' else '' end
        || case a.attidentity when 'a' then ' generated always as identity' when 'd' then ' generated by default as identity' else '' end
        || case when d.adbin is null then ''
             when a.attgenerated <> '' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') ' || case a.attgenerated when 's' then 'stored' else 'virtual' end
             else ' default ' || pg_get_expr(d.adbin, d.adrelid) end
        || coalesce(' options (' || array_to_string(a.attoptions, ', ') || ')', '') as text
    from pg_attribute a
      join pg_class c on c.oid = a.attrelid and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
      join pg_type t on t.oid = a.atttypid
      left join pg_collation l on l.oid = a.attcollation
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped
    order by a.attrelid, a.attnum`;
}

/** Not-null constraints stand with their column: only PostgreSQL 18 and later list them. */
async function readConstraints(sql: postgres.Sql): Promise<readonly PartRow[]> {
  return sql<PartRow[]>`
    select conrelid::int8::int as relation,
      'alter table ' || conrelid::regclass || ' add constraint ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) as text
    from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid <> 0 and contype <> 'n' and conparentid = 0 and conislocal
    order by conrelid, conname collate "C"`;
}

async function readIndexes(sql: postgres.Sql): Promise<readonly PartRow[]> {
  return sql<PartRow[]>`
    select i.indrelid::int8::int as relation, pg_get_indexdef(i.indexrelid) as text
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'public'::regnamespace and not c.relispartition
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
    order by i.indrelid, c.relname collate "C"`;
}

async function readTriggers(sql: postgres.Sql): Promise<readonly PartRow[]> {
  return sql<PartRow[]>`
    select t.tgrelid::int8::int as relation, pg_get_triggerdef(t.oid) as text
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and t.tgparentid = 0
    order by t.tgrelid, t.tgname collate "C"`;
}

async function readTypes(sql: postgres.Sql): Promise<readonly string[]> {
  const rows = await sql<{ text: string }[]>`
    select case t.typtype
        when 'e' then 'create type ' || t.typname || ' as enum ('
          || (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid) || ')'
        when 'd' then 'create domain ' || t.typname || ' as ' || format_type(t.typbasetype, t.typtypmod)
          || coalesce((select string_agg(' ' || pg_get_constraintdef(oid), '' order by conname collate "C")
                       from pg_constraint where contypid = t.oid and contype <> 'n'), '')
          || case when t.typnotnull then ' not null' else '' end
        else 'create type ' || t.typname || ' as ('
          || (select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
              from pg_attribute where attrelid = t.typrelid and attnum > 0 and not attisdropped) || ')'
      end || ';' || chr(10) as text
    from pg_type t left join pg_class c on c.oid = t.typrelid
    where t.typnamespace = 'public'::regnamespace and (t.typtype in ('e', 'd') or c.relkind = 'c')
      and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
    order by t.typname collate "C"`;
  return rows.map((row) => row.text);
}

async function readFunctions(sql: postgres.Sql): Promise<readonly string[]> {
  const rows = await sql<{ text: string }[]>`
    select pg_get_functiondef(p.oid) as text
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    order by p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`;
  return rows.map((row) => `${row.text.trimEnd()};\n`);
}

/**
 * Rules as rows: read, made, changed, removed. A removed row stays, hidden: alerts name it.
 */
import type { Rule, RuleOrigin, RuleSpec } from '#core/rule-spec.ts';
import { codeOf, type Sql } from '../connect.ts';
import { parseRuleSpec } from './stored-spec.ts';

/** A rule that has no id yet. */
export interface RuleDraft {
  readonly name: string;
  readonly spec: RuleSpec;
  readonly isEnabled: boolean;
}

/** Why nothing was changed. */
export type Refusal =
  | { readonly kind: 'unknown' }
  /** Another has the name. */
  | { readonly kind: 'taken' }
  /** It stands in the file. */
  | { readonly kind: 'readOnly' }
  /** It has been changed since. */
  | { readonly kind: 'changed' }
  /** There are as many as there may be. */
  | { readonly kind: 'full' };

/** SQLSTATE of a second row under a unique key. */
const uniqueViolation = '23505';

export interface RuleColumns {
  readonly id: number;
  readonly name: string;
  readonly spec: unknown;
  readonly isEnabled: boolean;
  readonly origin: RuleOrigin;
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
  readonly isRemoved: boolean;
}

export function ruleColumns(sql: Sql) {
  return sql`r.id, r.name, r.spec, r.is_enabled as "isEnabled", r.origin, r.version,
    extract(epoch from r.created_at)::float8 * 1000 as "createdMs",
    extract(epoch from r.changed_at)::float8 * 1000 as "changedMs", r.removed_at is not null as "isRemoved"`;
}

/** null for a row that cannot be understood. */
export function ruleOf(row: RuleColumns): Rule | null {
  const { isRemoved: _, spec: stored, ...rest } = row;
  const spec = parseRuleSpec(stored);
  return spec === null ? null : { ...rest, spec };
}

/** Rejects, as all here, when the database is away. */
export async function createRule(
  sql: Sql,
  { draft, rulesMax }: { readonly draft: RuleDraft; readonly rulesMax: number },
): Promise<{ readonly kind: 'done'; readonly rule: Rule } | Refusal> {
  const { name, spec, isEnabled } = draft;
  return await orTaken(async () => {
    const [row] = await sql<RuleColumns[]>`
      insert into rule as r (name, spec, is_enabled, origin)
      select ${name}, ${sql.json(spec as never)}, ${isEnabled}, 'api'
      where (select count(*) from rule where removed_at is null) < ${rulesMax}
      returning ${ruleColumns(sql)}`;
    return row === undefined ? { kind: 'full' } : { kind: 'done', rule: ruleOf(row)! };
  });
}

/** `version`: of the rule as its editor saw it. */
export async function editRule(
  sql: Sql,
  { id, version, draft }: { readonly id: number; readonly version: number; readonly draft: RuleDraft },
): Promise<{ readonly kind: 'done'; readonly rule: Rule } | Refusal> {
  const { name, spec, isEnabled } = draft;
  return await orTaken(async () => {
    const [row] = await sql<RuleColumns[]>`
      update rule r set name = ${name}, spec = ${sql.json(spec as never)}, is_enabled = ${isEnabled},
        version = r.version + 1, changed_at = clock_timestamp()
      where r.id = ${id} and r.removed_at is null and r.origin <> 'file' and r.version = ${version}
      returning ${ruleColumns(sql)}`;
    return row === undefined ? await refusalOf(sql, 'rule', id) : { kind: 'done', rule: ruleOf(row)! };
  });
}

export async function removeRule(sql: Sql, id: number): Promise<{ readonly kind: 'done' } | Refusal> {
  const removed = await sql`
    update rule set removed_at = clock_timestamp(), changed_at = clock_timestamp(), version = version + 1
    where id = ${id} and removed_at is null and origin <> 'file'`;
  return removed.count > 0 ? { kind: 'done' } : await refusalOf(sql, 'rule', id);
}

/** Makes the default rules that there have never been here: one that somebody removed or renamed does not come back. Answers how many. */
export async function seedRules(sql: Sql, drafts: readonly RuleDraft[]): Promise<number> {
  const rows = drafts.map(({ name, spec, isEnabled }) => ({ name, spec, is_enabled: isEnabled }));
  const made = await sql`
    insert into rule (name, default_name, spec, is_enabled, origin)
    select x.name, x.name, x.spec, x.is_enabled, 'default'
    from jsonb_to_recordset(${sql.json(rows as never)}) x(name text, spec jsonb, is_enabled boolean)
    on conflict do nothing`;
  return made.count;
}

/** Changes every rule of people in which `mention` stands somewhere, where `rewrite` answers another spec. In a transaction of the caller. */
export async function rewriteRules(
  sql: Sql,
  { mention, rewrite }: { readonly mention: string; readonly rewrite: (spec: RuleSpec) => RuleSpec },
): Promise<void> {
  const rows = await sql<{ id: number; spec: unknown }[]>`
    select id, spec from rule
    where removed_at is null and origin <> 'file'
      and jsonb_path_exists(spec, '$.** ? (@ == $mention)', ${sql.json({ mention })})
    order by id for update`;
  for (const { id, spec: stored } of rows) {
    const spec = parseRuleSpec(stored);
    if (spec === null) continue;
    const changed = rewrite(spec);
    if (JSON.stringify(changed) === JSON.stringify(spec)) continue;
    await sql`update rule set spec = ${sql.json(changed as never)}, version = version + 1, changed_at = clock_timestamp()
      where id = ${id}`;
  }
}

/** A statement that may meet another row of that name. */
export async function orTaken<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === uniqueViolation) return { kind: 'taken' };
    throw error;
  }
}

/** Why a row was not changed. */
export async function refusalOf(sql: Sql, table: 'rule' | 'channel' | 'downtime', id: number): Promise<Refusal> {
  const [row] = await sql<{ origin: RuleOrigin }[]>`
    select origin from ${sql(table)} where id = ${id} and removed_at is null`;
  if (row === undefined) return { kind: 'unknown' };
  return row.origin === 'file' ? { kind: 'readOnly' } : { kind: 'changed' };
}

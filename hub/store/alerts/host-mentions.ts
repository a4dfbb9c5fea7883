/**
 * Rules, downtimes, silences and notes say hosts by name, as people wrote them. When a host gets another name, so does what
 * was said of it; when it is removed, what means it alone goes too. In the transaction that does so to the host. What
 * stands in the file of alerts is left as it stands there.
 *
 * A name that could be a glob means more than one host: it is left alone.
 */
import type { HostSelector, RuleSpec } from '#core/rule-spec.ts';
import type { Sql } from '../connect.ts';
import { rewriteRules } from './rules.ts';
import { parseDowntimeSpec, parseHostSelector, parseSilenceSpec } from './stored-spec.ts';

interface Renaming {
  readonly from: string;
  readonly to: string;
}

export async function renameHostMentions(tx: Sql, { from, to }: Renaming): Promise<void> {
  if (isGlob(from) || isGlob(to) || from === to) return;
  await rewriteRules(tx, { mention: from, rewrite: (spec) => renamedRule(spec, { from, to }) });
  const mention = tx.json({ mention: from });
  const downtimes = await tx<{ id: number; spec: unknown }[]>`
    select id, spec from downtime where removed_at is null and origin <> 'file'
      and jsonb_path_exists(spec, '$.hosts.** ? (@ == $mention)', ${mention}) order by id for update`;
  for (const { id, spec: stored } of downtimes) {
    const spec = parseDowntimeSpec(stored);
    if (spec === null) continue;
    const changed = { ...spec, hosts: renamedSelector(spec.hosts, { from, to }) };
    await tx`update downtime set spec = ${tx.json(changed as never)}, changed_at = clock_timestamp() where id = ${id}`;
  }
  const silences = await tx<{ id: number; spec: unknown }[]>`
    select id, spec from silence where removed_at is null and until > now()
      and jsonb_path_exists(spec, '$.hosts.** ? (@ == $mention)', ${mention}) order by id for update`;
  for (const { id, spec: stored } of silences) {
    const spec = parseSilenceSpec(stored);
    if (spec === null) continue;
    const changed = { ...spec, hosts: renamedSelector(spec.hosts, { from, to }) };
    // Whoever follows sees it as another one: of a silence that is there only the end can change.
    await tx`with gone as (update silence set removed_at = clock_timestamp() where id = ${id} returning until)
      insert into silence (spec, until) select ${tx.json(changed as never)}, until from gone`;
  }
  const notes = await tx<{ id: number; hosts: unknown }[]>`
    select id, hosts from note where removed_at is null
      and jsonb_path_exists(hosts, '$.** ? (@ == $mention)', ${mention}) order by id for update`;
  for (const { id, hosts } of notes) {
    const selector = parseHostSelector(hosts);
    if (selector === null) continue;
    const changed = renamedSelector(selector, { from, to });
    await tx`update note set hosts = ${tx.json(changed as never)}, changed_at = clock_timestamp() where id = ${id}`;
  }
}

export async function removeHostMentions(tx: Sql, name: string): Promise<void> {
  if (isGlob(name)) return;
  const only = tx.json([name]);
  await tx`
    update rule set removed_at = clock_timestamp(), changed_at = clock_timestamp(), version = version + 1
    where removed_at is null and origin = 'api' and spec -> 'hosts' -> 'names' = ${only}`;
  await tx`
    update downtime set removed_at = clock_timestamp(), changed_at = clock_timestamp()
    where removed_at is null and origin = 'api' and spec -> 'hosts' -> 'names' = ${only}`;
  await tx`
    update silence set removed_at = clock_timestamp()
    where removed_at is null and until > now() and spec -> 'hosts' -> 'names' = ${only}`;
  await tx`
    update note set removed_at = clock_timestamp(), changed_at = clock_timestamp()
    where removed_at is null and hosts -> 'names' = ${only}`;
}

function isGlob(name: string): boolean {
  return name.includes('*');
}

function renamedRule(spec: RuleSpec, renaming: Renaming): RuleSpec {
  const overrides = spec.overrides.map((override) => ({
    ...override,
    hosts: renamedSelector(override.hosts, renaming),
  }));
  return { ...spec, hosts: renamedSelector(spec.hosts, renaming), overrides };
}

function renamedSelector(selector: HostSelector, { from, to }: Renaming): HostSelector {
  const renamed = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
  return { ...selector, names: renamed(selector.names), notNames: renamed(selector.notNames) };
}

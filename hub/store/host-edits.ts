/**
 * What people do to a host, as statements: describe it, give it another name, remove it. And what has been done to
 * hosts lately, here or by another hub on this database.
 */
import { type HostColumns, hostColumns, type KnownHost, knownHostOf } from './admission.ts';
import { removeHostMentions, renameHostMentions } from './alerts/host-mentions.ts';
import { codeOf, type Sql } from './connect.ts';

export interface HostEdit {
  /** The name that it has now. */
  readonly hostName: string;
  /** null in these leaves it as it is. */
  readonly newName: string | null;
  readonly alias: string | null;
  /** Replaces all tags that people gave it; null of a tag hides the agent's. */
  readonly peopleTags: Readonly<Record<string, string | null>> | null;
}

export type EditAnswer =
  | { readonly kind: 'edited'; readonly host: KnownHost }
  | { readonly kind: 'unknown' }
  /** Another host has the new name. */
  | { readonly kind: 'taken' };

/** SQLSTATE of a second row under a unique key. */
const uniqueViolation = '23505';

/** One transaction: what rules and downtimes say of the host gets its new name too. Rejects when the database is away. */
export async function editHost(sql: Sql, edit: HostEdit): Promise<EditAnswer> {
  const { hostName, newName, alias, peopleTags } = edit;
  try {
    return await sql.begin(async (transaction) => {
      const tx = transaction as unknown as Sql;
      const [row] = await tx<HostColumns[]>`
        update host h set name = coalesce(${newName}, h.name), alias = coalesce(${alias}, h.alias),
          tags = coalesce(${peopleTags === null ? null : tx.json(peopleTags)}::jsonb, h.tags)
        where h.name = ${hostName} and h.removed_at is null and h.archived_at is null
        returning ${hostColumns(tx)}`;
      if (row === undefined) return { kind: 'unknown' as const };
      if (newName !== null) await renameHostMentions(tx, { from: hostName, to: newName });
      return { kind: 'edited' as const, host: knownHostOf(row) };
    });
  } catch (error) {
    if (codeOf(error) === uniqueViolation) return { kind: 'taken' };
    throw error;
  }
}

/**
 * Hides the host, frees its name, and removes the rules that mean it alone, in one transaction; its rows go by
 * `removal.ts`. Answers its id; null when there is none of that name.
 */
export async function removeHost(sql: Sql, hostName: string): Promise<number | null> {
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const [row] = await tx<{ id: number | null }[]>`select remove_host(${hostName}) as id`;
    if (row!.id !== null) await removeHostMentions(tx, hostName);
    return row!.id;
  });
}

export interface HostChanges {
  /** Every host that is neither removed nor archived. */
  readonly livingIds: readonly number[];
  readonly changed: readonly KnownHost[];
  /** To be given the next time. */
  readonly readAt: string;
}

/** A change is committed at most this long after its time was noted; what is read twice is recognised by its version. */
const commitSeconds = 60;

/** Hosts that were changed since `since`, an earlier `readAt`. */
export async function readHostChanges(sql: Sql, since: string): Promise<HostChanges> {
  const [now] = await sql<{ readAt: string; livingIds: number[] }[]>`
    select clock_timestamp()::text as "readAt",
      (select coalesce(json_agg(h.id), '[]') from host h where h.removed_at is null and h.archived_at is null) as "livingIds"`;
  const rows = await sql<HostColumns[]>`
    select ${hostColumns(sql)} from host h
    where h.removed_at is null and h.archived_at is null
      and h.changed_at > ${since}::timestamptz - make_interval(secs => ${commitSeconds}) order by h.id`;
  return { livingIds: now!.livingIds, changed: rows.map(knownHostOf), readAt: now!.readAt };
}

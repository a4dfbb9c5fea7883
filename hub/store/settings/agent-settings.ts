/**
 * What people set at agents, as rows: every version, the newest in force, and what each agent said of it last.
 *
 * A change is made on top of the version that its maker has seen: its row has the next number, so of two at once one finds
 * its number taken.
 */
import type { SettingsState } from '#core/agent-settings.ts';
import { type HostColumns, hostColumns, type KnownHost, knownHostOf } from '../admission.ts';
import type { Sql } from '../connect.ts';

export interface SettingsRow {
  readonly hostId: number;
  readonly version: number;
  /** JSON as it was stored; an older or newer hub may have written it. */
  readonly body: unknown;
  readonly changedBy: string;
  readonly changedMs: number;
}

/** What is known of a report without reading all of it. */
export interface ReportMark {
  readonly hostId: number;
  readonly version: number;
  readonly state: SettingsState;
  readonly digest: string;
  readonly reportedMs: number;
}

export interface StoredReport extends ReportMark {
  readonly why: string;
  readonly pinned: readonly string[];
  readonly effective: unknown;
}

export interface SettingsChange {
  readonly hostId: number;
  /** The version that it is made on top of; 0 for none. */
  readonly base: number;
  readonly body: object;
}

export interface SettingsNews {
  readonly settings: readonly SettingsRow[];
  readonly reports: readonly ReportMark[];
  /** To be given the next time. */
  readonly readAt: string;
}

/** Versions of one host that are kept. */
export const versionsKept = 100;
/** A change is committed at most this long after its time was noted; what is read twice is the same. */
const commitSeconds = 60;

/** For the thread that stores. Each rejects when the database is away. */
export function agentSettingsMethods(sql: Sql) {
  return {
    settingsNews: (since: string | null) => readNews(sql, since),
    changeSettings: (request: Parameters<typeof changeSettings>[1]) => changeSettings(sql, request),
    settingsVersions: (hostId: number) => readVersions(sql, hostId),
    settingsReport: (hostId: number) => readReport(sql, hostId),
    saveSettingsReport: (request: Parameters<typeof saveReport>[1]) => saveReport(sql, request),
  };
}

/** What has changed since `since`, an earlier `readAt`; null: everything. */
export async function readNews(sql: Sql, since: string | null): Promise<SettingsNews> {
  const [now] = await sql<{ readAt: string }[]>`select clock_timestamp()::text as "readAt"`;
  const from = sql`coalesce(${since}::timestamptz - make_interval(secs => ${commitSeconds}), '-infinity')`;
  const settings = await sql<SettingsRow[]>`
    select distinct on (s.host) ${settingsColumns(sql)} from agent_settings s where s.changed_at > ${from}
    order by s.host, s.version desc`;
  const reports = await sql<ReportMark[]>`
    select ${reportColumns(sql)} from agent_settings_report r where r.reported_at > ${from}`;
  return { settings, reports, readAt: now!.readAt };
}

/** Answers what was made; a host that is missing has another newest version, or is no more. */
export async function changeSettings(
  sql: Sql,
  { changes, changedBy }: { readonly changes: readonly SettingsChange[]; readonly changedBy: string },
): Promise<{ readonly hostId: number; readonly version: number; readonly changedMs: number }[]> {
  const rows = changes.map(({ hostId, base, body }) => ({ host: hostId, base, body }));
  return await sql<{ hostId: number; version: number; changedMs: number }[]>`
    with change as (select * from jsonb_to_recordset(${sql.json(rows as never)}) c (host int, base int, body jsonb)),
      made as (
        insert into agent_settings (host, version, body, changed_by)
        select c.host, c.base + 1, c.body, ${changedBy} from change c join host h on h.id = c.host
        where h.removed_at is null and h.archived_at is null and h.kind = 'agent'
          and c.base = coalesce((select max(s.version) from agent_settings s where s.host = c.host), 0)
        on conflict do nothing returning host, version, changed_at),
      pruned as (
        delete from agent_settings s using made m where s.host = m.host and s.version <= m.version - ${versionsKept})
    select m.host as "hostId", m.version, extract(epoch from m.changed_at)::float8 * 1000 as "changedMs" from made m`;
}

/** Newest first. */
export async function readVersions(sql: Sql, hostId: number): Promise<SettingsRow[]> {
  return await sql<SettingsRow[]>`
    select ${settingsColumns(sql)} from agent_settings s where s.host = ${hostId}
    order by s.version desc limit ${versionsKept}`;
}

export async function readReport(sql: Sql, hostId: number): Promise<StoredReport | null> {
  const [row] = await sql<StoredReport[]>`
    select ${reportColumns(sql)}, r.why, r.pinned, r.effective from agent_settings_report r where r.host = ${hostId}`;
  return row ?? null;
}

/**
 * Keeps what an agent said, and the tags that it has now as what the agent says of its host. Answers the host where these
 * are other ones than before; null where not, or where it is no more.
 */
export async function saveReport(
  sql: Sql,
  request: Omit<StoredReport, 'reportedMs' | 'effective'> & {
    readonly effective: object;
    /** null leaves them. */
    readonly agentTags: Readonly<Record<string, string>> | null;
  },
): Promise<KnownHost | null> {
  const { hostId, version, state, why, pinned, effective, digest, agentTags } = request;
  await sql`
    insert into agent_settings_report as r (host, version, state, why, pinned, effective, digest)
    select h.id, ${version}, ${state}, ${why}, ${sql.json(pinned as never)}, ${sql.json(effective as never)}, ${digest}
    from host h where h.id = ${hostId} and h.removed_at is null
    on conflict (host) do update set version = excluded.version, state = excluded.state, why = excluded.why,
      pinned = excluded.pinned, effective = excluded.effective, digest = excluded.digest, reported_at = clock_timestamp()`;
  if (agentTags === null) return null;
  const [row] = await sql<HostColumns[]>`
    update host h set agent_tags = ${sql.json(agentTags)}
    where h.id = ${hostId} and h.removed_at is null and h.archived_at is null
      and h.agent_tags is distinct from ${sql.json(agentTags)}::jsonb
    returning ${hostColumns(sql)}`;
  return row === undefined ? null : knownHostOf(row);
}

function settingsColumns(sql: Sql) {
  return sql`s.host as "hostId", s.version, s.body, s.changed_by as "changedBy",
    extract(epoch from s.changed_at)::float8 * 1000 as "changedMs"`;
}

function reportColumns(sql: Sql) {
  return sql`r.host as "hostId", r.version, r.state, r.digest, extract(epoch from r.reported_at)::float8 * 1000 as "reportedMs"`;
}

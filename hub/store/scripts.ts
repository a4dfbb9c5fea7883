/**
 * Signed scripts and what agents report of them, as rows.
 */
import type { ScriptDoor, ScriptReport } from '#core/message.ts';
import type { Sql } from './connect.ts';

export interface StoredScript {
  readonly name: string;
  readonly version: number;
  readonly kind: 'script' | 'revocation';
  /** Public key, base64url. */
  readonly key: string;
  readonly text: string;
  readonly uploadedBy: string;
  /** Epoch ms. */
  readonly uploadedMs: number;
}

export interface ScriptUpload extends Omit<StoredScript, 'uploadedMs'> {
  /** Names that there may be. */
  readonly namesMax: number;
  /** Of the scripts that agents are given, all together. */
  readonly bytesMax: number;
}

/** `older`: that version, or a newer one, has been here; `known`: this very text is here. */
export type UploadAnswer =
  | { readonly kind: 'done' | 'known' | 'full' }
  | { readonly kind: 'older'; readonly version: number }
  /** So many bytes it would be with it. */
  | { readonly kind: 'heavy'; readonly bytes: number };

/** How a script stands at a host, as far as it is remembered between two reports. */
export interface ReportedScript {
  readonly hostId: number;
  readonly name: string;
  readonly version: number;
  readonly state: ScriptReport['state'];
  readonly ranVersion: number;
}

/** What one agent has reported since it was stored last. */
export interface ReportChange {
  readonly hostId: number;
  readonly door: ScriptDoor;
  readonly problem: string;
  readonly keys: readonly string[];
  /** Names that it has reports of; others go. null: none go. */
  readonly onlyNames: readonly string[] | null;
  readonly reports: readonly { readonly report: ScriptReport; readonly ranVersion: number }[];
}

export interface HostReport {
  readonly hostId: number;
  readonly report: ScriptReport;
  /** Epoch ms. */
  readonly reportedMs: number;
}

export interface HostDoor {
  readonly hostId: number;
  readonly door: ScriptDoor;
  readonly problem: string;
  readonly keys: readonly string[];
  readonly reportedMs: number;
}

export interface ScriptVersion {
  readonly version: number;
  readonly kind: StoredScript['kind'];
  readonly key: string;
  readonly text: string;
  readonly uploadedBy: string;
  readonly uploadedMs: number;
  readonly removedMs: number | null;
}

export type ScriptMethods = ReturnType<typeof scriptMethods>;

/** Versions kept of each name: agents take none that is older than the newest. */
const versionsKept = 20;
const reportsReadMax = 5_000;

/** For the thread that stores. Each rejects when the database is away. */
export function scriptMethods(sql: Sql) {
  return {
    scripts: (_: null) => readScripts(sql),
    scriptMark: (_: null) => readScriptMark(sql),
    uploadScript: (upload: ScriptUpload) => uploadScript(sql, upload),
    removeScript: (name: string) => removeScript(sql, name),
    scriptVersions: (name: string) => readVersions(sql, name),
    reportedScripts: (_: null) => readReported(sql),
    storeScriptReports: (changes: readonly ReportChange[]) => storeReports(sql, changes),
    scriptReports: (name: string | null) => readReports(sql, name),
    scriptDoors: (_: null) => readDoors(sql),
  };
}

/** What agents are to have: of each name the newest script that was not removed, and its newest revocation. */
export async function readScripts(sql: Sql): Promise<StoredScript[]> {
  return await sql<StoredScript[]>`
    select distinct on (name, kind) name, version::float8 as version, kind, key, text, uploaded_by as "uploadedBy",
      extract(epoch from uploaded_at)::float8 * 1000 as "uploadedMs"
    from script_text where removed_at is null order by name, kind, version desc`;
}

/** Another text after each change of the scripts, by whichever hub. */
export async function readScriptMark(sql: Sql): Promise<string> {
  const [row] = await sql<{ mark: string }[]>`
    select concat(max(changed_at), ' ', count(*)) as mark from script_text`;
  return row!.mark;
}

export async function uploadScript(sql: Sql, upload: ScriptUpload): Promise<UploadAnswer> {
  const { name, version, kind, key, text, uploadedBy, namesMax, bytesMax } = upload;
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    // Two uploads of one name wait for each other; of other names as well, as they are counted.
    await tx`select pg_advisory_xact_lock(hashtext('pulsewire script_text'))`;
    const [newest] = await tx<{ version: number; text: string; isRemoved: boolean }[]>`
      select version::float8 as version, text, removed_at is not null as "isRemoved" from script_text
      where name = ${name} and kind = ${kind} order by script_text.version desc limit 1`;
    const isKnown = newest !== undefined && newest.version === version && newest.text === text;
    if (isKnown && !newest.isRemoved) return { kind: 'known' };
    if (!isKnown && newest !== undefined && newest.version >= version)
      return { kind: 'older', version: newest.version };
    // A revocation is always taken.
    if (kind === 'script') {
      const [others] = await tx<{ bytes: number }[]>`
        select coalesce(sum(bytes), 0)::int as bytes from (
          select distinct on (name) octet_length(text) as bytes from script_text
          where removed_at is null and kind = 'script' and name <> ${name} order by name, version desc) newest`;
      const bytes = others!.bytes + Buffer.byteLength(text);
      if (bytes > bytesMax) return { kind: 'heavy', bytes };
    }
    if (isKnown) {
      await tx`
        update script_text set removed_at = null, changed_at = clock_timestamp(), uploaded_by = ${uploadedBy}, uploaded_at = now()
        where name = ${name} and kind = ${kind} and version = ${version}`;
      return { kind: 'done' };
    }
    const [count] = await tx<{ names: number }[]>`
      select count(distinct name)::int as names from script_text where removed_at is null and name <> ${name}`;
    if (count!.names >= namesMax) return { kind: 'full' };
    await tx`
      insert into script_text (name, version, kind, key, text, uploaded_by)
      values (${name}, ${version}, ${kind}, ${key}, ${text}, ${uploadedBy})`;
    await tx`
      delete from script_text where name = ${name} and kind = ${kind} and version not in (
        select version from script_text where name = ${name} and kind = ${kind} order by version desc limit ${versionsKept})`;
    return { kind: 'done' };
  });
}

/** Agents are no longer given it. False when there is none of that name. A revocation goes only when no script is left. */
export async function removeScript(sql: Sql, name: string): Promise<boolean> {
  const removed = await sql`
    update script_text set removed_at = now(), changed_at = clock_timestamp()
    where name = ${name} and removed_at is null and (kind = 'script' or not exists (
      select from script_text s where s.name = ${name} and s.kind = 'script' and s.removed_at is null))`;
  return removed.count > 0;
}

/** The newest first. */
export async function readVersions(sql: Sql, name: string): Promise<ScriptVersion[]> {
  return await sql<ScriptVersion[]>`
    select version::float8 as version, kind, key, text, uploaded_by as "uploadedBy",
      extract(epoch from uploaded_at)::float8 * 1000 as "uploadedMs",
      extract(epoch from removed_at)::float8 * 1000 as "removedMs"
    from script_text where name = ${name} order by script_text.version desc, kind limit ${2 * versionsKept}`;
}

export async function readReported(sql: Sql): Promise<ReportedScript[]> {
  return await sql<ReportedScript[]>`
    select host as "hostId", name, version::float8 as version, state, ran_version::float8 as "ranVersion" from script_report`;
}

/** Hosts that have been removed are passed over. */
export async function storeReports(sql: Sql, changes: readonly ReportChange[]): Promise<void> {
  const doors = changes.map(({ hostId, door, problem, keys }) => ({ host: hostId, door, problem, keys }));
  const gone = changes.flatMap(({ hostId, onlyNames }) =>
    onlyNames === null ? [] : [{ host: hostId, names: onlyNames }],
  );
  const rows = changes.flatMap(({ hostId, reports }) =>
    reports.map(({ report, ranVersion }) => {
      const { name, version, state } = report;
      return { host: hostId, name, version, state, ran_version: ranVersion, report };
    }),
  );
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    await tx`
      insert into script_door (host, door, problem, keys)
      select d.host, d.door, d.problem, d.keys
      from jsonb_to_recordset(${tx.json(doors as never)}) as d(host int, door text, problem text, keys jsonb)
      join host on host.id = d.host
      on conflict (host) do update set door = excluded.door, problem = excluded.problem, keys = excluded.keys, reported_at = now()`;
    await tx`
      delete from script_report r using jsonb_to_recordset(${tx.json(gone as never)}) as g(host int, names jsonb)
      where r.host = g.host and not g.names ? r.name`;
    await tx`
      insert into script_report (host, name, version, state, ran_version, report)
      select r.host, r.name, r.version, r.state, r.ran_version, r.report
      from jsonb_to_recordset(${tx.json(rows as never)})
        as r(host int, name text, version int8, state text, ran_version int8, report jsonb)
      join host on host.id = r.host
      on conflict (host, name) do update set version = excluded.version, state = excluded.state,
        ran_version = excluded.ran_version, report = excluded.report, reported_at = now()`;
  });
}

/** Those that need somebody first. null: of every script. */
export async function readReports(sql: Sql, name: string | null): Promise<HostReport[]> {
  return await sql<HostReport[]>`
    select host as "hostId", report, extract(epoch from reported_at)::float8 * 1000 as "reportedMs"
    from script_report ${name === null ? sql`` : sql`where name = ${name}`}
    order by state in ('failing', 'refused') desc, host limit ${reportsReadMax}`;
}

export async function readDoors(sql: Sql): Promise<HostDoor[]> {
  return await sql<HostDoor[]>`
    select host as "hostId", door, problem, keys, extract(epoch from reported_at)::float8 * 1000 as "reportedMs"
    from script_door order by host`;
}

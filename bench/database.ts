/**
 * The PostgreSQL inside a hub, seen from outside: its processes, a connection of our own, and what is stored.
 *
 * What a benchmark says about storing is counted here, from rows, and from nowhere else.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { DecodeError } from '#core/errors.ts';
import { decodeRuns, type Run } from '#core/runs.ts';

/** Of our own connections, in pg_stat_activity. */
export const applicationName = 'pulsewire bench';

export type Sql = postgres.Sql;

/** What is stored of a stream, by its rows. */
export interface StoredStream {
  readonly epoch: string;
  readonly hostName: string;
  /** What the stream's own row claims. */
  readonly storedSeq: number;
  readonly storedTicks: number;
  readonly gapTicks: number;
  /** Ticks and seqs that batches, raw chunks and gaps cover, in all. */
  readonly coveredTicks: number;
  readonly gapSeqs: number;
  /** Neighbouring ranges that overlap, and places where a seq is missing between two or before the first. */
  readonly overlaps: number;
  readonly holes: number;
  readonly lastSeq: number;
}

export interface Database {
  readonly sql: Sql;
  readonly dataFolder: string;
  /** The postmaster's process id now; it changes when it is started again. */
  pid(): number;
  close(): Promise<void>;
}

/** Connects to the PostgreSQL of a hub by what its data folder says. */
export function openDatabase(dataFolder: string): Database {
  const clusterFolder = join(dataFolder, 'postgresql', 'cluster');
  const password = readPassword(join(dataFolder, 'postgresql', 'passwords.json'));
  // A socket path has at most 107 bytes; a descriptor of the folder makes any path short.
  const descriptor = openSync(clusterFolder, 'r');
  const sql = postgres({
    path: `/proc/self/fd/${descriptor}/.s.PGSQL.5432`,
    username: 'postgres',
    password,
    database: 'pulsewire',
    max: 2,
    connection: { application_name: applicationName },
    onnotice: () => undefined,
  });
  return {
    sql,
    dataFolder,
    pid: () => Number(readFileSync(join(clusterFolder, 'postmaster.pid'), 'utf8').split('\n')[0]),
    close: async () => {
      await sql.end({ timeout: 1 });
      closeSync(descriptor);
    },
  };
}

/** As a crash of PostgreSQL. The hub starts it again. */
export function killPostmaster(database: Database): void {
  try {
    process.kill(database.pid(), 'SIGKILL');
  } catch (error) {
    // It has not come back yet from the last time: no file, or no such process.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')))
      throw error;
  }
}

export async function postgresVersion(sql: Sql): Promise<string> {
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  return row?.version ?? 'unknown';
}

/** Every stream that is stored, with what its rows really cover. Compaction must not be under way. */
export async function readStoredStreams(sql: Sql): Promise<StoredStream[]> {
  const runs = await readChunkRuns(sql);
  const list = (of: (run: Run) => number) => `{${runs.map(of).join(',')}}`;
  const rows = await sql<
    {
      epoch: string;
      name: string;
      stored_seq: string;
      stored_ticks: string;
      gap_ticks: string;
      covered_ticks: string;
      gap_seqs: string;
      overlaps: string;
      holes: string;
      last_seq: string;
    }[]
  >`
    with item as (
      select stream, first_seq, last_seq, ticks::int8 as ticks, 0::int8 as seqs from batch
      union all select stream, first_seq, first_seq + ticks - 1, ticks, 0
        from unnest(${list(({ streamId }) => streamId)}::int8[], ${list(({ firstSeq }) => firstSeq)}::int8[],
          ${list(({ count }) => count)}::int8[]) u (stream, first_seq, ticks)
      union all select stream, first_seq, last_seq, 0, last_seq - first_seq + 1 from gap),
    placed as (
      select item.*, first_seq - coalesce(lag(last_seq) over (partition by stream order by first_seq, last_seq),
        (select s.first_seq - 1 from stream s where s.id = item.stream)) as step from item)
    select encode(s.epoch, 'hex') as epoch, h.name, s.stored_seq, s.stored_ticks, s.gap_ticks,
      coalesce(sum(p.ticks), 0)::int8 as covered_ticks, coalesce(sum(p.seqs), 0)::int8 as gap_seqs,
      count(*) filter (where p.step < 1) as overlaps, count(*) filter (where p.step > 1) as holes,
      coalesce(max(p.last_seq), s.first_seq - 1) as last_seq
    from stream s join host h on h.id = s.host left join placed p on p.stream = s.id
    group by s.id, h.name order by h.name, s.ordinal`;
  return rows.map((row) => ({
    epoch: row.epoch,
    hostName: row.name,
    storedSeq: Number(row.stored_seq),
    storedTicks: Number(row.stored_ticks),
    gapTicks: Number(row.gap_ticks),
    coveredTicks: Number(row.covered_ticks),
    gapSeqs: Number(row.gap_seqs),
    overlaps: Number(row.overlaps),
    holes: Number(row.holes),
    lastSeq: Number(row.last_seq),
  }));
}

/** The seqs that the ticks of all raw chunks are. */
async function readChunkRuns(sql: Sql): Promise<Run[]> {
  const rows = await sql<{ runs: Buffer; ticks: number }[]>`select runs, ticks from chunk where tier = 0 and part = 0`;
  return rows.flatMap(({ runs, ticks }) => decodeRuns(runs, ticks));
}

/** Ticks in batches and raw chunks, counted from their rows. */
export async function countStoredTicks(sql: Sql): Promise<number> {
  const [row] = await sql<{ ticks: string }[]>`
    select coalesce(sum(ticks), 0)::int8 as ticks from (
      select ticks from batch union all select ticks from chunk where tier = 0 and part = 0) x`;
  return Number(row?.ticks ?? 0);
}

/** Bytes of a table with its indexes and out-of-line values. */
export async function readTableBytes(sql: Sql, table: string): Promise<number> {
  const [row] = await sql<{ bytes: string }[]>`select pg_total_relation_size(${table}) as bytes`;
  return Number(row?.bytes ?? 0);
}

/** Why the rows of a stream contradict each other or what its sender knows; empty when they do not. */
export function accountingProblems(
  stored: readonly StoredStream[],
  sent: ReadonlyMap<string, { readonly producedSeq: number; readonly ackedSeq: number }>,
): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const stream of stored) {
    const { epoch, hostName } = stream;
    const expected = sent.get(epoch);
    if (expected === undefined) continue;
    seen.add(epoch);
    const check = (what: string, got: number, wanted: number) => {
      if (got !== wanted) problems.push(`${hostName}: ${what} must be ${wanted}: got ${got}`);
    };
    check('stored seq', stream.storedSeq, expected.ackedSeq);
    check('acked seq', expected.ackedSeq, expected.producedSeq);
    check('ticks in batches and chunks', stream.coveredTicks, stream.storedTicks);
    check('ticks stored', stream.storedTicks, expected.producedSeq);
    check('seqs in gaps', stream.gapSeqs, 0);
    check('last seq', stream.lastSeq, stream.storedSeq);
    check('overlaps', stream.overlaps, 0);
    check('holes', stream.holes, 0);
  }
  for (const [epoch, { producedSeq }] of sent) {
    if (!seen.has(epoch) && producedSeq > 0) problems.push(`stream ${epoch} must be stored: got no row`);
  }
  return problems;
}

function readPassword(file: string): string {
  const passwords: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof passwords === 'object' && passwords !== null && 'superuser' in passwords) {
    if (typeof passwords.superuser === 'string') return passwords.superuser;
  }
  throw new DecodeError(`Cannot read ${file}: it must hold the password of the superuser`);
}

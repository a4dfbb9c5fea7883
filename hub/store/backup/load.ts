/**
 * A snapshot into a database, in one transaction: the schema as it was when the snapshot was taken, its rows, its
 * sequences, then the migrations that have been made since. Whatever fails leaves the database as it was.
 *
 * Rows go in by `insert … select from unnest`, not by COPY: with postgres.js 3.4.9 a COPY into a table that fails
 * never settles. Rows are counted at the end and compared with what the snapshot says of each table.
 */
import { assert, ConfigError, DecodeError } from '#core/errors.ts';
import { type Tier, tierCodes, tiers } from '#core/tier.ts';
import { makePartitions } from '../chunks/partitions.ts';
import type { Sql } from '../connect.ts';
import { migrate, readMigrations } from '../migrate.ts';
import {
  quoteName,
  readBackupTables,
  readSchemaVersion,
  readTables,
  type SequenceState,
  type TableShape,
} from './catalogue.ts';
import { formatRowElement, parseCopyLine } from './rows.ts';
import type { SnapshotHeader, SnapshotPart } from './snapshot.ts';

export interface LoadSummary {
  readonly tables: readonly { readonly name: string; readonly rowCount: number }[];
}

export interface LoadOptions {
  /** Migrations of this version. */
  readonly sqlFolder: string;
  /** Called as rows are written: how many of this table so far. */
  readonly onProgress?: (table: string, rowCount: number) => void;
}

/** Text of one statement, about; the server builds the row values of it in memory. */
const statementCharactersMax = 4 * 1024 * 1024;

/** Throws ConfigError for a snapshot that this version cannot load. */
export function checkHeader(header: SnapshotHeader, sqlFolder: string): void {
  const known = readMigrations(sqlFolder).length;
  if (header.schemaVersion <= known) return;
  throw new ConfigError([
    `the backup must not be of a newer schema than this version of Pulsewire knows, ${known}; restore it with the version that made it: got ${header.schemaVersion}`,
  ]);
}

/** Whether there is nothing in the database, or what is there is Pulsewire's. Throws ConfigError for something else. */
export async function checkTarget(sql: Sql): Promise<'empty' | 'ours'> {
  if ((await readSchemaVersion(sql)) !== null) return 'ours';
  const [row] = await sql<{ names: string | null }[]>`
    select string_agg(relname, ', ' order by relname) as names from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') and relname <> 'migration'
      and not exists (select from pg_depend d where d.objid = pg_class.oid and d.deptype = 'e')`;
  if (row!.names === null) return 'empty';
  throw new ConfigError([
    `the database to restore into must be empty or Pulsewire's own: got one with ${row!.names.slice(0, 200)}`,
  ]);
}

/** Replaces everything in the database by the snapshot. All or nothing. */
export async function loadSnapshot(
  sql: Sql,
  parts: AsyncIterable<SnapshotPart>,
  options: LoadOptions,
): Promise<LoadSummary> {
  await checkTarget(sql);
  const summary = await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const loader = new Loader(tx, options);
    for await (const part of parts) await loader.accept(part);
    return loader.summary();
  });
  // Planning by the sizes of an empty database would hold until autovacuum comes by.
  await sql.unsafe('analyze');
  return summary;
}

class Loader {
  readonly #tx: Sql;
  readonly #options: LoadOptions;
  #header: SnapshotHeader | null = null;
  #table: TableLoader | null = null;
  readonly #loaded: { name: string; rowCount: number }[] = [];
  #isOver = false;

  constructor(tx: Sql, options: LoadOptions) {
    this.#tx = tx;
    this.#options = options;
  }

  async accept(part: SnapshotPart): Promise<void> {
    switch (part.kind) {
      case 'header':
        await this.#start(part);
        break;
      case 'table':
        this.#table = this.#open(part.name);
        break;
      case 'rows':
        assert(this.#table !== null, 'rows come behind their table');
        await this.#table.add(part.bytes);
        break;
      case 'tableEnd':
        assert(this.#table !== null, 'a table ends behind its rows');
        await this.#table.finish(part.rowCount);
        this.#loaded.push({ name: this.#table.shape.name, rowCount: part.rowCount });
        this.#table = null;
        break;
      case 'end':
        await this.#finish(part.sequences);
        break;
    }
  }

  /** Throws DecodeError when the snapshot has not come to its end. */
  summary(): LoadSummary {
    if (!this.#isOver) throw new DecodeError('Cannot load snapshot: it must have an end: got none');
    return { tables: this.#loaded };
  }

  async #start(header: SnapshotHeader): Promise<void> {
    const { sqlFolder } = this.#options;
    checkHeader(header, sqlFolder);
    this.#header = header;
    const tx = this.#tx;
    await tx.unsafe(`set local statement_timeout = 0; ${dropAllText}`).simple();
    await migrate(tx, sqlFolder, { upTo: header.schemaVersion });
    const made = await readTables(tx);
    if (made.length > 0) await tx.unsafe(`truncate ${made.map(({ name }) => quoteName(name)).join(', ')}`);
    const problems = differences(header.tables, await readBackupTables(tx));
    if (problems.length > 0)
      throw new ConfigError(
        problems.map(
          (problem) => `the tables of the backup must be those of schema ${header.schemaVersion}: got ${problem}`,
        ),
      );
  }

  #open(name: string): TableLoader {
    const shape = this.#header?.tables.find((table) => table.name === name);
    if (shape === undefined)
      throw new DecodeError(`Cannot load snapshot: its header must name every table: got ${JSON.stringify(name)}`);
    return new TableLoader(this.#tx, shape, (rowCount) => this.#options.onProgress?.(name, rowCount));
  }

  async #finish(sequences: readonly SequenceState[]): Promise<void> {
    const tx = this.#tx;
    const missing = this.#header?.tables.filter(({ name }) => !this.#loaded.some((one) => one.name === name)) ?? [];
    if (this.#header === null || missing.length > 0)
      throw new DecodeError(
        `Cannot load snapshot: it must hold every table: got none of ${missing.map(({ name }) => name).join(', ')}`,
      );
    for (const { name, rowCount } of this.#loaded) {
      const [row] = await tx.unsafe<{ count: string }[]>(`select count(*) from ${quoteName(name)}`);
      if (Number(row!.count) !== rowCount)
        throw new Error(`Cannot load table ${JSON.stringify(name)}: it must have ${rowCount} rows: got ${row!.count}`);
    }
    for (const { name, lastValue } of sequences)
      await tx`select setval(${quoteName(name)}::regclass, ${lastValue}::int8)`;
    await migrate(tx, this.#options.sqlFolder);
    // What happens from here on has other keys than what happened after the backup.
    await tx`update hub set life = default`;
    this.#isOver = true;
  }
}

class TableLoader {
  readonly shape: TableShape;
  readonly #tx: Sql;
  readonly #onProgress: (rowCount: number) => void;
  readonly #insertText: string;
  readonly #days: ChunkDays | null;
  /** Of a row that is cut by the end of the bytes that have come. */
  #rest: Buffer[] = [];
  #elements: string[] = [];
  #characterCount = 0;
  #rowCount = 0;

  constructor(tx: Sql, shape: TableShape, onProgress: (rowCount: number) => void) {
    this.#tx = tx;
    this.shape = shape;
    this.#onProgress = onProgress;
    const name = quoteName(shape.name);
    const columns = shape.columns.map((column) => quoteName(column.name)).join(', ');
    this.#insertText = `insert into ${name} (${columns}) overriding system value select ${columns} from unnest($1::${name}[])`;
    this.#days = shape.name === 'chunk' ? new ChunkDays(shape) : null;
  }

  /** `bytes` may be kept. */
  async add(bytes: Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = buffer.indexOf(0x0a); end >= 0; end = buffer.indexOf(0x0a, start)) {
      const part = buffer.subarray(start, end);
      const line = this.#rest.length === 0 ? part : Buffer.concat([...this.#rest, part]);
      this.#rest = [];
      start = end + 1;
      this.#addLine(line.toString('utf8'));
      if (this.#characterCount >= statementCharactersMax) await this.#flush();
    }
    if (start < buffer.byteLength) this.#rest.push(buffer.subarray(start));
  }

  async finish(rowCount: number): Promise<void> {
    if (this.#rest.length > 0)
      throw new DecodeError(
        `Cannot load table ${JSON.stringify(this.shape.name)}: its last row must be whole: got a part`,
      );
    await this.#flush();
    if (this.#rowCount === rowCount) return;
    throw new DecodeError(
      `Cannot load table ${JSON.stringify(this.shape.name)}: it must have ${rowCount} rows: got ${this.#rowCount}`,
    );
  }

  #addLine(line: string): void {
    const values = parseCopyLine(line, this.shape.columns.length);
    this.#days?.note(values);
    const element = formatRowElement(values);
    this.#elements.push(element);
    this.#characterCount += element.length;
    this.#rowCount += 1;
  }

  async #flush(): Promise<void> {
    if (this.#elements.length === 0) return;
    await this.#days?.makePartitions(this.#tx);
    await this.#tx.unsafe(this.#insertText, [`{${this.#elements.join(',')}}`], { prepare: true });
    this.#elements = [];
    this.#characterCount = 0;
    this.#onProgress(this.#rowCount);
  }
}

/** The days that chunks are of: each needs its partition before the row comes. */
class ChunkDays {
  readonly #tierAt: number;
  readonly #dayAt: number;
  readonly #seen = new Set<string>();
  #fresh: { tier: Tier; fromDay: number; toDay: number }[] = [];

  constructor(shape: TableShape) {
    this.#tierAt = shape.columns.findIndex(({ name }) => name === 'tier');
    this.#dayAt = shape.columns.findIndex(({ name }) => name === 'day');
  }

  note(values: readonly (string | null)[]): void {
    const tierCode = Number(values[this.#tierAt]);
    const day = Number(values[this.#dayAt]);
    const key = `${tierCode} ${day}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const tier = tiers.find((one) => tierCodes[one] === tierCode);
    if (tier === undefined || !Number.isInteger(day))
      throw new DecodeError(`Cannot load chunk: it must be of a tier and a day: got ${JSON.stringify(key)}`);
    this.#fresh.push({ tier, fromDay: day, toDay: day });
  }

  async makePartitions(tx: Sql): Promise<void> {
    if (this.#fresh.length > 0) await makePartitions(tx, this.#fresh);
    this.#fresh = [];
  }
}

function differences(wanted: readonly TableShape[], made: readonly TableShape[]): string[] {
  const textOf = ({ columns }: TableShape) => columns.map(({ name, type }) => `${name} ${type}`).join(', ');
  const problems = wanted.flatMap((table) => {
    const same = made.find(({ name }) => name === table.name);
    if (same === undefined) return [`a table ${JSON.stringify(table.name)}`];
    return textOf(same) === textOf(table) ? [] : [`${JSON.stringify(table.name)} with (${textOf(table)})`];
  });
  const lacking = made.filter((table) => !wanted.some(({ name }) => name === table.name));
  return [...problems, ...lacking.map(({ name }) => `none of ${JSON.stringify(name)}`)];
}

/** Everything in the schema that belongs to this role and was not brought by an extension. */
const dropAllText = `
do $$
declare
  command text;
begin
  foreach command in array array(
    select format('drop %s if exists %I.%I cascade',
      case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' when 'c' then 'type' else 'table' end,
      current_schema(), c.relname)
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'c')
      and pg_has_role(c.relowner, 'usage') and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by c.relispartition, c.relkind = 'S')
  loop execute command; end loop;
  foreach command in array array(
    select format('drop routine if exists %s cascade', p.oid::regprocedure)
    from pg_proc p
    where p.pronamespace = current_schema()::regnamespace and pg_has_role(p.proowner, 'usage')
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e'))
  loop execute command; end loop;
end
$$`;

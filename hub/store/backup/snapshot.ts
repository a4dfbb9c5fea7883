/**
 * Everything that is stored, as one stream of parts from one snapshot, in constant memory.
 *
 *   header  (table  rows*  tableEnd)*  end
 *
 * Rows are what `COPY … TO STDOUT` sends as text: every type as the server itself reads it again, one row a line.
 * The transaction is `repeatable read`, so writers go on and are not seen. postgres.js opens a new connection when one
 * is lost, and a new one has another snapshot: the start of the transaction is compared after every table.
 */
import type { Readable } from 'node:stream';
import type { Sql } from '../connect.ts';
import {
  quoteName,
  readBackupTables,
  readSequences,
  requireSchemaVersion,
  type SequenceState,
  type TableShape,
} from './catalogue.ts';

export interface SnapshotHeader {
  readonly kind: 'header';
  readonly schemaVersion: number;
  /** As `server_version` says it. */
  readonly serverVersion: string;
  readonly tables: readonly TableShape[];
}

export type SnapshotPart =
  | SnapshotHeader
  | { readonly kind: 'table'; readonly name: string }
  /** Text of COPY, cut anywhere. */
  | { readonly kind: 'rows'; readonly bytes: Uint8Array }
  | { readonly kind: 'tableEnd'; readonly rowCount: number }
  | { readonly kind: 'end'; readonly sequences: readonly SequenceState[] };

const lineFeed = 0x0a;

/**
 * Reads the snapshot over `sql`, a pool of one connection that is good for nothing else until the stream has ended: on
 * an early stop end the pool, as a COPY that is not read to its end blocks it. Throws ConfigError when the database
 * is not Pulsewire's.
 */
export async function* readSnapshot(sql: Sql): AsyncGenerator<SnapshotPart, void, void> {
  await sql.unsafe('begin isolation level repeatable read read only');
  const startedAt = await readTransactionStart(sql);
  const schemaVersion = await requireSchemaVersion(sql);
  const tables = await readBackupTables(sql);
  const [server] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  yield { kind: 'header', schemaVersion, serverVersion: server!.version, tables };
  for (const table of tables) {
    yield { kind: 'table', name: table.name };
    const rows = await openRows(sql, table);
    let rowCount = 0;
    try {
      for await (const bytes of rows as AsyncIterable<Buffer>) {
        rowCount += countLines(bytes);
        yield { kind: 'rows', bytes };
      }
      // postgres.js 3.4.9 pauses the socket when the stream is full, and does not resume it when its last row was in the
      // bytes that filled it: the next statement would wait for ever. Asking for more resumes it.
      rows._read(0);
    } finally {
      rows.destroy();
    }
    if ((await readTransactionStart(sql)) !== startedAt)
      throw new Error('Cannot read database: all tables must be read in one transaction: got a lost connection');
    yield { kind: 'tableEnd', rowCount };
  }
  const sequences = await readSequences(sql);
  await sql.unsafe('commit');
  yield { kind: 'end', sequences };
}

/** By a query, as a table that is partitioned cannot be named in COPY before PostgreSQL 18. */
async function openRows(sql: Sql, table: TableShape): Promise<Readable> {
  const columns = table.columns.map(({ name }) => quoteName(name)).join(', ');
  return await sql.unsafe(`copy (select ${columns} from ${quoteName(table.name)}) to stdout`).readable();
}

/** The same for the whole of a transaction, and for no other. */
async function readTransactionStart(sql: Sql): Promise<string> {
  const [row] = await sql<{ at: string }[]>`select pg_backend_pid() || ' ' || extract(epoch from now()) as at`;
  return row!.at;
}

/** Line feeds inside of values are escaped, so each is the end of a row. */
function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}

/**
 * The door to better-sqlite3: opening one database file for one process, and what its errors mean for a spool.
 *
 * The lock is a second, empty database whose exclusive lock the process holds while it lives: the kernel frees it at a
 * `kill -9`, and it goes on holding while the spool itself is closed, set aside or replaced.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ConfigError, DecodeError } from '#core/errors.ts';

export type Database = Sqlite.Database;
export type Statement<Row = unknown> = Sqlite.Statement<unknown[], Row>;

/** SQLite's page: 4 KiB wrote the least per tick at 100 and 300 series (measured against 8 KiB: 10 and 20 KB against 14 and 22 KB). */
export const pageBytes = 4_096;
/** A page in the WAL carries a header of 24 bytes. */
export const walFrameBytes = pageBytes + 24;

/**
 * What went wrong: `full` and the handle is still good; `damaged` and the file is not; `locked` by another process;
 * `unusable`, anything else of the disk: the handle must not be used again. null: not an error of SQLite or the disk.
 */
export type DiskTrouble = 'full' | 'damaged' | 'locked' | 'unusable';

export function diskTroubleOf(error: unknown): DiskTrouble | null {
  if (error instanceof DecodeError) return 'damaged';
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  const { code } = error;
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return 'damaged';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'locked';
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN|PERM|AUTH|NOMEM|NOLFS|PROTOCOL)/.test(code)) return 'unusable';
  return /^E[A-Z0-9]+$/.test(code) && 'syscall' in error ? 'unusable' : null;
}

/** Makes the folder (0700) and the file (0600) where they are missing; SQLite gives its WAL the mode of the file. */
export function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/** Holds `file` against every other process until closed. Throws an error of trouble `locked` when another one has it. */
export function acquireLock(file: string): Database {
  createPrivateFile(file);
  const lock = openLibrary(file, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Throws ConfigError where the library has no binary that this Node can load: it was another Node's when it was installed. */
function openLibrary(file: string, options: Sqlite.Options): Database {
  try {
    return new Sqlite(file, options);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_DLOPEN_FAILED') throw error;
    const { version, versions, platform, arch } = process;
    throw new ConfigError([
      `Cannot open spool: better-sqlite3 must be built for this Node, ${version} (ABI ${versions.modules}) on ${platform} ${arch}: run install.sh of the hub again, or npm rebuild better-sqlite3: got ${JSON.stringify(error.message.split('\n', 1)[0])}`,
    ]);
  }
}

/** Opens the database as the spool uses it: one connection, each commit on the disk when it returns. */
export function openDatabase(file: string, options: { readonly walPages: number }): Database {
  createPrivateFile(file);
  // Only a tool of the operator can be in the way of the one connection: give it two seconds.
  const db = openLibrary(file, { timeout: 2_000 });
  try {
    db.pragma(`page_size = ${pageBytes}`);
    // One process and one connection: no shared memory file, no lock calls per transaction.
    db.pragma('locking_mode = exclusive');
    db.pragma('journal_mode = wal');
    // better-sqlite3 builds SQLite with NORMAL in WAL mode, which loses committed ticks at a power cut.
    db.pragma('synchronous = full');
    setWalPages(db, options.walPages);
    db.pragma('temp_store = memory');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** How long the WAL grows: a longer one writes less (a page that fills tick by tick goes to the file once), a shorter one bounds the disk. */
export function setWalPages(db: Database, walPages: number): void {
  db.pragma(`wal_autocheckpoint = ${walPages}`);
  // What one large transaction left over is given back at the next checkpoint.
  db.pragma(`journal_size_limit = ${walPages * walFrameBytes}`);
}

/**
 * Opens a damaged database for reading what can be read. `writable_schema` keeps SQLite from refusing a file that is
 * shorter than its header says.
 */
export function openDamaged(file: string): Database {
  const db = new Sqlite(file, { timeout: 0 });
  db.unsafeMode(true);
  db.pragma('writable_schema = on');
  db.pragma('locking_mode = exclusive');
  return db;
}

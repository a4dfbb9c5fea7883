/**
 * The spool's file through good and bad weather: opening it under its lock, transactions, and what follows an error.
 *
 *   disk ──full──► none (the file stays open: reads and acks go on, the ballast makes room for them) ──append fits──► disk
 *   disk ──any other error──► closed, opened anew at once ──again──► none ──retries with backoff──► disk
 *   disk ──damaged──► salvaged into a new file ──► disk
 *
 * After an error of the disk the same handle is never used again: what it has in memory may not be what the file has.
 */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { ConfigError, DecodeError } from '#core/errors.ts';
import {
  acquireLock,
  type Database,
  type DiskTrouble,
  diskTroubleOf,
  openDatabase,
  pageBytes,
  setWalPages,
  walFrameBytes,
} from './database.ts';
import { finishSalvage, salvage } from './salvage.ts';
import { createTables, schemaVersion, schemaVersionOf } from './schema.ts';
import { SpoolFile, type SpoolFileOptions, type SpoolSizes } from './spool-file.ts';

const MiB = 1024 * 1024;
/**
 * A file up to this size is checked whole after an unclean end: some 3 s on a slow card. In a larger one damage is
 * found when it is read, row by row.
 */
const checkBytesMax = 64 * MiB;
/** Transactions of one step of shrinking: some 4 MiB, and an fsync each. */
const shrinkTurnsMax = 8;
/** 8 MiB are written anew in some 50 ms. */
const rewrittenPagesMax = (8 * MiB) / pageBytes;
const retryMsMin = 1_000;
const retryMsMax = 60_000;

/** What the spool reports: state changes only, never one line a tick. */
export interface SpoolLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SpoolDiskOptions {
  readonly path: string;
  readonly bytesMax: number;
  readonly keepAcked: boolean;
  readonly log: SpoolLog;
  readonly nowMs: () => number;
  readonly onLost: SpoolFileOptions['onLost'];
  /** The file is open: checks whose it is, and brings it up to what the process knows. Runs inside a transaction. */
  readonly onOpen: (file: SpoolFile) => void;
  /** The file as it is in memory is about to be given up. */
  readonly onGiveUp: (file: SpoolFile) => void;
}

export interface ChangeOptions {
  /** Leaves the transaction open for more. */
  readonly open?: boolean;
  /** May free the ballast when the disk is full: for what makes room, or must not wait. */
  readonly ballast?: boolean;
}

export class SpoolDisk {
  readonly #options: SpoolDiskOptions;
  #bytesMax: number;
  #walPages: number;
  #lock: Database | null = null;
  #db: Database | null = null;
  #file: SpoolFile | null = null;
  #durability: 'disk' | 'none' = 'none';
  #damaged = false;
  #retryAtMs = 0;
  #failedAtMs = 0;
  #retryMs = retryMsMin;
  errorCount = 0;
  salvageCount = 0;

  /** Throws ConfigError when another process has the spool or `onOpen` refuses it. */
  constructor(options: SpoolDiskOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax;
    this.#walPages = walPagesOf(options.bytesMax);
    try {
      this.#lock = acquireLock(`${options.path}.lock`);
    } catch (error) {
      if (diskTroubleOf(error) !== 'locked') this.#trouble(error);
      else {
        const problem = `Cannot open spool ${JSON.stringify(options.path)}: one agent at a time may use it: another one does`;
        throw new ConfigError([problem]);
      }
    }
    if (this.#lock === null) return;
    try {
      this.open();
    } catch (error) {
      this.#lock?.close();
      throw error;
    }
  }

  get durability(): 'disk' | 'none' {
    return this.#durability;
  }

  /** null while the disk cannot be used at all. */
  get file(): SpoolFile | null {
    return this.#file;
  }

  get inTransaction(): boolean {
    return this.#db?.inTransaction === true;
  }

  get bytes(): number {
    return (this.look((file) => file.bytes) ?? 0) + sizeOf(`${this.#options.path}-wal`);
  }

  /** Runs a change as one transaction, or in the open one. False when the disk did not take it: nothing has changed then. */
  change(change: (file: SpoolFile) => void, options: ChangeOptions = {}): boolean {
    for (let turn = 0; turn < 2 && this.#file !== null; turn += 1) {
      try {
        this.#transact(this.#file, change, options.open === true);
        return true;
      } catch (error) {
        this.#trouble(error);
        const retried = this.#durability === 'disk' || (options.ballast === true && this.#makeSpace());
        if (!retried) return false;
      }
    }
    return false;
  }

  /** Reads; null when that is not possible. */
  look<Result>(look: (file: SpoolFile) => Result): Result | null {
    for (let turn = 0; turn < 2 && this.#file !== null; turn += 1) {
      try {
        return look(this.#file);
      } catch (error) {
        this.#trouble(error);
      }
    }
    return null;
  }

  /** Whether a change is worth trying: the disk is well, or it is time to see whether it is again. */
  retry(nowMs: number): boolean {
    if (this.#durability === 'disk') return true;
    // A clock set back does not stretch the wait.
    if (nowMs < this.#retryAtMs && nowMs >= this.#failedAtMs) return false;
    if (this.#file === null) this.open();
    return this.#file !== null;
  }

  /** From now on the spool may take so many bytes. What it holds above them goes step by step: see `shrink`. */
  changeBytesMax(bytesMax: number): void {
    this.#bytesMax = bytesMax;
    this.#walPages = walPagesOf(bytesMax);
    if (this.#db === null || this.#file === null) return;
    this.#file.resize(this.#sizes());
    try {
      setWalPages(this.#db, this.#walPages);
      rmSync(this.#ballast, { force: true });
    } catch (error) {
      this.#trouble(error);
      return;
    }
    this.#addBallast();
  }

  /** Whether the file is larger than it may be, as after it was given less. */
  get isOversized(): boolean {
    return this.look((file) => file.isOversized) ?? false;
  }

  /**
   * One step towards what the spool may take, to be called between ticks: gives up the oldest of what is too much, and once
   * little is held writes the file anew, which is what makes it smaller.
   */
  shrink(): void {
    for (let turn = 0; turn < shrinkTurnsMax; turn += 1) {
      const isTooFull = this.look((file) => file.isTooFull) ?? false;
      if (!isTooFull || !this.change((file) => file.dropSome())) break;
    }
    const isLittle = this.look((file) => file.isOversized && file.usedPages <= rewrittenPagesMax) ?? false;
    if (!isLittle || !this.change(() => undefined) || this.#db === null) return;
    try {
      this.#db.exec('vacuum');
      this.#db.pragma('wal_checkpoint(truncate)');
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** An appended tick is on the disk: after trouble, that is the end of it. */
  settle(): void {
    this.#retryMs = retryMsMin;
    if (this.#durability === 'disk') return;
    this.#durability = 'disk';
    this.#addBallast();
    this.#options.log.info({ file: this.#options.path }, 'spool.recovered');
  }

  open(): void {
    const { path } = this.#options;
    try {
      this.#lock ??= acquireLock(`${path}.lock`);
      finishSalvage(path);
      try {
        if (this.#damaged) this.#salvage();
        this.#openFile();
      } catch (error) {
        if (diskTroubleOf(error) !== 'damaged') throw error;
        this.#closeFile();
        this.#salvage();
        this.#openFile();
      }
      this.#addBallast();
      this.#durability = 'disk';
    } catch (error) {
      this.#closeFile();
      this.#trouble(error);
    }
  }

  close(): void {
    try {
      if (this.#file !== null) {
        this.#transact(this.#file, (file) => file.setMeta('clean', '1'), false);
        this.#db?.pragma('wal_checkpoint(truncate)');
      }
    } catch (error) {
      if (diskTroubleOf(error) === null) throw error;
    }
    this.#closeFile();
    this.#lock?.close();
    this.#lock = null;
    this.#durability = 'none';
  }

  #openFile(): void {
    const { path } = this.#options;
    const db = openDatabase(path, { walPages: this.#walPages });
    this.#db = db;
    const version = schemaVersionOf(db);
    if (version === 0) createTables(db);
    if (version > schemaVersion) {
      throw new ConfigError([
        `Cannot open spool ${JSON.stringify(path)}: its version must be at most ${schemaVersion}: got ${version}`,
      ]);
    }
    const isClean = version === 0 || db.prepare("select value from meta where key = 'clean'").pluck().get() === '1';
    if (!isClean && sizeOf(path) <= checkBytesMax) checkWhole(db);
    // After a failed fsync the kernel may take pages for written that are not, and the next fsync succeeds all the same.
    // So what a WAL left behind is written once more, to the file, and synced there, before any of it counts.
    db.pragma('wal_checkpoint(truncate)');
    const file = this.#load(db);
    const opening = (opened: SpoolFile): void => {
      opened.setMeta('clean', '0');
      // A row that stays the same is not written: only a change proves that the disk takes one.
      opened.setMeta('openings', String(Number(opened.meta('openings') ?? 0) + 1));
      opened.coverLostTails();
      this.#options.onOpen(opened);
    };
    this.#transact(file, opening, false);
    this.#file = file;
  }

  #load(db: Database): SpoolFile {
    const { keepAcked, onLost } = this.#options;
    return new SpoolFile(db, { keepAcked, ...this.#sizes(), onLost });
  }

  /** Room for the WAL at a checkpoint and for what one large transaction adds, and for the ballast. */
  #sizes(): SpoolSizes {
    const pagesMax = Math.floor((this.#bytesMax - 3 * this.#walPages * walFrameBytes) / pageBytes);
    return { pagesMax, dropPagesMax: Math.floor(this.#walPages / 2) };
  }

  #transact(file: SpoolFile, change: (file: SpoolFile) => void, open: boolean): void {
    const db = this.#db!;
    if (!db.inTransaction) db.exec('begin immediate');
    change(file);
    if (!open) db.exec('commit');
  }

  #salvage(): void {
    const { path, log, nowMs } = this.#options;
    const report = salvage(path, { nowMs: nowMs() });
    this.#damaged = false;
    this.salvageCount += 1;
    this.#options.onLost('damaged', report.lostTicks);
    log.error({ file: path, ...report }, 'spool.salvaged');
  }

  /** Ends what an error leaves behind, and opens the file anew where that can help. Our own bugs are thrown on. */
  #trouble(error: unknown): void {
    const trouble = diskTroubleOf(error);
    if (trouble === null) throw error;
    this.errorCount += 1;
    if (this.#file !== null) this.#options.onGiveUp(this.#file);
    const isFirst = this.#retryMs === retryMsMin;
    this.#fail(trouble, error);
    if (trouble === 'full' && this.#file !== null) this.#reload();
    else {
      this.#closeFile();
      this.#damaged ||= trouble === 'damaged';
      if (isFirst && this.#lock !== null && trouble !== 'full') this.open();
    }
  }

  #fail(trouble: DiskTrouble, error: unknown): void {
    const nowMs = this.#options.nowMs();
    if (this.#durability === 'disk' || this.#retryMs === retryMsMin) {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log.error({ file: this.#options.path, trouble, error: message }, 'spool.failed');
    }
    this.#durability = 'none';
    this.#failedAtMs = nowMs;
    this.#retryAtMs = nowMs + this.#retryMs;
    this.#retryMs = Math.min(retryMsMax, this.#retryMs * 2);
  }

  /** The disk is full, the handle is good: takes the file as it was before the change that did not fit. */
  #reload(): void {
    const db = this.#db!;
    try {
      if (db.inTransaction) db.exec('rollback');
      this.#file = this.#load(db);
    } catch (error) {
      if (diskTroubleOf(error) === null) throw error;
      this.#closeFile();
    }
  }

  #closeFile(): void {
    const db = this.#db;
    this.#file = null;
    this.#db = null;
    try {
      db?.close();
    } catch (error) {
      if (diskTroubleOf(error) === null) throw error;
    }
  }

  get #ballast(): string {
    return `${this.#options.path}.ballast`;
  }

  /** As much as the WAL takes: with it freed, a checkpoint always finds the room that the file grows by. */
  #addBallast(): void {
    const bytes = this.#walPages * walFrameBytes;
    if (sizeOf(this.#ballast) >= bytes) return;
    try {
      writeFileSync(this.#ballast, new Uint8Array(bytes).fill(0xb5), { mode: 0o600 });
    } catch (error) {
      if (diskTroubleOf(error) === null) throw error;
      rmSync(this.#ballast, { force: true });
    }
  }

  /** On a full disk: frees the ballast and moves the WAL into the file, which frees the WAL. True when that helped. */
  #makeSpace(): boolean {
    if (this.#db === null) return false;
    try {
      const hadBallast = sizeOf(this.#ballast) > 0;
      rmSync(this.#ballast, { force: true });
      const hadWal = sizeOf(`${this.#options.path}-wal`) > 0;
      this.#db.pragma('wal_checkpoint(truncate)');
      return hadBallast || hadWal;
    } catch (error) {
      if (diskTroubleOf(error) === null) throw error;
      return false;
    }
  }
}

/** 1 MiB of WAL is a checkpoint every 3 to 4 minutes at one tick a second; a small spool gives an eighth. */
function walPagesOf(bytesMax: number): number {
  return Math.min(256, Math.floor(bytesMax / 8 / walFrameBytes));
}

/** Throws an error of trouble `damaged` unless the whole file is consistent. */
function checkWhole(db: Database): void {
  const found = db.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok')
    throw new DecodeError(`Cannot use spool: SQLite must find it whole: got ${JSON.stringify(found)}`);
}

function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch (error) {
    if (diskTroubleOf(error) === null) throw error;
    return 0;
  }
}

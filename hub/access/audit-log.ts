/**
 * Entries of the audit log between the moment something happens and the commit that keeps it.
 *
 *   entry ──> flood? ──> queue ──> one statement at a time ──> table
 *               └─ counted, written as one entry at the end of its minute
 *
 * A request is answered when its entry is committed, or after `waitMs`, or at once while the database is known to be
 * away: then the entry waits here and is written when it is back. The queue is bounded. When it is full, the oldest
 * refused entry that has a like gives its count to that one; where there is none the oldest entry of all is
 * given up, counted, and logged whole. Refused requests are written one by one up to `floodMax` a minute for each actor,
 * address and action, and counted beyond, so that neither strangers nor those who may only look fill the table or the log.
 *
 * An engine: database, clock and log are ports. What is queued is in the log as well, at once.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { backoffMs, storeBackoff } from '#core/time.ts';
import type { AuditEntry, AuditEvent } from './audit.ts';
import { type AuditRow, toAuditRow } from './audit-row.ts';

export interface AuditLogPorts {
  /**
   * Commits rows, of which those that are there already stay as they are; `unfit`: the table would not take one of them. Rejects,
   * or throws, when the database is away.
   */
  write(rows: readonly AuditRow[]): Promise<'written' | 'unfit'>;
  readonly log: Logger;
  nowMs(): number;
  random(): number;
}

/** A row is some 500 bytes: half an hour of a busy hub without its database. */
export const queuedEntriesMax = 5_000;
const rowsPerStatementMax = 200;
/** Longer than a commit on a busy disk, shorter than a person's patience. */
const waitMs = 2_000;
const floodMax = 20;
const floodWindowMs = 60_000;
/** Actors, addresses and actions that are counted each on its own; those beyond share one count for each actor and action. */
const floodKeysMax = 1_000;

interface Waiting {
  row: AuditRow;
  readonly settled: () => void;
}

interface Flood {
  readonly sinceMs: number;
  count: number;
  /** The newest that was not written by itself; null while there is none. */
  row: AuditRow | null;
}

export class AuditLog {
  readonly #ports: AuditLogPorts;
  #waiting: Waiting[] = [];
  #inFlight: readonly Waiting[] = [];
  #writing: Promise<void> | null = null;
  #attempt = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #floods = new Map<string, Flood>();
  #lostCount = 0;
  #mergedCount = 0;
  #writtenCount = 0;
  #isOneByOne = false;

  constructor(ports: AuditLogPorts) {
    this.#ports = ports;
  }

  /** Entries that are not in the table yet. */
  get count(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  /** Entries that are only in the log, as the queue was full of others or the table would not take them. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /** Entries that are kept as a count of another. */
  get mergedCount(): number {
    return this.#mergedCount;
  }

  get writtenCount(): number {
    return this.#writtenCount;
  }

  /** Resolves when the entry is written, or need not be waited for. Never rejects. */
  record(entry: AuditEntry): Promise<void> {
    const row = toAuditRow(entry, { key: randomUUID(), repeats: 1 });
    return this.#isFlooding(row) ? Promise.resolve() : this.#add(row);
  }

  /** Writes down what happened without a request. */
  event(event: AuditEvent): void {
    void this.record({
      atMs: this.#ports.nowMs(),
      actor: { kind: 'hub' },
      ...{ object: '', result: 'done', status: null, address: '', userAgent: '', detail: {} },
      ...event,
    });
  }

  /** Ends the minutes of floods that are over; call it every few seconds. */
  poll(nowMs: number): void {
    for (const [key, flood] of this.#floods) {
      if (nowMs - flood.sinceMs < floodWindowMs && nowMs >= flood.sinceMs) continue;
      this.#floods.delete(key);
      if (flood.row !== null) void this.#add(flood.row);
    }
  }

  /** The database is back, or there is one now: tries at once. */
  retry(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.count > 0 && this.#writing === null) this.#start();
  }

  /** Writes what can be written within so long. */
  async drain(msMax: number): Promise<void> {
    for (const flood of this.#floods.values()) if (flood.row !== null) void this.#add(flood.row);
    this.#floods.clear();
    this.retry();
    const deadlineMs = performance.now() + msMax;
    while (this.#writing !== null && performance.now() < deadlineMs) await Promise.race([this.#writing, sleep(50)]);
  }

  /** There is no database any more. Each entry was logged when it came; that some are only there is logged too. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.count > 0) this.#ports.log.error({ entries: this.count }, 'audit.unwritten');
  }

  #add(row: AuditRow): Promise<void> {
    this.#ports.log.info(shown(row), 'audit.recorded');
    if (this.count >= queuedEntriesMax) this.#makeRoom();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs).unref();
      const settled = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push({ row, settled });
      if (this.#attempt > 0) settled();
      if (this.#writing === null && this.#timer === null) this.#start();
    });
  }

  /** Whether a refused request is only counted. */
  #isFlooding(row: AuditRow): boolean {
    if (row.result !== 'refused') return false;
    // Nobody is ever counted as somebody else: beyond the bound there are as many more keys as people and tokens have actions.
    const actor = `${row.action} ${row.actorKind} ${row.actorId}`;
    let key = `${actor} ${row.address}`;
    if (!this.#floods.has(key) && this.#floods.size >= floodKeysMax) key = actor;
    const flood = this.#floods.get(key) ?? { sinceMs: row.atMs, count: 0, row: null };
    this.#floods.set(key, flood);
    flood.count += 1;
    if (flood.count <= floodMax) return false;
    if (flood.row !== null) this.#mergedCount += 1;
    flood.row = { ...row, repeats: (flood.row?.repeats ?? 0) + 1 };
    return true;
  }

  /** One entry less in the queue. */
  #makeRoom(): void {
    const seen = new Map<string, Waiting>();
    for (const waiting of this.#waiting) {
      const { row } = waiting;
      if (row.result !== 'refused') continue;
      const like = `${row.actorKind} ${row.actorId} ${row.action} ${row.object}`;
      const earlier = seen.get(like);
      if (earlier !== undefined) {
        waiting.row = { ...row, repeats: row.repeats + earlier.row.repeats };
        this.#waiting.splice(this.#waiting.indexOf(earlier), 1);
        this.#mergedCount += 1;
        earlier.settled();
        return;
      }
      seen.set(like, waiting);
    }
    const lost = this.#waiting.shift();
    lost?.settled();
    if (lost !== undefined) this.#lose(lost.row, 'queue-full');
  }

  #lose(row: AuditRow, why: string): void {
    this.#lostCount += 1;
    this.#ports.log.error({ ...shown(row), atMs: row.atMs, userAgent: row.userAgent, why }, 'audit.lost');
  }

  #start(): void {
    // It is null again in the turn in which the loop has found nothing more, or what comes next would wait for ever.
    this.#writing = this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#inFlight = this.#waiting.splice(0, this.#isOneByOne ? 1 : rowsPerStatementMax);
      const outcome = await this.#write(this.#inFlight.map(({ row }) => row));
      const written = this.#inFlight;
      this.#inFlight = [];
      if (outcome === 'away') {
        this.#waiting.unshift(...written);
        for (const { settled } of this.#waiting) settled();
        this.#timer = setTimeout(
          () => this.retry(),
          backoffMs(this.#attempt, storeBackoff, this.#ports.random),
        ).unref();
        this.#attempt += 1;
        this.#writing = null;
        return;
      }
      this.#attempt = 0;
      if (outcome === 'unfit' && written.length > 1) {
        // One of them is at fault: the others are not to be lost with it.
        this.#isOneByOne = true;
        this.#waiting.unshift(...written);
        continue;
      }
      if (outcome === 'unfit') this.#lose(written[0]!.row, 'unfit');
      else this.#writtenCount += written.length;
      for (const { settled } of written) settled();
    }
    this.#isOneByOne = false;
    this.#writing = null;
  }

  async #write(rows: readonly AuditRow[]): Promise<'written' | 'unfit' | 'away'> {
    try {
      return await this.#ports.write(rows);
    } catch (error) {
      if (this.#attempt === 0)
        this.#ports.log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'audit.delayed');
      return 'away';
    }
  }
}

/** What the log says of an entry. */
function shown({ actorKind, actorName, action, object, result, status, address, detail, repeats }: AuditRow) {
  return { actorKind, actorName, action, object, result, status, address, detail, repeats };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

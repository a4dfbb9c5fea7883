/**
 * What main does about age and size: has the archive thread let go of what is too old, tells the storage thread
 * where raw begins, and knows what is used. An engine: the threads, the disk and the log are ports.
 */
import type { Logger } from 'pino';
import { dayOf, dayStartMs } from '#core/calendar.ts';
import type { RetentionSettings } from './archive/retention.ts';
import type { RetentionOutcome, RetentionReport } from './archive/retention-run.ts';
import type { Floors } from './store/chunks/floors.ts';
import type { StorageUse } from './store/chunks/storage-use.ts';

export interface KeeperPorts {
  /** These reject when the database is away. */
  retain(clocks: { readonly nowMs: number; readonly nowMonotonicMs: number }): Promise<RetentionOutcome>;
  readFloors(): Promise<Floors>;
  readUse(): Promise<StorageUse>;
  readReport(): Promise<RetentionReport>;
  archiveEphemeral(hours: number): Promise<readonly string[]>;
  /** Ticks of earlier days have expired, from the next flight on. */
  setRawFloor(day: number): Promise<void>;
  /** Free bytes where the database is; null when that is not on this machine. */
  readDiskFree(): Promise<number | null>;
  readonly log: Logger;
}

export interface KeeperSettings extends RetentionSettings {
  readonly ephemeralHours: number;
}

export type StorageWarning = 'budget' | 'disk';

/** What is used, and what bounds it. */
export interface StorageAccount extends StorageUse {
  readonly atMs: number;
  readonly floors: Floors;
  readonly keepDays: RetentionSettings['keepDays'];
  readonly storageBytesMax: number | null;
  readonly diskFreeBytes: number | null;
  /** Whether raw reaches less far back than its days, as the size of the database did not allow more. */
  readonly isRawShortened: boolean;
  readonly warnings: readonly StorageWarning[];
  readonly retention: RetentionReport;
}

/** A page that is reloaded, and a scraper, need not have the database counted again. */
const useMsMax = 10_000;
/** Share of `storageBytesMax` from which on it is warned. */
export const budgetWarnRatio = 0.8;
/** PostgreSQL stops taking rows when its disk is full: warned below this, or below a twentieth of what is stored. */
const diskFreeBytesMin = 1024 ** 3;

export class Keeper {
  readonly #ports: KeeperPorts;
  readonly #settings: KeeperSettings;
  #rawFloorDay: number;
  #account: { readonly atMonotonicMs: number; readonly result: Promise<StorageAccount> } | null = null;
  #newest: StorageAccount | null = null;
  #warnings: readonly StorageWarning[] = [];
  #hold: RetentionOutcome['hold'] = null;
  #wasClockBehind = false;

  constructor(ports: KeeperPorts, options: { readonly settings: KeeperSettings; readonly rawFloorDay: number }) {
    this.#ports = ports;
    this.#settings = options.settings;
    this.#rawFloorDay = options.rawFloorDay;
  }

  /** First instant of raw, epoch ms: what is older has expired. */
  get rawFloorMs(): number {
    return dayStartMs(this.#rawFloorDay);
  }

  /**
   * Whether the hub's clock is behind the days that it has let go of: then it is wrong for certain (a machine that starts
   * in 1970 until it has asked for the time), and agents would be given times that have expired.
   */
  isClockBehind(nowMs: number): boolean {
    const isBehind = nowMs < this.rawFloorMs;
    if (isBehind !== this.#wasClockBehind) {
      const clocks = { now: new Date(nowMs).toISOString(), floor: dateOf(this.#rawFloorDay) };
      if (isBehind) this.#ports.log.error(clocks, 'clock.behind');
      else this.#ports.log.info(clocks, 'clock.set');
    }
    this.#wasClockBehind = isBehind;
    return isBehind;
  }

  /** The account that was made last; null before the first. */
  get newest(): StorageAccount | null {
    return this.#newest;
  }

  /** Lets go of what is too old or too much. Call it each hour. Rejects when the database is away. */
  async retain(clocks: { readonly nowMs: number; readonly nowMonotonicMs: number }): Promise<void> {
    const { log } = this.#ports;
    const { raised, dropped, hold } = await this.#ports.retain(clocks);
    for (const { tier, day, why } of raised) log.info({ tier, since: dateOf(day), why }, 'floor.raised');
    for (const { tier, fromDay } of dropped) log.info({ tier, from: dateOf(fromDay) }, 'partition.dropped');
    // "needed" is every day's business: a day that is not rolled up yet.
    if (hold !== this.#hold && hold !== null && hold !== 'needed') log.warn({ reason: hold }, 'retention.held');
    this.#hold = hold;
    await this.refresh();
    this.#account = null;
    await this.account(clocks);
  }

  /** Learns of floors that another hub has raised. Call it each minute. Rejects when the database is away. */
  async refresh(): Promise<void> {
    const { raw } = await this.#ports.readFloors();
    if (raw === this.#rawFloorDay) return;
    this.#rawFloorDay = raw;
    await this.#ports.setRawFloor(raw);
  }

  /** Archives hosts that were meant to be short-lived. Call it every few minutes. Rejects when the database is away. */
  async archiveEphemeral(): Promise<void> {
    const names = await this.#ports.archiveEphemeral(this.#settings.ephemeralHours);
    for (const hostName of names) this.#ports.log.info({ hostName }, 'host.archived');
  }

  /** What is used now, or a moment ago. Rejects when the database is away. */
  account(clocks: { readonly nowMs: number; readonly nowMonotonicMs: number }): Promise<StorageAccount> {
    const known = this.#account;
    if (known !== null && clocks.nowMonotonicMs - known.atMonotonicMs < useMsMax) return known.result;
    const result = this.#read(clocks.nowMs);
    this.#account = { atMonotonicMs: clocks.nowMonotonicMs, result };
    result.catch(() => {
      if (this.#account?.result === result) this.#account = null;
    });
    return result;
  }

  async #read(nowMs: number): Promise<StorageAccount> {
    const { readUse, readFloors, readReport, readDiskFree, log } = this.#ports;
    const [use, floors, retention, diskFreeBytes] = await Promise.all([
      readUse(),
      readFloors(),
      readReport(),
      readDiskFree(),
    ]);
    const { keepDays, storageBytesMax } = this.#settings;
    const warnings = warningsOf({ databaseBytes: use.databaseBytes, storageBytesMax, diskFreeBytes });
    for (const warning of warnings) {
      if (!this.#warnings.includes(warning))
        log.warn({ databaseBytes: use.databaseBytes, storageBytesMax, diskFreeBytes, warning }, 'storage.short');
    }
    this.#warnings = warnings;
    const isRawShortened = floors.raw > dayOf(nowMs) - keepDays.raw;
    const account = { ...use, atMs: nowMs, floors, keepDays, storageBytesMax, diskFreeBytes };
    this.#newest = { ...account, isRawShortened, warnings, retention };
    return this.#newest;
  }
}

/** What there is too little room for. */
export function warningsOf(sizes: {
  readonly databaseBytes: number;
  readonly storageBytesMax: number | null;
  readonly diskFreeBytes: number | null;
}): StorageWarning[] {
  const { databaseBytes, storageBytesMax, diskFreeBytes } = sizes;
  const warnings: StorageWarning[] = [];
  if (storageBytesMax !== null && databaseBytes >= storageBytesMax * budgetWarnRatio) warnings.push('budget');
  if (diskFreeBytes !== null && diskFreeBytes < Math.max(diskFreeBytesMin, databaseBytes / 20)) warnings.push('disk');
  return warnings;
}

function dateOf(day: number): string {
  return new Date(dayStartMs(day)).toISOString().slice(0, 10);
}

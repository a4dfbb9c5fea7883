/**
 * What the hub does now and then by itself, beside what agents and viewers make it do: upkeep, retention, following
 * other hubs, removing, delivering what is left, saying that it is alive. What fails is done again the next time; while the
 * database is away that is no news.
 */
import type { Logger } from 'pino';
import type { AlertBook } from './alert-book.ts';
import type { ArchiveMethods } from './archive.ts';
import type { Hosts } from './hosts.ts';
import type { Keeper } from './keeper.ts';
import type { Notes } from './notes.ts';
import type { ScriptBook } from './scripts/script-book.ts';
import type { ScriptReportBook } from './scripts/script-reports.ts';
import type { SettingsBook } from './settings/settings-book.ts';
import type { Caller } from './threads/rpc.ts';

export interface ChoresPorts {
  readonly archive: Caller<ArchiveMethods, never>;
  readonly keeper: Keeper;
  readonly hosts: Hosts;
  readonly alertBook: AlertBook;
  readonly notes: Notes;
  readonly scripts: { readonly book: ScriptBook; readonly reports: ScriptReportBook };
  readonly settings: SettingsBook;
  readonly log: Logger;
  /** Whether all that comes in is being stored. */
  isStored(): boolean;
  /** Whether a failure is only what is known already: the database is away, or the hub is ending. */
  isTroubleKnown(): boolean;
  /** Work whose failure is a fault of ours. */
  background(work: Promise<void>): void;
}

/** Hosts come due by their ticks or by age (`hub/archive/compactor.ts`): looking more often spreads the work. */
const upkeepMs = 600_000;
const retentionMs = 3_600_000;
/** Floors that another hub has raised, and hosts that have become old, are seen this soon. */
const keeperMs = 60_000;
/** How soon a change that another hub has made is seen here. */
const followMs = 20_000;
const removalMs = 60_000;
const pushCleanMs = 3_600_000;
const watchdogMs = 60_000;
/** What people have said of alerts is looked for so often until it has been read. */
const alertBookMs = 1_000;
/** Agents wait for their scripts until they have been read, and report some seconds' worth at once. */
const scriptsMs = 1_000;

export class Chores {
  readonly #ports: ChoresPorts;

  constructor(ports: ChoresPorts) {
    this.#ports = ports;
  }

  /** Begins with all that is wanted at once, and plans the rest by `every`. */
  run(every: (intervalMs: number, work: () => void) => void): void {
    const { archive, keeper, hosts, alertBook, notes, settings, scripts, background, isStored } = this.#ports;
    every(upkeepMs, () => this.#keep(() => this.runUpkeep({ all: false })));
    // Somebody may be looking at a chart already; nobody waits for what is old to go.
    this.#keep(async () => {
      await archive.call('warmUp', Date.now());
      await this.retain();
    });
    every(retentionMs, () => this.#keep(() => this.retain()));
    every(keeperMs, () => {
      this.#keep(() => keeper.refresh());
      this.#keep(() => keeper.archiveEphemeral());
    });
    this.#keep(() => alertBook.load());
    this.#keep(() => settings.follow());
    every(alertBookMs, () => {
      if (!alertBook.isLoaded) this.#keep(() => alertBook.load());
      if (!settings.isLoaded) this.#keep(() => settings.follow());
    });
    every(followMs, () => {
      this.#keep(() => alertBook.follow());
      this.#keep(() => hosts.follow());
      this.#keep(() => notes.follow());
      this.#keep(() => scripts.book.follow());
    });
    this.#keep(() => scripts.book.follow());
    every(scriptsMs, () => {
      if (!scripts.book.isLoaded) this.#keep(() => scripts.book.follow());
      this.#keep(() => scripts.reports.store());
      this.#keep(() => settings.follow());
    });
    this.pokeNotices();
    every(watchdogMs, () => background(archive.call('watchdog', isStored())));
    this.removeRows();
    every(removalMs, () => this.removeRows());
    every(pushCleanMs, () => this.#keep(() => archive.call('dropOldPushStreams', null)));
  }

  /** Compacts and rolls up what is due, or everything. Settles at the end; false when a run was under way already. */
  async runUpkeep(options: { readonly all: boolean }): Promise<boolean> {
    return await this.#ports.archive.call('upkeep', { nowMs: Date.now(), ...options });
  }

  /** Lets go of what is too old or too much. Rejects when the database is away. */
  async retain(): Promise<void> {
    await this.#ports.keeper.retain({ nowMs: Date.now(), nowMonotonicMs: performance.now() });
  }

  /** Rows of removed hosts go, until none are left. */
  removeRows(): void {
    this.#keep(() => this.#ports.archive.call('removeRows', null));
  }

  /** Rows of the outbox have been committed, or put back, and are due in so long. */
  pokeNotices(dueInMs = 0): void {
    this.#ports.background(this.#ports.archive.call('pokeNotices', dueInMs));
  }

  #keep(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => {
      if (!this.#ports.isTroubleKnown()) this.#ports.log.warn({ err: error }, 'chore.failed');
    });
  }
}

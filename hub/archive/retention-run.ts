/**
 * One run of retention after the other: reads the facts, lets the machine decide, takes the steps, and keeps account.
 * A step that fails (a lock that is held too long, a rival that was faster) ends the run; the next begins with what is there.
 */
import type { Tier } from '#core/tier.ts';
import {
  type CleaningStep,
  cleaningSteps,
  type FloorRaise,
  type Hold,
  Retention,
  type RetentionFacts,
  type RetentionSettings,
} from './retention.ts';

type Place = CleaningStep['partition'];

export interface RetentionStore {
  readFacts(): Promise<Pick<RetentionFacts, 'databaseMs' | 'partitions' | 'floors' | 'databaseBytes'>>;
  /** Answers whether the floor is there now. */
  raiseFloor(tier: Tier, day: number): Promise<boolean>;
  detach(partition: Place): Promise<void>;
  finalize(partition: Place): Promise<void>;
  drop(partition: Place): Promise<void>;
  /** Removes rows of other tables that are below the floors; answers how many. */
  dropAged(): Promise<number>;
}

export interface RetentionReport {
  /** When the last run began, epoch ms; null before the first. */
  readonly lastMs: number | null;
  /** Why the last run began nothing or less than it should have; null for no reason. */
  readonly hold: Hold | 'needed' | 'failed' | null;
  /** Since the start of the hub. */
  readonly droppedPartitions: number;
  readonly droppedBytes: number;
  readonly droppedRows: number;
}

export interface RetentionOutcome {
  readonly raised: readonly FloorRaise[];
  readonly dropped: readonly Place[];
  readonly hold: RetentionReport['hold'];
}

export class RetentionRun {
  readonly #store: RetentionStore;
  readonly #machine: Retention;
  #report: RetentionReport = { lastMs: null, hold: null, droppedPartitions: 0, droppedBytes: 0, droppedRows: 0 };

  constructor(store: RetentionStore, settings: RetentionSettings) {
    this.#store = store;
    this.#machine = new Retention(settings);
  }

  get report(): RetentionReport {
    return this.#report;
  }

  /** Rejects when a step failed; what went before it is done. */
  async run(clocks: { readonly nowMs: number; readonly nowMonotonicMs: number }): Promise<RetentionOutcome> {
    this.#note({ lastMs: clocks.nowMs, hold: 'failed' });
    const facts = { ...clocks, ...(await this.#store.readFacts()) };
    const plan = this.#machine.plan(facts);
    const floors = { ...facts.floors };
    const raised: FloorRaise[] = [];
    for (const raise of plan.raises) {
      if (!(await this.#store.raiseFloor(raise.tier, raise.day))) continue;
      floors[raise.tier] = raise.day;
      raised.push(raise);
    }
    const dropped: Place[] = [];
    for (const step of cleaningSteps({ ...facts, floors })) {
      await this.#store[step.kind](step.partition);
      if (step.kind !== 'drop') continue;
      dropped.push(step.partition);
      this.#noteDrop(facts, step.partition);
    }
    this.#note({ droppedRows: this.#report.droppedRows + (await this.#store.dropAged()) });
    const hold = plan.hold ?? (raised.length < plan.raises.length ? 'needed' : null);
    this.#note({ hold });
    return { raised, dropped, hold };
  }

  #noteDrop({ partitions }: RetentionFacts, { tier, fromDay }: Place): void {
    const byteCount = partitions.find((one) => one.tier === tier && one.fromDay === fromDay)?.byteCount ?? 0;
    const { droppedPartitions, droppedBytes } = this.#report;
    this.#note({ droppedPartitions: droppedPartitions + 1, droppedBytes: droppedBytes + byteCount });
  }

  #note(change: Partial<RetentionReport>): void {
    this.#report = { ...this.#report, ...change };
  }
}

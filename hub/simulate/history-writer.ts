/**
 * Writes the history of simulated hosts, host by host and month by month.
 *
 *   lane:  open streams ─► make a month (a thread of its own) ─► hand it to the database ─► next month, next host
 *
 * Each lane has a thread that makes months and writes one while it makes the next; hosts are dealt out to the lanes one
 * by one. What is in the database decides where to go on: a run that was ended, however it was, is finished by the next.
 */
import { createHash } from 'node:crypto';
import { dayOf, dayStartMs, monthOf } from '#core/calendar.ts';
import type { Id128 } from '#core/message.ts';
import type { Sha256 } from '#core/series.ts';
import { createHostNature, type HostNature, simulatedMachineId } from '#core/simulated/host-nature.ts';
import { upSpans } from '#core/simulated/uptime.ts';
import { bucketMs } from '#core/tier.ts';
import type { Sql } from '../store/connect.ts';
import { removeHost } from '../store/host-edits.ts';
import {
  createSimulatedHost,
  openSimulatedStreams,
  prepareSimulation,
  type SimulatedRow,
  type SimulatedStream,
  writeSimulatedMonth,
} from '../store/simulated.ts';
import { type HostChoice, hostIndexOf } from './choose-hosts.ts';
import { type BuiltMonth, type MonthRequest, simulatedLayout } from './month-builder.ts';
import { firstDayOf, type KeptFrom, type MonthPart, monthsOf, type SimulationPlan, spanOf } from './plan.ts';

export interface Progress {
  readonly hostCount: number;
  /** Hosts whose history is complete. */
  readonly completeCount: number;
  /** Ticks made by this run. */
  readonly tickCount: number;
  /** 0..1 of what this run has to do. */
  readonly part: number;
}

export type BuildMonth = (request: MonthRequest) => Promise<BuiltMonth>;

export interface HistoryWriterOptions {
  readonly plan: SimulationPlan;
  readonly nowMs: number;
  readonly kept: KeptFrom;
  readonly sha256: Sha256;
  /** One lane each. */
  readonly builders: readonly BuildMonth[];
  /** Aborted to stop behind the months that are being written. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** A host to finish, or the number of one to make. */
type Task = SimulatedRow | number;

export class HistoryWriter {
  readonly #sql: Sql;
  readonly #options: HistoryWriterOptions;
  readonly #prepared = new Map<string, Promise<void>>();
  #tickCount = 0;
  #completeCount = 0;
  #writtenDays = 0;
  #dueDays = 0;
  #hostCount = 0;
  #hasFailed = false;

  /** A connection for each lane. */
  constructor(sql: Sql, options: HistoryWriterOptions) {
    this.#sql = sql;
    this.#options = options;
  }

  /** Finishes hosts that were begun and makes the new ones. Answers all hosts of the plan that are complete now. */
  async write(choice: HostChoice): Promise<SimulatedRow[]> {
    const { complete, begun, replaced, newIndexes } = choice;
    this.#hostCount = complete.length + begun.length + newIndexes.length;
    this.#completeCount = complete.length;
    this.#dueDays =
      begun.reduce((sum, row) => sum + daysOf(monthsOf(row, row.nextDay)), 0) + this.#daysOfNew(newIndexes);
    for (const { name } of replaced) await removeHost(this.#sql, name);
    const tasks: Iterator<Task> = [...begun, ...newIndexes].values();
    const lanes = await Promise.allSettled(this.#options.builders.map((build) => this.#runLane(tasks, build)));
    const failed = lanes.find((lane) => lane.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const written = lanes.flatMap((lane) => (lane.status === 'fulfilled' ? lane.value : []));
    return [...complete, ...written].sort((a, b) => hostIndexOf(a.name) - hostIndexOf(b.name));
  }

  #daysOfNew(indexes: readonly number[]): number {
    const { plan, nowMs, kept } = this.#options;
    const span = spanOf(plan, nowMs);
    return daysOf(monthsOf(span, firstDayOf(span, kept))) * indexes.length;
  }

  /** Host after host, until there are none, it is told to stop, or another lane has failed. */
  async #runLane(tasks: Iterator<Task>, build: BuildMonth): Promise<SimulatedRow[]> {
    const done: SimulatedRow[] = [];
    try {
      while (!this.#isOver()) {
        const next = tasks.next();
        if (next.done === true) break;
        const row = typeof next.value === 'number' ? await this.#createHost(next.value) : next.value;
        if (await this.#writeHost(row, build)) done.push(row);
      }
      return done;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  #isOver(): boolean {
    return this.#options.signal.aborted || this.#hasFailed;
  }

  async #createHost(index: number): Promise<SimulatedRow> {
    const { plan, nowMs, kept } = this.#options;
    const span = spanOf(plan, nowMs);
    const { name, alias, tags } = createHostNature(span.fleetSeed, index);
    const machineId = simulatedMachineId(span.fleetSeed, index);
    const nextDay = firstDayOf(span, kept);
    return await createSimulatedHost(this.#sql, { ...span, name, alias, tags, machineId, nextDay });
  }

  /** Writes what the host lacks; false when it was stopped before the end. */
  async #writeHost(row: SimulatedRow, build: BuildMonth): Promise<boolean> {
    const { kept, nowMs } = this.#options;
    const index = hostIndexOf(row.name);
    const nature = createHostNature(row.fleetSeed, index);
    const today = dayOf(nowMs);
    await this.#prepare(row);
    let streams: ReadonlyMap<number, SimulatedStream> = new Map();
    let writing = Promise.resolve();
    try {
      for (const part of monthsOf(row, row.nextDay)) {
        if (this.#isOver()) return false;
        streams = await this.#openStreams(row, { nature, part, known: streams });
        const { rows, tickCount } = await build({ hostId: row.hostId, index, span: row, part, kept, today, streams });
        streams = advanced(streams, rows.streams);
        await writing;
        writing = writeSimulatedMonth(this.#sql, rows).then(() => this.#written(part, tickCount));
        // Whoever awaits it next hears of a failure; until then it must not count as unheard.
        writing.catch(() => {});
      }
    } finally {
      await writing;
    }
    this.#completeCount += 1;
    this.#report();
    return true;
  }

  #written(part: MonthPart, tickCount: number): void {
    this.#tickCount += tickCount;
    this.#writtenDays += daysOf([part]);
    this.#report();
  }

  #report(): void {
    this.#options.onProgress({
      hostCount: this.#hostCount,
      completeCount: this.#completeCount,
      tickCount: this.#tickCount,
      part: this.#dueDays === 0 ? 1 : this.#writtenDays / this.#dueDays,
    });
  }

  /** Streams of the runs that have raw ticks in this part, and those known before: opened by the first month that touches them. */
  async #openStreams(
    row: SimulatedRow,
    of: {
      readonly nature: HostNature;
      readonly part: MonthPart;
      readonly known: ReadonlyMap<number, SimulatedStream>;
    },
  ): Promise<ReadonlyMap<number, SimulatedStream>> {
    const { nature, part, known } = of;
    const fromMs = Math.max(row.fromMs, dayStartMs(Math.max(part.fromDay, this.#options.kept.raw)));
    const toMs = Math.min(row.toMs, dayStartMs(part.toDay));
    const boots = fromMs < toMs ? upSpans(nature, { fromMs, toMs }).map(({ bootMs }) => bootMs) : [];
    const unknown = boots.filter((bootMs) => !known.has(bootMs));
    const epochs = unknown.map((bootMs) => epochOf(row, bootMs));
    const opened = await openSimulatedStreams(this.#sql, row.hostId, epochs);
    return new Map([...known, ...opened.map((stream, place) => [unknown[place]!, stream] as const)]);
  }

  /** Layouts and partitions, once for each span. */
  async #prepare(row: SimulatedRow): Promise<void> {
    const key = `${row.intervalMs}/${row.nextDay}/${row.toMs}`;
    const preparing = this.#prepared.get(key) ?? this.#prepareSpan(row);
    this.#prepared.set(key, preparing);
    await preparing;
  }

  async #prepareSpan(row: SimulatedRow): Promise<void> {
    const { kept, sha256 } = this.#options;
    const parts = monthsOf(row, row.nextDay);
    if (parts.length === 0) return;
    await prepareSimulation(this.#sql, {
      layouts: [row.intervalMs, bucketMs.minute, bucketMs.hour].map((intervalMs) =>
        simulatedLayout(intervalMs, sha256),
      ),
      fromDays: {
        raw: Math.max(row.nextDay, kept.raw),
        minute: Math.max(row.nextDay, kept.minute),
        hour: monthOf(row.nextDay),
      },
      toDay: parts.at(-1)!.toDay - 1,
    });
  }
}

function daysOf(parts: readonly MonthPart[]): number {
  return parts.reduce((sum, { fromDay, toDay }) => sum + toDay - fromDay, 0);
}

/** The streams as they stand behind the ticks that a month adds. */
function advanced(
  streams: ReadonlyMap<number, SimulatedStream>,
  added: readonly { readonly streamId: number; readonly tickCount: number }[],
): ReadonlyMap<number, SimulatedStream> {
  const countOf = new Map(added.map(({ streamId, tickCount }) => [streamId, tickCount]));
  return new Map(
    [...streams].map(([bootMs, { streamId, storedSeq }]) => [
      bootMs,
      { streamId, storedSeq: storedSeq + (countOf.get(streamId) ?? 0) },
    ]),
  );
}

/** The epoch of a run: the same whenever it is asked for, and another one for each host. */
function epochOf(row: SimulatedRow, bootMs: number): Id128 {
  return createHash('sha256').update(`${row.agentId} ${bootMs}`).digest('hex').slice(0, 32);
}

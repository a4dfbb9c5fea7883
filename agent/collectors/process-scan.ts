/**
 * Who uses the machine: goes through all processes and finds the leading ones by CPU and memory.
 *
 * Opening, reading and closing one file for each process costs 11 µs, so a scan is spread over as many calls as
 * the caller likes. A process's share is measured between its own two readings, so that the spreading does not distort it.
 * A process is known by pid and start time together: pids are used again.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { cleanLabelValue } from '#core/series.ts';
import type { CollectContext, TopProcess, TopProcesses } from '../readings.ts';
import type { KernelUnits } from './auxiliary.ts';
import { roundTo, scanNumbers } from './numbers.ts';
import { errnoOf, type HostFolders } from './proc-file.ts';
import { UserNames } from './user-names.ts';

/** More processes are counted, but not read: 10,000 take 40 s and 1 MB. */
const pidsMax = 10_000;
const topCount = 5;

export interface ProcessStat {
  readonly name: string;
  /** User and system time since its start, in clock ticks. */
  readonly cpuTicks: number;
  /** Since boot, in clock ticks. */
  readonly startTicks: number;
  readonly residentPages: number;
}

const statFields = new Float64Array(21);

/** Fields of /proc/<pid>/stat, see proc_pid_stat(5); null when it is cut short (the process has just ended). */
export function parseProcessStat(text: string): ProcessStat | null {
  const open = text.indexOf('(');
  // The name may hold blanks and brackets: it ends at the last one.
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  // From field 4, after the letter of the state: 14 and 15 are the times, 22 the start, 24 the memory.
  if (scanNumbers(text, close + 4, statFields) < statFields.length) return null;
  return {
    name: text.slice(open + 1, close),
    cpuTicks: statFields[10]! + statFields[11]!,
    startTicks: statFields[18]!,
    residentPages: statFields[20]!,
  };
}

interface Known {
  readonly pid: number;
  readonly startTicks: number;
  name: string;
  cpuTicks: number;
  readAtMs: number;
  cpuPercent: number;
  memoryBytes: number;
  seenInScan: number;
}

export interface ProcessScanOptions {
  readonly folders: HostFolders;
  readonly units: KernelUnits;
}

export class ProcessScan {
  readonly #folders: HostFolders;
  readonly #units: KernelUnits;
  readonly #users: UserNames;
  readonly #buffer = Buffer.allocUnsafeSlow(4_096);
  readonly #known = new Map<number, Known>();

  #pids: readonly number[] = [];
  #nextIndex = 0;
  #scanCount = 0;
  #scanStartMs = Number.NaN;
  #previousScanStartMs = Number.NaN;
  /** Youngest process of the previous scan and of this one: what started later is new, not overlooked. */
  #previousYoungestTicks = Number.POSITIVE_INFINITY;
  #youngestTicks = 0;
  #top: TopProcesses | null = null;

  constructor({ folders, units }: ProcessScanOptions) {
    this.#folders = folders;
    this.#units = units;
    this.#users = new UserNames(folders);
  }

  /** Processes at the start of the last scan, kernel threads included. */
  get processCount(): number {
    return this.#pids.length;
  }

  get isRunning(): boolean {
    return this.#nextIndex < Math.min(this.#pids.length, pidsMax);
  }

  /** Scans that have been finished. */
  get scanCount(): number {
    return this.#scanCount;
  }

  /** The leading processes; null until two scans have measured an interval. */
  top(): TopProcesses | null {
    return this.#top;
  }

  /** Lists the processes. Throws when the folder cannot be read. */
  start(nowMonotonicMs: number): void {
    this.#pids = readdirSync(this.#folders.proc)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
    this.#nextIndex = 0;
    this.#previousScanStartMs = this.#scanStartMs;
    this.#scanStartMs = nowMonotonicMs;
  }

  /** Reads the next `count` processes; at the end of the list makes the top of it. */
  advance(count: number, { nowMonotonicMs, tickMs }: Pick<CollectContext, 'nowMonotonicMs' | 'tickMs'>): void {
    const end = Math.min(this.#nextIndex + count, this.#pids.length, pidsMax);
    for (; this.#nextIndex < end; this.#nextIndex += 1) this.#readProcess(this.#pids[this.#nextIndex]!, nowMonotonicMs);
    if (!this.isRunning) this.#finish(tickMs);
  }

  #readProcess(pid: number, nowMonotonicMs: number): void {
    const text = this.#readText(`${this.#folders.proc}/${pid}/stat`);
    const stat = text === null ? null : parseProcessStat(text);
    if (stat === null) return;

    this.#youngestTicks = Math.max(this.#youngestTicks, stat.startTicks);
    const known = this.#knownOf(pid, { stat, nowMonotonicMs });
    const elapsedMs = nowMonotonicMs - known.readAtMs;
    const cpuMs = ((stat.cpuTicks - known.cpuTicks) / this.#units.clockHz) * 1_000;
    known.cpuPercent = elapsedMs > 0 && cpuMs > 0 ? roundTo((cpuMs / elapsedMs) * 100, 2) : 0;
    known.cpuTicks = stat.cpuTicks;
    known.readAtMs = nowMonotonicMs;
    known.memoryBytes = stat.residentPages * this.#units.pageBytes;
    // Programs rename themselves, and exec renames what fork had named.
    if (known.name !== stat.name) known.name = stat.name;
    known.seenInScan = this.#scanCount;
  }

  #knownOf(
    pid: number,
    { stat, nowMonotonicMs }: { readonly stat: ProcessStat; readonly nowMonotonicMs: number },
  ): Known {
    const known = this.#known.get(pid);
    if (known !== undefined && known.startTicks === stat.startTicks) return known;
    // One that started after the previous scan has done all its work since then; one that was overlooked starts now.
    const isNew = stat.startTicks > this.#previousYoungestTicks;
    const fresh: Known = {
      pid,
      startTicks: stat.startTicks,
      name: stat.name,
      cpuTicks: isNew ? 0 : stat.cpuTicks,
      readAtMs: isNew ? this.#previousScanStartMs : nowMonotonicMs,
      cpuPercent: 0,
      memoryBytes: 0,
      seenInScan: -1,
    };
    this.#known.set(pid, fresh);
    return fresh;
  }

  #readText(path: string): string | null {
    let descriptor = -1;
    try {
      descriptor = openSync(path, 'r');
      return this.#buffer.toString('utf8', 0, readSync(descriptor, this.#buffer, 0, this.#buffer.length, 0));
    } catch (error) {
      errnoOf(error);
      return null;
    } finally {
      if (descriptor >= 0) closeSync(descriptor);
    }
  }

  #finish(tickMs: number): void {
    for (const [pid, known] of this.#known) if (known.seenInScan !== this.#scanCount) this.#known.delete(pid);
    this.#previousYoungestTicks = this.#youngestTicks;
    this.#scanCount += 1;
    if (this.#scanCount < 2) return;

    this.#users.refresh();
    const processes = [...this.#known.values()];
    const byCpu = leading(processes, (known) => known.cpuPercent);
    const byMemory = leading(processes, (known) => known.memoryBytes);
    const leaders = [...byCpu, ...byMemory.filter((known) => !byCpu.includes(known))];
    this.#top = { atMs: tickMs, processes: leaders.map((known) => this.#toTopProcess(known)) };
  }

  #toTopProcess({ pid, name, cpuPercent, memoryBytes }: Known): TopProcess {
    return { pid, name: cleanLabelValue(name), cpuPercent, memoryBytes, user: this.#userOf(pid) };
  }

  /** The folder of a process belongs to the user it runs as. Empty when it has just ended. */
  #userOf(pid: number): string {
    try {
      return this.#users.nameOf(statSync(`${this.#folders.proc}/${pid}`).uid);
    } catch (error) {
      errnoOf(error);
      return '';
    }
  }
}

/** The greatest few above 0, greatest first, without sorting them all; of equals the one known longer. */
function leading(processes: readonly Known[], measureOf: (known: Known) => number): readonly Known[] {
  const leaders: Known[] = [];
  for (const known of processes) {
    const value = measureOf(known);
    const last = leaders[topCount - 1];
    if (value <= 0 || (last !== undefined && value <= measureOf(last))) continue;
    const index = leaders.findIndex((leader) => measureOf(leader) < value);
    leaders.splice(index < 0 ? leaders.length : index, 0, known);
    leaders.length = Math.min(leaders.length, topCount);
  }
  return leaders;
}

/**
 * CPU seconds and resident memory of processes, from /proc.
 *
 * A process tree's CPU is the sum over its living members of their own time and of the time of children that
 * they have already waited for, so what a member that has ended used stays in the sum.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface ProcessStat {
  readonly parent: number;
  /** Own user and system time, in clock ticks. */
  readonly ownTicks: number;
  /** That of children waited for. */
  readonly childTicks: number;
}

export interface Usage {
  readonly cpuSec: number;
  /** Proportional set size: shared pages are divided among those that share them. */
  readonly memoryBytes: number;
}

let ticksPerSec: number | null = null;

/** Parses /proc/<pid>/stat. The name may hold spaces and parentheses, so fields count from the last one. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index] ?? Number.NaN);
  return { parent: at(1), ownTicks: at(11) + at(12), childTicks: at(13) + at(14) };
}

/** A size of /proc/<pid>/status or smaps_rollup, bytes; 0 when it is not told. */
export function parseSize(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1_024;
}

/** `root` and all below it, by what each names as its parent. */
export function treeOf(root: number, parents: ReadonlyMap<number, number>): number[] {
  const tree = [root];
  for (let index = 0; index < tree.length; index += 1) {
    for (const [pid, parent] of parents) if (parent === tree[index]) tree.push(pid);
  }
  return tree;
}

/** Usage of a process and everything below it. A process that has ended counts as nothing. */
export function readTreeUsage(root: number): Usage {
  const stats = readAllStats();
  const parents = new Map([...stats].map(([pid, stat]) => [pid, stat.parent]));
  let ticks = 0;
  let memoryBytes = 0;
  for (const pid of treeOf(root, parents)) {
    const stat = stats.get(pid);
    if (stat === undefined) continue;
    ticks += stat.ownTicks + stat.childTicks;
    memoryBytes += parseSize(readProc(pid, 'smaps_rollup') ?? '', 'Pss');
  }
  return { cpuSec: ticks / readTicksPerSec(), memoryBytes };
}

/** Usage of one process without its children. */
export function readUsage(pid: number): Usage {
  const text = readProc(pid, 'stat');
  const ticks = text === null ? 0 : parseStat(text).ownTicks;
  return { cpuSec: ticks / readTicksPerSec(), memoryBytes: parseSize(readProc(pid, 'smaps_rollup') ?? '', 'Pss') };
}

/** Resident memory of a process now, and the most since `resetPeak()`. */
export function readResident(pid: number): { readonly nowBytes: number; readonly peakBytes: number } {
  const status = readProc(pid, 'status') ?? '';
  return { nowBytes: parseSize(status, 'VmRSS'), peakBytes: parseSize(status, 'VmHWM') };
}

/** The kernel counts the peak of a process's resident memory from now on. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** A process and everything below it. */
function readTreePids(root: number): number[] {
  return treeOf(root, new Map([...readAllStats()].map(([pid, stat]) => [pid, stat.parent])));
}

/** Memory that a process and everything below it have for themselves: neither files nor shared memory. */
export function readTreeOwnBytes(root: number): number {
  const sizes = readTreePids(root).map((pid) => parseSize(readProc(pid, 'smaps_rollup') ?? '', 'Pss_Anon'));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function readAllStats(): Map<number, ProcessStat> {
  const stats = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = readProc(Number(name), 'stat');
    if (text !== null) stats.set(Number(name), parseStat(text));
  }
  return stats;
}

/** A file of a process; null when the process has ended or is not ours to read. */
function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return null;
  }
}

function readTicksPerSec(): number {
  ticksPerSec ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticksPerSec;
}

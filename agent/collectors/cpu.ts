/**
 * CPU time in total, by mode and by core, and the two counts of processes that /proc/stat holds as well: it is the
 * dearest of the files (one line for each core and all interrupts), so it is read once. See proc_stat(5).
 *
 * Shares are of the time that the kernel itself counted, not of the clock: they add up to 100 whatever the interval.
 */
import type { Collector, Readings } from '../readings.ts';
import { numberAfter, percentOf, scanNumbers } from './numbers.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup, SeriesTable } from './series-group.ts';

/** In the order of the columns. Guest time, which follows, is already in user and nice. */
export const cpuModes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
const modeCount = cpuModes.length;
const idleColumn = 3;
const iowaitColumn = 4;
/** Above it cores have no series of their own: 64 lines in a chart are past reading. */
const coresMax = 64;

/** Clock ticks since boot by mode, in the order of `cpuModes`. */
export type CpuTimes = Float64Array;

export interface Stat {
  readonly total: CpuTimes;
  /** By number of the core; cores that are off are missing. */
  readonly cores: ReadonlyMap<number, CpuTimes>;
  readonly runningCount: number;
  readonly blockedCount: number;
}

/** Throws SyntaxError when the first line is not the sum over all cores. */
export function parseStat(text: string): Stat {
  if (!text.startsWith('cpu ')) {
    throw new SyntaxError(`Cannot parse /proc/stat: the first line must be "cpu": got "${text.slice(0, 80)}"`);
  }
  const total = new Float64Array(modeCount);
  scanNumbers(text, 4, total);

  const cores = new Map<number, CpuTimes>();
  const core = new Float64Array(1);
  let at = text.indexOf('\n') + 1;
  while (text.startsWith('cpu', at) && cores.size < coresMax) {
    const times = new Float64Array(modeCount);
    if (scanNumbers(text, at + 3, core) === 1) {
      scanNumbers(text, text.indexOf(' ', at), times);
      cores.set(core[0]!, times);
    }
    at = text.indexOf('\n', at) + 1;
    if (at === 0) break;
  }
  return {
    total,
    cores,
    runningCount: numberAfter(text, 'procs_running '),
    blockedCount: numberAfter(text, 'procs_blocked '),
  };
}

/**
 * Share of each mode in the time between two readings, percent; NaN for all when none has passed. Idle and iowait may
 * go back by a little (proc_stat(5)), which counts as none. The caller owns the result.
 */
export function cpuShares(before: CpuTimes, after: CpuTimes): Float64Array {
  const rises = after.map((ticks, mode) => Math.max(0, ticks - before[mode]!));
  const whole = rises.reduce((sum, ticks) => sum + ticks, 0);
  return rises.map((ticks) => percentOf(ticks, whole));
}

/** Busy share of the time between two readings, percent; NaN when none has passed. */
export function cpuUsedPercent(before: CpuTimes, after: CpuTimes): number {
  let whole = 0;
  let unused = 0;
  for (let mode = 0; mode < modeCount; mode += 1) {
    const rise = Math.max(0, after[mode]! - before[mode]!);
    whole += rise;
    if (mode === idleColumn || mode === iowaitColumn) unused += rise;
  }
  return percentOf(whole - unused, whole);
}

const noTimes: CpuTimes = new Float64Array(modeCount).fill(Number.NaN);

export function cpuCollector(folders: HostFolders): Collector {
  const file = new ProcFile(`${folders.proc}/stat`);
  const used = new SeriesGroup({ used: { name: 'cpu_used_percent', unit: 'percent', kind: 'counter' } });
  const modes = cpuModes.map(
    (mode) => new SeriesGroup({ share: { name: 'cpu_mode_percent', unit: 'percent', kind: 'counter' } }, { mode }),
  );
  const cores = new SeriesTable({
    metrics: { used: { name: 'cpu_core_used_percent', unit: 'percent', kind: 'counter' } },
    label: 'core',
    thingsMax: coresMax,
  });
  const processes = new SeriesGroup({
    running: { name: 'process_running', unit: '1' },
    blocked: { name: 'process_blocked', unit: '1' },
  });
  let before: Stat | null = null;

  function writeCores(readings: Readings, stat: Stat): void {
    for (const [core, times] of stat.cores) {
      const group = cores.touch(String(core));
      group?.write(readings, 'used', cpuUsedPercent(before?.cores.get(core) ?? noTimes, times));
    }
    cores.sweep(readings);
  }

  return {
    name: 'cpu',
    everyMs: 0,
    collect(readings) {
      const stat = parseStat(file.readRequired());
      const shares = cpuShares(before?.total ?? noTimes, stat.total);
      used.write(readings, 'used', cpuUsedPercent(before?.total ?? noTimes, stat.total));
      for (const [index, mode] of modes.entries()) mode.write(readings, 'share', shares[index]!);
      writeCores(readings, stat);
      processes.write(readings, 'running', stat.runningCount);
      processes.write(readings, 'blocked', stat.blockedCount);
      before = stat;
    },
  };
}

/** Processes and open files: their counts as series, the leading ones as `top`, which is not stored. */
import type { Collector, TopProcesses } from '../readings.ts';
import { readKernelUnits } from './auxiliary.ts';
import { scanNumbers } from './numbers.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { ProcessScan } from './process-scan.ts';
import { SeriesGroup } from './series-group.ts';

const scanEveryMs = 10_000;
/** The first scan measures nothing yet: the second follows soon, so that a new host has a top within seconds. */
const secondScanMs = 2_000;
/** 11 µs each (2026, Node 20, 2 cores of a virtual machine): 3 ms of a second. 2,500 processes are done in 10 s. */
const pidsPerSecond = 250;
/** In one tick, however long its interval: 27 ms. */
const pidsPerTickMax = 2_500;

/** Open files of the whole system: /proc/sys/fs/file-nr, see proc_sys_fs(5). */
export function parseOpenFiles(text: string): number {
  const fields = new Float64Array(2);
  if (scanNumbers(text, 0, fields) === 2) return fields[0]! - fields[1]!;
  throw new SyntaxError(`Cannot parse file-nr: it must start with two numbers: got "${text.slice(0, 80)}"`);
}

export interface ProcessCollector extends Collector {
  /** The leading processes of the last scan; null before the second. A new object after each scan. */
  top(): TopProcesses | null;
}

/** Runs each tick, to read a part of the processes in each. */
export function processCollector(folders: HostFolders): ProcessCollector {
  const openFiles = new ProcFile(`${folders.proc}/sys/fs/file-nr`);
  const series = new SeriesGroup({
    openFiles: { name: 'open_files', unit: '1' },
    count: { name: 'process_count', unit: '1', everyMs: scanEveryMs },
  });
  const scan = new ProcessScan({ folders, units: readKernelUnits(folders) });
  let startedAtMs = Number.NaN;

  return {
    name: 'process',
    everyMs: 0,
    top: () => scan.top(),
    collect(readings, context) {
      const { nowMonotonicMs } = context;
      const waitMs = scan.scanCount === 1 ? secondScanMs : scanEveryMs;
      // Half a second early, as a tick that is a little early must not wait for the next.
      const isDue = !scan.isRunning && !(nowMonotonicMs - startedAtMs < waitMs - 500);
      if (isDue) {
        scan.start(nowMonotonicMs);
        startedAtMs = nowMonotonicMs;
      }
      series.write(readings, 'count', isDue ? scan.processCount : Number.NaN);

      const seconds = Number.isNaN(context.elapsedMs) ? 1 : context.elapsedMs / 1_000;
      if (scan.isRunning) scan.advance(Math.min(pidsPerTickMax, Math.ceil(pidsPerSecond * seconds)), context);
      const text = openFiles.read();
      if (text !== null) series.write(readings, 'openFiles', parseOpenFiles(text));
    },
  };
}

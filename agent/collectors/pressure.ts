/**
 * Pressure stall information: share of the time in which some (or all) tasks waited for CPU, memory or I/O.
 * Made from the totals, so it is exact for the interval, where the kernel's own averages lag by 10 s.
 * Source: Documentation/accounting/psi.rst of the kernel. Absent before 4.20, in some containers and with psi=0.
 */
import type { Collector } from '../readings.ts';
import { roundTo, scanNumbers } from './numbers.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { Rate } from './rate.ts';
import { SeriesGroup } from './series-group.ts';

/** Stalled time since boot, µs; NaN for a line that the file does not have. */
export interface PressureTotals {
  readonly someUs: number;
  readonly fullUs: number;
}

export function parsePressure(text: string): PressureTotals {
  return { someUs: totalOf(text, 'some'), fullUs: totalOf(text, 'full') };
}

function totalOf(text: string, line: string): number {
  const at = text.startsWith(line) ? 0 : text.indexOf(`\n${line}`);
  const totalAt = at < 0 ? -1 : text.indexOf('total=', at);
  return totalAt < 0 || scanNumbers(text, totalAt + 6, total) === 0 ? Number.NaN : total[0]!;
}

const total = new Float64Array(1);

export function pressureCollector(folders: HostFolders): Collector {
  const series = new SeriesGroup({
    cpuSome: { name: 'pressure_cpu_some_percent', unit: 'percent', kind: 'counter' },
    memorySome: { name: 'pressure_memory_some_percent', unit: 'percent', kind: 'counter' },
    memoryFull: { name: 'pressure_memory_full_percent', unit: 'percent', kind: 'counter' },
    ioSome: { name: 'pressure_io_some_percent', unit: 'percent', kind: 'counter' },
    ioFull: { name: 'pressure_io_full_percent', unit: 'percent', kind: 'counter' },
  });
  // "full" of the CPU means nothing for a whole system: the kernel writes 0.
  const sources = [
    { file: new ProcFile(`${folders.proc}/pressure/cpu`), some: 'cpuSome', full: null },
    { file: new ProcFile(`${folders.proc}/pressure/memory`), some: 'memorySome', full: 'memoryFull' },
    { file: new ProcFile(`${folders.proc}/pressure/io`), some: 'ioSome', full: 'ioFull' },
  ] as const;
  const rates = sources.map(() => ({ some: new Rate(), full: new Rate() }));

  return {
    name: 'pressure',
    everyMs: 0,
    collect(readings, { nowMonotonicMs }) {
      for (const [index, { file, some, full }] of sources.entries()) {
        const text = file.read();
        if (text === null) continue;
        const totals = parsePressure(text);
        const rate = rates[index]!;
        series.write(readings, some, toPercent(rate.some.next(totals.someUs, nowMonotonicMs)));
        if (full !== null) series.write(readings, full, toPercent(rate.full.next(totals.fullUs, nowMonotonicMs)));
      }
    },
  };
}

/** µs per second are parts of a million. */
function toPercent(usPerSecond: number): number {
  return roundTo(Math.min(100, usPerSecond / 10_000), 2);
}

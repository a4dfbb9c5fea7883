/** Memory and swap: /proc/meminfo, see proc_meminfo(5). Used means what is not available, as `free` shows it. */
import type { Collector } from '../readings.ts';
import { numberAfter, percentOf } from './numbers.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup } from './series-group.ts';

/** All in bytes. */
export interface Memory {
  readonly total: number;
  readonly free: number;
  /** What programs could have without swapping. */
  readonly available: number;
  readonly buffers: number;
  /** Page cache and the slab memory that can be given back. */
  readonly cached: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/** Throws SyntaxError when total or free memory is missing; other fields that are missing count as 0. */
export function parseMemory(text: string): Memory {
  const total = bytesOf(text, 'MemTotal:');
  const free = bytesOf(text, 'MemFree:');
  if (Number.isNaN(total) || Number.isNaN(free)) {
    throw new SyntaxError(`Cannot parse /proc/meminfo: MemTotal and MemFree must be there: got "${text.slice(0, 80)}"`);
  }
  const buffers = bytesOf(text, 'Buffers:') || 0;
  const cached = (bytesOf(text, 'Cached:') || 0) + (bytesOf(text, 'SReclaimable:') || 0);
  const available = bytesOf(text, 'MemAvailable:');
  return {
    total,
    free,
    // Kernels before 3.14 and some containers do not say.
    available: Number.isNaN(available) ? Math.min(total, free + buffers + cached) : available,
    buffers,
    cached,
    swapTotal: bytesOf(text, 'SwapTotal:') || 0,
    swapFree: bytesOf(text, 'SwapFree:') || 0,
  };
}

function bytesOf(text: string, label: string): number {
  return numberAfter(text, label) * 1_024;
}

export function memoryCollector(folders: HostFolders): Collector {
  const file = new ProcFile(`${folders.proc}/meminfo`);
  const series = new SeriesGroup({
    total: { name: 'memory_total_bytes', unit: 'bytes' },
    used: { name: 'memory_used_bytes', unit: 'bytes' },
    usedPercent: { name: 'memory_used_percent', unit: 'percent' },
    available: { name: 'memory_available_bytes', unit: 'bytes' },
    free: { name: 'memory_free_bytes', unit: 'bytes' },
    buffers: { name: 'memory_buffers_bytes', unit: 'bytes' },
    cached: { name: 'memory_cached_bytes', unit: 'bytes' },
    swapTotal: { name: 'swap_total_bytes', unit: 'bytes' },
    swapUsed: { name: 'swap_used_bytes', unit: 'bytes' },
    swapUsedPercent: { name: 'swap_used_percent', unit: 'percent' },
  });
  return {
    name: 'memory',
    everyMs: 0,
    collect(readings) {
      const memory = parseMemory(file.readRequired());
      const used = memory.total - memory.available;
      const swapUsed = memory.swapTotal - memory.swapFree;
      series.write(readings, 'total', memory.total);
      series.write(readings, 'used', used);
      series.write(readings, 'usedPercent', percentOf(used, memory.total));
      series.write(readings, 'available', memory.available);
      series.write(readings, 'free', memory.free);
      series.write(readings, 'buffers', memory.buffers);
      series.write(readings, 'cached', memory.cached);
      series.write(readings, 'swapTotal', memory.swapTotal);
      series.write(readings, 'swapUsed', swapUsed);
      // Without swap nothing of it is used.
      series.write(readings, 'swapUsedPercent', memory.swapTotal > 0 ? percentOf(swapUsed, memory.swapTotal) : 0);
    },
  };
}

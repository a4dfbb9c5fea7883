/**
 * What goes in and out of swap: /proc/vmstat, pages since boot. A host that swaps a lot for minutes is in trouble, one
 * whose swap is full of what nobody needs is not, so this says more than how much of it is used. Absent where the kernel has no swap.
 */
import { readFileSync } from 'node:fs';
import type { Collector } from '../readings.ts';
import { numberAfter } from './numbers.ts';
import { errnoOf, type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup } from './series-group.ts';

/** Pages since boot; NaN where the kernel does not count them. */
export interface SwapTotals {
  readonly inPages: number;
  readonly outPages: number;
}

/** AT_PAGESZ of getauxval(3). */
const pageSizeType = 6;
const usualPageBytes = 4_096;

export function parseSwap(text: string): SwapTotals {
  return { inPages: numberAfter(text, 'pswpin '), outPages: numberAfter(text, 'pswpout ') };
}

/** The size of a page by /proc/self/auxv: pairs of words of `wordBytes` in the machine's order (little-endian). null when it is not in there. */
export function parsePageBytes(auxv: Uint8Array, wordBytes: 4 | 8): number | null {
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  for (let at = 0; at + 2 * wordBytes <= auxv.byteLength; at += 2 * wordBytes) {
    // The upper half of a 64-bit word is 0 in both cases.
    if (view.getUint32(at, true) === pageSizeType) return view.getUint32(at + wordBytes, true);
  }
  return null;
}

export function swapCollector(folders: HostFolders): Collector {
  const file = new ProcFile(`${folders.proc}/vmstat`);
  const pageBytes = readPageBytes(folders);
  const series = new SeriesGroup({
    in: { name: 'swap_in_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
    out: { name: 'swap_out_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
  });
  return {
    name: 'swap',
    everyMs: 0,
    collect(readings, { nowMonotonicMs }) {
      const text = file.read();
      if (text === null) return;
      const { inPages, outPages } = parseSwap(text);
      if (Number.isNaN(inPages) || Number.isNaN(outPages)) return;
      series.writeRate(readings, 'in', { counter: inPages * pageBytes, nowMonotonicMs, decimals: 0 });
      series.writeRate(readings, 'out', { counter: outPages * pageBytes, nowMonotonicMs, decimals: 0 });
    },
  };
}

function readPageBytes({ proc }: HostFolders): number {
  const wordBytes = process.arch === 'arm' || process.arch === 'ia32' ? 4 : 8;
  try {
    return parsePageBytes(readFileSync(`${proc}/self/auxv`), wordBytes) ?? usualPageBytes;
  } catch (error) {
    errnoOf(error);
    return usualPageBytes;
  }
}

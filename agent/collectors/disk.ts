/**
 * Disks: /proc/diskstats, see Documentation/admin-guide/iostats.rst of the kernel. Whole disks and the volumes on
 * them (device mapper, md) have series of their own; sums over the host count disks only, or each byte would count twice.
 */
import { existsSync } from 'node:fs';
import type { Collector, Readings } from '../readings.ts';
import { roundTo, scanNumbers } from './numbers.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup, SeriesTable } from './series-group.ts';

/** The unit of the file whatever the device's own sectors are. */
const sectorBytes = 512;
const disksMax = 32;
const columnCount = 10;

/** Counters since boot, in the order of the file: the index of each in `DiskLine.counters`. */
const column = {
  reads: 0,
  sectorsRead: 2,
  readMs: 3,
  writes: 4,
  sectorsWritten: 6,
  writeMs: 7,
  busyMs: 9,
} as const;

export interface DiskLine {
  readonly name: string;
  readonly counters: Float64Array;
}

/** Lines that are too short are left out. The caller owns the result. */
export function parseDiskstats(text: string): readonly DiskLine[] {
  const lines: DiskLine[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at);
    const match = diskNamePattern.exec(text.slice(at, Math.min(end, at + 80)));
    if (match !== null) {
      const counters = new Float64Array(columnCount);
      const count = scanNumbers(text, at + match[0].length, counters);
      if (count === columnCount) lines.push({ name: match[1]!, counters });
    }
    at = end + 1;
  }
  return lines;
}

const diskNamePattern = /^ *\d+ +\d+ (\S+) /;
/** Memory, files, discs and floppies in the shape of a disk. */
const ignoredPattern = /^(loop|ram|zram|sr|fd|mtdblock)\d+$/;
const volumePattern = /^(dm-|md)\d/;
/** How partitions are called; asked only where /sys cannot tell. */
const partitionPattern = /^((h|s|v|xv)d[a-z]+\d+|(nvme\d+n|mmcblk|nbd|md)\d+p\d+)$/;

const metrics = {
  read: { name: 'disk_read_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
  write: { name: 'disk_write_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
  reads: { name: 'disk_reads_per_sec', unit: '1/s', kind: 'counter' },
  writes: { name: 'disk_writes_per_sec', unit: '1/s', kind: 'counter' },
  readLatency: { name: 'disk_read_latency_ms', unit: 'ms', kind: 'counter' },
  writeLatency: { name: 'disk_write_latency_ms', unit: 'ms', kind: 'counter' },
  busy: { name: 'disk_busy_percent', unit: 'percent', kind: 'counter' },
} as const;

interface DiskRates {
  readonly read: number;
  readonly write: number;
  readonly busy: number;
}

export function diskCollector(folders: HostFolders): Collector {
  const file = new ProcFile(`${folders.proc}/diskstats`);
  const disks = new SeriesTable({ metrics, label: 'device', thingsMax: disksMax });
  const sums = new SeriesGroup({
    read: { name: 'disk_read_total_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
    write: { name: 'disk_write_total_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
    busy: { name: 'disk_busy_max_percent', unit: 'percent', kind: 'counter' },
  });
  const isWholeOf = new Map<string, boolean>();

  /** /sys is asked once for each name that the file shows. */
  function isWhole(name: string): boolean {
    let answer = isWholeOf.get(name);
    if (answer === undefined) {
      if (isWholeOf.size >= 4_096) isWholeOf.clear();
      answer = !ignoredPattern.test(name) && isWholeDisk(folders, name);
      isWholeOf.set(name, answer);
    }
    return answer;
  }

  return {
    name: 'disk',
    everyMs: 0,
    collect(readings, { nowMonotonicMs }) {
      let read = Number.NaN;
      let write = Number.NaN;
      let busy = Number.NaN;
      for (const { name, counters } of parseDiskstats(file.readRequired())) {
        if (!isWhole(name) || !(disks.has(name) || hasMoved(counters))) continue;
        const group = disks.touch(name);
        if (group === null) continue;
        const rates = writeDisk(readings, group, { counters, nowMonotonicMs });
        if (volumePattern.test(name)) continue;
        read = addKnown(read, rates.read);
        write = addKnown(write, rates.write);
        busy = Number.isNaN(busy) ? rates.busy : Math.max(busy, rates.busy || 0);
      }
      disks.sweep(readings);
      sums.write(readings, 'read', roundTo(read, 0));
      sums.write(readings, 'write', roundTo(write, 0));
      sums.write(readings, 'busy', busy);
    },
  };
}

/** A device that has done nothing since boot (nbd0 … nbd15) is none. */
function hasMoved(counters: Float64Array): boolean {
  return counters[column.reads]! + counters[column.writes]! > 0;
}

/** /sys/block has the whole disks; a "/" in a name stands there as "!". */
function isWholeDisk(folders: HostFolders, name: string): boolean {
  if (existsSync(`${folders.sys}/block`)) return existsSync(`${folders.sys}/block/${name.replaceAll('/', '!')}`);
  return !partitionPattern.test(name);
}

function writeDisk(
  readings: Readings,
  group: SeriesGroup<keyof typeof metrics>,
  { counters, nowMonotonicMs }: { readonly counters: Float64Array; readonly nowMonotonicMs: number },
): DiskRates {
  const reading = (index: number, scale = 1) =>
    ({ counter: counters[index]! * scale, nowMonotonicMs, decimals: scale === 1 ? 1 : 0 }) as const;

  const read = group.writeRate(readings, 'read', reading(column.sectorsRead, sectorBytes));
  const write = group.writeRate(readings, 'write', reading(column.sectorsWritten, sectorBytes));
  const reads = group.writeRate(readings, 'reads', reading(column.reads));
  const writes = group.writeRate(readings, 'writes', reading(column.writes));
  // Without operations there is no latency: 0 would lower every mean made of it.
  const readMs = group.rate('readLatency', reading(column.readMs));
  const writeMs = group.rate('writeLatency', reading(column.writeMs));
  group.write(readings, 'readLatency', reads > 0 ? roundTo(readMs / reads, 2) : Number.NaN);
  group.write(readings, 'writeLatency', writes > 0 ? roundTo(writeMs / writes, 2) : Number.NaN);
  const busy = roundTo(Math.min(100, group.rate('busy', reading(column.busyMs)) / 10), 2);
  group.write(readings, 'busy', busy);
  return { read, write, busy };
}

function addKnown(sum: number, value: number): number {
  if (Number.isNaN(value)) return sum;
  return Number.isNaN(sum) ? value : sum + value;
}

import { describe, expect, test } from 'vitest';
import { diskCollector, parseDiskstats } from './disk.ts';
import { hostWith, runOf } from './testing/host.ts';

interface DiskFields {
  readonly reads?: number;
  readonly sectorsRead?: number;
  readonly readMs?: number;
  readonly writes?: number;
  readonly sectorsWritten?: number;
  readonly writeMs?: number;
  readonly busyMs?: number;
}

function line(name: string, fields: DiskFields = { reads: 1 }): string {
  const { reads = 0, sectorsRead = 0, readMs = 0, writes = 0, sectorsWritten = 0, writeMs = 0, busyMs = 0 } = fields;
  return ` 254       0 ${name} ${reads} 9 ${sectorsRead} ${readMs} ${writes} 9 ${sectorsWritten} ${writeMs} 0 ${busyMs} 777 5 5 5 5 5 5\n`;
}

test('parseDiskstats() reads names and counters and leaves out short lines', () => {
  const disks = parseDiskstats(
    `${line('vda', { reads: 16_762, busyMs: 3_008 })}   8  0 old 1 2 3\n\n${line('cciss/c0d0')}`,
  );
  expect(disks.map(({ name, counters }) => [name, [...counters]])).toEqual([
    ['vda', [16_762, 9, 0, 0, 0, 9, 0, 0, 0, 3_008]],
    ['cciss/c0d0', [1, 9, 0, 0, 0, 9, 0, 0, 0, 0]],
  ]);
});

describe('diskCollector()', () => {
  test('writes rates, latency and utilisation of the interval, and their sums', () => {
    const host = hostWith({
      'proc/diskstats': line('sda') + line('sdb'),
      'sys/block/sda/x': '',
      'sys/block/sdb/x': '',
    });
    const run = runOf(diskCollector(host.folders));
    expect(run.at(0)).toMatchObject({ 'disk_reads_per_sec{device="sda"}': 'notDue', disk_busy_max_percent: 'notDue' });
    const busy = { reads: 5, sectorsRead: 16, readMs: 10, writes: 2, sectorsWritten: 8, writeMs: 1, busyMs: 250 };
    host.write({ 'proc/diskstats': line('sda', busy) + line('sdb', { reads: 1, sectorsRead: 2, busyMs: 100 }) });
    expect(run.at(1)).toEqual({
      'disk_read_bytes_per_sec{device="sda"}': 8_192,
      'disk_write_bytes_per_sec{device="sda"}': 4_096,
      'disk_reads_per_sec{device="sda"}': 4,
      'disk_writes_per_sec{device="sda"}': 2,
      'disk_read_latency_ms{device="sda"}': 2.5,
      'disk_write_latency_ms{device="sda"}': 0.5,
      'disk_busy_percent{device="sda"}': 25,
      'disk_read_bytes_per_sec{device="sdb"}': 1_024,
      'disk_write_bytes_per_sec{device="sdb"}': 0,
      'disk_reads_per_sec{device="sdb"}': 0,
      'disk_writes_per_sec{device="sdb"}': 0,
      'disk_read_latency_ms{device="sdb"}': 'notDue',
      'disk_write_latency_ms{device="sdb"}': 'notDue',
      'disk_busy_percent{device="sdb"}': 10,
      disk_read_total_bytes_per_sec: 9_216,
      disk_write_total_bytes_per_sec: 4_096,
      disk_busy_max_percent: 25,
    });
  });

  test('shows volumes, but counts only disks in the sums', () => {
    const files = { 'sys/block/sda/x': '', 'sys/block/dm-0/x': '' };
    const host = hostWith({ ...files, 'proc/diskstats': line('sda') + line('dm-0') });
    const run = runOf(diskCollector(host.folders));
    run.at(0);
    const fields = { reads: 1, sectorsRead: 2 };
    host.write({ 'proc/diskstats': line('sda', fields) + line('dm-0', fields) });
    expect(run.at(1)).toMatchObject({
      'disk_read_bytes_per_sec{device="dm-0"}': 1_024,
      disk_read_total_bytes_per_sec: 1_024,
    });
  });

  test.each([
    ['by /sys', { 'sys/block/xvda1/x': '' }, 'xvda1', 'xvda2'],
    ['by their names without /sys', {}, 'nvme0n1', 'nvme0n1p1'],
  ])('leaves out partitions, %s', (_, files, disk, partition) => {
    const names = [disk, partition, 'loop0', 'ram1', 'zram0', 'sr0', 'fd0'];
    const host = hostWith({ ...files, 'proc/diskstats': names.map((name) => line(name)).join('') });
    const keys = Object.keys(runOf(diskCollector(host.folders)).at(0));
    expect(keys.filter((key) => key.startsWith('disk_reads'))).toEqual([`disk_reads_per_sec{device="${disk}"}`]);
  });

  test('leaves out a device that has done nothing since boot, until it does', () => {
    const host = hostWith({ 'proc/diskstats': line('sda', {}) });
    const run = runOf(diskCollector(host.folders));
    const key = 'disk_reads_per_sec{device="sda"}';
    expect(key in run.at(0)).toBe(false);
    host.write({ 'proc/diskstats': line('sda') });
    expect(run.at(1)[key]).toBe('notDue');
  });

  test('ends a device that was removed; its name starts anew when it comes back', () => {
    const host = hostWith({ 'proc/diskstats': line('sda', { reads: 1_000_000 }) });
    const run = runOf(diskCollector(host.folders));
    const key = 'disk_reads_per_sec{device="sda"}';
    run.at(0);
    host.write({ 'proc/diskstats': '' });
    expect(run.at(1)[key]).toBe('gone');
    host.write({ 'proc/diskstats': line('sda', { reads: 4 }) });
    expect(run.at(2)[key]).toBe('notDue');
    host.write({ 'proc/diskstats': line('sda', { reads: 6 }) });
    expect(run.at(3)[key]).toBe(2);
  });

  test('has no rate when the counters go back, and measures on from there', () => {
    const host = hostWith({ 'proc/diskstats': line('sda', { reads: 500, busyMs: 2 ** 32 - 1 }) });
    const run = runOf(diskCollector(host.folders));
    run.at(0);
    host.write({ 'proc/diskstats': line('sda', { reads: 510, busyMs: 10 }) });
    expect(run.at(1)).toMatchObject({
      'disk_reads_per_sec{device="sda"}': 10,
      'disk_busy_percent{device="sda"}': 'notDue',
      disk_busy_max_percent: 'notDue',
    });
    host.write({ 'proc/diskstats': line('sda', { reads: 510, busyMs: 20 }) });
    expect(run.at(2)).toMatchObject({ 'disk_busy_percent{device="sda"}': 1 });
  });

  test('shows at most 32 devices', () => {
    const names = Array.from({ length: 40 }, (_, index) => `nvme${index}n1`);
    const host = hostWith({ 'proc/diskstats': names.map((name) => line(name)).join('') });
    const keys = Object.keys(runOf(diskCollector(host.folders)).at(0));
    expect(keys.filter((key) => key.startsWith('disk_reads'))).toHaveLength(32);
  });
});

/**
 * File systems on this machine's own disks: which are mounted from /proc/self/mountinfo (proc_pid_mountinfo(5)), how
 * full from statfs(2). Network file systems are left out, and what is mounted below them: statfs on a dead server
 * blocks the whole agent. Each device counts once, at its shortest mount point (bind mounts, btrfs subvolumes).
 */
import { statfsSync } from 'node:fs';
import type { Collector } from '../readings.ts';
import { percentOf } from './numbers.ts';
import { errnoOf, type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup, SeriesTable } from './series-group.ts';

const mountsMax = 32;

export interface Mount {
  readonly mount: string;
  readonly type: string;
  /** Major and minor number: what tells bind mounts of one device from devices. */
  readonly device: string;
}

/** All mounts in the order of the file, with the octal escapes of their paths undone. Lines that are too short are left out. */
export function parseMounts(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    // Between the options and the type stand any number of optional fields, ended by "-".
    const type = fields[fields.indexOf('-', 6) + 1];
    if (fields.length < 9 || type === undefined || !fields.includes('-', 6)) continue;
    mounts.push({ mount: unescapePath(fields[4]!), type, device: fields[2]! });
  }
  return mounts;
}

/** Blank, tab, line feed and backslash stand as three octal digits. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** What is stored on disks. Read-only images (squashfs, iso9660) are always full and mean nothing. */
const diskTypes = new Set(
  'ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs nilfs2 ufs hfsplus vfat exfat ntfs ntfs3 fuseblk'.split(' '),
);
const networkPattern = /^(nfs4?|cifs|smb3?|smbfs|9p|afs|ceph|glusterfs|lustre|ocfs2|gfs2|davfs|autofs|fuse\..+)$/;
/** Views of other mounts that container engines and package managers make. */
const ignoredMountPattern =
  /^\/(proc|sys|dev|snap|run\/(?!media\/)|var\/lib\/(docker|containers|containerd|kubelet|snapd)|etc\/(hosts|hostname|resolv\.conf)$)/;

/** The mounts to watch, shortest path first, one for each device. */
export function watchedMounts(mounts: readonly Mount[]): readonly Mount[] {
  const remote = mounts.filter(({ type }) => networkPattern.test(type)).map(({ mount }) => `${mount}/`);
  const devices = new Set<string>();
  return mounts
    .filter(isWatched)
    .filter(({ mount }) => !remote.some((above) => mount.startsWith(above)))
    .sort((a, b) => a.mount.length - b.mount.length)
    .filter(({ device }) => !devices.has(device) && devices.add(device))
    .slice(0, mountsMax);
}

function isWatched({ mount, type }: Mount): boolean {
  // A container's root, and the one memory file system that fills by accident.
  if (type === 'overlay') return mount === '/';
  if (type === 'tmpfs') return mount === '/tmp';
  return diskTypes.has(type) && !ignoredMountPattern.test(mount);
}

/** The fields of statfs(2) that count, in blocks of `bsize` bytes. */
export interface FilesystemUsage {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

const metrics = {
  total: { name: 'filesystem_total_bytes', unit: 'bytes' },
  used: { name: 'filesystem_used_bytes', unit: 'bytes' },
  available: { name: 'filesystem_available_bytes', unit: 'bytes' },
  usedPercent: { name: 'filesystem_used_percent', unit: 'percent' },
  inodes: { name: 'filesystem_inodes_total', unit: '1' },
  inodesUsed: { name: 'filesystem_inodes_used', unit: '1' },
  inodesUsedPercent: { name: 'filesystem_inodes_used_percent', unit: 'percent' },
} as const;

export function filesystemCollector(
  folders: HostFolders,
  readUsage: (mount: string) => FilesystemUsage = statfsSync,
): Collector {
  const file = new ProcFile(`${folders.proc}/self/mountinfo`);
  const filesystems = new SeriesTable({ metrics, label: 'mount', thingsMax: mountsMax });
  const fullest = new SeriesGroup({ usedPercent: { name: 'filesystem_used_max_percent', unit: 'percent' } });
  let text = '';
  let mounts: readonly Mount[] = [];

  return {
    name: 'filesystem',
    everyMs: 10_000,
    collect(readings) {
      const newText = file.readRequired();
      if (newText !== text) mounts = watchedMounts(parseMounts(newText));
      text = newText;

      let usedPercentMax = Number.NaN;
      for (const { mount } of mounts) {
        const usage = usageOf(mount, readUsage);
        // Touched all the same: a mount that does not answer has failed, it has not gone.
        const group = filesystems.touch(mount);
        // No blocks: a file system without a size of its own.
        if (group === null || usage === null || usage.blocks === 0) continue;
        const used = (usage.blocks - usage.bfree) * usage.bsize;
        const available = usage.bavail * usage.bsize;
        // What is kept for root counts neither as used nor as available, as `df` has it.
        const usedPercent = percentOf(used, used + available);
        group.write(readings, 'total', usage.blocks * usage.bsize);
        group.write(readings, 'used', used);
        group.write(readings, 'available', available);
        group.write(readings, 'usedPercent', usedPercent);
        usedPercentMax = Number.isNaN(usedPercentMax) ? usedPercent : Math.max(usedPercentMax, usedPercent);
        if (usage.files === 0) continue;
        const inodesUsed = usage.files - usage.ffree;
        group.write(readings, 'inodes', usage.files);
        group.write(readings, 'inodesUsed', inodesUsed);
        group.write(readings, 'inodesUsedPercent', percentOf(inodesUsed, usage.files));
      }
      filesystems.sweep(readings);
      fullest.write(readings, 'usedPercent', usedPercentMax);
    },
  };
}

/** Null when the mount has just gone or may not be looked at. */
function usageOf(mount: string, readUsage: (mount: string) => FilesystemUsage): FilesystemUsage | null {
  try {
    return readUsage(mount);
  } catch (error) {
    errnoOf(error);
    return null;
  }
}

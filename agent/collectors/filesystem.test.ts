import { describe, expect, test } from 'vitest';
import { type FilesystemUsage, filesystemCollector, parseMounts, watchedMounts } from './filesystem.ts';
import { hostWith, runOf } from './testing/host.ts';

function line(mount: string, type = 'ext4', device = '254:0'): string {
  return `27 1 ${device} / ${mount} rw,relatime shared:1 master:2 - ${type} /dev/vda rw,discard\n`;
}

const usage: FilesystemUsage = { bsize: 4_096, blocks: 100, bfree: 50, bavail: 40, files: 1_000, ffree: 750 };

describe('parseMounts()', () => {
  test('undoes the escapes of odd names', () => {
    const [mount] = parseMounts(line('/mnt/with\\040blank\\011tab\\012line\\134back'));
    expect(mount).toEqual({ mount: '/mnt/with blank\ttab\nline\\back', type: 'ext4', device: '254:0' });
  });

  test('finds the type whatever optional fields there are, and leaves out odd lines', () => {
    const text = '22 27 0:21 / /proc rw,relatime - proc proc rw\n\n1 2 3\n22 27 0:21 / /x rw a b c d e f\n';
    expect(parseMounts(text)).toEqual([{ mount: '/proc', type: 'proc', device: '0:21' }]);
  });
});

describe('watchedMounts()', () => {
  const watched = (...lines: string[]) => watchedMounts(parseMounts(lines.join(''))).map(({ mount }) => mount);

  test('leaves out what is not stored on a disk of this machine', () => {
    const types = ['proc', 'sysfs', 'tmpfs', 'squashfs', 'nfs4', 'cifs', 'fuse.sshfs', 'cgroup2', 'overlay', 'autofs'];
    expect(watched(...types.map((type, index) => line(`/mnt/${type}`, type, `0:${index}`)), line('/'))).toEqual(['/']);
  });

  test('takes the root of a container and a memory file system on /tmp', () => {
    expect(watched(line('/tmp', 'tmpfs', '0:1'), line('/', 'overlay', '0:2'))).toEqual(['/', '/tmp']);
  });

  test('counts each device once, at its shortest mount point', () => {
    expect(watched(line('/srv/bind'), line('/srv'), line('/data', 'xfs', '8:1'))).toEqual(['/srv', '/data']);
  });

  test('leaves out what lies below a network file system, where statfs may block', () => {
    expect(watched(line('/net', 'nfs', '0:9'), line('/net/disk'), line('/network', 'xfs', '8:1'))).toEqual([
      '/network',
    ]);
  });

  test('leaves out the views that container engines make', () => {
    const mounts = [
      '/var/lib/docker/x',
      '/etc/hosts',
      '/snap/core',
      '/run/user/0',
      '/dev/x',
      '/boot',
      '/run/media/usb',
    ];
    expect(watched(...mounts.map((mount, index) => line(mount, 'ext4', `8:${index}`)))).toEqual([
      '/boot',
      '/run/media/usb',
    ]);
  });

  test('takes at most 32', () => {
    const lines = Array.from({ length: 50 }, (_, index) => line(`/disk${index}`, 'ext4', `8:${index}`));
    expect(watched(...lines)).toHaveLength(32);
  });
});

describe('filesystemCollector()', () => {
  test('writes bytes and inodes, and the share as df has it', () => {
    const host = hostWith({ 'proc/self/mountinfo': line('/') });
    expect(runOf(filesystemCollector(host.folders, () => usage)).at(0)).toEqual({
      'filesystem_total_bytes{mount="/"}': 409_600,
      'filesystem_used_bytes{mount="/"}': 204_800,
      'filesystem_available_bytes{mount="/"}': 163_840,
      'filesystem_used_percent{mount="/"}': 55.56,
      'filesystem_inodes_total{mount="/"}': 1_000,
      'filesystem_inodes_used{mount="/"}': 250,
      'filesystem_inodes_used_percent{mount="/"}': 25,
      filesystem_used_max_percent: 55.56,
    });
  });

  test('has a key that can stand in a layout for a mount point with a line feed', () => {
    const host = hostWith({ 'proc/self/mountinfo': line('/mnt/a\\040b\\012"c"') });
    const run = runOf(filesystemCollector(host.folders, () => usage));
    expect(Object.keys(run.at(0))).toContain('filesystem_used_bytes{mount="/mnt/a b\ufffd\\"c\\""}');
    expect(run.sampler.seriesRefusedCount).toBe(0);
  });

  test('has no inode series where there are no inodes', () => {
    const host = hostWith({ 'proc/self/mountinfo': line('/', 'btrfs') });
    const keys = Object.keys(runOf(filesystemCollector(host.folders, () => ({ ...usage, files: 0, ffree: 0 }))).at(0));
    expect(keys.filter((key) => key.includes('inode'))).toEqual([]);
  });

  test('fails a mount that does not answer, without disturbing the others', () => {
    const host = hostWith({ 'proc/self/mountinfo': line('/') + line('/usb', 'vfat', '8:1') });
    let isAway = false;
    const collector = filesystemCollector(host.folders, (mount) => {
      if (isAway && mount === '/usb') throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'statfs' });
      return usage;
    });
    const run = runOf(collector);
    run.at(0);
    isAway = true;
    expect(run.at(10)).toMatchObject({
      'filesystem_used_bytes{mount="/"}': 204_800,
      'filesystem_used_bytes{mount="/usb"}': 'failed',
    });
  });

  test('ends a mount that is unmounted', () => {
    const host = hostWith({ 'proc/self/mountinfo': line('/') + line('/usb', 'vfat', '8:1') });
    const run = runOf(filesystemCollector(host.folders, () => usage));
    run.at(0);
    host.write({ 'proc/self/mountinfo': line('/') });
    expect(run.at(10)['filesystem_used_bytes{mount="/usb"}']).toBe('gone');
  });

  test('reads the real statfs by default', () => {
    const host = hostWith({ 'proc/self/mountinfo': line('/') });
    expect(runOf(filesystemCollector(host.folders)).at(0)['filesystem_total_bytes{mount="/"}']).toBeGreaterThan(0);
  });
});

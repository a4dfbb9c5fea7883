import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { tarOf } from './tar.ts';

const text = (content: string) => Buffer.from(content);

/** What the machine's own tar makes of an archive. */
function tar(args: readonly string[], archive: Uint8Array): string {
  return execFileSync('tar', [...args, '-f', '-'], { input: archive, encoding: 'utf8' });
}

describe('tarOf()', () => {
  const archive = tarOf([
    { path: 'agent/run.sh', bytes: text('#!/bin/sh\n'), isExecutable: true },
    { path: 'agent/empty', bytes: text('') },
    { path: 'agent/block', bytes: text('x'.repeat(512)) },
    { path: 'agent/more', bytes: text('y'.repeat(513)) },
  ]);

  test("is read by the machine's tar, with owners, modes and sizes", () => {
    expect(tar(['--list', '--verbose', '--utc', '--numeric-owner'], archive).trim().split('\n')).toEqual([
      '-rwxr-xr-x 0/0              10 1970-01-01 00:00 agent/run.sh',
      '-rw-r--r-- 0/0               0 1970-01-01 00:00 agent/empty',
      '-rw-r--r-- 0/0             512 1970-01-01 00:00 agent/block',
      '-rw-r--r-- 0/0             513 1970-01-01 00:00 agent/more',
    ]);
    expect(tar(['--extract', '--to-stdout'], archive)).toBe(`#!/bin/sh\n${'x'.repeat(512)}${'y'.repeat(513)}`);
  });

  test.each(['/etc/passwd', '../up', 'a/../../up', 'a/..', '', 'ä', 'a b', 'x'.repeat(101)])(
    'refuses the path %j',
    (path) => {
      expect(() => tarOf([{ path, bytes: text('') }])).toThrow(/Cannot write archive: a path must be relative/);
    },
  );
});

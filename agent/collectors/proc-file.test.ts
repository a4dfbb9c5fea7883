import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errnoOf, ProcFile } from './proc-file.ts';
import { hostWith } from './testing/host.ts';

describe('ProcFile', () => {
  // Page by page, as /proc/net/tcp, and longer than the buffer is before it has grown: so this test comes first.
  test.runIf(existsSync('/proc/kallsyms'))('reads all of a file that the kernel gives in pages', () => {
    const path = '/proc/kallsyms';
    const text = new ProcFile(path, { recordBytesMax: 1_024 }).read() ?? '';
    const whole = readFileSync(path, 'utf8');
    expect(whole.startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(Math.min(whole.length - 1, 4_190_000));
  });

  test('reads what the file holds each time', () => {
    const host = hostWith({ 'proc/x': 'first, longer' });
    const file = new ProcFile(`${host.folders.proc}/x`);
    expect(file.read()).toBe('first, longer');
    host.write({ 'proc/x': 'second' });
    expect(file.read()).toBe('second');
  });

  test('reads files larger than its buffer, and cuts them at 4 MiB', () => {
    const host = hostWith({ 'proc/large': 'x'.repeat(300_000), 'proc/huge': 'y'.repeat(5_000_000) });
    expect(new ProcFile(`${host.folders.proc}/large`).read()).toBe('x'.repeat(300_000));
    expect(new ProcFile(`${host.folders.proc}/huge`).read()?.length).toBe(4 * 1_024 * 1_024);
  });

  test('is null while the file is absent, and reads it when it comes', () => {
    const host = hostWith({ 'proc/other': '' });
    const file = new ProcFile(`${host.folders.proc}/late`);
    expect(file.read()).toBeNull();
    host.write({ 'proc/late': 'here' });
    expect(file.read()).toBe('here');
  });

  test('is null for what cannot be read as a file', () => {
    expect(new ProcFile(hostWith({ 'proc/x': '' }).folders.proc).read()).toBeNull();
  });

  test('readRequired() says which file is missing and why', () => {
    const { proc } = hostWith({}).folders;
    expect(() => new ProcFile(`${proc}/stat`).readRequired()).toThrow(
      `Cannot read "${proc}/stat": the file must be readable: got ENOENT`,
    );
  });
});

test('errnoOf() throws on what is not a failed system call', () => {
  const bug = new TypeError('bug');
  expect(() => errnoOf(bug)).toThrow(bug);
});

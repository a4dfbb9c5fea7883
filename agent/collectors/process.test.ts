import { describe, expect, test } from 'vitest';
import { parseAuxiliary } from './auxiliary.ts';
import { parseOpenFiles, processCollector } from './process.ts';
import { parseProcessStat } from './process-scan.ts';
import { type Host, hostWith, runOf } from './testing/host.ts';
import { parsePasswd, UserNames } from './user-names.ts';

interface StatFields {
  readonly name?: string;
  readonly cpuTicks?: number;
  readonly startTicks?: number;
  readonly pages?: number;
}

function stat(pid: number, { name = `p${pid}`, cpuTicks = 0, startTicks = 5, pages = 1 }: StatFields = {}): string {
  return `${pid} (${name}) S 1 0 0 0 -1 4194560 30 304 0 146 ${cpuTicks} 0 518 410 20 0 13 0 ${startTicks} 44929024 ${pages} 18446744073709551615 1 1 0\n`;
}

function hostOf(processes: Readonly<Record<number, StatFields>>): Host {
  const host = hostWith({
    'proc/sys/fs/file-nr': '449\t9\t2466177\n',
    'etc/passwd': `me:x:${process.getuid!()}:0::/:\n`,
  });
  writeProcesses(host, processes);
  return host;
}

function writeProcesses(host: Host, processes: Readonly<Record<number, StatFields>>): void {
  const files = Object.entries(processes).map(([pid, fields]) => [`proc/${pid}/stat`, stat(Number(pid), fields)]);
  host.write(Object.fromEntries(files));
}

describe('parseProcessStat()', () => {
  test.each(['plain', 'with blank', 'a) R 1 (b', ')', '', '((', 'line\nfeed'])('takes the name %j', (name) => {
    expect(parseProcessStat(stat(7, { name, cpuTicks: 146, startTicks: 24, pages: 3_504 }))).toEqual({
      name,
      cpuTicks: 146,
      startTicks: 24,
      residentPages: 3_504,
    });
  });

  test.each(['', '7', '7 (x', '7 (x) S 1 2 3', ')('])('is null for %j', (text) => {
    expect(parseProcessStat(text)).toBeNull();
  });
});

test('parseOpenFiles() leaves out what is allocated and free, and refuses an empty file', () => {
  expect(parseOpenFiles('449\t9\t2466177\n')).toBe(440);
  expect(() => parseOpenFiles('')).toThrow(SyntaxError);
});

test('parsePasswd() takes the first line of an id and leaves out odd lines', () => {
  const names = parsePasswd(
    'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n\n:x:1:\nodd\n+::::::\nanna:x:1000:1000::/:\n',
  );
  expect([...names]).toEqual([
    [0, 'root'],
    [1_000, 'anna'],
  ]);
});

test('UserNames gives the number of a user without a name', () => {
  const names = new UserNames(hostWith({}).folders);
  names.refresh();
  expect(names.nameOf(4_242)).toBe('4242');
});

test('parseAuxiliary() reads the units of the kernel, and knows those of x86 otherwise', () => {
  const words = BigUint64Array.from([6n, 65_536n, 17n, 1_024n, 0n, 0n]);
  expect(parseAuxiliary(new Uint8Array(words.buffer), 8)).toEqual({ pageBytes: 65_536, clockHz: 1_024 });
  expect(parseAuxiliary(new Uint8Array(5), 4)).toEqual({ pageBytes: 4_096, clockHz: 100 });
});

describe('processCollector()', () => {
  test('writes the count every 10 s and open files each second', () => {
    const run = runOf(processCollector(hostOf({ 1: {}, 20: {}, 300: {} }).folders));
    expect(run.at(0)).toEqual({ process_count: 3, open_files: 440 });
    expect(run.at(1)).toEqual({ process_count: 'notDue', open_files: 440 });
  });

  test('has a top after the second scan, two seconds later', () => {
    const host = hostOf({ 1: { cpuTicks: 100 }, 2: { cpuTicks: 500, pages: 10 } });
    const collector = processCollector(host.folders);
    const run = runOf(collector);
    for (const second of [0, 1]) run.at(second);
    expect(collector.top()).toBeNull();
    writeProcesses(host, { 1: { cpuTicks: 150 }, 2: { cpuTicks: 500, pages: 10 } });
    run.at(2);
    expect(collector.top()).toEqual({
      atMs: 2_000,
      processes: [
        { pid: 1, name: 'p1', cpuPercent: 25, memoryBytes: 4_096, user: 'me' },
        { pid: 2, name: 'p2', cpuPercent: 0, memoryBytes: 40_960, user: 'me' },
      ],
    });
  });

  test('has the five greatest by CPU, then by memory, without repeats', () => {
    const many = (ticks: (pid: number) => number) =>
      Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [
          index + 1,
          { cpuTicks: ticks(index + 1), pages: index === 18 ? 900 : index % 7 },
        ]),
      );
    const host = hostOf(many(() => 0));
    const collector = processCollector(host.folders);
    const run = runOf(collector);
    run.at(0);
    writeProcesses(
      host,
      many((pid) => pid),
    );
    run.at(2);
    const pids = collector.top()?.processes.map(({ pid }) => pid);
    expect(pids).toEqual([20, 19, 18, 17, 16, 7, 14, 6, 13]);
  });

  test('counts all the work of a process that started since the last scan, and none of a pid used again', () => {
    const host = hostOf({ 1: { cpuTicks: 1_000 }, 2: { cpuTicks: 70_000, startTicks: 6 } });
    const collector = processCollector(host.folders);
    const run = runOf(collector);
    run.at(0);
    writeProcesses(host, {
      1: { cpuTicks: 1_000 },
      2: { cpuTicks: 50, startTicks: 900 },
      3: { cpuTicks: 100, startTicks: 901 },
    });
    run.at(2);
    expect(collector.top()?.processes.map(({ pid, cpuPercent }) => [pid, cpuPercent])).toEqual([
      [3, 50],
      [2, 25],
      [1, 0],
    ]);
  });

  test('spreads the reading of many processes over ticks', () => {
    const processes = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [index + 1, {}]));
    const collector = processCollector(hostOf(processes).folders);
    const run = runOf(collector);
    // 250 a second: each scan takes three ticks.
    for (const second of [0, 1, 2, 3, 4]) run.at(second);
    expect(collector.top()).toBeNull();
    run.at(5);
    expect(collector.top()?.atMs).toBe(5_000);
  });

  test('takes no notice of processes that end during the scan, and of names with control characters', () => {
    const host = hostOf({ 1: { name: 'a\u001b[31m' }, 2: {} });
    host.write({ 'proc/3/cmdline': '', 'proc/4/stat': '' });
    const collector = processCollector(host.folders);
    const run = runOf(collector);
    run.at(0);
    run.at(2);
    expect(collector.top()?.processes.map(({ pid, name }) => [pid, name])).toEqual([
      [1, 'a\ufffd[31m'],
      [2, 'p2'],
    ]);
    expect(run.sampler.failureCounts.get('process')).toBe(0);
  });

  test('fails, counted, without /proc', () => {
    const host = hostWith({});
    const run = runOf(processCollector(host.folders));
    run.at(0);
    expect(run.sampler.failureCounts.get('process')).toBe(1);
  });
});

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstSeqOf, lastSeqOf } from '#core/stream/item.ts';
import { openSpool, type SqliteSpool } from './spool.ts';

const limits = { tickCountMax: 1_000, samplesMax: 65_536 };
const layoutId = '0011223344556677';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const appender = join(import.meta.dirname, 'spool', 'testing', 'appender.ts');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-spool-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function open(file: string, nowMs = Date.now): SqliteSpool {
  return openSpool({ file, bytesMax: 4 * 1024 * 1024, log: silent, nowMs });
}

function epochOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}

function tick(timeMs: number) {
  const column = new Uint8Array(Float64Array.from({ length: 100 }, (_, place) => timeMs + place).buffer);
  return { timeMs, layoutId, column };
}

/** Starts an appender and kills it after it has printed `lineCount` lines. Returns the highest seq that it printed. */
function appendAndKill(file: string, options: { epoch: string; lineCount: number }): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', appender, file, options.epoch], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > options.lineCount) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', () => {
      // The last piece may be half a line.
      resolve(Number(output.split('\n').at(-2)));
    });
  });
}

/** Checks that the stream is covered from oldest to next, and returns the seqs of its ticks. */
function ticksOf(spool: SqliteSpool, epoch: string): number[] {
  const { oldest, next } = spool.stream(epoch)!;
  const seqs: number[] = [];
  let expected = oldest;
  while (expected < next) {
    for (const item of spool.read(epoch, expected, limits)) {
      expect(firstSeqOf(item)).toBe(expected);
      if (item.kind === 'tick') seqs.push(item.seq);
      expected = lastSeqOf(item) + 1;
    }
  }
  return seqs;
}

test('a killed agent has every tick whose seq was returned', async () => {
  const file = join(folder, 'spool.sqlite');
  const returned: number[] = [];
  for (let run = 1; run <= 6; run += 1) {
    returned.push(await appendAndKill(file, { epoch: epochOf(run), lineCount: 1 + run * run * 23 }));
  }
  const spool = open(file);
  for (let run = 1; run <= 6; run += 1) {
    const seqs = ticksOf(spool, epochOf(run));
    const last = returned[run - 1]!;
    expect(seqs.at(-1)).toBeGreaterThanOrEqual(last);
    // An ack of all but ten ticks each twenty.
    expect(seqs[0]).toBeLessThanOrEqual(Math.max(1, last - 9));
  }
  expect(spool.counters().salvages).toBe(0);
  spool.close();
});

test('a second process is refused while the first one lives, and let in after a kill', async () => {
  const file = join(folder, 'spool.sqlite');
  const child = spawn(process.execPath, ['--import', 'tsx', appender, file, epochOf(1)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(() => open(file)).toThrow('one agent at a time may use it');
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  const spool = open(file);
  expect(spool.durability).toBe('disk');
  spool.close();
});

test('after I/O errors the agent lives on, and every tick whose seq was returned is there', () => {
  const file = join(folder, 'spool.sqlite');
  // A process that may not write beyond 600 blocks gets EFBIG, which SQLite reports as an I/O error.
  const command = `ulimit -f 600; exec "$0" --import tsx "$@"`;
  const child = spawnSync('sh', ['-c', command, process.execPath, appender, file, epochOf(1), '2000', 'keep'], {
    encoding: 'utf8',
  });
  const lines = child.stdout.trim().split('\n').slice(1);
  const returned = lines.filter((line) => line !== 'null').map(Number);
  expect([child.status, lines.length, lines.at(-1)]).toEqual([0, 2_000, 'null']);
  expect(returned).toEqual(returned.map((_, index) => index + 1));

  const spool = open(file);
  expect(ticksOf(spool, epochOf(1))).toEqual(returned);
  spool.close();
});

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

test.skipIf(!canTrace).each([
  { when: '40', taken: 100 },
  { when: '40+', taken: null },
])('an fsync that fails (call $when) costs a tick its seq unless it is on the disk after all', ({ when, taken }) => {
  const file = join(folder, 'spool.sqlite');
  const inject = [
    '-f',
    '-o',
    '/dev/null',
    '-e',
    'trace=fsync,fdatasync',
    '-e',
    `inject=fsync,fdatasync:error=EIO:when=${when}`,
  ];
  const program = [process.execPath, '--import', 'tsx', appender, file, epochOf(1), '100', 'keep'];
  const child = spawnSync('strace', [...inject, ...program], { encoding: 'utf8' });
  const returned = child.stdout
    .trim()
    .split('\n')
    .slice(1)
    .filter((line) => line !== 'null')
    .map(Number);
  expect(returned.length).toBe(taken ?? returned.length);
  expect(returned.length).toBeLessThan(taken === null ? 50 : 101);

  const spool = open(file);
  expect(ticksOf(spool, epochOf(1)).slice(0, returned.length)).toEqual(returned);
  spool.close();
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['-V']).status === 0;

describe.skipIf(!canMount)('on a small file system', () => {
  let disk: string;
  let nowMs = 0;

  beforeEach((context) => {
    disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status === 0;
    context.skip(!mounted, 'mounting is not allowed here');
  });

  afterEach(() => {
    spawnSync('umount', ['-l', disk]);
  });

  function openWith(count: number): SqliteSpool {
    const spool = open(join(disk, 'spool.sqlite'), () => nowMs);
    spool.openEpoch({ epoch: epochOf(1), bootId: 'b'.repeat(32), startWallMs: 1_000, startMonotonicMs: 0 });
    spool.addLayout(layoutId, new Uint8Array([1]));
    for (let index = 1; index <= count; index += 1) spool.append(tick(index * 1_000));
    return spool;
  }

  test('a full disk costs ticks no seq, acks still work, and make room again', () => {
    const spool = openWith(0);
    let last: number | null = 0;
    for (let index = 1; index <= 5_000 && spool.durability === 'disk'; index += 1)
      last = spool.append(tick(index * 1_000)) ?? last;
    const full = {
      durability: spool.durability,
      uncommitted: spool.counters().uncommittedTicks,
      ticks: ticksOf(spool, epochOf(1)).length,
    };
    expect(full).toEqual({ durability: 'none', uncommitted: 1, ticks: last });

    spool.acknowledge(epochOf(1), last! - 10, 0);
    expect(ticksOf(spool, epochOf(1)).length).toBe(10);
    nowMs += 120_000;
    expect([spool.append(tick(9e6)), spool.durability]).toEqual([last! + 1, 'disk']);
    spool.close();
    const again = open(join(disk, 'spool.sqlite'), () => nowMs);
    expect([ticksOf(again, epochOf(1)).length, again.counters().salvages]).toEqual([11, 0]);
    again.close();
  });

  test('a disk that others fill and free again is used again', () => {
    const spool = openWith(20);
    const hog = join(disk, 'hog');
    expect(() => writeFileSync(hog, new Uint8Array(4 * 1024 * 1024))).toThrow('ENOSPC');
    let taken = 0;
    for (let index = 0; index < 1_000; index += 1) if (spool.append(tick(50_000 + index)) !== null) taken += 1;
    expect([spool.durability, spool.counters().uncommittedTicks]).toEqual(['none', 1_000 - taken]);
    rmSync(hog);
    nowMs += 120_000;
    expect([spool.append(tick(9e6)), spool.durability]).toEqual([20 + taken + 1, 'disk']);
    spool.close();
  });

  test('a disk that becomes read-only costs ticks no seq until it can be written', () => {
    const spool = openWith(20);
    execFileSync('umount', ['-l', disk]);
    spool.close();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,ro', 'tmpfs', disk]);
    const blocked = openWith(3);
    const before = [blocked.durability, blocked.counters().uncommittedTicks];
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    nowMs += 120_000;
    expect([before, blocked.append(tick(9e6)), blocked.durability]).toEqual([['none', 3], 1, 'disk']);
    blocked.close();
  });
});

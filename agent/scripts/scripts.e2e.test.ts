/** Real files, real processes, a real worker thread. Ticks come from the test; it waits on conditions only. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Readings } from '../readings.ts';
import type { ScriptState } from './script.ts';
import { Scripts, type ScriptsOptions, toScriptEnv } from './scripts.ts';

let workFolder: string;
let workerFile: string;
let home: string;
let folder: string;
let bench: Bench;

/** On a machine that is busy with something else, a worker or a process may be without time for long. */
const patienceMs = 90_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Drives the scripts with ticks of one second of their own time, as fast as the test asks. */
class Bench implements Readings {
  readonly scripts: Scripts;
  readonly logged: string[] = [];
  /** Last state of each series, by key: a value, `failed` or `gone`. */
  readonly latest = new Map<string, number | string>();
  /** Values in order, by key. */
  readonly history = new Map<string, number[]>();
  readonly #keys: string[] = [];
  #tickMs = 1_000_000;
  #skippedMs = 0;

  constructor(options: Partial<ScriptsOptions> = {}) {
    this.scripts = new Scripts({
      folder,
      workerFile,
      log: {
        info: (fields, event) => this.logged.push(`${event} ${JSON.stringify(fields)}`),
        warn: (fields, event) => this.logged.push(`${event} ${JSON.stringify(fields)}`),
      },
      now: () => performance.now() + this.#skippedMs,
      env: toScriptEnv(process.env),
      ...options,
    });
  }

  slot(key: string): number {
    if (!this.#keys.includes(key)) this.#keys.push(key);
    return this.#keys.indexOf(key);
  }

  set(slot: number, value: number): void {
    const key = this.#keys[slot]!;
    this.latest.set(key, value);
    this.history.set(key, [...(this.history.get(key) ?? []), value]);
  }

  setAbsent(slot: number, absence: string): void {
    if (absence === 'failed') this.latest.set(this.#keys[slot]!, absence);
  }

  end(slot: number): void {
    this.latest.set(this.#keys[slot]!, 'gone');
  }

  tick(): void {
    this.#tickMs += 1_000;
    this.scripts.collect(this, { tickMs: this.#tickMs });
  }

  /** Lets the scripts' clock jump, so that a probation is over. */
  skip(ms: number): void {
    this.#skippedMs += ms;
  }

  state(name: string): ScriptState | undefined {
    return this.scripts.states().find((state) => state.name === name);
  }

  /** Ticks until `condition` holds; the answers of a tick get real time to arrive. */
  async until(condition: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + patienceMs;
    while (performance.now() < deadlineMs) {
      this.skip(1_000); // the folder is looked at again
      this.tick();
      await pause(20);
      if (condition()) return;
    }
    throw new Error(`Condition not met: ${JSON.stringify([this.scripts.states(), [...this.latest]], null, 1)}`);
  }

  /** Waits until all that the last tick has set off has been answered. */
  async settled(): Promise<void> {
    // Runs are set off behind the tick, by an immediate that was there before this one.
    await new Promise(setImmediate);
    const deadlineMs = performance.now() + patienceMs;
    while (this.scripts.runningCount > 0) {
      if (performance.now() > deadlineMs)
        throw new Error(`Runs must end: got ${JSON.stringify(this.scripts.states(), null, 1)}`);
      await pause(1);
    }
  }

  has(key: string, value: number | string): Promise<void> {
    return this.until(() => this.latest.get(key) === value);
  }

  /** By its state, or by the log where the next turn has followed at once: a probation is a state of its own. */
  fails(name: string, message: string): Promise<void> {
    const logged = JSON.stringify(message).slice(1, -1);
    return this.until(
      () =>
        this.state(name)?.error?.includes(message) === true ||
        this.logged.some((line) => line.startsWith(`script.failed {"script":"${name}"`) && line.includes(logged)),
    );
  }
}

async function put(name: string, text: string, mode = 0o755): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
}

function sh(lines: string): string {
  return `#!/bin/sh\n${lines}\n`;
}

async function isAlive(pidFile: string): Promise<boolean> {
  const pid = Number(await readFile(join(folder, pidFile), 'utf8'));
  try {
    // A killed process whose new parent has not collected it yet is dead all the same.
    return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function untilDead(pidFile: string): Promise<void> {
  while (await isAlive(pidFile)) await pause(20);
}

beforeAll(async () => {
  workFolder = await mkdtemp(join(tmpdir(), 'scripts-worker-'));
  workerFile = join(workFolder, 'module-worker.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'module-worker.ts')],
    outfile: workerFile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
});

afterAll(() => rm(workFolder, { recursive: true }));

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'scripts-'));
  // What a .js file is follows from the nearest package.json, which must not be one that lies about in /tmp.
  await writeFile(join(home, 'package.json'), '{}');
  folder = join(home, 'metrics');
  await mkdir(folder);
  bench = new Bench({ executableTimeoutMs: 1_500, moduleTimeoutMs: 1_500 });
});

afterEach(async () => {
  await bench.scripts.stop();
  await rm(home, { recursive: true });
});

describe('executables', () => {
  test('give a number, lines, JSON or Prometheus text', async () => {
    await put('number.sh', 'echo 4\n'); // without a first line that says otherwise it is for sh
    await put('lines', sh('echo "a 1"; echo "b 2"'));
    await put('json.sh', sh(`echo '{"c": 3}'`));
    await put('prom.sh', sh(`echo 'd{x="y"} 5'`));
    await bench.until(() => bench.latest.size === 5);
    expect(Object.fromEntries(bench.latest)).toEqual({ number: 4, a: 1, b: 2, c: 3, 'd{x="y"}': 5 });
    expect(bench.logged).toEqual([]);
  });

  test('may be Python', async ({ skip }) => {
    await put('py.py', '#!/usr/bin/env python3\nprint(6 * 7)\n');
    await bench.until(() => (bench.state('py.py')?.runCount ?? 0) > 1);
    skip(bench.state('py.py')?.error?.includes('exit code 127') === true, 'no python3 here');
    await bench.has('py', 42);
  });

  test('run in the folder with a small environment', async () => {
    const env = { ...toScriptEnv({ PATH: process.env['PATH'], TOKEN: 'secret', LANG: 'C' }) };
    bench = new Bench({ env });
    await put('env.sh', sh('[ -z "$TOKEN" ] && [ "$LANG" = C ] && [ -f env.sh ] && echo 1'));
    await bench.has('env', 1);
  });

  test.each([
    ['exits.sh', sh('echo oh no >&2; echo more >&2; exit 3'), 'exit code 3, "oh no"'],
    ['signal.sh', sh('kill -9 $$'), 'got signal SIGKILL'],
    ['garbage.sh', sh('echo hello world'), 'line 1 must be'],
    ['silent.sh', sh(':'), 'got nothing'],
    ['flood.sh', sh('head -c 10000000 /dev/zero'), 'it may print 65536 bytes'],
    ['forever.sh', sh('yes 1'), 'it may print 65536 bytes'],
    ['hangs.sh', sh('sleep 1000'), 'it must end within 1500 ms'],
    ['quiet.sh', sh('exec >&- 2>&-; sleep 1000'), 'it must end within 1500 ms'],
    ['stubborn.sh', sh('trap "" TERM INT HUP; while :; do sleep 1; done'), 'it must end within 1500 ms'],
    ['header.sh', sh('# pulsewire: timeout=200ms\nsleep 1000'), 'it must end within 200 ms'],
    ['typo.sh', sh('# pulsewire: evry=1s\necho 1'), 'every=, timeout= and unit= are known'],
    ['interpreter.sh', '#!/no/such/interpreter\n', 'the interpreter in its first line must exist'],
  ])('%s is reported and does not disturb another', async (name, text, message) => {
    await put(name, text);
    await put('good.sh', sh('echo 1'));
    await bench.fails(name, message);
    const count = bench.history.get('good')?.length ?? 0;
    await bench.until(() => bench.history.get('good')!.length > count + 3);
    expect(bench.logged).toEqual([expect.stringContaining(`script.failed {"script":"${name}"`)]);
  });

  test('without x bit or writable by all are reported', async () => {
    await put('bits.sh', sh('echo 1'), 0o644);
    await put('open.sh', sh('echo 1'), 0o777);
    await bench.fails('bits.sh', 'chmod +x');
    await bench.fails('open.sh', 'writable by everyone');
    await put('bits.sh', sh('echo 1'), 0o755);
    await bench.has('bits', 1);
    expect(bench.logged.at(-1)).toBe('script.recovered {"script":"bits.sh"}');
  });

  test('lose their descendants when they end or hang', async () => {
    await put('leaves.sh', sh('sleep 1000 & echo $! > left.pid; echo 1'));
    await put('forks.sh', sh('(sleep 1000 & echo $! > forked.pid; wait) & wait'));
    await bench.has('leaves', 1);
    await bench.fails('forks.sh', 'it must end within');
    await bench.scripts.stop();
    await untilDead('left.pid');
    await untilDead('forked.pid');
  });

  test('are let go of when a descendant in a session of its own holds the output', async () => {
    await put('session.sh', sh('setsid sleep 20 & echo 1'));
    await bench.has('session', 1);
  });

  test('are failed while they hang, and come back after a probation', async () => {
    await put('sick.sh', sh('[ -f sick ] && sleep 1000; echo 1'));
    await bench.has('sick', 1);
    await writeFile(join(folder, 'sick'), '');
    await bench.has('sick', 'failed');
    const runCount = bench.state('sick.sh')!.runCount;
    for (let index = 0; index < 5; index += 1) {
      bench.tick();
      await bench.settled();
    }
    expect(bench.state('sick.sh')!.runCount).toBe(runCount);
    await rm(join(folder, 'sick'));
    bench.skip(10_000);
    await bench.has('sick', 1);
  });

  test('run eight at once at most', async () => {
    for (let index = 0; index < 12; index += 1) {
      await put(`s${index}.sh`, sh('touch run.$$; ls | grep -c ^run; sleep 0.2; rm run.$$'));
    }
    await bench.until(() => bench.latest.size === 12 && bench.scripts.states().every((state) => state.runCount > 2));
    const seen = [...bench.history.values()].flat();
    expect(Math.max(...seen)).toBeLessThanOrEqual(8);
    expect(Math.max(...seen)).toBeGreaterThan(1);
  });

  test('become rates where they say that a number is a running total', async () => {
    await put(
      'total.sh',
      sh('n=$(cat n 2>/dev/null || echo 0); echo $((n + 1000)) > n; echo "# TYPE t counter"; echo "t $n"'),
    );
    await bench.until(() => (bench.history.get('t')?.length ?? 0) > 1);
    expect(bench.latest.get('t')).toBeGreaterThan(0);
  });
});

describe('modules', () => {
  test('give a number, an object, or a promise of one', async () => {
    await put('number.mjs', 'export const collect = () => 1;', 0o644);
    await put('map.mjs', 'export const collect = () => ({ a: 2, g: { b: 3 } });', 0o644);
    await put('promise.js', 'export async function collect() { return 4; }', 0o644);
    await put('common.js', 'exports.collect = () => 5;', 0o644);
    await bench.until(() => bench.latest.size === 5);
    expect(Object.fromEntries(bench.latest)).toEqual({ number: 1, a: 2, g_b: 3, promise: 4, common: 5 });
  });

  test.each([
    ['throws.mjs', 'export function collect() {\n  throw new Error("boom");\n}', 'Error: boom (line 2)'],
    ['rejects.mjs', 'export const collect = async () => { throw null; }', 'null'],
    ['syntax.mjs', 'export const collect = (', 'SyntaxError'],
    ['none.mjs', 'export const other = 1;', 'it must export a function called collect'],
    ['garbage.mjs', 'export const collect = () => "many";', 'got "many"'],
    ['nothing.mjs', 'export const collect = () => {};', 'got undefined'],
    ['proxy.mjs', 'export const collect = () => new Proxy({}, { ownKeys() { throw 1; } });', 'Cannot run collect()'],
    ['weird.mjs', 'export const collect = () => { throw { toString() { throw 1; } }; };', 'cannot be shown'],
    [
      'many.mjs',
      'export const collect = () => Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => ["n" + i, i]));',
      'at most 1000',
    ],
    ['every.mjs', 'export const everyMs = "10s"; export const collect = () => 1;', 'everyMs must be a number'],
    ['blocks.mjs', 'export function collect() { while (true) {} }', 'got a blocked thread'],
    [
      'later.mjs',
      'export async function collect() { await new Promise((r) => setTimeout(r, 50)); while (true) {} }',
      'got a blocked thread',
    ],
    ['toplevel.mjs', 'while (true) {}\nexport const collect = () => 1;', 'got a blocked thread'],
    ['pending.mjs', 'export const collect = () => new Promise(() => {});', 'it must end within 1500 ms'],
    ['awaits.mjs', 'await new Promise(() => {});\nexport const collect = () => 1;', 'it must end within 1500 ms'],
    ['exits.mjs', 'export const collect = () => process.exit(0);', 'got exit code 0'],
    [
      'uncaught.mjs',
      'export const collect = () => { setTimeout(() => { throw new Error("late"); }); return new Promise(() => {}); };',
      'Error: late',
    ],
    [
      'unhandled.mjs',
      'export const collect = () => { Promise.reject(new Error("alone")); return new Promise(() => {}); };',
      'Error: alone',
    ],
    [
      'memory.mjs',
      'export const collect = () => { const a = []; for (;;) a.push(new Array(1000).fill(a.length)); };',
      'memory',
    ],
  ])('%s is reported and does not disturb another', async (name, text, message) => {
    await put(name, text);
    await put('good.mjs', 'export const collect = () => 1;');
    await put('waits.mjs', 'export const collect = () => new Promise((r) => setTimeout(r, 30, 2));');
    await bench.fails(name, message);
    const count = bench.history.get('waits')?.length ?? 0;
    await bench.until(() => (bench.history.get('waits')?.length ?? 0) > count + 3);
    expect([bench.state('good.mjs')!.error, bench.state('waits.mjs')!.error]).toEqual([null, null]);
    expect(bench.logged).toEqual([expect.stringContaining(`script.failed {"script":"${name}"`)]);
  });

  test('may write to the console without reaching the output of the agent', async () => {
    const written: unknown[] = [];
    const write = process.stdout.write;
    process.stdout.write = (chunk: unknown) => written.push(chunk) > 0;
    try {
      await put(
        'talks.mjs',
        'export const collect = () => { console.log("to the console"); console.error("x"); return 1; };',
      );
      await bench.has('talks', 1);
    } finally {
      process.stdout.write = write;
    }
    expect(written.join('')).not.toContain('to the console');
  });

  test('say their own interval and unit', async () => {
    await put(
      'slow.mjs',
      'let n = 0; export const everyMs = 10_000; export const unit = "s"; export const collect = () => ++n;',
    );
    await put('fast.mjs', 'let n = 0; export const collect = () => ++n;');
    await bench.until(() => (bench.history.get('fast')?.length ?? 0) >= 30);
    expect(bench.history.get('slow')!.length).toBeLessThanOrEqual(5);
  });

  test('are imported anew when they change, and keep their state until then', async () => {
    await put('counts.mjs', 'let n = 0; export const collect = () => ++n;');
    // Nobody need look at each tick of a busy machine: it has counted on.
    const counted = () => Number(bench.latest.get('counts'));
    await bench.until(() => counted() >= 3);
    await put('counts.mjs', 'let n = 100; export const collect = () => ++n;');
    await bench.until(() => counted() >= 103);
  });

  test('of TypeScript are refused with the reason where Node cannot strip types', async ({ skip }) => {
    skip('typescript' in process.features, 'this Node may strip types');
    await put('typed.ts', 'export const collect = (): number => 1;');
    await bench.fails('typed.ts', 'needs a Node that strips types');
  });
});

describe('the folder', () => {
  test('may be missing at first, and holds other files that are left alone', async () => {
    bench = new Bench({ folder: join(folder, 'metrics') });
    bench.tick();
    await mkdir(join(folder, 'metrics'), { mode: 0o755 });
    for (const name of ['.hidden.sh', 'x.sh~', '.x.sh.swp', 'README.sh', 'types.d.ts']) {
      await put(join('metrics', name), sh('echo 1'));
    }
    await put('metrics/data.json', '{}', 0o644);
    await mkdir(join(folder, 'metrics', 'lib.sh'));
    await put('metrics/real.sh', sh('echo 1'));
    await bench.has('real', 1);
    expect(bench.scripts.states().map((state) => state.name)).toEqual(['real.sh']);
  });

  test('is not trusted when everyone may write to it', async () => {
    await put('real.sh', sh('echo 1'));
    await chmod(folder, 0o777);
    await bench.until(() => bench.logged.length > 0);
    expect(bench.logged[0]).toContain('must not be writable by everyone');
    expect(bench.latest.size).toBe(0);
  });

  test('gives up series of a deleted script and takes a changed and an added one', async () => {
    await put('one.sh', sh('echo 1'));
    await put('two.mjs', 'export const collect = () => 2;');
    await bench.until(() => bench.latest.size === 2);
    await rm(join(folder, 'one.sh'));
    await rm(join(folder, 'two.mjs'));
    await put('three.sh', sh('echo 3'));
    await bench.has('one', 'gone');
    await bench.has('two', 'gone');
    await bench.has('three', 3);
    await put('three.sh', sh('echo 30'));
    await bench.has('three', 30);
    expect(bench.scripts.states().map((state) => state.name)).toEqual(['three.sh']);
  });

  test('with two scripts of one key reports the second, until the first has gone', async () => {
    await put('a.sh', sh('echo "same 1"'));
    await bench.has('same', 1);
    await put('b.sh', sh('echo "same 2"; echo "own 3"'));
    await bench.fails('b.sh', 'got it from a.sh as well');
    await bench.has('own', 3);
    expect([bench.latest.get('same'), bench.state('a.sh')!.error]).toEqual([1, null]);
    await rm(join(folder, 'a.sh'));
    await bench.has('same', 2);
    await bench.until(() => bench.state('b.sh')!.error === null);
  });

  test('gives each tick a value of a script that needs less than the interval', async () => {
    await put('n.mjs', 'let n = 0; export const collect = () => ++n;');
    await bench.has('n', 1);
    const ticks: (number | string | undefined)[] = [];
    while (ticks.length < 5) {
      await bench.settled();
      bench.tick();
      ticks.push(bench.latest.get('n'));
    }
    expect(ticks.map((value) => Number(value) - Number(ticks[0]))).toEqual([0, 1, 2, 3, 4]);
  });

  test('is left with nothing running after stop()', async () => {
    await put('long.sh', sh('echo $$ > long.pid; sleep 1000'));
    await put('blocks.mjs', 'export function collect() { while (true) {} }');
    bench.tick();
    await bench.until(() => bench.state('long.sh')?.runCount === 1);
    await expect
      .poll(() => readFile(join(folder, 'long.pid'), 'utf8').catch(() => ''), { timeout: patienceMs })
      .not.toBe('');
    await bench.scripts.stop();
    await untilDead('long.pid');
  });
});

describe('the examples', () => {
  const examples = join(import.meta.dirname, '../../config/metrics');

  /** Puts an example into the folder, with its target replaced. */
  async function putExample(name: string, target: string): Promise<void> {
    const text = await readFile(join(examples, name), 'utf8');
    await put(name, text.replace(/localhost:\d+/g, target));
  }

  test('temp-files.sh counts files and bytes', async () => {
    bench = new Bench({ env: { ...toScriptEnv(process.env), TMPDIR: folder } });
    await mkdir(join(folder, 'deeper'));
    await writeFile(join(folder, 'deeper', 'a b'), '12345');
    await putExample('temp-files.sh', '');
    const { size } = await stat(join(folder, 'temp-files.sh'));
    await bench.has('temp_files_count', 2);
    expect(bench.latest.get('temp_files_bytes')).toBe(size + 5);
  });

  test('tcp-connect.py times a connection and says when there is none', async ({ skip }) => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await putExample('tcp-connect.py', target);
      await bench.until(() => (bench.state('tcp-connect.py')?.runCount ?? 0) > 1);
      skip(bench.state('tcp-connect.py')?.error?.includes('exit code 127') === true, 'no python3 here');
      await bench.has(`tcp_connect_up{target="${target}"}`, 1);
      expect(bench.latest.get(`tcp_connect_ms{target="${target}"}`)).toBeGreaterThan(0);
    } finally {
      server.close();
    }
    await bench.has(`tcp_connect_up{target="${target}"}`, 0);
    expect(bench.latest.get(`tcp_connect_ms{target="${target}"}`)).toBe('gone');
  });

  test('tls-days.mjs reads the date of a certificate', async ({ skip }) => {
    const openssl = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=x'];
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    skip(spawnSync('openssl', [...openssl, ...files]).status !== 0, 'no openssl here');
    const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((name) => readFile(join(folder, name))));
    const server = createTlsServer({ key: key!, cert: cert! });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await putExample('tls-days.mjs', target);
      await bench.until(() => Number(bench.latest.get(`tls_certificate_days{target="${target}"}`)) > 29);
    } finally {
      server.close();
    }
  });
});

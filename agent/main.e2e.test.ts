/** The agent as a process, bundled as it is shipped: killed, stopped, and given settings that cannot be used. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { until } from './testing/until.ts';

const root = resolve(import.meta.dirname, '..');

let programFolder: string;
let folder: string;
let hub: FakeHub;
let children: ChildProcess[];

beforeAll(async () => {
  // Beside the sources, so that the natives are found.
  programFolder = mkdtempSync(join(root, 'node_modules', '.agent-test-'));
  await build({
    absWorkingDir: root,
    entryPoints: { agent: 'agent/main.ts', 'module-worker': 'agent/scripts/module-worker.ts' },
    outdir: programFolder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['better-sqlite3', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'],
    logLevel: 'error',
  });
});

afterAll(() => rmSync(programFolder, { recursive: true, force: true }));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-main-'));
  children = [];
  hub = new FakeHub();
  await hub.start();
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await hub.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<number | string>;
  text(): string;
}

function run(settings: unknown, args: readonly string[] = []): Run {
  const file = join(folder, 'agent.json');
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  const child = spawn(process.execPath, [join(programFolder, 'agent.cjs'), '--config', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', (chunk: Buffer) => void (text += chunk));
  const exited = new Promise<number | string>((done) =>
    child.once('exit', (code, signal) => done(code ?? signal ?? '')),
  );
  return { child, exited, text: () => text };
}

test('an agent that is killed again and again delivers every tick it had committed, once', async () => {
  const settings = { hubUrl: hub.url, intervalMs: 100, dataFolder: 'data' };
  for (let round = 1; round <= 3; round += 1) {
    hub.settings.acks = round === 3;
    const { child, exited } = run(settings);
    await until('ticks of this run have come', () => hub.streams.size >= round && hub.last.messages.length > 8);
    child.kill('SIGKILL');
    expect(await exited).toBe('SIGKILL');
  }
  const { child, exited, text } = run(settings);
  await until('the new run streams', () => hub.streams.size === 4 && [...hub.streams.values()][3]!.items.length > 5);
  child.kill('SIGTERM');
  expect(await exited, text()).toBe(0);
  expect(hub.breaches).toEqual([]);
  for (const { items, acceptedSeq } of hub.streams.values()) {
    expect(items.map((item) => (item.kind === 'tick' ? item.seq : null))).toEqual(items.map((_, index) => index + 1));
    expect(items).toHaveLength(acceptedSeq);
  }
  expect(hub.messages('bye')).toHaveLength(1);
  expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
});

test('a module and an executable of the metrics folder are in the ticks', async () => {
  run({ hubUrl: hub.url, intervalMs: 200, dataFolder: 'data', metricsFolder: 'metrics' });
  await until('the agent has started', () => hub.storedTicks > 0);
  writeFileSync(join(folder, 'metrics', 'answer.mjs'), 'export function collect() { return 42; }\n');
  await until('the series is in a layout', () =>
    [...hub.layouts.values()].some(({ series }) => series.some(({ key }) => key === 'answer')),
  );
});

test('settings that cannot be used end it with 2 and all problems', async () => {
  const { exited, text } = run({ hubUrl: 'nowhere', intervalMs: 0, colour: 'red' });
  expect(await exited).toBe(2);
  expect(text()).toMatch(/hubUrl.*\n|intervalMs.*\n|colour.*\n/);
  expect(text().trim().split('\n')).toHaveLength(4);
});

test('a second agent on the same folder ends with 2', async () => {
  const settings = { hubUrl: hub.url, dataFolder: 'data' };
  run(settings);
  await until('the first has connected', () => hub.connections.length === 1);
  const { exited, text } = run(settings);
  expect(await exited).toBe(2);
  expect(text()).toContain('Cannot start with this configuration');
});

test('an unknown option ends it with 2', async () => {
  const { exited, text } = run({}, ['--loud']);
  expect(await exited).toBe(2);
  expect(text()).toContain('--loud');
});

test('a Node that the native library was not built for is one sentence, without a stack', async () => {
  const elsewhere = join(folder, 'elsewhere');
  const library = join(elsewhere, 'node_modules/better-sqlite3');
  mkdirSync(join(library, 'build/Release'), { recursive: true });
  for (const name of ['lib', 'package.json'])
    cpSync(join(root, 'node_modules/better-sqlite3', name), join(library, name), { recursive: true });
  writeFileSync(join(library, 'build/Release/better_sqlite3.node'), 'of another machine');
  for (const name of ['bindings', 'file-uri-to-path'])
    symlinkSync(join(root, 'node_modules', name), join(elsewhere, 'node_modules', name));
  cpSync(join(programFolder, 'agent.cjs'), join(elsewhere, 'agent.cjs'));
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ dataFolder: join(folder, 'data') }), { mode: 0o600 });

  const { status, stderr } = spawnSync(
    process.execPath,
    [join(elsewhere, 'agent.cjs'), '--config', join(folder, 'agent.json')],
    {
      ...{ encoding: 'utf8', timeout: 60_000 },
    },
  );
  expect(stderr).toMatch(/Cannot open spool: better-sqlite3 must be built for this Node, v\d+\S+ \(ABI \d+\)/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(2);
});

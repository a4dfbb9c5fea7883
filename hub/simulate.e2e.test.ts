/** The built command as a process: beside a running hub, without one, with live agents, and killed in the middle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runningSeed } from '#core/simulated/running-seed.ts';
import { SimulatedHost } from '#core/simulated/simulated-host.ts';
import { readSimulatedHosts } from './store/simulated.ts';
import { withDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  freePort,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  startHub,
} from './testing/hub-process.ts';
import { readStoredTicks } from './testing/stored-ticks.ts';

const root = resolve(import.meta.dirname, '..');

let bundle: HubBundle;
let folder: string;
const children: ChildProcess[] = [];
const hubs: HubProcess[] = [];

beforeAll(async () => {
  bundle = await buildHub();
  // Its own format, as in dist/: a full ES module bundle with `ws` fails at start.
  await build({
    absWorkingDir: root,
    entryPoints: { 'simulated-agents': 'agent/simulated-agents.ts' },
    outdir: dirname(bundle.program),
    outExtension: { '.js': '.cjs' },
    external: ['bufferutil', 'utf-8-validate', 'msgpackr-extract'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'error' },
  });
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-simulate-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const hub of hubs.splice(0)) if (hub.isRunning) await hub.stop();
});

afterAll(() => {
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<number | string>;
  readonly text: () => string;
}

/** Runs `pulsewire simulate` with the settings of a hub. */
function simulate(args: readonly string[], settings: { readonly [name: string]: unknown }, databaseUrl?: string): Run {
  const configFile = join(folder, `simulate-${children.length}.json`);
  writeFileSync(configFile, JSON.stringify(settings));
  const env: NodeJS.ProcessEnv = { ...process.env, PULSEWIRE_ENROLMENT_KEY: enrolmentKey };
  if (databaseUrl !== undefined) env['DATABASE_URL'] = databaseUrl;
  const child = spawn(process.execPath, [bundle.program, 'simulate', '--config', configFile, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let text = '';
  child.stderr!.on('data', (part: Buffer) => {
    text += part.toString();
  });
  const exited = new Promise<number | string>((settle) => {
    child.once('close', (code, signal) => settle(code ?? signal ?? 'unknown'));
  });
  return { child, exited, text: () => text };
}

async function start(settings: { readonly dataFolder: string; readonly port: number }): Promise<HubProcess> {
  const hub = await startHub({ bundle, databaseUrl: null, dataFolder: settings.dataFolder, settings });
  hubs.push(hub);
  return await hub.answers();
}

test('writes a past, then goes on live, beside a hub that runs', async () => {
  const settings = { dataFolder: join(folder, 'beside'), port: await freePort() };
  const hub = await start(settings);
  const flags = ['--hosts', '3', '--days', '17', '--per-hour', '12', '--seed', `${runningSeed(3, Date.now())}`];
  const run = simulate([...flags, '--live', '--live-interval', '200'], settings);
  const statusOf = async () => {
    const answer = (await (await operatorFetch(`${hub.url}/fetch/hosts`)).json()) as Record<string, { status: string }>;
    return Object.entries(answer)
      .map(([name, { status }]) => `${name} ${status}`)
      .sort();
  };
  await expect.poll(statusOf, { timeout: 60_000 }).toEqual(['host_0 up', 'host_1 up', 'host_2 up']);

  // From the rollups of a past that raw never held to the ticks of now.
  const startSec = Math.floor(Date.now() / 1_000) - 17 * 86_400;
  const query = `start=${startSec}&end=${Math.ceil(Date.now() / 1_000)}&limit=100`;
  const answer = await operatorFetch(`${hub.url}/fetch/history/host_1/cpu_usage?${query}`);
  const points = ((await answer.json()) as [number, number | null][]).filter(([, value]) => value !== null);
  expect(points[0]![0]).toBeLessThan(startSec + 86_400);
  expect(points.at(-1)![0]).toBeGreaterThan(Date.now() / 1_000 - 86_400 / 2);
  expect(points.length).toBeGreaterThan(60);

  run.child.kill('SIGINT');
  expect(await run.exited).toBe(0);
  expect(run.text()).toContain('Database: that of the hub that is running');
  expect(run.text()).toContain('go to the rollups only');
  expect(run.text()).toContain('Live agents go on from here');

  // The same again: nothing to write, and its agents are taken as they are.
  const again = simulate([...flags, '--live', '--live-interval', '200'], settings);
  await expect.poll(() => again.text(), { timeout: 60_000 }).toContain('Nothing to write, all 3 hosts are there');
  await expect.poll(statusOf, { timeout: 60_000 }).toEqual(['host_0 up', 'host_1 up', 'host_2 up']);
  again.child.kill('SIGINT');
  expect(await again.exited).toBe(0);
});

test('makes the database where there is none, and a hub that starts then has the hosts', async () => {
  const settings = { dataFolder: join(folder, 'alone'), port: await freePort() };
  const run = simulate(['--hosts', '2', '--days', '1', '--per-hour', '60'], settings);
  expect([await run.exited, run.text()]).toEqual([0, expect.stringContaining('started for this')]);

  const hub = await start(settings);
  const hosts = (await (await operatorFetch(`${hub.url}/fetch/hosts`)).json()) as Record<string, { tags: object }>;
  expect(Object.keys(hosts)).toEqual(['host_0', 'host_1']);
  expect(hosts['host_0']!.tags).toEqual(new SimulatedHost(1, 0).nature.tags);
});

test('says what is wrong before anything is written', async () => {
  const settings = { dataFolder: join(folder, 'wrong'), port: await freePort() };
  const live = simulate(['--live', '--hosts', '1'], settings);
  expect([await live.exited, live.text()]).toEqual([
    2,
    expect.stringContaining('Cannot simulate live: a hub must answer'),
  ]);
  const flags = simulate(['--hosts', 'many'], settings);
  expect([await flags.exited, flags.text()]).toEqual([1, expect.stringContaining('a whole number from 1 to 10000')]);
});

test('killed at any moment, the next run leaves everything there once', async () => {
  await withDatabase(async ({ sql, connection }) => {
    const gate = new DatabaseGate(connection);
    await gate.open();
    try {
      const settings = { dataFolder: join(folder, 'killed'), port: 0 };
      const flags = ['--hosts', '12', '--days', '40', '--per-hour', '60', '--seed', '3'];
      const writtenCount = async () => {
        const [row] = await sql<{ days: number }[]>`select count(*)::int as days from day`;
        return row!.days;
      };
      for (let kill = 0; kill < 4; kill += 1) {
        const before = await writtenCount();
        const run = simulate(flags, settings, gate.url);
        // At another moment each time, somewhere behind the first month that it writes.
        await expect.poll(writtenCount, { timeout: 60_000, interval: 7 + 5 * kill }).toBeGreaterThan(before);
        run.child.kill('SIGKILL');
        await run.exited;
      }
      const last = simulate(flags, settings, gate.url);
      expect([await last.exited, last.text()]).toEqual([0, expect.stringContaining('were begun and are finished')]);

      const names = Array.from({ length: 12 }, (_, index) => `host_${index}`);
      const { simulated } = await readSimulatedHosts(sql, names);
      expect(simulated).toHaveLength(12);
      for (const row of simulated) {
        const host = new SimulatedHost(3, Number(row.name.slice(5)));
        const [raw] = await sql<
          { day: number }[]
        >`select min(day) as day from chunk where host = ${row.hostId} and tier = 0`;
        const fromMs = Math.max(row.fromMs, raw!.day * 86_400_000);
        const { count, times } = host.ticks({ fromMs, toMs: row.toMs, intervalMs: 60_000 });
        const stored = await readStoredTicks(sql, row.hostId);
        expect(stored.map(({ timeMs }) => timeMs)).toEqual([...times.subarray(0, count)]);
        const [hours] = await sql<{ blocks: number; months: number }[]>`
          select count(*)::int as blocks, count(distinct day)::int as months from chunk where host = ${row.hostId} and tier = 2`;
        expect(hours!.blocks).toBe(hours!.months);
      }
      const [accounts] = await sql<{ ticks: string; chunks: string }[]>`
        select (select sum(stored_ticks) from stream) as ticks, (select sum(ticks) from chunk where tier = 0) as chunks`;
      expect(accounts!.ticks).toBe(accounts!.chunks);
    } finally {
      await gate.close();
    }
  });
});

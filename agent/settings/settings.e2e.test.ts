/** An agent and the settings of a hub of the test's own, a hostile one too: real sockets, real spool, a made-up host. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeMessage } from '#core/codec.ts';
import type { SettingsReport } from '#core/message.ts';
import type { Layout } from '#core/series.ts';
import { hostFolders } from '../collectors/proc-file.ts';
import { parseAgentConfig } from '../config.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { until } from '../testing/until.ts';

const MiB = 1024 * 1024;

let folder: string;
let hub: FakeHub;
let agents: RunningAgent[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-settings-'));
  agents = [];
  hub = new FakeHub();
  await hub.start();
});

afterEach(async () => {
  await hub.stop();
  await Promise.all(agents.map((agent) => agent.stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** `file`: what its local file says. Its own interval of a second would make the tests slow. */
async function start(file: Record<string, unknown> = { intervalMs: 100 }): Promise<RunningAgent> {
  const settings = { hubUrl: hub.url, dataFolder: folder, name: 'host', ...file };
  const agent = await startAgent({
    config: parseAgentConfig(settings, { env: {}, cwd: folder, folder }),
    log: pino({ level: 'silent' }),
    moduleWorkerFile: join(folder, 'none.cjs'),
    env: {},
    folders: hostFolders(),
    random: () => 0.01,
  });
  agents.push(agent);
  await until('a tick is stored', () => hub.storedTicks > 0);
  return agent;
}

function give(version: number, settings: unknown): void {
  hub.send({ kind: 'settings', version, text: typeof settings === 'string' ? settings : JSON.stringify(settings) });
}

async function reportOf(version: number): Promise<SettingsReport> {
  const find = () => hub.messages('settingsReport').find((report) => report.version === version);
  await until(`version ${version} is reported`, () => find() !== undefined);
  return find()!;
}

/** Layouts in which the ticks of all streams came, oldest first. */
function usedLayouts(): Layout[] {
  const ids = [...hub.streams.values()].flatMap(({ items }) =>
    items.flatMap((item) => (item.kind === 'tick' ? [item.layoutId] : [])),
  );
  return [...new Set(ids)].map((id) => hub.layouts.get(id)!);
}

function newestLayout(): Layout {
  return usedLayouts().at(-1)!;
}

/** What the newest tick says of the series whose names begin so: values, or NaN. */
function newestOf(prefix: string): number[] {
  const last = [...hub.streams.values()].at(-1)?.items.at(-1);
  if (last?.kind !== 'tick') return [];
  const values = new Float64Array(last.column.slice().buffer);
  return hub.layouts
    .get(last.layoutId)!
    .series.flatMap(({ key }, index) => (key.startsWith(prefix) ? [values[index]!] : []));
}

describe('settings of the hub', () => {
  test('change interval, collectors, paces, tags and spool while ticks flow, and are reported', async () => {
    const agent = await start({});
    expect(hub.last.hello?.facts['speaks']?.split(',')).toContain('settings');
    give(1, {
      interval: 0.1,
      collectors: { cpu: { enabled: false }, load: { every: 3 } },
      metrics: [{ pattern: 'memory_*', every: 5 }],
      tags: { role: 'db' },
      spool_bytes: 4 * MiB,
    });
    const report = await reportOf(1);
    expect(report).toMatchObject({ state: 'applied', why: '', pinned: [] });
    expect(JSON.parse(report.effective)).toMatchObject({
      interval: 0.1,
      collectors: { cpu: { enabled: false }, load: { enabled: true, every: 3 }, disk: { enabled: true, every: 1 } },
      tags: { role: 'db' },
      spool_bytes: 4 * MiB,
    });
    expect(agent.intervalMs).toBe(100);
    expect(agent.counters().spool.bytesMax).toBe(4 * MiB);
    await until('ticks of the new layout come', () => newestLayout().intervalMs === 100 && hub.storedTicks > 10);
    const everyOf = new Map(newestLayout().series.map(({ key, every }) => [key, every]));
    expect([everyOf.get('load_1m'), everyOf.get('memory_used_bytes'), everyOf.get('uptime_seconds')]).toEqual([
      3, 5, 1,
    ]);
    expect(newestOf('cpu_').length).toBeGreaterThan(0);
    expect(newestOf('cpu_').every(Number.isNaN)).toBe(true);

    give(2, { interval: 0.1 });
    await reportOf(2);
    await until('the collector writes again', () => newestOf('cpu_used_percent').some((value) => !Number.isNaN(value)));
    expect(hub.breaches).toEqual([]);
    expect(hub.connections).toHaveLength(1);
  });

  test('are kept over a restart when the hub is away, and said in the next hello', async () => {
    const first = await start({});
    give(7, { interval: 0.2, tags: { role: 'db' } });
    await reportOf(7);
    agents = [];
    await first.stop();
    expect(statSync(join(folder, 'settings.json')).mode & 0o777).toBe(0o600);
    const { port } = hub;
    await hub.stop();

    const config = parseAgentConfig(
      { hubUrl: `http://127.0.0.1:${port}`, dataFolder: folder, name: 'host' },
      { env: {}, cwd: folder, folder },
    );
    const second = await startAgent({
      ...{ config, log: pino({ level: 'silent' }), moduleWorkerFile: join(folder, 'none.cjs'), env: {} },
      random: () => 0.01,
    });
    agents.push(second);
    expect(second.intervalMs).toBe(200);
    hub = new FakeHub();
    await hub.start(port);
    await until('the agent is back', () => hub.connections.some(({ hello }) => hello !== null));
    expect(hub.last.hello).toMatchObject({ tags: { role: 'db' }, facts: { interval_ms: '200' } });
  });

  test('do not reach what the local file says, which is reported as pinned', async () => {
    const agent = await start({ intervalMs: 100, tags: { role: 'web' }, collectors: { cpu: { enabled: true } } });
    give(1, { interval: 5, tags: { role: 'db', site: 'north' }, collectors: { cpu: { enabled: false } } });
    const report = await reportOf(1);
    expect(report).toMatchObject({ state: 'applied', pinned: ['interval', 'collectors.cpu.enabled', 'tags.role'] });
    expect(JSON.parse(report.effective)).toMatchObject({
      interval: 0.1,
      tags: { role: 'web', site: 'north' },
      collectors: { cpu: { enabled: true } },
    });
    expect(agent.intervalMs).toBe(100);
  });

  test('are not taken where the local file forbids them', async () => {
    const agent = await start({ intervalMs: 100, remoteSettings: false });
    give(1, { tags: { role: 'db' }, spool_bytes: 2 * MiB });
    expect(await reportOf(1)).toMatchObject({
      state: 'forbidden',
      why: 'Cannot apply settings: "remoteSettings" is false in the local file of the agent',
    });
    expect(agent.counters().spool.bytesMax).not.toBe(2 * MiB);
    expect(() => readFileSync(join(folder, 'settings.json'))).toThrow('ENOENT');
  });
});

describe('a hostile hub', () => {
  test('changes nothing by settings that are wrong: the agent keeps what it had, says why, and goes on', async () => {
    const agent = await start({});
    give(1, { interval: 0.1 });
    await reportOf(1);
    const wrong: readonly unknown[] = [
      { interval: 0 },
      { interval: -1 },
      { interval: 1e9 },
      '{"interval": NaN}',
      '{"interval": 1e999}',
      { interval: '0.1' },
      { interval: [0.1] },
      { intervall: 1 },
      [],
      'null',
      '',
      '{"__proto__": {"interval": 1}}',
      { collectors: { gpu: { enabled: true } } },
      { tags: { role: 3 } },
      { metrics: Array.from({ length: 1_000 }, () => ({ pattern: '*', every: 2 })) },
      { spool_bytes: 1 },
      { spool_bytes: Number.MAX_SAFE_INTEGER },
      `{"tags": {"a": "${'x'.repeat(60_000)}"}}`,
    ];
    for (const [index, settings] of wrong.entries()) give(100 + index, settings);
    for (const index of wrong.keys()) {
      const report = await reportOf(100 + index);
      expect([index, report.state, report.why.startsWith('Cannot apply settings: ')]).toEqual([index, 'failed', true]);
    }
    expect(agent.intervalMs).toBe(100);
    expect(JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'))).toEqual({
      version: 1,
      text: '{"interval":0.1}',
    });
    const before = hub.storedTicks;
    await until('ticks go on', () => hub.storedTicks > before + 5);
    expect(hub.connections).toHaveLength(1);
    expect(hub.breaches).toEqual([]);
  });

  test('loses its connection by a message that is none, and the agent keeps its ticks', async () => {
    await start();
    for (const bytes of [
      encodeMessage({ kind: 'settings', version: 1, text: 'x'.repeat(70_000) }),
      new Uint8Array([0x93, 0x11, 0xff, 0xa0]),
      new Uint8Array([0x92, 0x11, 0x01]),
    ]) {
      const connectionCount = hub.connections.length;
      hub.sendBytes(bytes);
      await until('the agent comes back', () => hub.connections.length > connectionCount && hub.last.hello !== null);
    }
    const before = hub.storedTicks;
    await until('ticks go on', () => hub.storedTicks > before + 3);
    expect(hub.breaches).toEqual([]);
  });

  test('makes no more layouts by two thousand settings than an agent may have', async () => {
    const agent = await start({});
    const before = usedLayouts().length;
    for (let version = 1; version <= 2_000; version += 1) give(version, { interval: 0.1 + (version % 9) / 10 });
    await until('some are reported', () => hub.messages('settingsReport').length > 0);
    const ticks = hub.storedTicks;
    await until('ticks go on', () => hub.storedTicks > ticks + 5);
    expect(usedLayouts().length - before).toBeLessThanOrEqual(5);
    expect(agent.linkState).toBe('streaming');
    expect(hub.connections).toHaveLength(1);
  });
});

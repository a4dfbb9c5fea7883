/** Which series there are, against the built hub: of one host, of many, and of one that is away after a restart. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLayout } from '#core/series.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  startHub,
} from './testing/hub-process.ts';
import { TestAgent } from './testing/test-agent.ts';
import { gauges, sha256 } from './testing/ticks.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
const agents: TestAgent[] = [];

const disks = createLayout(
  {
    intervalMs: 1_000,
    series: [
      { key: 'load1', unit: '1', kind: 'gauge', every: 1 },
      { key: 'disk_read{device="sda"}', unit: 'bytes/s', kind: 'counter', every: 1 },
      { key: 'disk_read{device="sdb"}', unit: 'bytes/s', kind: 'counter', every: 1 },
      { key: 'disk_used{mount="/"}', unit: 'bytes', kind: 'gauge', every: 10 },
    ],
  },
  sha256,
);

async function start(): Promise<HubProcess> {
  // Ticks of these agents are older than the rings reach after a restart.
  const settings = { batchAgeMs: 200, ringWindowMs: 60_000 };
  return await (await startHub({ bundle, databaseUrl: gate.url, settings })).answers();
}

async function connect(hostName: string, layout: typeof disks, tags: Record<string, string> = {}): Promise<void> {
  const agentId = (agents.length + 1).toString(16).padStart(32, '0');
  const agent = new TestAgent(hub.url, enrolmentKey);
  agents.push(agent);
  await agent.greet({ agentId, hostName, machineId: agentId, tags });
  await agent.sendTicks(1, layout, { first: 1, last: 2 });
  await agent.next('ack', (ack) => ack.storedSeq === 2);
}

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await start();
  await connect('db/1', disks, { role: 'db', site: 'north' });
  await connect('db-2', disks, { role: 'db' });
  await connect('web-1', gauges(['load1', 'requests']), { role: 'web', site: 'north' });
  await hub.ask('POST', '/metrics', { hostname: 'cron', client_id: 'c', metrics: { jobs: 4 } });
});

afterAll(async () => {
  for (const agent of agents) agent.close();
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

const ask = async (path: string) => (await hub.ask('GET', path)).body;
/** Keys with how many hosts have them. */
const countsOf = async (query: string) => {
  const { series } = (await ask(`/api/v1/series?${query}`)) as { series: { key: string; hosts: number }[] };
  return Object.fromEntries(series.map(({ key, hosts }) => [key, hosts]));
};

describe('the series of a host', () => {
  test('come with units, kinds, intervals and newest values in the order of its ticks', async () => {
    expect(await ask('/api/v1/hosts/db%2F1/series')).toEqual({
      host: 'db/1',
      interval: 1,
      time: expect.any(Number),
      source: 'memory',
      series: [
        { key: 'load1', unit: '1', kind: 'gauge', interval: 1, value: 20 },
        { key: 'disk_read{device="sda"}', unit: 'bytes/s', kind: 'counter', interval: 1, value: 21 },
        { key: 'disk_read{device="sdb"}', unit: 'bytes/s', kind: 'counter', interval: 1, value: 22 },
        { key: 'disk_used{mount="/"}', unit: 'bytes', kind: 'gauge', interval: 10, value: 23 },
      ],
    });
    expect(await ask('/api/v1/hosts/cron/series')).toMatchObject({ series: [{ key: 'jobs', value: 4 }] });
  });

  test.each([
    ['/api/v1/hosts/nobody/series', 404],
    ['/api/v1/hosts/db-2/serieses', 404],
    ['/api/v1/hosts/db-2/series/load1', 404],
    ['/api/v1/hosts/%ff/series', 400],
  ])('%s is answered by %i', async (path, status) => {
    expect(await hub.ask('GET', path)).toEqual({ status, body: { error: expect.stringMatching(/^Cannot /) } });
  });
});

describe('the newest values', () => {
  test('may be of some series alone', async () => {
    const latest = (await ask('/fetch/latest?series=load1&series=jobs')) as Record<string, { metrics: object }>;
    expect(Object.fromEntries(Object.entries(latest).map(([name, { metrics }]) => [name, metrics]))).toEqual({
      'db/1': { load1: 20 },
      'db-2': { load1: 20 },
      'web-1': { load1: 20 },
      cron: { jobs: 4 },
    });
    expect((await hub.ask('GET', `/api/v1/latest?${'series=a&'.repeat(65)}`)).status).toBe(400);
  });
});

describe('the leading processes of a host', () => {
  test('are those that its agent said last', async () => {
    const path = '/api/v1/hosts/web-1/processes';
    expect(await ask(path)).toEqual({ time: null, processes: [] });
    const row = { pid: 7, name: 'postgres', cpuPercent: 12.5, memoryBytes: 4_096, user: 'pg' };
    await agents[2]!.send({ kind: 'top', atMs: 1_700_000_000_500, processes: [row] });
    await expect
      .poll(() => ask(path))
      .toEqual({
        time: 1_700_000_000.5,
        processes: [{ pid: 7, name: 'postgres', user: 'pg', cpu_percent: 12.5, memory_bytes: 4_096 }],
      });
  });
});

describe('the series of many hosts', () => {
  test('are those of all hosts, or of those that are meant, each with how many have it', async () => {
    expect(await ask('/api/v1/series')).toEqual({
      hosts: 4,
      is_cut: false,
      series: [
        { key: 'disk_read{device="sda"}', unit: 'bytes/s', kind: 'counter', hosts: 2 },
        { key: 'disk_read{device="sdb"}', unit: 'bytes/s', kind: 'counter', hosts: 2 },
        { key: 'disk_used{mount="/"}', unit: 'bytes', kind: 'gauge', hosts: 2 },
        { key: 'jobs', unit: '', kind: 'gauge', hosts: 1 },
        { key: 'load1', unit: expect.any(String), kind: 'gauge', hosts: 3 },
        { key: 'requests', unit: '', kind: 'gauge', hosts: 1 },
      ],
    });
    expect(await countsOf('name=web-*&name=cron')).toEqual({ jobs: 1, load1: 1, requests: 1 });
    expect(await countsOf('tag=site=north&not_tag=role%3Dd*')).toEqual({ load1: 1, requests: 1 });
    expect(await countsOf('tag=role&not_name=db*')).toEqual({ load1: 1, requests: 1 });
    expect(await countsOf('name=nobody')).toEqual({});
  });

  test('are found by words in any order and case, put together by name, and cut', async () => {
    expect(await countsOf('search=SDB+disk')).toEqual({ 'disk_read{device="sdb"}': 2 });
    expect(await countsOf('by=name&search=disk')).toEqual({ disk_read: 2, disk_used: 2 });
    expect(await ask('/api/v1/series?limit=1&search=disk')).toMatchObject({ series: [{}], is_cut: true });
  });

  test.each([
    'limit=0',
    'limit=5001',
    'by=host',
    `search=${'x'.repeat(501)}`,
    `name=${'x'.repeat(1_101)}`,
    'tag=a&'.repeat(101),
  ])('%s is refused', async (query) => {
    expect((await hub.ask('GET', `/api/v1/series?${query}`)).status).toBe(400);
  });
});

describe('after a restart', () => {
  test('the series of a host that is away are those that are stored', async () => {
    for (const agent of agents.splice(0)) agent.close();
    await hub.stop('SIGTERM');
    hub = await start();

    expect(await ask('/api/v1/hosts/db-2/series')).toEqual({
      host: 'db-2',
      interval: 1,
      time: expect.any(Number),
      source: 'stored',
      series: disks.series.map(({ key, unit, kind, every }) => ({ key, unit, kind, interval: every, value: null })),
    });
  });
});

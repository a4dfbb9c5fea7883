/** backup, restore and wipe as people call them: the built programs, a hub and an agent that go on meanwhile. */
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { buildPrograms, operatorKey, type Run, startProgram, stopPrograms } from './testing/program-runs.ts';

const operatorHeaders = { authorization: `Bearer ${operatorKey}` };

interface Site {
  readonly folder: string;
  readonly data: string;
  readonly config: string;
}

let workFolder: string;

beforeAll(() => {
  buildPrograms();
  workFolder = mkdtempSync(join(tmpdir(), 'pulsewire-tools-'));
  chmodSync(workFolder, 0o755);
}, 120_000);

afterEach(async () => {
  await stopPrograms();
});

afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

/** A folder with the settings of a hub and of its agent. */
function makeSite(name: string): Site {
  const folder = join(workFolder, name);
  mkdirSync(folder);
  const data = join(folder, 'data');
  const config = join(folder, 'hub.json');
  writeFileSync(config, JSON.stringify({ port: 0, dataFolder: data, batchAgeMs: 500, flushDelayMs: 50 }));
  return { folder, data, config };
}

/** Runs a command to its end; what it said. */
async function tool(code: number, ...args: readonly string[]): Promise<string> {
  const { exited, text } = startProgram(args);
  expect([await exited, text()]).toEqual([code, expect.any(String)]);
  return text();
}

async function startHub(site: Site): Promise<{ readonly hub: Run; readonly url: string }> {
  const hub = startProgram(['hub', '--config', site.config]);
  // Without an admin it is the link that makes one.
  const said = () => /(https?:\S+)\/(?:dashboard|setup#)/.exec(hub.text())?.[1];
  await expect.poll(said, { timeout: 60_000 }).toBeTruthy();
  return { hub, url: said()! };
}

function startAgent(site: Site, url: string): Run {
  const config = join(site.folder, 'agent.json');
  writeFileSync(
    config,
    JSON.stringify({ name: 'box', intervalMs: 200, dataFolder: 'agent', enrolmentKeyFile: 'data/enrolment-key' }),
  );
  return startProgram(['agent', '--config', config], { env: { PULSEWIRE_HUB_URL: url } });
}

async function stop({ child, exited }: Run): Promise<void> {
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
}

async function withSql<T>({ data }: Site, use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const folder = join(data, 'postgresql/cluster');
  const { application } = JSON.parse(readFileSync(join(data, 'postgresql/passwords.json'), 'utf8')) as {
    application: string;
  };
  const descriptor = openSync(folder, 'r');
  const path = `/proc/self/fd/${descriptor}/.s.PGSQL.5432`;
  const sql = postgres({
    path,
    username: 'pulsewire',
    password: application,
    database: 'pulsewire',
    max: 1,
    connection: { application_name: 'pulsewire bench' },
  });
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 1 });
    closeSync(descriptor);
  }
}

/** Waits until so many ticks of the agent are stored. */
async function storesTicks(site: Site, count: number): Promise<void> {
  await withSql(site, async (sql) => {
    await expect
      .poll(async () => Number((await sql`select coalesce(sum(ticks), 0) as ticks from batch`)[0]!['ticks']), {
        timeout: 60_000,
      })
      .toBeGreaterThanOrEqual(count);
  });
}

/** Every row of every table but the bookkeeping of migrations, as text. */
async function rowsOf(site: Site): Promise<Record<string, string[]>> {
  return await withSql(site, async (sql) => {
    const tables = await sql`select relname as name from pg_class where relnamespace = 'public'::regnamespace
      and relkind in ('r', 'p') and not relispartition and relname <> 'migration' order by 1`;
    const rows: Record<string, string[]> = {};
    for (const { name } of tables)
      rows[name] = (await sql`select t::text as text from ${sql(name)} t order by 1`).map(({ text }) => text);
    // Its life is another one after a restore, and each start of a hub is written down.
    const audit = rows['audit']!.filter((row) => !/,hub\.(started|stopped),/.test(row));
    return { ...rows, audit, hub: withoutLast(rows['hub']!) };
  });
}

/** Rows without their last column. */
function withoutLast(rows: readonly string[]): string[] {
  return rows.map((row) => row.replace(/,[^,]*\)$/, ')'));
}

test('a backup taken beside a hub and its agent is one consistent moment, and comes back row by row', async () => {
  const site = makeSite('source');
  const { hub, url } = await startHub(site);
  const agent = startAgent(site, url);
  await storesTicks(site, 20);

  const live = join(site.folder, 'live.backup');
  expect(await tool(0, 'backup', live, '--config', site.config)).toMatch(/Backed up [\d,]+ rows into .*live\.backup/);
  expect(statSync(live).mode & 0o777).toBe(0o600);
  expect([hub.child.exitCode, agent.child.exitCode]).toEqual([null, null]);
  await storesTicks(site, 40);
  await stop(agent);
  // A restore would pull the database away under it.
  expect(await tool(2, 'restore', live, '--yes', '--config', site.config)).toContain(
    'no hub may use the database meanwhile',
  );
  await stop(hub);

  const quiet = join(site.folder, 'quiet.backup');
  await tool(0, 'backup', quiet, '--config', site.config);
  const copy = makeSite('copy');
  expect(await tool(2, 'restore', quiet, '--config', copy.config)).toContain('--yes goes on without');
  expect(existsSync(copy.data)).toBe(false);
  expect(await tool(0, 'restore', quiet, '--yes', '--config', copy.config)).toMatch(/Restored [\d,]+ rows/);

  const [before, after] = [await startHub(site), await startHub(copy)];
  const stored = await rowsOf(site);
  expect(await rowsOf(copy)).toEqual(stored);
  const hosts = (await (await fetch(`${after.url}/fetch/hosts`, { headers: operatorHeaders })).json()) as Record<
    string,
    unknown
  >;
  expect(Object.keys(hosts)).toEqual(['box']);
  await stop(before.hub);
  await stop(after.hub);

  // The one that was taken while everything ran: a part of the rows, and whole in itself.
  await tool(0, 'restore', live, '--yes', '--config', copy.config);
  const again = await startHub(copy);
  const part = await rowsOf(copy);
  for (const table of ['layout', 'batch', 'gap', 'hub'])
    expect(stored[table]).toEqual(expect.arrayContaining(part[table]!));
  // The last column says when the agent has said goodbye, which was later.
  expect(withoutLast(stored['host']!)).toEqual(withoutLast(part['host']!));
  const problems = await withSql(copy, async (sql) => {
    return await sql`select s.id from stream s where s.stored_seq <> (select max(last_seq) from batch b where b.stream = s.id)
      or s.stored_ticks <> (select sum(ticks) from batch b where b.stream = s.id)`;
  });
  expect([...problems]).toEqual([]);
  await stop(again.hub);
}, 300_000);

test('a damaged backup changes nothing', async () => {
  const site = makeSite('damaged');
  const { hub, url } = await startHub(site);
  await fetch(`${url}/metrics`, {
    method: 'POST',
    headers: { ...operatorHeaders, 'content-type': 'application/json' },
    body: JSON.stringify({ hostname: 'nas', client_id: 'a', metrics: { x: 1 } }),
  });
  await stop(hub);
  const file = join(site.folder, 'a.backup');
  await tool(0, 'backup', file, '--config', site.config);
  writeFileSync(file, readFileSync(file).subarray(0, -20));

  expect(await tool(2, 'restore', file, '--yes', '--config', site.config)).toContain(
    'must be a whole and undamaged backup',
  );
  const again = await startHub(site);
  expect(
    Object.keys((await (await fetch(`${again.url}/fetch/hosts`, { headers: operatorHeaders })).json()) as object),
  ).toEqual(['nas']);
  await stop(again.hub);
}, 200_000);

test('a wipe through the running hub leaves nothing old, and the agent comes back by itself', async () => {
  const site = makeSite('wiped');
  const { hub, url } = await startHub(site);
  const agent = startAgent(site, url);
  await storesTicks(site, 30);
  const before = await rowsOf(site);
  const key = readFileSync(join(site.data, 'enrolment-key'), 'utf8');

  expect(await tool(2, 'wipe', '--config', site.config)).toContain('--yes goes on without');
  expect((await rowsOf(site))['host']).toEqual(before['host']);
  const sinceMs = Date.now();
  expect(await tool(0, 'wipe', '--yes', '--config', site.config)).toMatch(
    /Wiping through the hub at .*\nWiped 1 hosts and [\d,]+ ticks; /,
  );

  await storesTicks(site, 10);
  const after = await rowsOf(site);
  expect(after['hub']).not.toEqual(before['hub']);
  expect(after['host']).toHaveLength(1);
  expect(after['token']).not.toEqual(before['token']);
  expect(after['batch']!.filter((row) => before['batch']!.includes(row))).toEqual([]);
  // Nothing but what was measured while the wipe began, which no hub had acknowledged yet.
  const [oldest] = await withSql(site, async (sql) => await sql`select min(from_ms) as ms from batch`);
  expect(oldest!['ms']).toBeGreaterThan(sinceMs - 3_000);
  expect([hub.child.exitCode, agent.child.exitCode]).toEqual([null, null]);
  expect(
    Object.keys((await (await fetch(`${url}/fetch/hosts`, { headers: operatorHeaders })).json()) as object),
  ).toEqual(['box']);
  expect(readFileSync(join(site.data, 'enrolment-key'), 'utf8')).toBe(key);
  expect(hub.text()).not.toContain(key.trim());
  await stop(agent);
  await stop(hub);
  expect(existsSync(join(site.data, 'hub-address'))).toBe(false);
}, 200_000);

test('a wipe without a hub does the same', async () => {
  const site = makeSite('alone');
  const first = await startHub(site);
  const agent = startAgent(site, first.url);
  await storesTicks(site, 20);
  const before = await rowsOf(site);
  await stop(agent);
  await stop(first.hub);

  expect(await tool(0, 'wipe', '--yes', '--config', site.config)).toMatch(
    /no hub is using it\nWiped 1 hosts and [\d,]+ ticks; /,
  );
  const second = await startHub(site);
  const empty = await rowsOf(site);
  expect(
    Object.entries(empty)
      .filter(([, rows]) => rows.length > 0)
      .map(([name]) => name),
  ).toEqual(['access_mark', 'audit', 'hub']);
  expect(empty['hub']).not.toEqual(before['hub']);
  startAgent(site, second.url);
  await storesTicks(site, 5);
  expect((await rowsOf(site))['batch']!.filter((row) => before['batch']!.includes(row))).toEqual([]);
}, 200_000);

test('each command says what is missing where there is nothing', async () => {
  const site = makeSite('nothing');
  expect(await tool(2, 'backup', join(site.folder, 'x'), '--config', site.config)).toContain(
    'must hold a database: got none',
  );
  expect(await tool(0, 'wipe', '--yes', '--config', site.config)).toContain('nothing to wipe');
  expect(await tool(2, 'upgrade', '--config', site.config)).toContain('must hold a database: got none');
  expect(await tool(0, 'upgrade', '--remove-old', '--config', site.config)).toContain(
    'nothing that an upgrade has left',
  );
  expect(await tool(2, 'restore', join(site.folder, 'x'), '--config', site.config)).toContain(
    'must be readable: got ENOENT',
  );
  writeFileSync(site.config, JSON.stringify({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' }));
  for (const args of [
    ['backup', 'x'],
    ['wipe', '--yes'],
  ])
    expect(await tool(2, ...args, '--config', site.config)).toContain(
      'the database must answer and let us in: got ECONNREFUSED',
    );
  expect(existsSync(join(site.folder, 'x'))).toBe(false);
}, 120_000);

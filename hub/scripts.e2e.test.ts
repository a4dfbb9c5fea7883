/**
 * Signed scripts from the command line over the built hub to a built agent: signed, uploaded, run, reported, removed, written
 * down. And what somebody who can write every row of the database makes an agent run: nothing that is not signed (S23).
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  startHub,
} from './testing/hub-process.ts';

const root = resolve(import.meta.dirname, '..');

let folder: string;
let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
let agent: ChildProcess;
let said = '';
/** Whether this machine can run scripts; else the agent says why and runs none. */
let canRun = false;

interface AgentReport {
  readonly host: string;
  readonly version: number;
  readonly state: string;
  readonly problem: string;
  readonly runs: number;
  readonly output: string;
}

interface ScriptDetail {
  readonly versions: readonly { readonly version: number; readonly code: string; readonly removed: number | null }[];
  readonly agents: readonly AgentReport[];
  readonly hosts: readonly string[];
}

const run = promisify(execFile);

/** `pulsewire sign` as a publisher calls it. */
async function sign(...args: string[]): Promise<string> {
  return (await run(process.execPath, [bundle.program, 'sign', ...args])).stdout;
}

async function signScript(code: string, options: Readonly<Record<string, string>>): Promise<string> {
  const file = join(folder, 'script.sh');
  writeFileSync(file, code);
  const given = { key: join(folder, 'publisher.key'), target: 'tag:role=web', every: '1s', ...options };
  return await sign(file, ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]));
}

const upload = (text: string) => hub.ask<{ readonly error?: string }>('POST', '/api/v1/scripts', { text });
const detailOf = async (name: string) => (await hub.ask<ScriptDetail>('GET', `/api/v1/scripts/${name}`)).body;
const reportOf = async (name: string) => (await detailOf(name)).agents?.find(({ host }) => host === 'web-1');

async function whenReported(name: string, wanted: Partial<AgentReport>): Promise<void> {
  await expect.poll(async () => await reportOf(name), { timeout: 40_000 }).toMatchObject(wanted);
}

async function audited(action: string, object: string) {
  return await database.sql<{ result: string; actor_kind: string; actor_name: string; detail: unknown }[]>`
    select result, actor_kind, actor_name, detail from audit where action = ${action} and object = ${object} order by id`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(root, 'node_modules', '.scripts-test-'));
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await (await startHub({ bundle, databaseUrl: gate.url })).answers();
  await build({
    absWorkingDir: root,
    entryPoints: { agent: 'agent/main.ts', 'module-worker': 'agent/scripts/module-worker.ts' },
    ...{ outdir: folder, outExtension: { '.js': '.cjs' }, bundle: true, platform: 'node', target: 'node20' },
    ...{ format: 'cjs', external: ['better-sqlite3', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'] },
    logLevel: 'error',
  });
  const publicKey = (await sign('--new-key', join(folder, 'publisher.key'))).trim();
  const config = join(folder, 'agent.json');
  const scripts = { enabled: true, publisherKeys: [publicKey], runAs: 'nobody' };
  const dataFolder = mkdtempSync(join(tmpdir(), 'pulsewire-scripts-'));
  writeFileSync(config, JSON.stringify({ hubUrl: hub.url, name: 'web-1', tags: { role: 'web' }, dataFolder, scripts }));
  chmodSync(config, 0o600);
  const env = { ...process.env, PULSEWIRE_ENROLMENT_KEY: enrolmentKey };
  agent = spawn(process.execPath, [join(folder, 'agent.cjs'), '--config', config], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  agent.stderr!.on('data', (part: Buffer) => {
    said += part.toString();
  });
  agent.once('exit', () => rmSync(dataFolder, { recursive: true, force: true }));
  while (!/hub-scripts\.(opened|blocked)/.test(said)) await delay(50);
  canRun = said.includes('hub-scripts.opened');
}, 120_000);

afterAll(async () => {
  const gone = new Promise((settle) => agent?.once('exit', settle));
  if (agent?.kill('SIGTERM') === true) await gone;
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('a signed script', () => {
  test('is uploaded, given to whom it is for, run, reported and written down', async (context) => {
    const text = await signScript('echo depth 7', { name: 'queue', 'sign-version': '1' });
    expect(await upload(text)).toMatchObject({ status: 201, body: { name: 'queue', version: 1, interpreter: 'sh' } });
    expect((await upload(text)).status).toBe(200);
    await expect
      .poll(() => audited('script.uploaded', 'queue'))
      .toMatchObject([{ result: 'done' }, { result: 'done' }]);
    expect((await detailOf('queue')).hosts).toEqual(['web-1']);
    if (!canRun) return context.skip();

    await whenReported('queue', { state: 'well', version: 1, output: 'depth 7\n' });
    await expect
      .poll(
        async () => (await hub.ask<Record<string, { metrics: object }>>('GET', '/fetch/latest')).body['web-1']?.metrics,
      )
      .toMatchObject({ depth: 7 });
    await expect
      .poll(() => audited('script.ran', 'queue'))
      .toMatchObject([{ actor_kind: 'agent', actor_name: 'web-1' }]);
    expect((await hub.ask('GET', '/api/v1/scripts')).body).toMatchObject([
      { name: 'queue', version: 1, agents: { well: 1 }, revoked_version: 0, targets: ['tag:role=web'] },
    ]);
    expect((await hub.ask('GET', '/api/v1/scripts/.agents')).body).toMatchObject([{ host: 'web-1', door: 'open' }]);
  });

  test('is refused by the hub with what to do: not signed, changed, older, too large', async () => {
    const text = await signScript('echo 1', { name: 'queue', 'sign-version': '1' });
    const refusals: readonly (readonly [string, number, string])[] = [
      ['echo 1', 400, 'pulsewire sign'],
      [text.replace('echo 1', 'echo 2'), 400, 'it has been changed since'],
      [text.replace(/(v1 \S+ )\S/, '$1_'), 400, 'its signature must be that of the key'],
      [text, 409, 'its version must be above 1'],
      [`${text}${'#'.repeat(70_000)}`, 400, 'at most 65536'],
    ];
    for (const [given, status, why] of refusals) {
      expect(await upload(given)).toMatchObject({ status, body: { error: expect.stringContaining(why) } });
    }
    expect((await hub.ask('POST', '/api/v1/scripts', `"${'x'.repeat(3_000_000)}"`)).status).toBe(413);
    const results = async () => (await audited('script.uploaded', 'queue')).map(({ result }) => result);
    await expect.poll(results).toContain('refused');
    expect((await hub.ask('GET', '/api/v1/scripts/none')).status).toBe(404);
    expect((await hub.ask('DELETE', '/api/v1/scripts/none')).status).toBe(404);
  });

  test('by the old paths has the old shapes', async () => {
    const text = await signScript('echo 2', { name: 'old', 'sign-version': '1' });
    const old = (body: object) => hub.ask('POST', '/admin/upload_metric', body);
    expect(await old({ name: 'old', code: 'print(1)', tags: {} })).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/it must be signed.*pulsewire sign/) },
    });
    expect((await old({ name: 'other', code: text, tags: {} })).status).toBe(400);
    expect((await old({ name: 'old', code: text, tags: { role: 'db' } })).status).toBe(400);
    expect(await old({ name: 'old', code: text, tags: { role: 'web' } })).toEqual({
      status: 200,
      body: { message: "Metric 'old' uploaded successfully" },
    });
    expect((await hub.ask('GET', '/fetch_metrics?client_id=web-1')).body).toMatchObject({ old: text });
    expect((await hub.ask('GET', '/fetch_metrics?client_id=nobody')).status).toBe(404);
    await hub.ask('POST', '/metrics', { hostname: 'pushed', client_id: 'c', metrics: { a: 1 }, tags: { role: 'db' } });
    expect((await hub.ask('GET', '/fetch_metrics?client_id=pushed')).body).toEqual({});
    expect((await hub.ask('DELETE', '/api/v1/scripts/old')).status).toBe(200);
    expect((await detailOf('old')).versions[0]!.removed).not.toBeNull();
    await expect.poll(() => audited('script.removed', 'old')).toMatchObject([{ result: 'done' }]);
  });
});

describe('somebody who can write the whole database', () => {
  test('makes an agent run nothing that is not signed for it', async (context) => {
    if (!canRun) return context.skip();
    const { sql } = database;
    await upload(await signScript('echo depth 8', { name: 'queue', 'sign-version': '5' }));
    await whenReported('queue', { state: 'well', version: 5 });

    const stranger = join(folder, 'stranger.key');
    await sign('--new-key', stranger);
    const [row] = await sql<
      { text: string; key: string }[]
    >`select text, key from script_text where name = 'queue' and version = 5`;
    const [firstLine] = row!.text.split('\n');
    const evil = 'echo evil 1';
    const other = await signScript('echo evil 1', { name: 'elsewhere', target: 'tag:role=db', 'sign-version': '1' });
    const rows = [
      // Code under a good first line, a stranger's signature, no signature, another host's script, an older version.
      ['queue', 6, `${firstLine}\n${evil}`],
      ['strange', 1, await signScript(evil, { name: 'strange', key: stranger, 'sign-version': '1' })],
      ['bare', 1, `# pulsewire-script v1 x y\n${evil}`],
      ['elsewhere', 1, other],
    ] as const;
    for (const [name, version, text] of rows)
      await sql`insert into script_text (name, version, kind, key, text) values (${name}, ${version}, 'script', ${row!.key}, ${text})`;
    // The hub says that the host has the tag; its agent's settings do not.
    await hub.ask('POST', '/update_tags', { hostname: 'web-1', tags: { role: 'db' } });
    await sql`update script_door set door = 'open', keys = ${sql.json([row!.key])}`;
    await sql`update script_report set version = 1, ran_version = 0`;
    // Makes the hub read them all.
    await upload(await signScript('echo other 1', { name: 'other', 'sign-version': '1' }));

    await whenReported('elsewhere', { state: 'refused', runs: 0 });
    await whenReported('strange', { state: 'refused', runs: 0 });
    await whenReported('queue', { state: 'refused', runs: 0 });
    expect((await reportOf('queue'))!.problem).toContain('its code must be the one that was signed');
    await expect
      .poll(() => audited('script.refused', 'strange'))
      .toMatchObject([{ result: 'refused', actor_kind: 'agent' }]);

    // An older text that was good once, in place of the newest.
    const older = (await sql<{ text: string }[]>`select text from script_text where name = 'queue' and version = 1`)[0]!
      .text;
    await sql`delete from script_text where name = 'queue' and version > 1`;
    await sql`update script_text set text = ${older} where name = 'queue'`;
    await upload(await signScript('echo other 2', { name: 'other', 'sign-version': '2' }));
    await expect
      .poll(async () => (await reportOf('queue'))?.problem, { timeout: 40_000 })
      .toContain('older than version 5');

    const reports = await sql<{ report: { output: string; runCount: number } }[]>`select report from script_report`;
    expect(JSON.stringify(reports)).not.toContain('evil 1');
    const latest = await hub.ask<Record<string, { metrics: object }>>('GET', '/fetch/latest');
    expect(Object.keys(latest.body['web-1']!.metrics)).not.toContain('evil');
  });
});

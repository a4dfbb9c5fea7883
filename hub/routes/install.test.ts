import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuditNote } from '../access/audit.ts';
import { type HttpAnswer, HttpError } from '../http.ts';
import { AgentArchive } from '../install/agent-archive.ts';
import { fillIn, hubUrlOf, installRoutes } from './install.ts';

const root = resolve(import.meta.dirname, '../..');
const archiveName = 'agent-1.2.3-linux-x64-115.tar.gz';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-install-'));
  mkdirSync(join(folder, 'dist/agent-native'), { recursive: true });
  for (const name of ['agent.cjs', 'module-worker.cjs', 'simulated-agents.cjs', 'agent-native/package.json'])
    writeFileSync(join(folder, 'dist', name), `the file ${name}`);
  writeFileSync(join(folder, 'dist/agent-native/package-lock.json'), '{}');
  for (const name of ['LICENSE', 'package.json']) cpSync(join(root, name), join(folder, name));
  symlinkSync(join(root, 'install'), join(folder, 'install'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Asks the routes of a hub that was reached as `host`. */
function asker({ packageFolder = folder, isSecure = false } = {}) {
  const runtime = { platform: 'linux', arch: 'x64', abi: '115' };
  const archive = new AgentArchive({ packageFolder, version: '1.2.3', runtime });
  const routes = installRoutes({ folder: join(root, 'install'), archive });
  return async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> => {
    const isArchive = path.startsWith('/install/');
    const route = routes.find((one) => one.path === (isArchive ? '/install/*' : path))!;
    return await route.answer({
      ...{ method: 'get', path, rest: isArchive ? path.slice('/install/'.length).split('/') : [] },
      ...{
        credentials: { authorization: '', cookie: '', address: '', isSecure },
        query: new URLSearchParams(),
        body: new Uint8Array(0),
        signal: new AbortController().signal,
      },
      header: (name) => ({ host: 'hub.example.org:8888', ...headers })[name] ?? '',
      ...{ actor: { kind: 'anonymous', canRead: false }, note: new AuditNote() },
    });
  };
}

const refused = (status: number) => expect.objectContaining({ status });

describe('installRoutes()', () => {
  test('the script knows the hub, the archive and its checksum, and the archive has that checksum', async () => {
    const ask = asker();
    const [script, archive] = [await ask('/install.sh'), await ask(`/install/${archiveName}`)];
    const sha256 = createHash('sha256')
      .update(archive.body as Uint8Array)
      .digest('hex');

    expect((script.body as string).split('\n')).toEqual(
      expect.arrayContaining([
        ...["hub_url='http://hub.example.org:8888'", `archive='${archiveName}'`, `archive_sha256='${sha256}'`],
      ]),
    );
    expect((script.body as string).replace(/^(hub_url|archive|archive_sha256)='.*'$/gm, "$1=''")).toBe(
      readFileSync(join(root, 'install/install.sh'), 'utf8'),
    );
  });

  test('the archive holds the agent, what starts it and its one library, and nothing else', async () => {
    const { body } = await asker()(`/install/${archiveName}`);
    const names = execFileSync('tar', ['-tzf', '-'], { input: body as Uint8Array, encoding: 'utf8' })
      .trim()
      .split('\n');
    const outside = names.filter(
      (name) => !/^pulsewire-agent\/node_modules\/better-sqlite3\/lib\/[\w/-]+\.js$/.test(name),
    );

    expect(outside.map((name) => name.replace('pulsewire-agent/', ''))).toEqual([
      ...['agent.cjs', 'module-worker.cjs', 'package.json', 'package-lock.json'],
      ...['install.sh', 'pulsewire-agent.service', 'pulsewire-agent.init', 'pulsewire-agent-scripts.conf', 'LICENSE'],
      ...['package.json', 'LICENSE', 'build/Release/better_sqlite3.node'].map(
        (file) => `node_modules/better-sqlite3/${file}`,
      ),
      ...['package.json', 'LICENSE.md', 'bindings.js'].map((file) => `node_modules/bindings/${file}`),
      ...['package.json', 'LICENSE', 'index.js'].map((file) => `node_modules/file-uri-to-path/${file}`),
    ]);
  });

  test('the same archive is not sent again, and no other name is known', async () => {
    const ask = asker();
    const { headers } = await ask(`/install/${archiveName}`);

    expect(await ask(`/install/${archiveName}`, { 'if-none-match': headers!['etag']! })).toMatchObject({ status: 304 });
    for (const name of ['../package.json', 'agent-1.2.4-linux-x64-115.tar.gz', 'agent.cjs', ''])
      await expect(ask(`/install/${name}`)).rejects.toEqual(refused(404));
  });

  test('so many archives are on their way at once, and the next is asked to wait', async () => {
    const ask = asker();
    const answers = await Promise.all(Array.from({ length: 32 }, () => ask(`/install/${archiveName}`)));
    await expect(ask(`/install/${archiveName}`)).rejects.toEqual(refused(503));
    answers[0]!.settled!();
    expect(await ask(`/install/${archiveName}`)).toMatchObject({ status: 200 });
  });

  test('a page in words names the same address', async () => {
    const { body, type } = await asker({ isSecure: true })('/install');
    expect(body).toContain('curl -fsSL https://hub.example.org:8888/install.sh | sudo sh -s -- --token-file -');
    expect(body).not.toContain('{{');
    expect(type).toMatch(/^text\/plain/);
  });

  test('a hub without its build says so', async () => {
    const ask = asker({ packageFolder: join(folder, 'none') });
    for (const path of ['/install', '/install.sh', `/install/${archiveName}`])
      await expect(ask(path)).rejects.toEqual(refused(503));
  });
});

describe('hubUrlOf()', () => {
  test.each([
    ['localhost', 'http://localhost'],
    ['HUB.example.org:8888', 'http://hub.example.org:8888'],
    ['192.168.1.20:1', 'http://192.168.1.20:1'],
    ['[fe80::1]:8888', 'http://[fe80::1]:8888'],
  ])('takes %j', (host, url) => {
    expect(hubUrlOf(host, false)).toBe(url);
  });

  // Each of these passes as a name below "localhost", which is always allowed.
  test.each([
    ...[
      "';reboot;'.localhost",
      '$(reboot).localhost',
      '`reboot`.localhost',
      'a"b.localhost',
      "x'\n.localhost",
      'a&b.localhost',
    ],
    ...[
      'a|b.localhost',
      'a;b.localhost',
      'a\\b.localhost',
      'ä.localhost',
      'a b.localhost',
      '-o.localhost',
      '$&.localhost',
    ],
    ...['', 'localhost:', 'localhost:123456', '[::1', 'user@localhost', 'localhost/x', `${'x'.repeat(300)}.localhost`],
  ])('refuses %j', (host) => {
    expect(() => hubUrlOf(host, true)).toThrow(HttpError);
  });
});

describe('fillIn()', () => {
  test('fills in whole lines and marked words, and nothing else', () => {
    expect(fillIn("a=''\n  a=''\nb=''\n{{a}} {{a}} a", { a: 'v.1' })).toBe("a='v.1'\n  a=''\nb=''\nv.1 v.1 a");
  });

  test('never lets a character through that means something to a shell', () => {
    for (const value of ["'", '"', '$', '`', ';', '\n', ' ', '&', '|', '<', '(', '\\', '*', '~', '#', ''])
      expect(() => fillIn("a=''", { a: `x${value}` === 'x' ? '' : `x${value}` })).toThrow(/Cannot fill in a/);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { compressFiles } from '../../scripts/dashboard-output.mjs';
import { AuditNote } from '../access/audit.ts';
import type { HttpAnswer } from '../http.ts';
import { pageRoutes } from './pages.ts';

const script = 'export const words = "the same words again and again";\n'.repeat(50);
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Asks for a path below `/dashboard` of a folder with a page, a script and a picture. */
function dashboard(change: (folder: string) => void = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewire-pages-'));
  folders.push(folder);
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets/app-1a2b.js'), script);
  writeFileSync(join(folder, 'assets/dot.png'), script);
  change(folder);
  const route = pageRoutes(folder).find(({ path }) => path === '/dashboard/*')!;
  return async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> =>
    await route.answer({
      ...{ method: 'get', path: `/dashboard/${path}`, rest: path.split('/'), query: new URLSearchParams() },
      ...{ body: new Uint8Array(0), signal: new AbortController().signal },
      header: (name) => headers[name] ?? '',
      ...{ actor: { kind: 'anonymous', canRead: false }, note: new AuditNote() },
      credentials: { authorization: '', cookie: '', address: '', isSecure: false },
    });
}

const everything = { 'accept-encoding': 'gzip, deflate, br, zstd' };
const bytesOf = (answer: HttpAnswer) => answer.body as Uint8Array;
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('pageRoutes()', () => {
  test('a text comes in the form that the client likes best, and says that there are others', async () => {
    const get = dashboard(compressFiles);
    const [brotli, gzip, plain] = await Promise.all([
      get('assets/app-1a2b.js', everything),
      get('assets/app-1a2b.js', { 'accept-encoding': 'gzip' }),
      get('assets/app-1a2b.js'),
    ]);
    expect(brotli!.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' });
    expect(textOf(brotliDecompressSync(bytesOf(brotli!)))).toBe(script);
    expect(gzip!.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(textOf(gunzipSync(bytesOf(gzip!)))).toBe(script);
    expect(plain!.headers).toMatchObject({ vary: 'accept-encoding' });
    expect(plain!.headers).not.toHaveProperty('content-encoding');
    expect(textOf(bytesOf(plain!))).toBe(script);
    expect(new Set([brotli, gzip, plain].map((answer) => answer!.type))).toEqual(
      new Set(['text/javascript; charset=utf-8']),
    );
  });

  test('what has no other form comes as it is: pictures, short texts, files of a folder that was not compressed', async () => {
    const compressed = dashboard(compressFiles);
    for (const get of [() => compressed('assets/dot.png', everything), () => compressed('', everything)]) {
      const { headers } = await get();
      expect([headers!['content-encoding'], headers!['vary']]).toEqual([undefined, undefined]);
    }
    expect(textOf(bytesOf(await dashboard()('assets/app-1a2b.js', everything)))).toBe(script);
  });

  test('compressed forms have no address of their own', async () => {
    const get = dashboard((folder) => writeFileSync(join(folder, 'assets/app-1a2b.js.gz'), gzipSync(script)));
    await expect(get('assets/app-1a2b.js.gz')).rejects.toThrow('there is no such file');
  });

  test('a client that has the page already is told so, until it is another page', async () => {
    const get = dashboard(compressFiles);
    const first = await get('', everything);
    const tag = first.headers!['etag']!;
    expect(first.headers).toMatchObject({
      'cache-control': 'no-cache',
      etag: expect.stringMatching(/^W\/"[\w-]{22}"$/),
    });
    const again = await get('', { ...everything, 'if-none-match': `"other", ${tag}` });
    expect(again).toMatchObject({ status: 304, body: '', headers: { etag: tag, 'cache-control': 'no-cache' } });
    const changed = dashboard((folder) => writeFileSync(join(folder, 'index.html'), '<!doctype html><title>2</title>'));
    expect((await changed('', { 'if-none-match': tag })).status).toBe(200);
  });

  test('administration, the first run and the sign-in are the same page as the dashboard', async () => {
    const paths = pageRoutes('no-folder').map(({ path }) => path);
    expect(paths).toEqual(['/', '/dashboard', '/admin', '/setup', '/sign-in', '/dashboard/*']);
  });

  test('files with a hash in their name are kept for good', async () => {
    const { headers } = await dashboard(compressFiles)('assets/app-1a2b.js', everything);
    expect(headers!['cache-control']).toBe('public, max-age=31536000, immutable');
  });
});

/**
 * The dashboard's files, read once at the start, and the answer at `/`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { type HttpAnswer, HttpError, type HttpRequest, type Route } from '../http.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};

/** Everything from here and nothing inline; sockets to the same place. */
const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

const immutable = 'public, max-age=31536000, immutable';

/** Reads `folder` (the built dashboard). A missing folder is answered by a 503 that says so. */
export function pageRoutes(folder: string): Route[] {
  const files = readFiles(folder);
  const page = (): HttpAnswer => fileAnswer(files, 'index.html', { ...pageHeaders, 'cache-control': 'no-cache' });
  const read = { method: 'get', isChange: false, bodyBytesMax: 0 } as const;
  return [
    { ...read, path: '/', answer: answerRoot },
    { ...read, path: '/dashboard', answer: page },
    {
      ...read,
      path: '/dashboard/*',
      answer: (request) => {
        const path = request.rest.join('/');
        if (path === '') return page();
        return fileAnswer(files, path, {
          ...pageHeaders,
          'cache-control': path.startsWith('assets/') ? immutable : 'no-cache',
        });
      },
    },
  ];
}

function answerRoot(request: HttpRequest): HttpAnswer {
  if (request.header('accept').includes('text/html')) {
    return { status: 302, type: 'text/plain; charset=utf-8', headers: { location: '/dashboard' }, body: '' };
  }
  return { status: 200, type: 'text/plain; charset=utf-8', body: 'Monitoring Server is running' };
}

/** By exact path: nothing outside the folder has one. */
function fileAnswer(
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
  headers: Readonly<Record<string, string>>,
): HttpAnswer {
  const body = files.get(path);
  if (body !== undefined)
    return { status: 200, type: types[extname(path)] ?? 'application/octet-stream', headers, body };
  if (files.size === 0) throw new HttpError(503, 'Cannot show the dashboard: it has not been built: run npm run build');
  throw new HttpError(404, `Cannot find ${JSON.stringify(path.slice(0, 200))}: there is no such file`);
}

function readFiles(folder: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      files.set(relative(folder, file).replaceAll('\\', '/'), readFileSync(file));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return files;
}

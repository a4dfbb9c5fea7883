/**
 * The dashboard's files, read once at the start, and the answer at `/`. Texts lie beside their compressed forms, which the
 * build has made: nothing is compressed here.
 *
 * Files under `assets/` have a hash in their name and are kept for good; all others are asked for again and answered by a 304
 * while they are the same.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { chooseEncoding, type Encoding, encodings, matchesTag } from '../content-encoding.ts';
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

/** All are the same page; what it shows is decided by the address, in the browser. */
const pagePaths = ['/dashboard', '/admin', '/setup', '/sign-in'] as const;

const immutable = 'public, max-age=31536000, immutable';

const suffixes: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' };

interface PageFile {
  readonly type: string;
  /** Weak: all forms of the file share it. */
  readonly tag: string;
  readonly bytes: Uint8Array;
  readonly compressed: ReadonlyMap<Encoding, Uint8Array>;
}

/** Reads `folder` (the built dashboard). A missing folder is answered by a 503 that says so. */
export function pageRoutes(folder: string): Route[] {
  const files = readFiles(folder);
  const page = (request: HttpRequest) => fileAnswer(fileOf(files, 'index.html'), request, 'no-cache');
  const read = { method: 'get', access: 'public', isChange: false, action: null, bodyBytesMax: 0 } as const;
  return [
    { ...read, path: '/', answer: answerRoot },
    ...pagePaths.map((path) => ({ ...read, path, answer: page })),
    {
      ...read,
      path: '/dashboard/*',
      answer: (request) => {
        const path = request.rest.join('/');
        if (path === '') return page(request);
        return fileAnswer(fileOf(files, path), request, path.startsWith('assets/') ? immutable : 'no-cache');
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
function fileOf(files: ReadonlyMap<string, PageFile>, path: string): PageFile {
  const file = files.get(path);
  if (file !== undefined) return file;
  if (files.size === 0) throw new HttpError(503, 'Cannot show the dashboard: it has not been built: run npm run build');
  throw new HttpError(404, `Cannot find ${JSON.stringify(path.slice(0, 200))}: there is no such file`);
}

function fileAnswer({ type, tag, bytes, compressed }: PageFile, request: HttpRequest, caching: string): HttpAnswer {
  const headers = {
    etag: tag,
    'cache-control': caching,
    ...(compressed.size === 0 ? {} : { vary: 'accept-encoding' }),
  };
  if (matchesTag(request.header('if-none-match'), tag)) return { status: 304, type, headers, body: '' };
  const encoding = chooseEncoding(request.header('accept-encoding'), [...compressed.keys()]);
  if (encoding === null) return { status: 200, type, headers, body: bytes };
  const body = compressed.get(encoding)!;
  return { status: 200, type, headers: { ...headers, 'content-encoding': encoding }, body };
}

function readFiles(folder: string): Map<string, PageFile> {
  const contents = new Map<string, Uint8Array>();
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      contents.set(relative(folder, file).replaceAll('\\', '/'), readFileSync(file));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const files = new Map<string, PageFile>();
  for (const [path, bytes] of contents) {
    // Compressed forms have no address of their own.
    if (Object.values(suffixes).includes(extname(path))) continue;
    files.set(path, {
      type: types[extname(path)] ?? 'application/octet-stream',
      tag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      bytes,
      compressed: new Map(
        encodings.flatMap((encoding) => {
          const packed = contents.get(path + suffixes[encoding]);
          return packed === undefined ? [] : [[encoding, packed]];
        }),
      ),
    });
  }
  return files;
}

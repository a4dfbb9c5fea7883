/**
 * What becomes of the dashboard's files behind vite: texts are compressed at the highest quality, once, so that the hub
 * has nothing to compress while it runs; and what a browser has to fetch for a page is weighed, so that the page which
 * most people open first stays light.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const textExtensions = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest']);

/** Compressed files are kept if they are smaller by more than the headers that they cost. */
const savedBytesMin = 64;

/** The page that is weighed, and the bytes of JavaScript and style that it may take on the wire, by the worse of both encodings. */
export const weighedPage = 'pages/pw-overview.ts';
export const pageBytesMax = 150_000;

/** Writes `x.br` and `x.gz` beside each text `x` below `folder`. */
export function compressFiles(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !textExtensions.has(extname(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    const brotli = brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    });
    const variants = { br: brotli, gz: gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }) };
    for (const [suffix, packed] of Object.entries(variants)) {
      if (packed.length + savedBytesMin < bytes.length) writeFileSync(`${file}.${suffix}`, packed);
    }
  }
}

/**
 * The scripts and styles that a browser fetches to show one page: those that `html` names, and the page's own with all
 * that they import. `items` is what vite has put out (chunks and assets).
 */
export function filesOfPage(items, html, page) {
  const chunks = new Map(items.filter((item) => item.type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
  const files = new Set();
  const add = (fileName) => {
    const chunk = chunks.get(fileName);
    if (files.has(fileName)) return;
    files.add(fileName);
    for (const imported of chunk?.imports ?? []) add(imported);
    for (const style of chunk?.viteMetadata?.importedCss ?? []) files.add(style);
  };
  for (const [, name] of html.matchAll(/(?:src|href)="\/dashboard\/([^"]+\.(?:js|css))"/g)) add(name);
  const own = [...chunks.values()].find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(`/${page}`)));
  if (own === undefined) throw new Error(`Cannot weigh the dashboard: a chunk must hold ${page}`);
  add(own.fileName);
  return [...files].sort();
}

/** Bytes of the files as they go over the wire: those of their compressed forms, or of the files where there is none. */
export function weigh(folder, files, suffix) {
  let bytes = 0;
  const known = new Set(readdirSync(folder, { recursive: true }).map((name) => name.replaceAll('\\', '/')));
  for (const file of files)
    bytes += readFileSync(join(folder, known.has(`${file}.${suffix}`) ? `${file}.${suffix}` : file)).length;
  return bytes;
}

/**
 * The agent as other machines get it from this hub: the built program, its one native library as this hub has it, and what starts
 * it there. Made at the first request, from files that were built with the hub, and kept in memory: about 2 MB.
 *
 * The binary fits machines of the hub's own kind; what builds another one (a package and its lock) is in it too.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type TarFile, tarOf } from './tar.ts';

export interface Archive {
  readonly bytes: Uint8Array;
  /** Of the bytes, in hex. */
  readonly sha256: string;
}

export interface AgentArchiveOptions {
  /** Where package.json, `dist/` and `install/` are. */
  readonly packageFolder: string;
  readonly version: string;
  /** Of the Node that runs the hub: its npm has fetched the native library. */
  readonly runtime: { readonly platform: string; readonly arch: string; readonly abi: string };
}

/** A program that only simulates agents has no business on other machines. */
const leftOut: readonly string[] = ['simulated-agents.cjs'];
/** What installs, starts and bounds the agent. */
const started: readonly string[] = [
  ...['install.sh', 'pulsewire-agent.service', 'pulsewire-agent.init', 'pulsewire-agent-scripts.conf'],
];
const folderInside = 'pulsewire-agent';

/** What a library needs at run time, relative to its folder. */
const libraries: ReadonlyMap<string, readonly string[]> = new Map([
  ['better-sqlite3', ['package.json', 'LICENSE', 'lib', 'build/Release/better_sqlite3.node']],
  ['bindings', ['package.json', 'LICENSE.md', 'bindings.js']],
  ['file-uri-to-path', ['package.json', 'LICENSE', 'index.js']],
]);

export class AgentArchive {
  /** The archive's file name, as the install script asks for it. */
  readonly name: string;
  readonly #options: AgentArchiveOptions;
  #made: Promise<Archive> | null = null;

  constructor(options: AgentArchiveOptions) {
    const { version, runtime } = options;
    this.#options = options;
    this.name = `agent-${version}-${runtime.platform}-${runtime.arch}-${runtime.abi}.tar.gz`;
  }

  /** Rejects with the file system's error while something that belongs into it is not there. */
  read(): Promise<Archive> {
    this.#made ??= this.#make().catch((error: unknown) => {
      // What was missing may be built meanwhile.
      this.#made = null;
      throw error;
    });
    return this.#made;
  }

  async #make(): Promise<Archive> {
    const { packageFolder } = this.#options;
    const dist = join(packageFolder, 'dist');
    const programs = (await readdir(dist)).filter((name) => name.endsWith('.cjs') && !leftOut.includes(name)).sort();
    // Other programs may be there without it: the error is that of the file.
    if (!programs.includes('agent.cjs')) await readFile(join(dist, 'agent.cjs'));
    const files = [
      ...programs.map((name) => ({ from: join(dist, name), to: name })),
      ...['package.json', 'package-lock.json'].map((name) => ({ from: join(dist, 'agent-native', name), to: name })),
      ...started.map((name) => ({ from: join(packageFolder, 'install', name), to: name })),
      { from: join(packageFolder, 'LICENSE'), to: 'LICENSE' },
      ...(await libraryFiles(packageFolder)),
    ];
    const read = async ({ from, to }: Place): Promise<TarFile> => ({
      path: `${folderInside}/${to}`,
      bytes: await readFile(from),
      isExecutable: /\.(sh|init|node)$/.test(to),
    });
    const bytes = await promisify(gzip)(tarOf(await Promise.all(files.map(read))), { level: 9 });
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
}

interface Place {
  readonly from: string;
  readonly to: string;
}

async function libraryFiles(packageFolder: string): Promise<Place[]> {
  const require = createRequire(join(packageFolder, 'package.json'));
  const found: Place[] = [];
  for (const [library, parts] of libraries) {
    const folder = dirname(require.resolve(`${library}/package.json`));
    const files = await Promise.all(parts.map((part) => filesAt(folder, part)));
    found.push(...files.flat().map((file) => ({ from: join(folder, file), to: `node_modules/${library}/${file}` })));
  }
  return found;
}

/** A file, or all files of a folder, relative to `root`. */
async function filesAt(root: string, path: string): Promise<string[]> {
  const isFile = /\.\w+$|LICENSE$/.test(path);
  if (isFile) return [path];
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

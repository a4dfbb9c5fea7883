/**
 * Builds `dist/`: the hub's three threads, its tools and the command line as ES modules, the agent as one CommonJS file
 * with only its native module outside (a full ES module bundle with `ws` fails at start), the dashboard by vite.
 *
 * `npm ci` runs it (`prepare`), and so does every `npm run` of a program, so it does nothing when the sources
 * hash to what `dist/` was built from; `--force` builds all the same. Where esbuild is not installed (a
 * production install) an existing `dist/` is taken as it is.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { nativePackageFiles } from './agent-lock.mjs';
import { compressFiles, filesOfPage, pageBytesMax, weigh, weighedPage } from './dashboard-output.mjs';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stampFile = join(dist, '.built-from');

/** Everything that can change a byte of `dist/`. */
const sourceFolders = ['core', 'hub', 'agent', 'cli', 'bench', 'ui'];
const sourceFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'scripts/build.mjs',
  'scripts/agent-lock.mjs',
  'scripts/dashboard-output.mjs',
];

const hubEntries = {
  hub: 'hub/main.ts',
  storage: 'hub/storage.ts',
  archive: 'hub/archive.ts',
  tools: 'hub/tools.ts',
  pulsewire: 'cli/pulsewire.ts',
  simulate: 'hub/simulate.ts',
  'simulate-worker': 'hub/simulate-worker.ts',
};
const agentEntries = {
  agent: 'agent/main.ts',
  'module-worker': 'agent/scripts/module-worker.ts',
  'simulated-agents': 'agent/simulated-agents.ts',
};

function isSource(path) {
  if (/\.(test|bench)\.ts$/.test(path) || /(^|\/)(testing|results|micro)\//.test(path)) return false;
  return /\.(ts|js|html|css|svg|json|png|ico|woff2|webmanifest)$/.test(path);
}

function filesUnder(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter(isSource);
}

function hashSources() {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of [...sourceFolders.flatMap(filesUnder).sort(), ...sourceFiles]) {
    if (!existsSync(join(root, file))) continue;
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** `bench/main.ts` and the processes that it starts (`*.process.ts`), each a file of its own in `dist/bench/`. */
function benchEntries() {
  const sources = filesUnder('bench').filter((file) => file === 'bench/main.ts' || file.endsWith('.process.ts'));
  return Object.fromEntries(sources.map((file) => [file.slice(0, -'.ts'.length), file]));
}

function present(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(root, file))));
}

async function buildPrograms(esbuild) {
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    outdir: dist,
    logLevel: 'warning',
    legalComments: 'none',
  };
  await esbuild.build({
    ...common,
    entryPoints: { ...present(hubEntries), ...benchEntries() },
    format: 'esm',
    packages: 'external',
  });
  await esbuild.build({
    ...common,
    entryPoints: present(agentEntries),
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    // bufferutil and utf-8-validate are optional speed-ups that ws looks for and does without.
    external: ['better-sqlite3', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'],
    // CommonJS has no import.meta; the sources need it to find the files beside them.
    define: {
      'import.meta.url': 'importMetaUrl',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
    },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  if (existsSync(join(dist, 'pulsewire.js'))) chmodSync(join(dist, 'pulsewire.js'), 0o755);
}

/** What npm builds the agent's native dependency from, on a machine that the hub's own binary does not fit. */
function buildNativePackage() {
  const [packageJson, packageLock] = ['package.json', 'package-lock.json'].map((name) =>
    JSON.parse(readFileSync(join(root, name), 'utf8')),
  );
  mkdirSync(join(dist, 'agent-native'), { recursive: true });
  for (const [name, content] of Object.entries(nativePackageFiles({ packageJson, packageLock })))
    writeFileSync(join(dist, 'agent-native', name), `${JSON.stringify(content, null, 2)}\n`);
}

async function buildDashboard() {
  const vite = await import('vite');
  const { output } = await vite.build({
    ...{ root: join(root, 'ui'), configFile: join(root, 'ui/vite.config.ts'), mode: 'production', logLevel: 'warn' },
  });
  const folder = join(dist, 'ui');
  compressFiles(folder);
  const files = filesOfPage(output, readFileSync(join(folder, 'index.html'), 'utf8'), weighedPage);
  const [brotli, gzip] = ['br', 'gz'].map((suffix) => weigh(folder, files, suffix));
  process.stderr.write(
    `Overview: ${kilobytes(brotli)} of scripts and styles with brotli, ${kilobytes(gzip)} with gzip, of ${kilobytes(pageBytesMax)}\n`,
  );
  if (Math.max(brotli, gzip) > pageBytesMax)
    throw new Error(
      `Cannot build the dashboard: the overview must take at most ${pageBytesMax} bytes: got ${Math.max(brotli, gzip)} in ${files.join(', ')}`,
    );
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toFixed(1)} KB`;
}

async function loadEsbuild() {
  try {
    return await import('esbuild');
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
}

async function main() {
  const esbuild = await loadEsbuild();
  if (esbuild === null) {
    if (existsSync(join(dist, 'pulsewire.js'))) return;
    throw new Error('Cannot build: esbuild must be installed (npm ci without --omit=dev) where dist/ is absent');
  }
  const hash = hashSources();
  const isCurrent = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash;
  if (isCurrent && !process.argv.includes('--force')) return;

  const startMs = performance.now();
  rmSync(stampFile, { force: true });
  mkdirSync(dist, { recursive: true });
  await buildPrograms(esbuild);
  buildNativePackage();
  await buildDashboard();

  const missing = Object.values({ ...hubEntries, ...agentEntries }).filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) throw new Error(`Cannot build everything: these files must exist: ${missing.join(', ')}`);
  writeFileSync(stampFile, hash);
  process.stderr.write(`Built dist/ in ${((performance.now() - startMs) / 1_000).toFixed(1)} s\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/**
 * `npm run fuzz -- [target…] [--seconds N]`: builds the targets of `fuzz/` and has jazzer.js look for an input that breaks
 * one, so many seconds each (600 unless it is said), one after the other, by chance or from `--seed N` on. Ends with status 1 when one was broken, and says
 * by which file. With `--input FILE` it runs a target on that file alone, with `--keep` it takes over into `fuzz/corpus/`
 * what is new in what was found. How all of it works: `fuzz/README.md`.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { environmentFor } from '../fuzz/jazzer/old-glibc.mjs';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'fuzz');
const built = join(folder, 'build');
const crashes = join(folder, 'crashes');
const jazzer = join(folder, 'jazzer/node_modules/@jazzer.js/core/dist/cli.js');

/** Longest that one input may take, and most memory of the process, which has some 160 MB before the first input. */
const inputSecondsMax = 20;
const memoryMbMax = 1_024;
/** Of an input: what is longer takes long and shows little. The messages and bodies of the seeds are below. */
const inputBytesMax = 8_192;
/** The fewest inputs that take every branch, however often each takes it. */
const keepFlags = ['-merge=1', '-use_counters=0'];
/** Native modules, and what is loaded in another way than by `require`: no target calls any of them. */
const external = ['msgpackr-extract', 'better-sqlite3', 'uWebSockets.js', 'postgres', 'nodemailer', 'pino'];

const targets = readdirSync(join(folder, 'targets')).map((file) => file.replace(/\.ts$/, ''));

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function wanted() {
  const options = {
    ...{ seconds: { type: 'string', default: '600' }, seed: { type: 'string' } },
    ...{ input: { type: 'string' }, keep: { type: 'boolean' } },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const seconds = Number(values.seconds);
  const unknown = positionals.find((name) => !targets.includes(name));
  if (unknown !== undefined) fail(`Cannot fuzz "${unknown}": the targets are ${targets.join(', ')}`);
  if (!Number.isInteger(seconds) || seconds < 1)
    fail(`Cannot fuzz: --seconds is a whole number: got "${values.seconds}"`);
  if (values.seed !== undefined && !/^[1-9]\d{0,8}$/.test(values.seed))
    fail(`Cannot fuzz: --seed is a whole number from 1 on: got "${values.seed}"`);
  if (values.input !== undefined && positionals.length !== 1) fail('Cannot fuzz: --input wants one target');
  if (!existsSync(jazzer)) fail('Cannot fuzz: jazzer.js must be there: npm ci --prefix fuzz/jazzer --ignore-scripts');
  return { names: positionals.length === 0 ? targets : positionals, ...values, seconds };
}

/** Everything in one file each, libraries too, so that jazzer.js sees which of their branches an input takes. */
async function buildTargets() {
  rmSync(built, { recursive: true, force: true });
  const entryPoints = ['seeds.ts', ...targets.map((name) => `targets/${name}.ts`)].map((file) => join(folder, file));
  await build({
    ...{ absWorkingDir: root, entryPoints, outdir: built, outbase: folder, outExtension: { '.js': '.cjs' } },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs', external, logLevel: 'warning' },
    sourcemap: 'inline',
  });
  process.chdir(root);
  const { seeds } = createRequire(import.meta.url)(join(built, 'seeds.cjs'));
  for (const name of targets) {
    for (const path of [join(built, 'seeds', name), join(folder, 'corpus', name), foundOf(name)])
      mkdirSync(path, { recursive: true });
    const inputs = (seeds[name] ?? []).map((seed) => Buffer.from(seed));
    inputs.forEach((input, index) => {
      writeFileSync(join(built, 'seeds', name, String(index).padStart(2, '0')), input);
    });
    writeFileSync(join(built, `${name}.dict`), dictionaryOf(inputs));
  }
  mkdirSync(crashes, { recursive: true });
}

/** The words of the seeds: a fuzzer would not find out by itself that "recovery_low" is one. */
function dictionaryOf(inputs) {
  const words = inputs.flatMap((input) => input.toString('latin1').match(/"[\w ./:;=,*-]{2,30}"/g) ?? []);
  const escaped = [...new Set(words)].map((word) => `"${word.replaceAll('"', '\\"')}"`);
  return `${escaped.join('\n')}\n`;
}

function foundOf(name) {
  return join(folder, 'found', name);
}

/** What jazzer.js has to say goes into a file; answers its status and the end of that. */
function run(name, { places, flags, env }) {
  const log = join(built, `${name}.log`);
  const isAsync = /^export async function fuzz\b/m.test(readFileSync(join(folder, 'targets', `${name}.ts`), 'utf8'));
  const args = [join(built, 'targets', `${name}.cjs`), ...places, ...(isAsync ? [] : ['--sync']), '-i', 'fuzz/build/'];
  // By its own option: it gives libFuzzer this one after whatever else is said.
  args.push(`--timeout=${inputSecondsMax * 1_000}`);
  const limits = [`-rss_limit_mb=${memoryMbMax}`, `-max_len=${inputBytesMax}`];
  const more = [
    `-dict=${join(built, `${name}.dict`)}`,
    `-artifact_prefix=${join(crashes, name)}-`,
    '-print_final_stats=1',
  ];
  const file = openSync(log, 'w');
  const all = [jazzer, ...args, '--', ...limits, ...more, ...flags];
  const { status, signal } = spawnSync(process.execPath, all, {
    ...{ cwd: root, stdio: ['ignore', file, file], env: { ...process.env, ...env } },
  });
  closeSync(file);
  return { isWell: status === 0, how: signal ?? `status ${status}`, text: readFileSync(log, 'utf8') };
}

function summaryOf(text) {
  const figure = (pattern) => [...text.matchAll(pattern)].at(-1)?.[1].replace(/\B(?=(\d{3})+$)/g, ',') ?? '?';
  const runs = figure(/stat::number_of_executed_units:\s*(\d+)/g);
  const memory = figure(/stat::peak_rss_mb:\s*(\d+)/g);
  return `${runs} runs, ${figure(/ cov: (\d+)/g)} branches, slowest ${figure(/stat::slowest_unit_time_sec:\s*(\d+)/g)} s, ${memory} MB`;
}

const { names, seconds, seed, input, keep } = wanted();
await buildTargets();
const env = environmentFor(built);
let brokenCount = 0;
for (const name of names) {
  const [seedFolder, corpus, found] = [join(built, 'seeds', name), join(folder, 'corpus', name), foundOf(name)];
  const places = input === undefined ? (keep ? [corpus, found] : [found, seedFolder, corpus]) : [resolve(input)];
  const search = [`-max_total_time=${seconds}`, ...(seed === undefined ? [] : [`-seed=${seed}`])];
  const flags = input !== undefined ? [] : keep ? keepFlags : search;
  const { isWell, how, text } = run(name, { places, flags, env });
  process.stdout.write(`${isWell ? 'ok    ' : 'BROKEN'}  ${name}: ${summaryOf(text)}\n`);
  if (isWell) continue;
  brokenCount += 1;
  const [crash] =
    /\S+-(?:crash|timeout|oom|leak)-[0-9a-f]+/.exec(text.slice(text.lastIndexOf('artifact_prefix='))) ?? [];
  process.stdout.write(`${text.slice(-6_000)}\n${name} ended with ${how}\n`);
  if (crash !== undefined) process.stdout.write(`Try it again: npm run fuzz -- ${name} --input ${crash}\n`);
}
process.exitCode = brokenCount === 0 ? 0 : 1;

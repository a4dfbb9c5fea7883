/**
 * `npm run check`: types of `core`, of the rest and of the dashboard, Biome, to-dos without an issue number, the
 * floors of packages, whether `docs/ui.md` has every element and `sql/schema.sql` is what the migrations make. Runs every step, prints each, fails if one failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

function run(program, args) {
  const isWindows = process.platform === 'win32';
  const file =
    program === 'node' ? process.execPath : join(root, 'node_modules/.bin', program + (isWindows ? '.cmd' : ''));
  const done = spawnSync(file, args, { cwd: root, stdio: 'inherit', shell: isWindows && program !== 'node' });
  if (done.error) process.stderr.write(`${done.error.message}\n`);
  return done.status === 0;
}

function findTodos() {
  const folders = ['core', 'hub', 'agent', 'ui', 'cli', 'bench', 'scripts', 'fuzz', 'sql', 'config', 'docs'];
  const found = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
    .filter((file) => /\.(ts|mjs|js|sql|css|html|md|py|sh)$/.test(file) && !file.includes('node_modules'))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        // Spelled apart, so that this file does not find itself.
        .flatMap((line, index) =>
          /\b(?:TO[D]O|FIX[M]E)\b(?! ?\(?#\d+)/.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
  for (const line of found) process.stderr.write(`${line}\n`);
  return found.length === 0;
}

const steps = [
  ['types of core', () => run('tsc', ['-p', 'core'])],
  ['types', () => run('tsc', ['-p', '.'])],
  ['types of the dashboard', () => run('tsc', ['-p', 'ui'])],
  ["types of the dashboard's tests", () => run('tsc', ['-p', 'ui/testing'])],
  ['Biome', () => run('biome', ['ci', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.'])],
  ['every to-do has an issue number', findTodos],
  ['no package is below its floor', () => run('node', ['scripts/floors.mjs'])],
  ['docs/ui.md has every element', () => run('node', ['scripts/elements.mjs', '--check'])],
];
if (existsSync(join(root, 'scripts/schema.mjs'))) {
  steps.push(['schema.sql is what the migrations make', () => run('node', ['scripts/schema.mjs', '--check'])]);
}

let failedCount = 0;
for (const [name, step] of steps) {
  const isOk = step();
  process.stdout.write(`${isOk ? 'ok    ' : 'FAILED'}  ${name}\n`);
  if (!isOk) failedCount += 1;
}
process.exitCode = failedCount === 0 ? 0 : 1;

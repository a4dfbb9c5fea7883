/**
 * `node scripts/run.mjs <command> …`: builds what has changed, then runs `pulsewire <command> …` in this very
 * process, so that a signal reaches the program once and there is no parent to pass it on.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);

const program = join(root, 'dist/pulsewire.js');
process.argv[1] = program;
await import(pathToFileURL(program).href);

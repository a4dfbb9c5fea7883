/**
 * `sql/schema.sql`: what the migrations make, written from the catalogue of a database that has run them all.
 *
 *   node scripts/schema.mjs           prints it
 *   node scripts/schema.mjs --write   writes the file
 *   node scripts/schema.mjs --check   fails when the file is not that (`npm run check`)
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const file = join(root, 'sql/schema.sql');

/** The sources are TypeScript: they run in a process of their own that can load it, with a server that ends with it. */
function dump() {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = `
    import { dumpSchema } from ${JSON.stringify(pathToFileURL(join(root, 'hub/store/schema-dump.ts')).href)};
    import { withDatabase } from ${JSON.stringify(pathToFileURL(join(root, 'hub/testing/database.ts')).href)};
    process.stdout.write(await withDatabase(({ sql }) => dumpSchema(sql)));
  `;
  const folder = mkdtempSync(join(root, 'node_modules/.pulsewire-schema-'));
  try {
    const script = join(folder, 'dump.mjs');
    writeFileSync(script, program);
    const done = spawnSync(process.execPath, ['--import', loader, script], { cwd: root, encoding: 'utf8' });
    if (done.status === 0) return done.stdout;
    throw new Error(`Cannot write schema: the migrations must run: got ${done.stderr}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const schema = dump();
if (process.argv.includes('--write')) {
  writeFileSync(file, schema);
} else if (!process.argv.includes('--check')) {
  process.stdout.write(schema);
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== schema) {
  process.stderr.write('sql/schema.sql is not what the migrations make: run node scripts/schema.mjs --write\n');
  process.exitCode = 1;
}

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const hub = resolve(import.meta.dirname, '..');

/**
 * Files that give the server text instead of a template with parameters, and why that is safe: names of tables and partitions come
 * from the catalogue or from numbers, statements are constants or files of ours.
 */
const allowed = [
  'store/backup/load.ts',
  'store/backup/snapshot.ts',
  'store/chunks/partitions.ts',
  'store/chunks/retention-steps.ts',
  'store/chunks/storage-use.ts',
  'store/ingest.ts',
  'store/migrate.ts',
  'store/removal.ts',
  'store/roles.ts',
  'store/wipe.ts',
];

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : filesBelow(path);
    return /(?<!\.test)\.ts$/.test(entry.name) ? [path] : [];
  });
}

test('SQL is made as text in no file but those that are known to have no word of a stranger in it', () => {
  const found = filesBelow(hub)
    .filter((path) => /\.unsafe\s*[(<]/.test(readFileSync(path, 'utf8')))
    .map((path) => relative(hub, path));
  expect(found.sort()).toEqual(allowed);
});

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/security.md'), 'utf8');
const rows = [...text.matchAll(/^\| (S\d+) \|.*\| (.*) \|$/gm)].map(([, id = '', cell = '']) => ({
  id,
  files: [...cell.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
}));

test('docs/security.md names for each requirement the tests that show it, and they are there', () => {
  const missing = rows.flatMap(({ id, files }) =>
    files.length === 0 ? [`${id} names none`] : files.filter((file) => !existsSync(join(root, file))),
  );
  expect(missing).toEqual([]);
  expect(rows.length).toBeGreaterThan(30);
});

test('docs/security.md has each requirement once, or says that it is not met yet', () => {
  const ids = rows.map(({ id }) => id);
  const open = [...(/^Not met yet: (.*)$/m.exec(text)?.[1] ?? '').matchAll(/S\d+/g)].map(([id]) => id);
  const all = Array.from({ length: 40 }, (_, index) => `S${index + 1}`);
  expect([...ids, ...open].sort()).toEqual(all.sort());
});

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

/** Those that stand in a line below the table, each with its reason in brackets. */
function listed(heading: string): string[] {
  const line = new RegExp(`^${heading}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  return [...line.matchAll(/(S\d+) \([^()]+\)/g)].map(([, id = '']) => id);
}

test('docs/security.md has each requirement once, or says why it is not met yet or does not apply', () => {
  const ids = rows.map(({ id }) => id);
  const all = Array.from({ length: 40 }, (_, index) => `S${index + 1}`);
  expect([...ids, ...listed('Not met yet'), ...listed('Does not apply')].sort()).toEqual(all.sort());
});
